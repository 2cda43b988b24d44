"""Decoded traces on disk, so that a file is decoded once per machine and not once per start.

One file per trace: `TBCC`, the length of a JSON header, the header, then each column at a multiple of 64 bytes. The header holds a
checksum of the columns; whatever does not fit together is a miss, and the trace is decoded again. Nothing is ever executed from it.
"""

import hashlib
import json
import os
import stat
import sys
import tempfile
import time
import zlib
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from tb_contention._version import __version__
from tb_contention.model.capture import CaptureFile
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.residency import ResidencyTable
from tb_contention.model.tables import StringTable, Table
from tb_contention.model.trace import (
    AllocationTable,
    ClockEvidence,
    Device,
    Era,
    HostEventTable,
    KernelTable,
    LaunchTable,
    StepTable,
    Stream,
    Trace,
)
from tb_contention.units import Picoseconds

CACHE_VERSION = 5
MAGIC = b"TBCC"
BUDGET = 4 << 30
_ALIGN = 64
_EDGE = 1 << 16
_LEFTOVER_AGE = 3600
_TABLES: dict[str, type[Table]] = {
    "kernels": KernelTable,
    "launches": LaunchTable,
    "host_events": HostEventTable,
    "allocations": AllocationTable,
    "steps": StepTable,
    "residency": ResidencyTable,
}


