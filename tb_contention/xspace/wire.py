"""The structure of an XSpace, read off the wire: bytes -> where its planes, lines, metadata and stats are, as integer columns.

Nothing is copied and no object is made per field; `scan` is called without tables to count and again to fill them, so memory is asked
for only after lengths were checked. It never recurses: the format has four levels, and unknown groups are skipped with a counter.

A message whose length runs past the end of the *file* is cut: what is whole inside it is read. One whose length runs past its parent is
malformed: reading goes on behind the parent.
"""

from typing import Any, TypeAlias

import numba
import numpy as np

from tb_contention._compiled import compiled
from tb_contention.units import I64, U8

#: Read-only contiguous bytes.
Buffer: TypeAlias = U8
BYTES = numba.types.Array(numba.uint8, 1, "C", readonly=True)
TABLE = numba.types.Array(numba.int64, 2, "C")
COLUMN = numba.types.Array(numba.int64, 1, "C")
SHORT = numba.types.Array(numba.int32, 1, "C")
_INT = numba.int64

BAD, CUT = -1, -2  # in place of a position: the data is malformed; it runs past its end
VARINT, FIXED64, LENGTH, GROUP, END_GROUP, FIXED32 = 0, 1, 2, 3, 4, 5

# Columns of the tables that `scan` fills. Positions are byte offsets into the file.
PLANE_START, PLANE_END, PLANE_CUT, PLANE_NAME, PLANE_NAME_LENGTH = 0, 1, 2, 3, 4
PLANE_LINES, PLANE_EVENTS, PLANE_STATS, PLANE_VALUES, PLANE_WIDTH = 5, 6, 7, 8, 9
LINE_PLANE, LINE_START, LINE_END, LINE_CUT, LINE_ID, LINE_TIME, LINE_NAME, LINE_NAME_LENGTH = 0, 1, 2, 3, 4, 5, 6, 7
LINE_DISPLAY, LINE_DISPLAY_LENGTH, LINE_COUNT, LINE_WIDTH = 8, 9, 10, 11
META_KEY, META_NAME, META_NAME_LENGTH, META_WIDTH = 0, 1, 2, 3
VALUE_STAT, VALUE_KIND, VALUE, VALUE_LENGTH, VALUE_WIDTH = 0, 1, 2, 3, 4
TEXT_FIELD, TEXT_START, TEXT_LENGTH, TEXT_WIDTH = 0, 1, 2, 3

# What `scan` counts.
PLANES, LINES, EVENT_NAMES, STAT_NAMES, VALUES, TEXTS, EVENTS, IS_CUT, BAD_COUNT, BAD_AT, CUT_AT, UNKNOWN = range(12)
INFO_WIDTH = 12


@compiled(numba.types.UniTuple(_INT, 2)(BYTES, _INT, _INT))
def read_varint(data: Buffer, at: int, end: int) -> "tuple[int, int]":
    """Read a varint as a 64-bit pattern seen as int64; return it and the position behind it, or BAD or CUT."""
    value = np.uint64(0)
    shift = np.uint64(0)
    while at < end:
        byte = np.uint64(data[at])
        at += 1
        value |= (byte & np.uint64(0x7F)) << shift
        if byte < np.uint64(0x80):
            if shift == np.uint64(63) and byte > np.uint64(1):
                return 0, BAD
            return np.int64(value), at
        shift += np.uint64(7)
        if shift > np.uint64(63):
            return 0, BAD
    return 0, CUT


@compiled(_INT(BYTES, _INT, _INT))
def skip_group(data: Buffer, at: int, end: int) -> int:
    """Return the position behind a group whose start tag was read, whatever is nested in it."""
    depth = 1
    while depth > 0:
        tag, at = read_varint(data, at, end)
        if at < 0:
            return at
        kind = tag & 7
        if tag >> 3 == 0 or kind > FIXED32:
            return BAD
        if kind == VARINT:
            _, at = read_varint(data, at, end)
            if at < 0:
                return at
        elif kind == LENGTH:
            length, at = read_varint(data, at, end)
            if at < 0:
                return at
            if length < 0 or length > end - at:
                return CUT
            at += length
        elif kind == GROUP:
            depth += 1
        elif kind == END_GROUP:
            depth -= 1
        else:
            at += 8 if kind == FIXED64 else 4
            if at > end:
                return CUT
    return at


