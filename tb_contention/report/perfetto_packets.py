"""Tracks, names and columns of events -> packets of a Perfetto trace, encoded by compiled functions.

Field numbers are those of Perfetto's public protos: `trace_packet.proto`, `track_event.proto`, `track_descriptor.proto`,
`counter_descriptor.proto`, `interned_data.proto`, `debug_annotation.proto`, `clock_snapshot.proto`. All packets are of one sequence,
so a name is written once and then referred to by its number.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.model.names import clean
from tb_contention.units import I32, I64, U8

#: Units of a counter, `CounterDescriptor.Unit`.
COUNT, SIZE_BYTES = 2, 3
#: Where interned texts go in `InternedData`: names of events, texts of annotations.
EVENT_NAMES, ANNOTATION_TEXTS = 2, 29

_SEQUENCE = 1
_STATE_CLEARED, _NEEDS_STATE = 1, 2
_REALTIME, _BOOTTIME = 1, 6
_ORDER_EXPLICIT, _MERGE_NONE = 3, 2
_OP = 1  # interned name of the one annotation
_ROWS_PER_CHUNK = 1 << 13
_BYTES_PER_ROW = 144  # both packets of a slice without flows take less
_BYTES_PER_FLOW = 10
_TEXT_PER_PACKET = 1 << 16

_U8_OUT = types.Array(types.uint8, 1, "C")
_I32_OUT = types.Array(types.int32, 1, "C")
_I = types.Array(types.int64, 1, "A", readonly=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A row of the viewer. parent: uuid, 0 for none; rank: place among its siblings; unit: of a counter, None for slices and groups."""

    uuid: int
    parent: int
    name: str
    rank: int
    description: str = ""
    unit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slices:
    """Spans of time, sorted by start, ns; those of one track do not overlap.

    track: uuid. name: number of an interned event name. note: number of an interned text that is its operation, 0 for none. flows: ids
    of the arrows that begin or end at each; those of row i are `flows[flow_at[i]:flow_at[i + 1]]`.
    """

    start: I64
    end: I64
    track: I64
    name: I64
    note: I64
    flow_at: I64
    flows: I64


