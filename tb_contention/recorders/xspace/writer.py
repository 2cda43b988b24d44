"""Planes, lines and events -> bytes of an XSpace, as TensorFlow 2.18 to 2.20 lay one out.

    line = Line(id=7, name="Stream #7(Compute)", events=[Event(name="gemm", start=0, duration=5_000_000)])
    path.write_bytes(encode(Space(planes=[Plane(id=0, name="/device:GPU:0", lines=[line])])))

Names of events, names of stats and texts are interned per plane in order of first use, so equal input gives equal bytes. Field numbers
are those of `xplane.proto`. Events that are alike can be columns of a line, `Rows`; `encode_kernel_columns` writes those of a line that has
nothing else, for files of a million kernels.
"""

import struct
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from tb_contention.units import I64, PS_PER_NS, U8, U64, Bool

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
class Rows:
    """Events of a line as columns.

    kinds: name and stats of each kind of event; kind: which one each is; start, duration: ps from the trace's time 0. changing: stats of
    which each event has its own value, integers, in the order in which all kinds have them. place: how many of the line's `events` precede
    them where some start and end together.
    """

    kinds: list[tuple[str, dict[str, StatValue]]]
    kind: I64
    start: I64
    duration: I64
    changing: dict[str, I64]
    place: int = 0


