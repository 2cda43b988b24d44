"""Log directories behind a URL (gs://, s3://, memory://), through fsspec."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tb_contention.errors import LogdirError, TraceFileError
from tb_contention.model.capture import CaptureFile
from tb_contention.model.dataset import MARK
from tb_contention.recorders.common.advice import SHORTER_WINDOW
from tb_contention.recorders.common.naming import ANYWHERE, MANIFEST_NAME, best_of_hosts, export_seconds, printable

_SESSION = re.compile(r"(?:(?P<run>.*)/)?plugins/profile/(?P<directory>[^/]+)")
_MAX_BYTES = (1 << 31) - 1
_CHECK_URL = "Check the URL and your access rights."


def _filesystem(place: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise LogdirError(
            f"{place}: the package fsspec, which reads log directories by URL, is not installed.",
            slug="logdir-needs-fsspec",
            advice="Install it: pip install 'tb_contention[remote]'",
            file=place,
        ) from None
    try:
        filesystem, root = url_to_fs(place)
    except Exception as error:  # each protocol has its own
        raise LogdirError(
            f"{place}: the URL cannot be opened ({error}).",
            slug="logdir-missing",
            advice="Check the URL, and that the package for its protocol is installed (gcsfs for gs://, s3fs for s3://).",
            file=place,
        ) from None
    return filesystem, root


def discover_remote(place: str, name: str) -> tuple[list[CaptureFile], list[str], int]:
    """List the profiler files and the datasets below a URL, and count its folders. Raises LogdirError when it cannot be read."""
    filesystem, root = _filesystem(place)
    try:
        found = filesystem.find(root, detail=True)
    except Exception as error:  # each protocol has its own
        raise LogdirError(
            f"{place}: the URL cannot be listed ({error}).", slug="logdir-unreadable", advice=_CHECK_URL, file=place
        ) from None
    folders: dict[str, dict[str, Any]] = {}
    for path, info in found.items():
        folder, _, file = path.rpartition("/")
        folders.setdefault(folder, {})[file] = info
    protocol, _, path = place.partition("://")
    inside = path.partition("::")[1:]
    remote = _Remote(protocol=protocol, inside="".join(inside), root=root.rstrip("/"), name=name, folders=folders)
    above = {f"{folder}/".partition(f"/{MARK}/")[0] for folder in folders if f"/{MARK}/" in f"{folder}/"}
    datasets = [remote.address(folder) for folder in sorted(above)]
    return [file for folder in folders for file in remote.captures(folder)], datasets, len(folders)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remote:
    """The files below a root: per folder, by name, with what the protocol reports about each.

    inside: what the place is in, such as `::s3://bucket/logs.zip` of a path in an archive.
    """

    protocol: str
    inside: str
    root: str
    name: str
    folders: dict[str, dict[str, Any]]

    def captures(self, folder: str) -> Iterator[CaptureFile]:
        """List the profiler files of one folder."""
        inside = self.folders[folder]
        below = printable(folder.removeprefix(self.root).strip("/"))
        layout = _SESSION.fullmatch(below)
        directory = (below or self.root).rpartition("/")[2]
        run = "/".join(filter(None, (layout["run"], directory))) if layout else below or directory
        seconds = export_seconds(self.folders.get(folder.rpartition("/plugins/profile/")[0], {})) if layout else ()
        for host, (container, file) in best_of_hosts(inside).items():
            if layout or container in ANYWHERE:
                yield CaptureFile(
                    path=self.address(f"{folder}/{file}"), relative="/".join(filter(None, (self.name, below, printable(file)))),
                    run=f"{self.name}/{run}" if self.name else run, directory=directory, host=printable(host), container=container,
                    size=int(inside[file].get("size") or 0), mtime_ns=_modified(inside[file]), tfevents_seconds=seconds,
                    manifest=self.address(f"{folder}/{MANIFEST_NAME}") if MANIFEST_NAME in inside else None,
                )  # fmt: skip

    def address(self, path: str) -> str:
        """Return the URL of a file or folder."""
        return f"{self.protocol}://{path if self.protocol == 'memory' else path.lstrip('/')}{self.inside}"


def _modified(info: dict[str, Any]) -> int:
    """Return the modification time in Unix ns, 0 if the protocol reports none."""
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
            f"{file.relative}: the file is larger than 2 GiB, which a profile cannot be.",
            slug="too-large",
            advice=SHORTER_WINDOW,
        )
    try:
        return read_small(file.path, _MAX_BYTES)
    except OSError as error:
        raise TraceFileError(
            f"{file.relative}: the file cannot be read ({error}).", slug="unreadable-file", advice=_CHECK_URL
        ) from None


def read_small(path: str, limit: int) -> bytes:
    """Read at most `limit` bytes of a remote file. Raises OSError, whatever the protocol raises."""
    try:
        filesystem, place = _filesystem(path)
        with filesystem.open(place, "rb") as stream:
            data: bytes = stream.read(limit)
    except OSError:
        raise
    except Exception as error:  # each protocol has its own
        raise OSError(str(error)) from error
    return data
