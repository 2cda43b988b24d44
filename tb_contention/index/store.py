"""The index on disk: one journal per log directory, of lines that each stand for one file or one answer.

Lines are only ever appended, each with a checksum; so several programs may read and write at once, and a line that was torn or is from
another version is no line. The last line of a key counts. A journal that is mostly outdated is written anew beside the old one and takes
its place, while a lock keeps those who append away. Every fault of the disk or of a journal means that something is not known.
"""

import contextlib
import hashlib
import json
import os
import stat
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from tb_contention._user_cache import make, unusable
from tb_contention._version import __version__
from tb_contention.cache.room import replace_file, room_of

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # not on Windows, where an open file cannot be replaced anyway
    fcntl = None

#: Changes whenever what a line means changes.
INDEX_VERSION = 5
#: The key of the first line, whose value is the log directory.
_PLACE = "place"
#: Outdated lines beyond which a journal is written anew, if they are also more than those that count.
_OUTDATED = 1000
#: A journal that has grown beyond this is begun anew.
_MAX_BYTES = 1 << 30
_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_PATIENCE_S = 1.0


class Store:
    """The journal of one log directory."""

    def __init__(self, directory: Path, place: str) -> None:
        """directory: where all journals are. place: the log directory, as absolute path, URL or `--logdir_spec`."""
        name = hashlib.blake2b(
            repr((INDEX_VERSION, __version__, place)).encode("utf-8", "surrogateescape"), digest_size=16
        )
        self._directory, self._place = directory, place
        self._path = directory / f"{name.hexdigest()}.index"

    def read(self) -> dict[str, Any]:
        """Return the last value of each key; nothing where there is no journal of ours."""
        try:
            if unusable(self._directory.parent) or unusable(self._directory):
                return {}
            data = _contents(self._path)
            with contextlib.suppress(OSError):
                os.utime(self._path)  # the least recently used journals make room first
        except OSError:
            return {}
        found, outdated = _parsed(data)
        if outdated > max(_OUTDATED, len(found)):
            self._rewrite()
        found.pop(_PLACE, None)
        return found

    def append(self, values: Mapping[str, Any]) -> None:
        """Note values; where that cannot be done, they are not noted."""
        if not values:
            return
        try:
            data = _lines(values.items())
            cache = self._directory.parent
            if not make(cache) or not make(self._directory) or not room_of(cache).take(len(data)):
                return
            with self._opened() as descriptor:
                size = os.fstat(descriptor).st_size
                if size > _MAX_BYTES:
                    os.ftruncate(descriptor, 0)
                data = data if 0 < size <= _MAX_BYTES else _lines([(_PLACE, self._place)]) + data
                while data:
                    data = data[os.write(descriptor, data) :]
        except (OSError, ValueError, TypeError):
            return

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """Open the journal to append to it, and keep it from being replaced meanwhile. Raises OSError."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _FLAGS, 0o600)
            try:
                info = os.fstat(descriptor)
                if not stat.S_ISREG(info.st_mode):
                    raise OSError
                if _locked(descriptor, alone=False) and self._is_at_its_place(info):
                    yield descriptor
                    return
            finally:
                os.close(descriptor)
            if time.monotonic() > until:
                raise TimeoutError
            time.sleep(0.01)

    def _is_at_its_place(self, info: os.stat_result) -> bool:
        try:
            return os.path.samestat(info, self._path.lstat())
        except FileNotFoundError:
            return False

    def _rewrite(self) -> None:
        """Leave out what is outdated, unless another program is writing or the file system has no locks."""
        if fcntl is None:
            return
        try:
            descriptor = os.open(self._path, os.O_RDONLY | _FLAGS)
            try:
                if _locked(descriptor, alone=True) and self._is_at_its_place(os.fstat(descriptor)):
                    found, _ = _parsed(_contents(self._path))
                    replace_file(self._path, _lines(found.items()))
            finally:
                os.close(descriptor)
        except OSError:
            return


def place_of(path: Path) -> str:
    """Return the log directory of a journal; "" where it does not state any."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _FLAGS)
        with os.fdopen(descriptor, "rb") as stream:
            found, _ = _parsed(b"\n".join(stream.read(1 << 16).split(b"\n")[:2]))
    except OSError:
        return ""
    return str(found.get(_PLACE, "")).strip("\0").replace("\0", " ")


def _contents(path: Path) -> bytes:
    """Read a journal. Raises OSError, also for what is no plain file or larger than any journal."""
    descriptor = os.open(path, os.O_RDONLY | _FLAGS)
    with os.fdopen(descriptor, "rb") as stream:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode) or info.st_size > _MAX_BYTES:
            raise OSError
        return stream.read()


def _locked(descriptor: int, *, alone: bool) -> bool:
    """Lock a journal without waiting; return False if another program holds it. Without locks, appending needs none."""
    if fcntl is None:
        return not alone
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return not alone
    return True


def _parsed(data: bytes) -> tuple[dict[str, Any], int]:
    """Return the last value of each key, and how many lines are outdated or none."""
    lines = data.split(b"\n")
    found: dict[str, Any] = {}
    for line in lines:
        checksum, _, text = line.partition(b" ")
        if len(checksum) != 8 or b"%08x" % zlib.crc32(text) != checksum:
            continue
        try:
            key, value = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            continue
        if isinstance(key, str):
            found[key] = value
    return found, len(lines) - len(found)


def _lines(values: Iterable[tuple[str, Any]]) -> bytes:
    """Write lines; the first begins with a line feed, so that a torn line before it ends there."""
    made = []
    for key, value in values:
        text = json.dumps([key, value], separators=(",", ":")).encode("ascii")
        made.append(b"%08x %s" % (zlib.crc32(text), text))
    return b"\n" + b"\n".join(made) + b"\n"
