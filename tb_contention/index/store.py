"""The index on disk: one journal per log directory, of lines that each stand for one file or one answer.

Lines are only ever appended, each with a checksum, in one write; so several programs may read and write at once, and a line that was torn
or is from another version is no line. The last line of a key counts. A journal that is mostly outdated is written anew beside the old
one and takes its place.
"""

import hashlib
import json
import os
import stat
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tb_contention._version import __version__

#: Changes whenever what a line means changes.
INDEX_VERSION = 1
#: Outdated lines beyond which a journal is written anew, if they are also more than those that count.
_OUTDATED = 1000
#: Larger journals are not ours.
_MAX_BYTES = 1 << 30


class Store:
    """The journal of one log directory."""

    def __init__(self, directory: Path, place: str) -> None:
        """directory: where all journals are. place: the log directory, as absolute path, URL or `--logdir_spec`."""
        name = hashlib.blake2b(
            repr((INDEX_VERSION, __version__, place)).encode("utf-8", "surrogateescape"), digest_size=16
        )
        self._directory = directory
        self._path = directory / f"{name.hexdigest()}.index"

    def read(self) -> dict[str, Any]:
        """Return the last value of each key; nothing where there is no journal of ours."""
        try:
            if not self._usable() or self._path.stat().st_size > _MAX_BYTES:
                return {}
            data = self._path.read_bytes()
        except OSError:
            return {}
        lines = data.split(b"\n")
        found: dict[str, Any] = {}
        for line in lines:
            checksum, _, text = line.partition(b" ")
            if len(checksum) == 8 and b"%08x" % zlib.crc32(text) == checksum:
                key, value = json.loads(text)
                found[key] = value
        if len(lines) - len(found) > max(_OUTDATED, len(found)):
            self._rewrite(found)
        return found

    def append(self, values: Mapping[str, Any]) -> None:
        """Note values; where that cannot be done, they are not noted."""
        if not values:
            return
        data = _lines(values.items())
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._usable():
                return
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(self._path, flags, 0o600)
            try:
                while data:
                    data = data[os.write(descriptor, data) :]
            finally:
                os.close(descriptor)
        except OSError:
            return

    def _rewrite(self, values: Mapping[str, Any]) -> None:
        try:
            descriptor, temporary = tempfile.mkstemp(dir=self._directory, suffix=".tmp")
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(_lines(values.items()))
            Path(temporary).replace(self._path)
        except OSError:
            return

    def _usable(self) -> bool:
        """Use only a real directory of this user: another's could hold what he likes."""
        try:
            info = self._directory.lstat()
        except OSError:
            return False
        return stat.S_ISDIR(info.st_mode) and (not hasattr(os, "getuid") or info.st_uid == os.getuid())


def _lines(values: Iterable[tuple[str, Any]]) -> bytes:
    """Write lines; the first begins with a line feed, so that a torn line before it ends there."""
    made = []
    for key, value in values:
        text = json.dumps([key, value], separators=(",", ":")).encode("ascii")
        made.append(b"%08x %s" % (zlib.crc32(text), text))
    return b"\n" + b"\n".join(made) + b"\n"
