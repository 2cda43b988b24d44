"""The bound on the cache directory: decoded traces and index journals together. Indexes are small and save most, so they go last."""

import json
import logging
import os
import stat
import tempfile
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from threading import Lock

from tb_contention._user_cache import contents, make, unusable
from tb_contention.cache.place import INDEXES
from tb_contention.model.sizes import bytes_in
from tb_contention.model.stored import Kind, Limit, Stored, StoredFile

log = logging.getLogger(__name__)

#: What the cache may hold where the user has set nothing.
BUDGET = 4 << 30
LIMIT_VARIABLE = "TB_CONTENTION_CACHE_LIMIT"
_SETTINGS = "settings.json"
#: Beyond the limit, more is removed than is needed, so that not every write after it has to list the directory.
_SLACK = 0.9
#: Writes after which the directory is listed again: other processes write too.
_WRITES = 256
_LEFTOVER_AGE_S = 3600
_KINDS = {(False, ".trace"): Kind.TRACE, (False, ".sqlite"): Kind.TRACE, (True, ".index"): Kind.INDEX}


def limit_of(directory: Path) -> Limit:
    """Return the limit of a cache: of TB_CONTENTION_CACHE_LIMIT, else what was set for the directory, else 4 GiB."""
    word = os.environ.get(LIMIT_VARIABLE, "")
    chosen = bytes_in(word)
    if chosen is not None:
        return Limit(size=chosen, source=LIMIT_VARIABLE)
    if word:
        log.warning("%s is ignored: %.64r is not a size; write it like 2GiB or 500MB.", LIMIT_VARIABLE, word)
    try:
        chosen = json.loads(contents(directory / _SETTINGS)[:4096])["limit_bytes"]
        if isinstance(chosen, int) and 0 <= chosen < 1 << 62:
            return Limit(size=int(chosen), source="setting")
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        pass
    return Limit(size=BUDGET, source="default")


def set_limit(directory: Path, size: int) -> None:
    """Set the limit of a cache directory for all programs of this user, after removing what is beyond it. Raises OSError."""
    make(directory)
    remove_beyond(directory, size)
    replace_file(directory / _SETTINGS, json.dumps({"limit_bytes": size}).encode("ascii"))


def replace_file(place: Path, data: bytes) -> None:
    """Write a file that only this user may read beside its place, then move it there. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=place.parent, suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(temporary).replace(place)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def stored(directory: Path) -> Stored:
    """Describe a cache directory."""
    exists = os.path.lexists(directory)
    trouble = unusable(directory) if exists else ""
    files: tuple[StoredFile, ...] = ()
    if exists and not trouble:
        try:
            files = tuple(_files(directory))
        except OSError as error:
            trouble = f"it cannot be listed ({error.strerror})"
        else:
            trouble = "" if os.access(directory, os.W_OK | os.X_OK) else "it is not writable"
    return Stored(directory=str(directory), exists=exists, trouble=trouble, limit=limit_of(directory), files=files)


def _files(directory: Path) -> list[StoredFile]:
    """List the files of the cache, never through a link. Raises OSError if the directory cannot be listed."""
    found = []
    for folder in (directory, directory / INDEXES):
        if unusable(folder):
            continue
        with os.scandir(folder) as entries:
            for entry in entries:
                suffix = os.path.splitext(entry.name)[1]  # noqa: PTH122 - thousands of times
                kind = Kind.LEFTOVER if suffix == ".tmp" else _KINDS.get((folder is not directory, suffix))
                try:
                    info = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if kind is not None and stat.S_ISREG(info.st_mode):
                    found.append(StoredFile(path=entry.path, kind=kind, size=info.st_size, used_s=info.st_mtime))
    return found


def remove(directory: Path, kinds: Iterable[Kind], unused_for_s: float = 0) -> tuple[StoredFile, ...]:
    """Remove the files of some kinds that have not been used for a time, and return those removed. Raises OSError."""
    if unusable(directory):
        return ()
    wanted, before = set(kinds), time.time() - unused_for_s
    chosen = [file for file in _files(directory) if file.kind in wanted and (not unused_for_s or file.used_s <= before)]
    return tuple(file for file in chosen if _removed(file))


def remove_beyond(directory: Path, most: int) -> int:
    """Remove leftovers of killed writers, then what was used least recently beyond a size; return what is left. Raises OSError."""
    files = _files(directory)
    leftovers = {f for f in files if f.kind is Kind.LEFTOVER and time.time() - f.used_s > _LEFTOVER_AGE_S}
    total = sum(file.size for file in files)
    for file in leftovers:
        total -= file.size * _removed(file)
    for file in sorted(files, key=lambda f: (f.kind is Kind.INDEX, f.used_s)):
        if total <= most:
            break
        if file.kind is not Kind.LEFTOVER:
            total -= file.size * _removed(file)
    return total


def _removed(file: StoredFile) -> bool:
    try:
        os.unlink(file.path)  # noqa: PTH108 - thousands of times
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


class Room:
    """What this process believes a cache directory to hold, so that it is not listed at every write."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._believed, self._writes = 0, 0
        self._lock = Lock()

    def take(self, size: int, limit: int | None = None) -> bool:
        """Make room for so many bytes; return whether there is any. limit: of the cache; None: as set. Raises OSError."""
        most = limit_of(self._directory).size if limit is None else limit
        with self._lock:
            listed = self._writes % _WRITES == 0
            if listed or self._believed + size > most:
                # What is larger than the whole cache is not worth everything else.
                rest = most - size if size <= most else most
                self._believed = remove_beyond(self._directory, rest if listed else int(rest * _SLACK))
            self._writes += 1
            if self._believed + size > most:
                return False
            self._believed += size
            return True


@lru_cache(maxsize=16)
def room_of(directory: Path) -> Room:
    """Return what this process believes a directory to hold."""
    return Room(directory)
