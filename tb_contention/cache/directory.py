"""A directory of decoded traces, one file per trace. Every fault of the disk or of an entry is a miss: the trace is decoded again."""

import contextlib
import hashlib
import os
import stat
from dataclasses import replace
from pathlib import Path

from tb_contention._user_cache import contents, make, unusable
from tb_contention._version import __version__
from tb_contention.cache.entry import CACHE_VERSION, Entry, pack, unpack
from tb_contention.cache.place import default_cache_directory
from tb_contention.cache.room import replace_file, room_of
from tb_contention.model.capture import CaptureFile
from tb_contention.model.trace import Trace

#: Bytes at both ends of a file that are compared, and up to which size all of it is: reading that much costs little beside decoding.
_EDGE, _WHOLE = 1 << 16, 1 << 22

#: The traces decoded from one file, each with the part of the file that it is.
Parts = tuple[tuple[CaptureFile, Trace], ...]


class DefaultCache:
    """Stand for the user's cache directory."""


DEFAULT_CACHE = DefaultCache()


class TraceCache:
    """The traces kept in a directory."""

    def __init__(self, directory: Path, budget: int | None = None) -> None:
        """budget: how much the directory may hold in all; None: what the user has set."""
        self._directory, self._budget = directory, budget

    @property
    def directory(self) -> Path:
        """Return where everything is kept."""
        return self._directory

    @classmethod
    def at(cls, place: str | os.PathLike[str] | DefaultCache | None = DEFAULT_CACHE) -> "TraceCache | None":
        """Open the cache in a directory, the user's own without one; None keeps no cache."""
        if place is None:
            return None
        return cls(default_cache_directory() if isinstance(place, DefaultCache) else Path(place))

    def get(self, file: CaptureFile) -> Parts | None:
        """Return the traces decoded from a file earlier, by part of it, if the file is still the same."""
        try:
            key = _key(file)
            if key is None or unusable(self._directory):
                return None
            parts = [self._part(key, 0, file.relative)]
            parts += [self._part(key, number, file.relative) for number in range(1, parts[0].parts)]
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
            return None
        return tuple((replace(file, part=part.part), part.trace) for part in parts)

    def _part(self, key: str, number: int, file: str) -> Entry:
        path = self._place(key, number)
        found = unpack(contents(path), file)
        with contextlib.suppress(OSError):
            os.utime(path)  # not where the disk is read-only
        return found

    def _place(self, key: str, number: int) -> Path:
        """Return where the number-th trace of a file is kept."""
        return self._directory / (f"{key}-{number}.trace" if number else f"{key}.trace")

    def put(self, file: CaptureFile, parts: Parts) -> None:
        """Keep the traces decoded from a file; where that cannot be done, nothing is kept."""
        try:
            key = _key(file)
            if key is None or not parts:
                return
            if not make(self._directory):
                return
            # The first entry says how many there are, so it comes last.
            for number in reversed(range(len(parts))):
                data = pack(parts[number], len(parts), file.relative)
                if not room_of(self._directory).take(len(data), self._budget):
                    return
                replace_file(self._place(key, number), data)
        except OSError:
            return


def _key(file: CaptureFile) -> str | None:
    """Identify a local file by place, size, times, inode, and its bytes, of a large one both ends; remote ones are not cached."""
    if "://" in file.path:
        return None
    descriptor = os.open(file.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as stream:
        info = os.fstat(stream.fileno())
        if not stat.S_ISREG(info.st_mode):
            return None
        digest = hashlib.blake2b(digest_size=20)
        identity = [
            __version__,
            CACHE_VERSION,
            os.path.realpath(file.path),
            info.st_size,
            info.st_mtime_ns,
            info.st_ctime_ns,
            info.st_ino,
            file.steps,
        ]
        digest.update(repr(identity).encode("utf-8", "surrogateescape"))
        digest.update(stream.read(_WHOLE if info.st_size <= _WHOLE else _EDGE))
        if info.st_size > _WHOLE:
            stream.seek(info.st_size - _EDGE)
            digest.update(stream.read(_EDGE))
    return digest.hexdigest()
