"""Planes, lines, metadata entries and plane stats, found in compiled code, and the events counted without being decoded.

`scan` counts every row and fills those for which its tables have room, so tables can be allocated for what a file really contains.
"""

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.recorders.common.array_types import BYTES, I64_1, I64_2, PAIR, i8
from tb_contention.recorders.xspace.decoding.fast_varints import byte, fetch
from tb_contention.recorders.xspace.decoding.stats import stat
from tb_contention.recorders.xspace.decoding.wire import field

# Rows of `info`.
N_PLANES, N_LINES, N_EVENT_META, N_STAT_META, N_PLANE_STATS, N_TEXTS, N_EVENTS, N_MARKS, BAD_AT, CUT_AT, N_INFO = range(
    11
)

# Columns of the structure tables.
PLANE_NAME, PLANE_NAME_LEN, PLANE_START, PLANE_WHOLE, PLANE_COLUMNS = range(5)
(
    LINE_PLANE,
    LINE_START,
    LINE_END,
    LINE_ID,
    LINE_NAME,
    LINE_NAME_LEN,
    LINE_TIME,
    LINE_EVENTS,
    LINE_WHOLE,
    LINE_COLUMNS,
) = range(10)
META_PLANE, META_KEY, META_NAME, META_NAME_LEN, META_STATS, META_END, META_COLUMNS = range(7)
STAT_PLANE, STAT_KEY, STAT_CODE, STAT_COLUMNS = range(4)
TEXT_FIELD, TEXT_AT, TEXT_LEN, TEXT_COLUMNS = range(4)
MARK_LINE, MARK_AT, MARK_COLUMNS = range(3)

#: The position after every so many events of a line is marked, so that a long line can be read in pieces.
MARK_EVERY = 1 << 16
#: Bytes to prefetch ahead. Each length determines where the next one is, so the processor cannot; prefetching halves the time.
_AHEAD = 2048


@inner(types.void(BYTES, i8, i8, i8, i8, i8, I64_2, I64_2, I64_1))
def scan_entry(data, pos, end, plane, kind, row, event_meta, stat_meta, info):
    """Read one entry of a metadata map: its key, and the name in its value. kind 4: event metadata, 5: stat metadata."""
    key = np.int64(0)
    name = np.int64(0)
    length = np.int64(0)
    while pos < end:
        tag, start, pos, number = field(data, pos, end, 0)
        if start < 0:
            info[BAD_AT] = min(info[BAD_AT], end)
            break
        if tag == 8:
            key = number
        elif tag == 18:
            inner = start
            while inner < pos:
                tag2, start2, inner, _ = field(data, inner, pos, 0)
                if start2 < 0:
                    info[BAD_AT] = min(info[BAD_AT], pos)
                    break
                if tag2 == 18:
                    name = start2
                    length = inner - start2
    table = event_meta if kind == 4 else stat_meta
    if row < table.shape[0]:
        table[row, META_PLANE] = plane
        table[row, META_KEY] = key
        table[row, META_NAME] = name
        table[row, META_NAME_LEN] = length


@inner(PAIR(BYTES, i8, i8, i8), forceinline=True)
def next_event(data, pos, end, cut):
    """Skip one field of a line: (start, end) of the event in it; start -1 for another field, -2 at the end of the line."""
    fetch(data, pos + _AHEAD)
    fetch(data, pos + _AHEAD + 64)
    if byte(data, pos) == 34 and pos + 2 < end:  # the common event: its length in one or two bytes
        length = byte(data, pos + 1)
        start = pos + 2
        if length >= 0x80:
            more = byte(data, start)
            length = (length & 0x7F) | (more << 7) if more < 0x80 else end
            start += 1
        if length <= end - start:
            return start, start + length
    tag, start, after, number = field(data, pos, end, cut)
    if start < 0 or (number < 0 and (tag & 7) == 2):  # a line's own fields may be negative numbers
        return np.int64(-2), after
    return start if tag == 34 else np.int64(-1), after


