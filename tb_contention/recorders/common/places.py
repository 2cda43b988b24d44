"""Where to look for captures: one folder or several, by path, as `file:///path`, by URL, or as TensorBoard's `--logdir_spec`."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from tb_contention.errors import LogdirError
from tb_contention.model.names import SEPARATOR, clean

#: An address of a file on this machine.
_FILE_URL = re.compile(r"file:(?://(?P<host>[^/]*))?(?P<path>/.*)", re.IGNORECASE | re.DOTALL)


def places_of(logdir: str, spec: str) -> Iterator[tuple[str, str]]:
    """Yield the name and path, or URL, of each place: "" where there is only one, else what tells them apart; then those of a spec."""
    places = split_places(logdir)
    yield from zip(_names(places) if len(places) > 1 else [""], places, strict=False)
    for part in filter(None, (p.strip() for p in spec.split(","))):
        name, colon, place = part.partition(":")
        # A colon after one letter is a Windows drive, one before // a URL; neither ends a name.
        if colon and not place.startswith("//") and len(name) > 1 and "/" not in name:
            yield name, local_place(place)
        else:
            yield "", local_place(part)


def split_places(logdir: str) -> list[str]:
    """Split what names several log directories, by commas, into different ones; a path that exists is one, whatever it contains."""
    whole = local_place(logdir)
    parts = [part.strip() for part in logdir.split(SEPARATOR)]
    if len(parts) < 2 or _is_there(whole):
        return [whole] if whole else []
    places = [local_place(part) for part in parts if part]
    if not any("://" in place or _is_there(place) for place in places[1:]) and not _is_there(places[0]):
        return [whole]
    return list(dict.fromkeys(place.rstrip("/") or place for place in places))


def _is_there(place: str) -> bool:
    try:
        return Path(place).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def local_place(place: str) -> str:
    """Turn `file:///path` into the path; leave everything else as it is. Raises LogdirError for a file of another machine."""
    found = _FILE_URL.fullmatch(place)
    if found is None:
        return place
    if (found["host"] or "localhost").lower() != "localhost":
        raise LogdirError(
            f"{clean(place)}: the URL names a file of another machine, {clean(found['host'])}.",
            slug="logdir-missing",
            advice="Write file:///PATH, with three slashes, or the path itself.",
            file=place,
        )
    path = unquote(found["path"], errors="surrogateescape")
    return path.lstrip("/") if sys.platform == "win32" else path


def _names(places: Sequence[str]) -> list[str]:
    """Name places by the shortest ends of their paths that tell them apart."""
    whole = [place if "://" in place else os.path.realpath(Path(place).expanduser()) for place in places]
    paths = [[part for part in clean(place).replace(os.sep, "/").split("/") if part] or ["root"] for place in whole]
    for length in range(1, max(map(len, paths)) + 1):
        ends = ["/".join(path[-length:]) for path in paths]
        if len(set(ends)) == len(ends):
            return ends
    return [f"{path[-1]}~{number}" for number, path in enumerate(paths, 1)]
