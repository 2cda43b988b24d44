"""Planes, lines and events -> bytes of an XSpace, as TensorFlow 2.18 to 2.20 lay one out.

    line = Line(id=7, name="Stream #7(Compute)", events=[Event(name="gemm", start=0, duration=5_000_000)])
    path.write_bytes(encode(Space(planes=[Plane(id=0, name="/device:GPU:0", lines=[line])])))

Names of events, names of stats and texts are interned per plane in order of first use, so equal input gives equal bytes. Field numbers
are those of `xplane.proto`. `encode_kernel_columns` writes the events of one line from NumPy columns, for files of a million kernels.
"""

import struct
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from tb_contention.units import I64, PS_PER_NS, U8, U64

_U64 = (1 << 64) - 1
#: The two bytes of a varint that hold 14 bits, with more to follow, and the last ones.
_MORE = [bytes((low | 0x80, high | 0x80)) for high in range(0x80) for low in range(0x80)]
_LAST = [bytes((low,)) for low in range(0x80)]
_LAST += [bytes((low | 0x80, high)) for high in range(1, 0x80) for low in range(0x80)]


class Text(str):
    """A string that is written in place, not as a reference to the plane's table of names."""

    __slots__ = ()


class Unsigned(int):
    """An integer that is written as uint64, not as int64."""


StatValue: TypeAlias = str | int | float | bytes


@dataclass(slots=True, kw_only=True)
class Event:
    """An event; start in ps from the trace's time 0. A plain str stat is interned, `Text` is written in place."""

    name: str
    start: int
    duration: int = 0
    stats: dict[str, StatValue] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Line:
    """A stream or thread. timestamp_ns: the line's base; events start at or after it."""

    id: int
    name: str
    events: list[Event] = field(default_factory=list)
    timestamp_ns: int = 0


@dataclass(slots=True, kw_only=True)
class Plane:
    """A device, the host, or a plane of stats alone."""

    id: int
    name: str
    lines: list[Line] = field(default_factory=list)
    stats: dict[str, StatValue] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Space:
    """A whole file."""

    planes: list[Plane]
    hostnames: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The properties of a device on its GPU plane; clock in kHz, memory in bytes, bandwidth in bytes/s."""

    model: str
    clock_rate_khz: int
    core_count: int
    memory_size: int
    memory_bandwidth: int
    compute_capability: tuple[int, int]
    vendor: str = "Nvidia"

    def stats(self) -> dict[str, StatValue]:
        """Return the plane stats."""
        major, minor = self.compute_capability
        return {
            "clock_rate": self.clock_rate_khz,
            "core_count": self.core_count,
            "memory_bandwidth": Unsigned(self.memory_bandwidth),
            "memory_size": Unsigned(self.memory_size),
            "compute_cap_major": major,
            "compute_cap_minor": minor,
            "device_vendor": self.vendor,
            "gpu_device_name": self.model,
        }


def task_environment(start_ns: int, stop_ns: int, plane_id: int = 0) -> Plane:
    """Make the plane that states the start and stop of the profiler session in Unix ns."""
    stats: dict[str, StatValue] = {
        "profile_start_time": Unsigned(start_ns),
        "profile_stop_time": Unsigned(stop_ns),
    }
    return Plane(id=plane_id, name="Task Environment", stats=stats)


def encode(space: Space) -> bytes:
    """Write the file's bytes."""
    out = bytearray()
    for plane in space.planes:
        put_bytes(out, 1, encode_plane(plane))
    for number, texts in ((2, space.errors), (3, space.warnings), (4, space.hostnames)):
        for text in texts:
            put_bytes(out, number, text.encode())
    return bytes(out)


class Names:
    """The two tables of one plane: names of events, and names of stats with the texts that stats refer to."""

    def __init__(self) -> None:
        self.events: dict[str, int] = {}
        self.stats: dict[str, int] = {}
        self._fields: dict[tuple[str, type, StatValue], bytes] = {}

    def event(self, name: str) -> int:
        """Return the id of an event's name."""
        return self.events.setdefault(name, len(self.events) + 1)

    def stat(self, name: str) -> int:
        """Return the id of a stat's name or of a text."""
        return self.stats.setdefault(name, len(self.stats) + 1)

    def field(self, name: str, value: StatValue) -> bytes:
        """Return a stat as a field of an event; most events have the same few."""
        key = (name, type(value), value)
        known = self._fields.get(key)
        if known is None:
            inside = encode_stat(name, value, self)
            known = b"\x22" + varint(len(inside)) + inside
            if not isinstance(value, float):  # zeros of either sign are equal, and written apart
                self._fields[key] = known
        return known

    def encode(self) -> bytes:
        """Write both tables as map entries of the plane."""
        out = bytearray()
        for number, table in ((4, self.events), (5, self.stats)):
            for name, key in table.items():
                value = bytearray()
                put_int(value, 1, key)
                if name:
                    put_bytes(value, 2, name.encode())
                entry = bytearray()
                put_int(entry, 1, key)
                put_bytes(entry, 2, value)
                put_bytes(out, number, entry)
        return bytes(out)


def encode_plane(plane: Plane, names: Names | None = None, raw_lines: tuple[bytes, ...] = ()) -> bytes:
    """Write the inside of a plane; raw_lines are insides of lines, written before, with `names`."""
    names = names or Names()
    out = bytearray()
    if plane.id:
        put_int(out, 1, plane.id)
    put_bytes(out, 2, plane.name.encode())
    for line in raw_lines:
        put_bytes(out, 3, line)
    for described in plane.lines:
        put_bytes(out, 3, encode_line(described, names))
    stats = bytearray()
    for name, value in plane.stats.items():
        put_bytes(stats, 6, encode_stat(name, value, names))
    return bytes(out) + names.encode() + bytes(stats)


