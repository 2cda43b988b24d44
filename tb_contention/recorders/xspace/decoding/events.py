"""Events of a line -> columns in compiled code, one column per *slot*.

The name of a stat determines its slot. Slots 0..2 are offset, duration and metadata row, the others are stats.
"""

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.recorders.common.array_types import BYTES, I64_1, I64_2, i8
from tb_contention.recorders.xspace.decoding.fast_events import NAMES, ODD, read_plain
from tb_contention.recorders.xspace.decoding.skeleton import next_event
from tb_contention.recorders.xspace.decoding.stats import ABSENT, SLOTS, STATS, find_key, read_stat
from tb_contention.recorders.xspace.decoding.wire import field


@inner(i8(BYTES, i8, i8, NAMES, STATS, SLOTS, I64_2, i8))
def read_event(data, pos, stop, names, stats, slots, out, row):
    """Read one event of any form: 1 kept, 0 skipped, -1 aggregated (without a time), -2 damaged."""
    out[0, row] = 0
    out[1, row] = 0
    for slot in range(3, out.shape[0]):
        out[slot, row] = ABSENT
    key = np.int64(0)
    aggregated = False
    kept_by_stat = False
    while pos < stop:
        tag, start, pos, number = field(data, pos, stop, 0)
        if start < 0:
            return np.int64(-2)
        if tag == 8:
            key = number
        elif tag == 16:
            out[0, row] = number
            aggregated = False
        elif tag == 24:
            out[1, row] = number
        elif tag == 40:
            out[0, row] = 0
            aggregated = True
        elif tag == 34:
            slot = read_stat(data, start, pos, stats, slots, out, row)
            if slot == -2:
                return np.int64(-2)
            kept_by_stat = kept_by_stat or (slot >= 0 and (slots.keeps >> slot) & 1 != 0)
    found = find_key(key, names.keys, names.low, names.high)
    action = names.default
    if names.low <= found < names.high and names.keys[found] == key:
        action = np.int64(names.classes[found])
    else:
        found = np.int64(-1)
    out[2, row] = found
    if action == 0 or (action == 1 and not kept_by_stat):
        return np.int64(0)
    return np.int64(-1) if aggregated else np.int64(1)


@compiled(types.void(BYTES, i8, i8, i8, NAMES, STATS, SLOTS, I64_2, I64_1))
def read_events(data, pos, end, cut, names, stats, slots, out, result):
    """Read the events between `pos` and `end`, two field boundaries of a line, into rows result[0] to result[1] - 1 of `out`.

    result: the next row, the row to stop at, aggregated events, damaged events, first damaged position. Slots that are not active (see
    Slots) may stay unwritten.

    Nearly all events have the usual form, which `read_plain` reads ten times as fast as `read_event`.
    """
    row = result[0]
    while pos < end and row < result[1]:
        at = pos
        start, pos = next_event(data, pos, end, cut)
        if start == -2:
            break
        if start < 0:
            continue
        verdict = read_plain(data, start, pos, names, stats, slots, out, row)
        if verdict == ODD:
            verdict = read_event(data, start, pos, names, stats, slots, out, row)
        if verdict == 1:
            row += 1
        elif verdict == -1:
            result[2] += 1
        elif verdict == -2:
            result[3] += 1
            result[4] = min(result[4], at)
    result[0] = row