@compiled(numba.types.UniTuple(_INT, 4)(BYTES, _INT, _INT), forceinline=True)
def read_field(data: Buffer, at: int, end: int) -> "tuple[int, int, int, int]":
    """Read one field: (number, wire type, value, position behind it).

    value: of a varint its bits; of a length-delimited field, where its content starts; of a fixed field, where it stands. A group comes
    back as skipped, with number 0. The position is BAD or CUT where there is no whole field.
    """
    # One byte is the rule; a call costs more than reading it.
    if at < end and data[at] < 0x80:
        tag = np.int64(data[at])
        at += 1
    else:
        tag, at = read_varint(data, at, end)
        if at < 0:
            return 0, 0, 0, at
    number, kind = tag >> 3, tag & 7
    if number <= 0 or number > 0x1FFFFFFF:
        return 0, 0, 0, BAD
    if kind == VARINT or kind == LENGTH:
        if at < end and data[at] < 0x80:
            value = np.int64(data[at])
            at += 1
        else:
            value, at = read_varint(data, at, end)
            if at < 0:
                return number, kind, 0, at
        if kind == VARINT:
            return number, kind, value, at
        if value < 0 or value > end - at:
            return number, kind, at, CUT
        return number, kind, at, at + value
    if kind == FIXED64 or kind == FIXED32:
        width = 8 if kind == FIXED64 else 4
        return number, kind, at, at + width if at + width <= end else CUT
    if kind == GROUP:
        return 0, kind, 0, skip_group(data, at, end)
    return 0, 0, 0, BAD


@compiled(numba.void(COLUMN, _INT, _INT, _INT))
def note(info: I64, status: int, is_cut: int, at: int) -> None:
    """Count a message that could not be read to its end, as cut or as malformed."""
    if status == CUT and is_cut != 0:
        info[IS_CUT] = 1
        info[CUT_AT] = at
    else:
        if info[BAD_COUNT] == 0 or at < info[BAD_AT]:
            info[BAD_AT] = at
        info[BAD_COUNT] += 1


@compiled(numba.void(BYTES, _INT, _INT, _INT, COLUMN, COLUMN))
def scan_line(data: Buffer, at: int, end: int, is_cut: int, row: I64, info: I64) -> None:
    """Read the head of a line into `row` and count its whole events."""
    row[LINE_ID : LINE_COUNT + 1] = 0
    while at < end:
        here = at
        number, kind, value, at = read_field(data, at, end)
        if at < 0:
            note(info, at, is_cut, here)
            break
        if kind == LENGTH:
            if number == 4:
                row[LINE_COUNT] += 1
            elif number == 2:
                row[LINE_NAME], row[LINE_NAME_LENGTH] = value, at - value
            elif number == 11:
                row[LINE_DISPLAY], row[LINE_DISPLAY_LENGTH] = value, at - value
        elif kind == VARINT:
            if number == 1:
                row[LINE_ID] = value
            elif number == 3:
                row[LINE_TIME] = value
    info[EVENTS] += row[LINE_COUNT]


@compiled(numba.boolean(BYTES, _INT, _INT, COLUMN, COLUMN))
def scan_meta(data: Buffer, at: int, end: int, row: I64, info: I64) -> bool:
    """Read a map entry into `row`: its key, and the name (display name where that is empty). False if it is malformed."""
    row[:] = 0
    shown, shown_length = 0, 0
    while at < end:
        here = at
        number, kind, value, at = read_field(data, at, end)
        if at < 0:
            note(info, BAD, 0, here)
            return False
        if number == 1 and kind == VARINT:
            row[META_KEY] = value
        elif number == 2 and kind == LENGTH:
            inside = value
            while inside < at:
                here = inside
                number, kind, value, inside = read_field(data, inside, at)
                if inside < 0:
                    note(info, BAD, 0, here)
                    return False
                if kind == LENGTH and number == 2:
                    row[META_NAME], row[META_NAME_LENGTH] = value, inside - value
                elif kind == LENGTH and number == 4:
                    shown, shown_length = value, inside - value
    if row[META_NAME_LENGTH] == 0:
        row[META_NAME], row[META_NAME_LENGTH] = shown, shown_length
    return True


@compiled(_INT(BYTES, _INT, _INT, COLUMN), forceinline=True)
def read_stat(data: Buffer, at: int, end: int, row: I64) -> int:
    """Read a stat into `row` (VALUE_*): kind is the number of its value's field, 0 where it has none. Return `end`, or BAD."""
    row[VALUE_STAT], row[VALUE_KIND], row[VALUE], row[VALUE_LENGTH] = 0, 0, 0, 0
    while at < end:
        number, kind, value, at = read_field(data, at, end)
        if at < 0:
            return BAD
        if number == 1:
            if kind == VARINT:
                row[VALUE_STAT] = value
        elif number <= 7 and number > 0:
            if kind == VARINT:
                if number == 3 or number == 4 or number == 7:
                    row[VALUE_KIND], row[VALUE], row[VALUE_LENGTH] = number, value, 0
            elif kind == LENGTH:
                if number == 5 or number == 6:
                    row[VALUE_KIND], row[VALUE], row[VALUE_LENGTH] = number, value, at - value
            elif kind == FIXED64 and number == 2:
                bits = np.uint64(0)
                for k in range(8):
                    bits |= np.uint64(data[value + k]) << np.uint64(8 * k)
                row[VALUE_KIND], row[VALUE], row[VALUE_LENGTH] = 2, np.int64(bits), 0
    return at