def default_cache_directory() -> Path:
    """Return the user's cache directory for this program; TB_CONTENTION_CACHE_DIR overrides it."""
    chosen = os.environ.get("TB_CONTENTION_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home())
    elif sys.platform == "darwin":
        base = str(Path("~/Library/Caches").expanduser())
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(base) / "tb_contention"


class TraceCache:
    """A directory of decoded traces. Every fault of the disk or of an entry is a miss, never an error."""

    def __init__(self, directory: Path, budget: int = BUDGET) -> None:
        self._directory, self._budget = directory, budget

    def get(self, file: CaptureFile) -> tuple[tuple[CaptureFile, Trace], ...] | None:
        """Return the traces decoded from a file earlier, by part of it, if the file is still the same."""
        try:
            key = _key(file)
            if key is None or not self._usable():
                return None
            parts = [self._part(key, 0, file.relative)]
            parts += [self._part(key, number, file.relative) for number in range(1, parts[0].parts)]
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
            return None
        return tuple((replace(file, part=part.part), part.trace) for part in parts)

    def _part(self, key: str, number: int, file: str) -> "_Entry":
        path = self._place(key, number)
        found = _unpack(path.read_bytes(), file)
        os.utime(path)
        return found

    def _place(self, key: str, number: int) -> Path:
        """Return where the number-th trace of a file is kept."""
        return self._directory / (f"{key}-{number}.trace" if number else f"{key}.trace")

    def put(self, file: CaptureFile, parts: tuple[tuple[CaptureFile, Trace], ...]) -> None:
        """Keep the traces decoded from a file; where that cannot be done, nothing is kept."""
        try:
            key = _key(file)
            if key is None or not parts:
                return
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._usable():
                return
            # The first entry says how many there are, so it comes last.
            for number in reversed(range(len(parts))):
                self._write(self._place(key, number), _pack(parts[number], len(parts), file.relative))
        except OSError:
            return

    def _write(self, place: Path, data: bytes) -> None:
        self._make_room(len(data))
        descriptor, temporary = tempfile.mkstemp(dir=self._directory, suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
            Path(temporary).replace(place)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _usable(self) -> bool:
        """Use only a real directory of this user: another's could hold what he likes."""
        try:
            info = self._directory.lstat()
        except OSError:
            return False
        return stat.S_ISDIR(info.st_mode) and (not hasattr(os, "getuid") or info.st_uid == os.getuid())

    def _make_room(self, size: int) -> None:
        """Remove leftovers of killed writers, and the least recently used entries beyond the budget."""
        entries = []
        for path in self._directory.iterdir():
            try:
                info = path.stat()
            except OSError:
                continue
            if path.suffix == ".tmp" and time.time() - info.st_mtime > _LEFTOVER_AGE:
                path.unlink(missing_ok=True)
            elif path.suffix == ".trace":
                entries.append((info.st_mtime, info.st_size, path))
        total = size + sum(entry_size for _, entry_size, _ in entries)
        for _, entry_size, path in sorted(entries):
            if total <= self._budget:
                break
            path.unlink(missing_ok=True)
            total -= entry_size


def _key(file: CaptureFile) -> str | None:
    """Identify a local file by place, size, time, inode, and both ends of its bytes; remote ones are not cached."""
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
            info.st_ino,
        ]
        digest.update(repr(identity).encode("utf-8", "surrogateescape"))
        digest.update(stream.read(_EDGE))
        stream.seek(max(0, info.st_size - _EDGE))
        digest.update(stream.read(_EDGE))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One kept trace: which part of its file it is, and how many there are."""

    trace: Trace
    part: str
    parts: int


def _pack(part: tuple[CaptureFile, Trace], parts: int, file: str) -> bytes:
    trace = part[1]
    columns: dict[str, np.ndarray[Any, Any]] = {
        "strings.blob": trace.strings.blob,
        "strings.offsets": trace.strings.offsets,
    }
    for name in _TABLES:
        columns.update({f"{name}.{key}": column for key, column in getattr(trace, name).columns().items()})
    blocks, places, at, checksum = [], {}, 0, 0
    for key, column in columns.items():
        data = np.ascontiguousarray(column).tobytes()
        places[key] = [column.dtype.str, len(column), at]
        data += b"\0" * (-len(data) % _ALIGN)
        checksum = zlib.crc32(data, checksum)
        blocks.append(data)
        at += len(data)
    header = {
        "version": CACHE_VERSION,
        "columns": places,
        "bytes": at,
        "checksum": checksum,
        "trace": _plain(trace),
        "file": file,
        "part": part[0].part,
        "parts": parts,
    }
    text = json.dumps(header).encode("utf-8", "surrogatepass")
    text += b" " * (-(len(text) + 8) % _ALIGN)
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, *blocks])


def _plain(trace: Trace) -> dict[str, Any]:
    kept = {f.name: getattr(trace, f.name) for f in fields(trace) if f.name not in (*_TABLES, "strings")}
    return {name: _jsonable(value) for name, value in kept.items()}


def _jsonable(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _jsonable(part) for key, part in asdict(value).items()}
    if isinstance(value, tuple):
        return [_jsonable(part) for part in value]
    return value


def _unpack(data: bytes, file: str) -> _Entry:
    """Rebuild an entry; raises ValueError, KeyError or TypeError for whatever is not as it was written."""
    if data[:4] != MAGIC:
        raise ValueError
    size = int.from_bytes(data[4:8], "little")
    header = json.loads(data[8 : 8 + size])
    base = 8 + size
    if header["version"] != CACHE_VERSION or len(data) != base + header["bytes"] or header["file"] != file:
        raise ValueError
    if zlib.crc32(memoryview(data)[base:]) != header["checksum"]:
        raise ValueError

    def column(key: str) -> np.ndarray[Any, Any]:
        dtype, length, at = header["columns"][key]
        return np.frombuffer(data, np.dtype(dtype), length, base + at)

    tables = {
        name: table(**{f.name: column(f"{name}.{f.name}") for f in fields(table)}) for name, table in _TABLES.items()
    }
    strings = StringTable(blob=column("strings.blob"), offsets=column("strings.offsets"))
    trace = _trace(header["trace"], tables, strings)
    return _Entry(trace=trace, part=str(header["part"]), parts=int(header["parts"]))


def _trace(plain: dict[str, Any], tables: dict[str, Any], strings: StringTable) -> Trace:
    devices = [{**d, "compute_capability": _pair(d["compute_capability"])} for d in plain["devices"]]
    problems = [
        Problem(**{**p, "severity": Severity(p["severity"]), "origin": Origin(p["origin"])}) for p in plain["problems"]
    ]
    return Trace(
        era=Era(plain["era"]),
        hostnames=tuple(plain["hostnames"]),
        process_id=plain["process_id"],
        clock=ClockEvidence(**plain["clock"]),
        span=(Picoseconds(plain["span"][0]), Picoseconds(plain["span"][1])),
        strings=strings,
        devices=tuple(Device(**d) for d in devices),
        streams=tuple(Stream(**s) for s in plain["streams"]),
        threads=tuple(plain["threads"]),
        events_in_file=plain["events_in_file"],
        complete=plain["complete"],
        profiler_messages=tuple(plain["profiler_messages"]),
        problems=tuple(problems),
        file_bytes=plain["file_bytes"],
        sha256=plain["sha256"],
        **tables,
    )


def _pair(value: list[int] | None) -> tuple[int, int] | None:
    return None if value is None else (value[0], value[1])
