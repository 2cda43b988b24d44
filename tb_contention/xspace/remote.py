"""Log directories behind a URL (gs://, s3://, memory://), through fsspec."""

import re
from datetime import datetime
from typing import Any

from tb_contention.errors import LogdirError, TraceFileError
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.model.findings import Problem

_LAYOUT = re.compile(r"(?:(?P<run>.*)/)?plugins/profile/(?P<directory>[^/]+)/(?P<file>[^/]+)")
_MAX_BYTES = (1 << 31) - 1


def _filesystem(place: str) -> "tuple[Any, str]":
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise LogdirError(
            f"{place}: reading URLs needs fsspec.",
            slug="logdir-needs-fsspec",
            advice="pip install 'tb_contention[remote]'",
        ) from None
    try:
        filesystem, root = url_to_fs(place)
    except Exception as error:  # each protocol has its own
        raise LogdirError(
            f"{place}: {error}.",
            slug="logdir-missing",
            advice="Is the package for this kind of URL installed (gcsfs, s3fs)?",
        ) from None
    return filesystem, root


def discover_remote(place: str, name: str) -> "tuple[list[CaptureFile], list[Problem], int]":
    """List the profiler files below a URL. Raises LogdirError when it cannot be read."""
    filesystem, root = _filesystem(place)
    try:
        found = filesystem.find(root, detail=True)
    except Exception as error:  # each protocol has its own
        raise LogdirError(
            f"{place}: it cannot be listed ({error}).", slug="logdir-unreadable", advice="Check the URL and rights."
        ) from None
    protocol = place.partition("://")[0]
    files: list[CaptureFile] = []
    folders = {path.rpartition("/")[0] for path in found}
    for path, info in sorted(found.items()):
        relative = path[len(root) :].strip("/") if path.startswith(root) else path.strip("/")
        match = _LAYOUT.fullmatch(relative)
        if match is None or not match["file"].endswith(Container.XPLANE.value):
            continue
        run = f"{match['run']}/{match['directory']}" if match["run"] else match["directory"]
        manifest = f"{path.rpartition('/')[0]}/tb_contention.json"
        files.append(
            CaptureFile(
                path=f"{protocol}://{path.lstrip('/')}" if protocol != "memory" else f"memory://{path}",
                relative=f"{name}/{relative}" if name else relative,
                run=f"{name}/{run}" if name else run,
                directory=match["directory"],
                host=match["file"][: -len(Container.XPLANE.value)],
                container=Container.XPLANE,
                size=int(info.get("size") or 0),
                mtime_ns=_modified(info),
                manifest=f"{protocol}://{manifest.lstrip('/')}" if manifest in found else None,
            )
        )
    return files, [], len(folders)


def _modified(info: "dict[str, Any]") -> int:
    """Return the time of change where the protocol tells one; 0 is no evidence."""
    for key in ("mtime", "updated", "LastModified", "created"):
        value = info.get(key)
        if isinstance(value, datetime):
            return int(value.timestamp() * 1e9)
        if isinstance(value, int | float):
            return int(value * 1e9)
    return 0


def read_remote(file: CaptureFile) -> bytes:
    """Read a whole remote file. Raises TraceFileError."""
    if file.size > _MAX_BYTES:
        raise TraceFileError(
            f"{file.relative}: it is larger than 2 GiB.", slug="too-large", advice="Record a shorter window."
        )
    try:
        return read_small(file.path, _MAX_BYTES)
    except OSError as error:
        raise TraceFileError(
            f"{file.relative}: it cannot be read ({error}).", slug="unreadable-file", advice="Check the URL and rights."
        ) from None


def read_small(path: str, limit: int) -> bytes:
    """Read at most `limit` bytes of a remote file; whatever the protocol raises becomes OSError."""
    try:
        filesystem, place = _filesystem(path)
        with filesystem.open(place, "rb") as stream:
            data: bytes = stream.read(limit)
    except OSError:
        raise
    except Exception as error:  # each protocol has its own
        raise OSError(str(error)) from error
    return data