@compiled(numba.void(BYTES, _INT, _INT, _INT, _INT, TABLE, TABLE, TABLE, TABLE, TABLE, COLUMN, COLUMN))
def scan_plane(
    data: Buffer,
    at: int,
    end: int,
    is_cut: int,
    fill: int,
    planes: I64,
    lines: I64,
    event_names: I64,
    stat_names: I64,
    values: I64,
    row: I64,
    info: I64,
) -> None:
    """Read one plane into the tables; `row` is scratch."""
    plane = info[PLANES]
    head = row[LINE_WIDTH : LINE_WIDTH + PLANE_WIDTH]
    head[:] = 0
    head[PLANE_START], head[PLANE_END], head[PLANE_CUT] = at, end, is_cut
    head[PLANE_LINES], head[PLANE_EVENTS] = info[LINES], info[EVENT_NAMES]
    head[PLANE_STATS], head[PLANE_VALUES] = info[STAT_NAMES], info[VALUES]
    while at < end:
        here = at
        number, kind, value, at = read_field(data, at, end)
        inside_cut = 0
        if at == CUT and is_cut != 0 and number == 3 and kind == LENGTH and value > 0:
            inside_cut, at = 1, end
            note(info, CUT, 1, here)
        if at < 0:
            note(info, at, is_cut, here)
            break
        if kind != LENGTH:
            continue
        if number == 2:
            head[PLANE_NAME], head[PLANE_NAME_LENGTH] = value, at - value
        elif number == 3:
            line = row[:LINE_WIDTH]
            line[LINE_PLANE], line[LINE_START], line[LINE_END], line[LINE_CUT] = plane, value, at, inside_cut
            scan_line(data, value, at, inside_cut, line, info)
            if fill != 0:
                lines[info[LINES], :] = line
            info[LINES] += 1
        elif number == 4 or number == 5:
            meta = row[:META_WIDTH]
            if scan_meta(data, value, at, meta, info):
                if number == 4:
                    if fill != 0:
                        event_names[info[EVENT_NAMES], :] = meta
                    info[EVENT_NAMES] += 1
                else:
                    if fill != 0:
                        stat_names[info[STAT_NAMES], :] = meta
                    info[STAT_NAMES] += 1
        elif number == 6:
            stat = row[:VALUE_WIDTH]
            if read_stat(data, value, at, stat) < 0:
                note(info, BAD, 0, value)
            else:
                if fill != 0:
                    values[info[VALUES], :] = stat
                info[VALUES] += 1
    if fill != 0:
        planes[plane, :] = head
    info[PLANES] += 1


@compiled(numba.void(BYTES, _INT, TABLE, TABLE, TABLE, TABLE, TABLE, TABLE, COLUMN))
def scan(
    data: Buffer,
    fill: int,
    planes: I64,
    lines: I64,
    event_names: I64,
    stat_names: I64,
    values: I64,
    texts: I64,
    info: I64,
) -> None:
    """Walk the whole file. With fill = 0 the tables are not touched and `info` says how large they must be."""
    row = np.zeros(LINE_WIDTH + PLANE_WIDTH, np.int64)
    info[:] = 0
    at, end = 0, len(data)
    while at < end:
        here = at
        number, kind, value, at = read_field(data, at, end)
        is_cut = 0
        if at == CUT and number == 1 and kind == LENGTH and value > 0:
            is_cut, at = 1, end
            note(info, CUT, 1, here)
        if at < 0:
            note(info, at, 1, here)
            break
        if kind == LENGTH and number == 1:
            scan_plane(
                data, value, at, is_cut, fill, planes, lines, event_names, stat_names, values, row, info
            )
        elif kind == LENGTH and number >= 2 and number <= 4:
            if fill != 0:
                texts[info[TEXTS], TEXT_FIELD] = number
                texts[info[TEXTS], TEXT_START] = value
                texts[info[TEXTS], TEXT_LENGTH] = at - value
            info[TEXTS] += 1
        else:
            info[UNKNOWN] += 1


def empty_table(rows: int, width: int) -> "Any":
    """Make a table of so many rows, not yet filled."""
    return np.empty((rows, width), np.int64)