def encode_line(line: Line, names: Names, raw_events: bytes = b"") -> bytes:
    """Write the inside of a line, events by start, longer ones first, so that parents precede their children."""
    out = bytearray()
    put_int(out, 1, line.id)
    put_bytes(out, 2, line.name.encode())
    if line.timestamp_ns:
        put_int(out, 3, line.timestamp_ns)
    base = line.timestamp_ns * PS_PER_NS
    for event in sorted(line.events, key=lambda e: (e.start, -e.duration)):
        put_bytes(out, 4, encode_event(event, base, names))
    out += raw_events
    put_bytes(out, 11, line.name.encode())
    return bytes(out)


def encode_event(event: Event, base: int, names: Names) -> bytes:
    """Write the inside of an event; base: ps of its line."""
    parts = [b"\x08", varint(names.event(event.name)), b"\x10", varint(event.start - base)]
    if event.duration:
        parts += [b"\x18", varint(event.duration)]
    parts += [names.field(name, value) for name, value in event.stats.items()]
    return b"".join(parts)


def encode_stat(name: str, value: StatValue, names: Names) -> bytes:
    """Write the inside of a stat."""
    head = b"\x08" + varint(names.stat(name))
    if isinstance(value, float):
        return head + b"\x11" + struct.pack("<d", value)
    if isinstance(value, bytes):
        return head + b"\x32" + varint(len(value)) + value
    if isinstance(value, Text):
        text = value.encode()
        return head + b"\x2a" + varint(len(text)) + text
    if isinstance(value, str):
        return head + b"\x38" + varint(names.stat(value))
    return head + (b"\x18" if isinstance(value, Unsigned) else b"\x20") + varint(value)


def varint(value: int) -> bytes:
    """Write a varint; negative values as two's complement of 64 bits."""
    value &= _U64
    if value < 1 << 14:
        return _LAST[value]
    out = b""
    while value >= 1 << 14:
        out += _MORE[value & 0x3FFF]
        value >>= 14
    return out + _LAST[value]


def put_varint(out: bytearray, value: int) -> None:
    """Append a varint."""
    out += varint(value)


def put_int(out: bytearray, number: int, value: int) -> None:
    """Append an integer field."""
    put_varint(out, number << 3)
    put_varint(out, value)


def put_bytes(out: bytearray, number: int, value: bytes | bytearray) -> None:
    """Append a string, bytes or message field."""
    put_varint(out, number << 3 | 2)
    put_varint(out, len(value))
    out += value


@dataclass(frozen=True, slots=True, kw_only=True)
class StatColumn:
    """One integer stat of many events. stat: its id in `Names` (below 128); field: 3 uint64, 4 int64, 7 reference."""

    stat: int
    field: int
    values: I64


def varint_lengths(values: U64) -> I64:
    """Return how many bytes each value takes as a varint."""
    lengths = np.ones(len(values), np.int64)
    for k in range(1, 10):
        lengths += values >= np.uint64(1 << 7 * k)
    return lengths


def encode_kernel_columns(metadata: I64, offset: I64, duration: I64, stats: list[StatColumn]) -> bytes:
    """Write the events of one line: metadata ids, offsets and durations in ps (sorted by offset, as they stand), stats in order."""
    parts: list[bytes | U64] = [b"\x08", metadata.astype(np.uint64), b"\x10", offset.astype(np.uint64)]
    parts += [b"\x18", duration.astype(np.uint64)]
    for column in stats:
        values = column.values.astype(np.uint64)
        inside = (varint_lengths(values) + 3).astype(np.uint64)
        parts += [b"\x22", inside, bytes([0x08, column.stat, column.field << 3]), values]
    body: I64 = np.zeros(len(metadata), np.int64)
    for part in parts:
        body = body + _lengths(part)
    return _scatter([b"\x22", body.astype(np.uint64), *parts], len(metadata))


def _lengths(part: bytes | U64) -> int | I64:
    return len(part) if isinstance(part, bytes) else varint_lengths(part)


def _scatter(parts: list[bytes | U64], rows: int) -> bytes:
    """Concatenate the parts of each row, row after row."""
    if rows == 0:
        return b""
    lengths = [_lengths(part) for part in parts]
    ends: I64 = np.cumsum(sum(lengths) + np.zeros(rows, np.int64))
    out: U8 = np.zeros(int(ends[-1]), np.uint8)
    at: I64 = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    for part, length in zip(parts, lengths, strict=True):
        if isinstance(part, bytes):
            for k, byte in enumerate(part):
                out[at + k] = byte
        else:
            _scatter_varints(out, at, part, np.asarray(length))
        at = at + length
    return out.tobytes()


def _scatter_varints(out: U8, at: I64, values: U64, lengths: I64) -> None:
    """Write each value as a varint of the given length at the given position."""
    for k in range(int(lengths.max())):
        rows = np.flatnonzero(lengths > k)
        low = (values[rows] >> np.uint64(7 * k)) & np.uint64(0x7F)
        more = (lengths[rows] > k + 1).astype(np.uint64) << np.uint64(7)
        out[at[rows] + k] = (low | more).astype(np.uint8)
