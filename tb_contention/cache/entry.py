"""One decoded trace as bytes and back.

`TBCC`, the length of a JSON header, a checksum of both, the header, then each column at a multiple of 64 bytes. The header holds a
checksum of the columns; whatever does not fit together is refused. Nothing is ever executed from it.
"""

import json
import zlib
from dataclasses import asdict, dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

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
    RefusalTable,
    StepTable,
    Stream,
    Trace,
)
from tb_contention.units import Picoseconds

CACHE_VERSION = 12
MAGIC = b"TBCC"
#: Bytes before the header.
_BEFORE = 12
_ALIGN = 64
_TABLES: dict[str, type[Table]] = {
    "kernels": KernelTable,
    "launches": LaunchTable,
    "host_events": HostEventTable,
    "allocations": AllocationTable,
    "steps": StepTable,
    "residency": ResidencyTable,
    "refusals": RefusalTable,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One kept trace: which part of its file it is, and how many there are."""

    trace: Trace
    part: str
    parts: int


def pack(part: tuple[CaptureFile, Trace], parts: int, file: str) -> bytes:
    """Write one trace of a file; parts: how many the file holds."""
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
    text += b" " * (-(len(text) + _BEFORE) % _ALIGN)
    size = len(text).to_bytes(4, "little")
    return b"".join([MAGIC, size, zlib.crc32(text, zlib.crc32(size)).to_bytes(4, "little"), text, *blocks])


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


def unpack(data: bytes, file: str) -> Entry:
    """Rebuild an entry; raises ValueError, KeyError or TypeError for whatever is not as it was written."""
    if data[:4] != MAGIC:
        raise ValueError
    base = _BEFORE + int.from_bytes(data[4:8], "little")
    text = data[_BEFORE:base]
    if zlib.crc32(text, zlib.crc32(data[4:8])) != int.from_bytes(data[8:_BEFORE], "little"):
        raise ValueError
    header = json.loads(text)
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
    return Entry(trace=trace, part=str(header["part"]), parts=int(header["parts"]))


def _trace(plain: dict[str, Any], tables: dict[str, Any], strings: StringTable) -> Trace:
    devices = [
        {**d, "compute_capability": _pair(d["compute_capability"]), "rank": _pair(d["rank"])} for d in plain["devices"]
    ]
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
        work_end=plain["work_end"],
        **tables,
    )


def _pair(value: list[int] | None) -> tuple[int, int] | None:
    return None if value is None else (value[0], value[1])