def varint(value: int) -> bytes:
    """Encode an integer that is not negative."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def opening() -> bytes:
    """Begin the sequence: nothing before it counts."""
    name = _number(1, _OP) + _text(2, "op")
    return _packet(_number(13, _STATE_CLEARED) + _number(87, 1) + _message(12, _message(3, name)))


def wall_clock(at: int) -> bytes:
    """Say that times are Unix time; `at` is any of them, ns.

    The trace's own clock is taken to read Unix time as well, as every version of the viewer understands.
    """
    clocks = b"".join(_message(1, _number(1, clock) + _number(2, at)) for clock in (_REALTIME, _BOOTTIME))
    return _packet(_number(8, at) + _message(6, clocks))


def track(made: Track) -> bytes:
    """Describe a track; tracks of one name stay apart, and children keep the order of their ranks."""
    fields = [_number(1, made.uuid), _text(2, made.name)]
    if made.parent:
        fields.append(_number(5, made.parent))
    if made.unit is not None:
        fields.append(_message(8, _number(3, made.unit)))
    fields += [_number(11, _ORDER_EXPLICIT), _number(12, made.rank)]
    if made.description:
        fields.append(_text(14, made.description))
    fields.append(_number(15, _MERGE_NONE))
    return _packet(_message(60, b"".join(fields)))


def interned(where: int, texts: Iterable[tuple[int, str]]) -> Iterator[bytes]:
    """Give texts their numbers, from 1 on; a packet at a time, as traces can hold very many."""
    held: list[bytes] = []
    length = 0
    for number, text in texts:
        entry = _message(where, _number(1, number) + _text(2, text))
        held.append(entry)
        length += len(entry)
        if length >= _TEXT_PER_PACKET:
            yield _packet(_number(13, _NEEDS_STATE) + _message(12, b"".join(held)))
            held, length = [], 0
    if held:
        yield _packet(_number(13, _NEEDS_STATE) + _message(12, b"".join(held)))


def slices(made: Slices, shift: int) -> Iterator[bytes]:
    """Encode slices, with `shift` ns added to their times; about a megabyte at a time."""
    for first in range(0, len(made.start), _ROWS_PER_CHUNK):
        last = min(first + _ROWS_PER_CHUNK, len(made.start))
        flows = int(made.flow_at[last] - made.flow_at[first])
        out: U8 = np.empty((last - first) * _BYTES_PER_ROW + flows * _BYTES_PER_FLOW, np.uint8)
        length = _encode_slices(
            made.start, made.end, made.track, made.name, made.note, made.flow_at, made.flows, shift, first, last, out
        )
        yield out[:length].tobytes()


def counter(uuid: int, time: I64, value: I64, shift: int) -> Iterator[bytes]:
    """Encode the values of a counter, each from its time on, ns, with `shift` added."""
    for first in range(0, len(time), _ROWS_PER_CHUNK):
        last = min(first + _ROWS_PER_CHUNK, len(time))
        out: U8 = np.empty((last - first) * _BYTES_PER_ROW, np.uint8)
        length = _encode_counter(time, value, uuid, shift, first, last, out)
        yield out[:length].tobytes()


def side_by_side(start: I64, end: I64) -> tuple[I32, int]:
    """Put spans, sorted by start, into the first row that is free at their start; return the rows and how many there are.

    There are as many as spans overlap: the viewer drops what overlaps on one track without being inside.
    """
    row: I32 = np.zeros(len(start), np.int32)
    if len(start) < 2 or not bool(np.any(start[1:] < np.maximum.accumulate(end)[:-1])):
        return row, 1
    return row, int(_assign_rows(start, end, row))


def _number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def _message(field: int, body: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(body)) + body


def _text(field: int, text: str) -> bytes:
    """Encode a text that may be hostile: `clean` also makes half a surrogate pair, which UTF-8 has no bytes for, visible."""
    return _message(field, clean(text).encode("utf-8"))


def _packet(body: bytes) -> bytes:
    return _message(1, _number(10, _SEQUENCE) + body)


@inner(types.int64(types.int64))
def _size(value: int) -> int:
    """Count the bytes of a varint; a negative one takes ten, as protobuf has it."""
    left = np.uint64(value)
    count = 1
    while left > np.uint64(0x7F):
        left >>= np.uint64(7)
        count += 1
    return count


@inner(types.int64(_U8_OUT, types.int64, types.int64))
def _put(out: U8, at: int, value: int) -> int:
    """Write a varint; return where the next byte goes."""
    left = np.uint64(value)
    while left > np.uint64(0x7F):
        out[at] = np.uint8((left & np.uint64(0x7F)) | np.uint64(0x80))
        left >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(left)
    return at + 1


@inner(types.int64(_U8_OUT, types.int64, types.int64, types.int64))
def _begin_packet(out: U8, at: int, time: int, event: int) -> int:
    """Write what comes before a track event of a given size: packet, timestamp (8), sequence (10), flags (13), track_event (11)."""
    out[at] = 0x0A
    at = _put(out, at + 1, 1 + _size(time) + 4 + 1 + _size(event) + event)
    out[at] = 0x40
    at = _put(out, at + 1, time)
    out[at] = 0x50
    out[at + 1] = _SEQUENCE
    out[at + 2] = 0x68
    out[at + 3] = _NEEDS_STATE
    out[at + 4] = 0x5A
    return int(_put(out, at + 5, event))


@inner(types.int64(_U8_OUT, types.int64, types.int64, types.int64))
def _put_kind(out: U8, at: int, kind: int, track: int) -> int:
    """Write the type (9) and the track_uuid (11) of a track event."""
    out[at] = 0x48
    out[at + 1] = kind
    out[at + 2] = 0x58
    return int(_put(out, at + 3, track))


@compiled(types.int64(_I, _I, _I, _I, _I, _I, _I, types.int64, types.int64, types.int64, _U8_OUT))
def _encode_slices(
    start: I64,
    end: I64,
    track: I64,
    name: I64,
    note: I64,
    flow_at: I64,
    flows: I64,
    shift: int,
    first: int,
    last: int,
    out: U8,
) -> int:
    """Write begin and end of slices `first..last`; return how many bytes.

    The end comes at once, though its time is later: the viewer sorts by time and keeps the order of what is at one instant, in which a
    slice must end before the next one of its track begins.
    """
    at = 0
    for i in range(first, last):
        here = 3 + _size(track[i])
        count = flow_at[i + 1] - flow_at[i]
        size = here + 1 + _size(name[i]) + 10 * count
        if note[i] > 0:
            size += 6 + _size(note[i])
        at = _begin_packet(out, at, start[i] + shift, size)
        at = _put_kind(out, at, 1, track[i])
        out[at] = 0x50  # name_iid (10)
        at = _put(out, at + 1, name[i])
        if note[i] > 0:  # debug_annotations (4) with name_iid (1) and string_value_iid (17)
            out[at] = 0x22
            out[at + 1] = 4 + _size(note[i])
            out[at + 2] = 0x08
            out[at + 3] = _OP
            out[at + 4] = 0x88
            out[at + 5] = 0x01
            at = _put(out, at + 6, note[i])
        for k in range(flow_at[i], flow_at[i + 1]):  # flow_ids (47), fixed64
            out[at] = 0xF9
            out[at + 1] = 0x02
            for byte in range(8):
                out[at + 2 + byte] = (flows[k] >> (8 * byte)) & 0xFF
            at += 10
        at = _begin_packet(out, at, end[i] + shift, here)
        at = _put_kind(out, at, 2, track[i])
    return at


@compiled(types.int64(_I, _I, types.int64, types.int64, types.int64, types.int64, _U8_OUT))
def _encode_counter(time: I64, value: I64, track: int, shift: int, first: int, last: int, out: U8) -> int:
    """Write the values `first..last` of a counter; return how many bytes."""
    at = 0
    for i in range(first, last):
        at = _begin_packet(out, at, time[i] + shift, 3 + _size(track) + 2 + _size(value[i]))
        at = _put_kind(out, at, 4, track)
        out[at] = 0xF0  # counter_value (30)
        out[at + 1] = 0x01
        at = _put(out, at + 2, value[i])
    return at


@compiled(types.int64(_I, _I, _I32_OUT), allocates=True)
def _assign_rows(start: I64, end: I64, out: I32) -> int:
    """Give each span the lowest free row, with heaps of the rows in use by their end and of the free ones; return how many rows."""
    used = [(end[0], np.int64(0))]
    free = [np.int64(0)]
    free.pop()
    rows = np.int64(1)
    out[0] = 0
    for i in range(1, start.shape[0]):
        while len(used) > 0 and used[0][0] <= start[i]:
            heapq.heappush(free, heapq.heappop(used)[1])
        if len(free) > 0:
            row = heapq.heappop(free)
        else:
            row = rows
            rows += 1
        out[i] = row
        heapq.heappush(used, (end[i], row))
    return int(rows)
