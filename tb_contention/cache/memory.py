"""Decoded files in memory, bounded by bytes: what was looked at last stays, however many files the log directory has."""

import ctypes
import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from tb_contention.model.capture import CaptureFile, DecodedFile
from tb_contention.model.sizes import bytes_in
from tb_contention.model.tables import StringTable, Table

log = logging.getLogger(__name__)

#: Set to a size like `2GiB`, it replaces the budget that follows from the machine's memory.
MEMORY_VARIABLE = "TB_CONTENTION_MEMORY"
#: What a decoded file is counted as beside its columns, so that files without any are bounded too.
_OVERHEAD = 4096
#: Assumed where the machine does not report its memory.
_FALLBACK = 4 << 30
_Column = np.ndarray[Any, Any]


class TraceStore:
    """Decoded files by the file they came from. All methods may be called from several threads."""

    def __init__(self, budget_bytes: int | None = None) -> None:
        """budget_bytes: how much is held at most; None: `default_budget()`."""
        self.budget = default_budget() if budget_bytes is None else budget_bytes
        self._held: OrderedDict[CaptureFile, tuple[DecodedFile, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """Return how much is held."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, file: CaptureFile) -> bool:
        """Return whether a file is here, without using it."""
        return file in self._held

    def get(self, file: CaptureFile) -> DecodedFile | None:
        """Return what a file held, if it is still here; it is now the one used last."""
        with self._lock:
            found = self._held.get(file)
            if found is None:
                return None
            self._held.move_to_end(file)
            return found[0]

    def put(self, file: CaptureFile, decoded: DecodedFile) -> None:
        """Hold what a file held and drop what was used least recently; a file beyond the whole budget is not held."""
        size = size_of(decoded)
        with self._lock:
            self._drop(file)
            if size > self.budget:
                return
            self._held[file] = decoded, size
            self._bytes += size
            while self._bytes > self.budget:
                self._drop(next(iter(self._held)))

    def keep_only(self, files: Iterable[CaptureFile]) -> None:
        """Drop every file that is not among these: it has changed or is gone."""
        kept = set(files)
        with self._lock:
            for file in [file for file in self._held if file not in kept]:
                self._drop(file)

    def _drop(self, file: CaptureFile) -> None:
        _, size = self._held.pop(file, (None, 0))
        self._bytes -= size


def size_of(decoded: DecodedFile) -> int:
    """Return the bytes that the columns of a decoded file keep alive; a buffer that several columns view counts once."""
    buffers = dict(_buffer(column) for capture in decoded.captures for column in _columns(capture.trace))
    return sum(buffers.values()) + _OVERHEAD * (1 + len(decoded.captures))


def _columns(trace: Any) -> Iterator[_Column]:
    for field in fields(trace):
        value = getattr(trace, field.name)
        if isinstance(value, Table):
            yield from value.columns().values()
        elif isinstance(value, StringTable):
            yield from (value.blob, value.offsets)


def _buffer(column: _Column) -> tuple[int, int]:
    """Return identity and size of the memory behind a column: a slice keeps the whole of what it was cut from."""
    owner: Any = column
    while isinstance(owner, np.ndarray) and owner.base is not None:
        owner = owner.base
    while isinstance(owner, memoryview):
        owner = owner.obj
    if isinstance(owner, np.ndarray):
        return id(owner), owner.nbytes
    return id(owner), len(owner) if isinstance(owner, (bytes, bytearray)) else column.nbytes


def default_budget() -> int:
    """Return a quarter of the memory that this process may use, or what TB_CONTENTION_MEMORY states."""
    word = os.environ.get(MEMORY_VARIABLE, "")
    chosen = bytes_in(word)
    if chosen is not None:
        return chosen
    if word:
        log.warning("%s is ignored: %.64r is not a memory size; write it like 2GiB or 500MB.", MEMORY_VARIABLE, word)
    return min(_physical() or _FALLBACK, *_control_groups(Path("/"))) // 4


def _physical() -> int | None:
    """Return the machine's memory."""
    try:
        if sys.platform == "win32":
            return _physical_windows()
        return (os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) or None
    except (OSError, ValueError, AttributeError):
        return None


def _physical_windows() -> int | None:
    """Ask GlobalMemoryStatusEx: two 32-bit numbers, the first its size, then seven of 64 bits, the first the memory."""
    status = (ctypes.c_uint64 * 8)()
    ctypes.cast(status, ctypes.POINTER(ctypes.c_uint32))[0] = ctypes.sizeof(status)
    succeeded = getattr(ctypes, "windll").kernel32.GlobalMemoryStatusEx(status)  # noqa: B009 - only declared on Windows
    return int(status[1]) if succeeded and status[1] else None


def _control_groups(root: Path) -> list[int]:
    """Return the limits on memory of the control groups that this process is in, of version 2 and 1; at least a bound that is none."""
    limits = [sys.maxsize]
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return limits
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "memory" not in controllers.split(","):
            continue
        mounted, name = (
            (root / "sys/fs/cgroup/memory", "memory.limit_in_bytes")
            if controllers
            else (root / "sys/fs/cgroup", "memory.max")
        )
        group = mounted / path.lstrip("/")
        # A limit of a group above holds too. Inside a container the group itself may not be mounted, only the root.
        for place in (group, *group.parents):
            limits += _limit(place / name)
            if place == mounted:
                break
    return limits


def _limit(file: Path) -> list[int]:
    """Read one limit; "max" and what cannot be read are none."""
    try:
        return [value for value in (int(file.read_text(encoding="ascii")),) if value > 0]
    except (OSError, ValueError):
        return []