@dataclass(slots=True, kw_only=True)
class Line:
    """A stream or thread. timestamp_ns: the line's base; events start at or after it. rows: further events."""

    id: int
    name: str
    events: list[Event] = field(default_factory=list)
    timestamp_ns: int = 0
    rows: list[Rows] = field(default_factory=list)

    def times(self) -> tuple[I64, I64]:
        """Return start and duration of all events, then of all rows, ps."""
        times = np.array([(event.start, event.duration) for event in self.events], np.int64).reshape(-1, 2)
        start = np.concatenate([times[:, 0], *(rows.start for rows in self.rows)])
        return start, np.concatenate([times[:, 1], *(rows.duration for rows in self.rows)])


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
    if line.rows:
        out += _encode_with_rows(line, base, names)
    else:
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
    out = []
    for first in range(0, len(metadata), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        cells = [_text(b"\x08"), _varints(metadata[part]), _text(b"\x10"), _varints(offset[part])]
        cells += [_text(b"\x18"), _varints(duration[part])]
        for column in stats:
            head = bytes((0x08, column.stat, column.field << 3))
            cells += _stat_cells(_text(b"\x22"), _text(head), _varints(column.values[part]))
        out.append(_messages(cells)[0])
    return b"".join(out)


def _encode_with_rows(line: Line, base: int, names: Names) -> bytes:
    """Write the events and the rows of a line in the order that `encode_line` states; base: ps of the line."""
    start, duration = line.times()
    count = len(line.events)
    kinds = [described for rows in line.rows for described in rows.kinds]
    firsts = np.cumsum([count, *(len(rows.kinds) for rows in line.rows)]).tolist()
    kind = np.concatenate([np.arange(count), *(r.kind + k for r, k in zip(line.rows, firsts, strict=False))])
    place = np.concatenate([2 * np.arange(count) + 1, *(np.full(len(r.kind), 2 * r.place) for r in line.rows)])
    order = np.lexsort((place, -duration, start))
    # Names are given in order of first use.
    present, first = np.unique(kind[order], return_index=True)
    changing = {name: np.concatenate([rows.changing[name] for rows in line.rows]) for name in line.rows[0].changing}
    messages: dict[int, bytes] = {}
    texts: list[list[bytes]] = [[b""] * (2 * len(changing) + 2)] * len(kinds)
    for number in present[np.argsort(first)].tolist():
        if number < count:
            body = encode_event(line.events[number], base, names)
            messages[number] = b"\x22" + varint(len(body)) + body
        else:
            name, stats = kinds[number - count]
            texts[number - count] = _around(name, stats, tuple(changing), names)
    is_row = order >= count
    chosen = order[is_row]
    values = [column[chosen - count] for column in changing.values()]
    written, ends = _encode_rows(texts, kind[chosen] - count, start[chosen] - base, duration[chosen], values)
    out, done = [], 0
    for number, until in zip(order[~is_row].tolist(), ends[np.cumsum(is_row)[~is_row]].tolist(), strict=True):
        out += [written[done:until], messages[number]]
        done = until
    return b"".join([*out, written[done:]])


def _around(name: str, stats: dict[str, StatValue], changing: tuple[str, ...], names: Names) -> list[bytes]:
    """Write what stands around the values of events of one kind: up to the start; up to the length of each changing stat, from there up to
    its value; after the last.
    """
    found = [b"\x08" + varint(names.event(name)) + b"\x10"]
    fixed = b""
    for stat, value in stats.items():
        if stat in changing:
            found += [fixed + b"\x22", encode_stat(stat, type(value)(0), names)[:-1]]
            fixed = b""
        else:
            fixed += names.field(stat, value)
    return [*found, fixed]


def _encode_rows(
    texts: list[list[bytes]], kind: I64, offset: I64, duration: I64, changing: list[I64]
) -> tuple[bytes, I64]:
    """Write events of some kinds, whose `_around` are texts; return also where each ends, from 0 before the first."""
    bytes_, held = _varints(duration)
    lasts = (duration > 0)[:, None]
    tables = [_table([text[k] for text in texts], kind) for k in range(2 * len(changing) + 2)]
    cells = [tables[0], _varints(offset), (np.full((1, 1), 0x18, np.uint8), lasts), (bytes_, held & lasts)]
    for number, values in enumerate(changing):
        cells += _stat_cells(tables[2 * number + 1], tables[2 * number + 2], _varints(values))
    return _messages([*cells, tables[-1]])


#: Bytes that each row has at one place of it, and which of them count: rows x width; one row stands for all.
_Cells: TypeAlias = tuple[U8, Bool]
_AT_ONCE = 1 << 16


def _text(text: bytes) -> _Cells:
    return np.frombuffer(text, np.uint8)[None], np.ones((1, len(text)), np.bool_)


def _table(texts: list[bytes], row: I64) -> _Cells:
    """Give each row one of some texts."""
    lengths = np.array([len(text) for text in texts])
    width = int(lengths.max(initial=0))
    table = np.frombuffer(b"".join(text.ljust(width, b"\0") for text in texts), np.uint8).reshape(len(texts), width)
    return table[row], (np.arange(width) < lengths[:, None])[row]


def _varints(values: I64) -> _Cells:
    given = values.astype(np.uint64)
    lengths = varint_lengths(given)[:, None]
    place = np.arange(lengths.max(initial=1))
    low = (given[:, None] >> (7 * place).astype(np.uint64)).astype(np.uint8) & 0x7F
    return low | np.where(place + 1 < lengths, np.uint8(0x80), np.uint8(0)), place < lengths


def _stat_cells(before: _Cells, head: _Cells, value: _Cells) -> list[_Cells]:
    """Put the length of a stat, below 128, between what is before it and the stat, which is its head and value."""
    length = head[1].sum(axis=1, keepdims=True) + value[1].sum(axis=1, keepdims=True)
    return [before, (length.astype(np.uint8), np.ones((1, 1), np.bool_)), head, value]


def _messages(cells: list[_Cells]) -> tuple[bytes, I64]:
    """Write rows as messages of field 4, one after the other; return also where each ends, from 0 before the first."""
    body: I64 = np.zeros(1, np.int64)
    for _, counts in cells:
        body = body + counts.sum(axis=1)
    cells = [_text(b"\x22"), _varints(body), *cells]
    wide = [(len(body), values.shape[1]) for values, _ in cells]
    values = np.concatenate([np.broadcast_to(values, to) for (values, _), to in zip(cells, wide, strict=True)], axis=1)
    counts = np.concatenate([np.broadcast_to(counts, to) for (_, counts), to in zip(cells, wide, strict=True)], axis=1)
    return values[counts].tobytes(), np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
