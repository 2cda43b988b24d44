"""File names -> the container of a profiler file, its host, and when the profiles beside it were exported."""

import re
from collections.abc import Iterable

from tb_contention.model.capture import Container

MANIFEST_NAME = "tb_contention.json"
#: Containers found in any folder, because their recorders do not know TensorBoard's layout.
ANYWHERE = frozenset((Container.KINETO, Container.KINETO_GZIP))
#: If a host has several files, the first container in this order is read.
_CONTAINERS = (
    Container.XPLANE, Container.KINETO, Container.KINETO_GZIP, Container.TRACE_JSON, Container.TRACE_PROTO, Container.RIEGELI,
)  # fmt: skip
_SUFFIXES = tuple(container.value for container in _CONTAINERS)
_IGNORED = re.compile(r"perfetto_trace\.json\.gz|.*\.memory_profile\.json\.gz")
#: What precedes `.json` or `.json.gz` in names of traces.
_PLAIN = re.compile(r"(?:(?:\.pt)?[._-]?trace)?\.json(?:\.gz)?", re.IGNORECASE)
_PROFILE_EMPTY = re.compile(r"events\.out\.tfevents\.(\d{1,12})\..*profile-empty")


def container_of(name: str) -> Container | None:
    """Return the container of a profiler file; None for other files and for Nsight Systems reports, whose name is ambiguous."""
    if not name.endswith(_SUFFIXES) or _IGNORED.fullmatch(name):
        return None
    return next(
        (c for c, suffix in zip(_CONTAINERS, _SUFFIXES, strict=True) if name.endswith(suffix) and name != suffix), None
    )


def plain_name(name: str) -> str:
    """Return the name of a JSON trace without what tells that it is one."""
    ending = next(m for m in _PLAIN.finditer(name) if m.end() == len(name))
    return name[: ending.start()] or name[: name.index(".", 1)]


def is_open(name: str) -> bool:
    """Return whether a JSON file may be a trace: it is neither a manifest nor another tool's."""
    return name != MANIFEST_NAME and not name.startswith(".") and not _IGNORED.fullmatch(name)


def best_of_hosts(names: Iterable[str]) -> dict[str, tuple[Container, str]]:
    """Choose the preferred container of each host among the files of one folder."""
    best: dict[str, tuple[Container, str]] = {}
    for name in names:
        container = container_of(name)
        if container is None:
            continue
        host = name[: -len(container.value)]
        if host not in best or _CONTAINERS.index(container) < _CONTAINERS.index(best[host][0]):
            best[host] = container, name
    return best


def export_seconds(names: Iterable[str]) -> tuple[int, ...]:
    """Read the export times, Unix s, from names of `*.profile-empty` files in the folder that holds `plugins`."""
    return tuple(sorted({int(m[1]) for m in map(_PROFILE_EMPTY.fullmatch, names) if m}))


def printable(name: str) -> str:
    """Replace what cannot be printed in a file name: bytes that are not UTF-8, and control characters."""
    if name.isascii() and name.isprintable():
        return name
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