@inner(types.void(BYTES, i8, i8, i8, i8, I64_2, I64_2, I64_1))
def scan_line(data, pos, end, plane, cut, lines, marks, info):
    """Read a line's own fields, count its events, and mark positions between them."""
    row = info[N_LINES]
    info[N_LINES] += 1
    fill = row < lines.shape[0]
    if fill:
        lines[row, LINE_PLANE] = plane
        lines[row, LINE_START] = pos
        lines[row, LINE_END] = end
        lines[row, LINE_WHOLE] = 1 - cut
    events = 0
    due = MARK_EVERY
    while pos < end:
        if events == due:
            due += MARK_EVERY
            marks[info[N_MARKS], MARK_LINE] = row
            marks[info[N_MARKS], MARK_AT] = pos
            info[N_MARKS] += 1
        at = pos
        start, pos = next_event(data, pos, end, cut)
        if start >= 0:
            events += 1
            continue
        tag, start, pos, number = field(data, at, end, cut)
        if start < 0:
            if cut == 0:
                info[BAD_AT] = min(info[BAD_AT], at)
            break
        if fill and tag == 8:
            lines[row, LINE_ID] = number
        elif fill and tag == 24:
            lines[row, LINE_TIME] = number
        elif fill and tag == 18 and number >= 0:
            lines[row, LINE_NAME] = start
            lines[row, LINE_NAME_LEN] = pos - start
    info[N_EVENTS] += events
    if fill:
        lines[row, LINE_EVENTS] = events


@inner(types.void(BYTES, i8, i8, i8, I64_2, I64_2, I64_2, I64_2, I64_2, I64_2, I64_1))
def scan_plane(data, pos, end, cut, planes, lines, event_meta, stat_meta, stats, marks, info):
    """Read a plane's name, and find its lines, metadata entries and stats."""
    plane = info[N_PLANES]
    info[N_PLANES] += 1
    fill = plane < planes.shape[0]
    if fill:
        planes[plane, PLANE_START] = pos
        planes[plane, PLANE_WHOLE] = 1 - cut
    while pos < end:
        at = pos
        tag, start, pos, number = field(data, pos, end, cut)
        if start < 0:
            if cut == 0:
                info[BAD_AT] = min(info[BAD_AT], at)
            return
        if tag == 26:
            scan_line(data, start, pos, plane, 1 if number < 0 else 0, lines, marks, info)
        elif number < 0:
            continue
        elif tag == 18 and fill:
            planes[plane, PLANE_NAME] = start
            planes[plane, PLANE_NAME_LEN] = pos - start
        elif tag == 34:
            scan_entry(data, start, pos, plane, 4, info[N_EVENT_META], event_meta, stat_meta, info)
            info[N_EVENT_META] += 1
        elif tag == 42:
            scan_entry(data, start, pos, plane, 5, info[N_STAT_META], event_meta, stat_meta, info)
            info[N_STAT_META] += 1
        elif tag == 50:
            row = info[N_PLANE_STATS]
            info[N_PLANE_STATS] += 1
            if row < stats.shape[0]:
                key, code = stat(data, start, pos)
                stats[row, STAT_PLANE] = plane
                stats[row, STAT_KEY] = key
                stats[row, STAT_CODE] = code


@compiled(types.void(BYTES, I64_2, I64_2, I64_2, I64_2, I64_2, I64_2, I64_2, I64_1))
def scan(data, planes, lines, event_meta, stat_meta, stats, texts, marks, info):
    """Find everything but the events: count the rows of each table in `info`, and fill the tables as far as they reach."""
    end = np.int64(data.shape[0])
    for row in range(info.shape[0]):
        info[row] = 0
    info[BAD_AT] = end + 1
    info[CUT_AT] = end + 1
    pos = np.int64(0)
    while pos < end:
        at = pos
        tag, start, pos, number = field(data, pos, end, 1)
        if start < 0:
            info[BAD_AT] = min(info[BAD_AT], at)
            return
        if number < 0 and (tag & 7) == 2:
            info[CUT_AT] = at
        if tag == 10:
            scan_plane(
                data, start, pos, 1 if number < 0 else 0, planes, lines, event_meta, stat_meta, stats, marks, info
            )
        elif (tag == 18 or tag == 26 or tag == 34) and number >= 0:
            row = info[N_TEXTS]
            info[N_TEXTS] += 1
            if row < texts.shape[0]:
                texts[row, TEXT_FIELD] = tag >> 3
                texts[row, TEXT_AT] = start
                texts[row, TEXT_LEN] = pos - start
