"""Events of a line in compiled code, counted and bounded in time instead of written into columns."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.recorders.common.array_types import BYTES, I64_1, I64_2, U8_1, i8
from tb_contention.recorders.xspace.decoding.events import read_event
from tb_contention.recorders.xspace.decoding.fast_events import NAMES, ODD, read_plain
from tb_contention.recorders.xspace.decoding.lines import ABSOLUTE_NS, FAR_PS
from tb_contention.recorders.xspace.decoding.skeleton import next_event
from tb_contention.recorders.xspace.decoding.stats import ABSENT, INLINE, SLOTS, STATS
from tb_contention.recorders.xspace.decoding.wire import field

#: Rows of `total`: first start, last end, picked events, events that counting does not do justice to (damaged, without a time or a name,
#: or beyond the room in `picked`), best estimate of the wall clock of trace time 0 and how many there are; then the events of each role.
FIRST, LAST, PICKED, ODDITIES, ORIGIN, ESTIMATES, ROLES = range(7)
#: Roles of event names. MAYBE: picked if the first or second slot has a value. PICK: picked. CLOCK: the third slot may tell the wall clock.
#: MEMORY: picked once per allocator, which the fourth slot holds.
WORK, COPY, MAYBE, PICK, CLOCK, MEMORY, N_ROLES = range(7)
FAR_NS = 1 << 62
#: Rows of `seen` for texts that are not interned.
SPARE = 1 << 8
#: Columns of `picked`: start and duration in ps, number of the line, row of the name, then the slots.
START, DURATION, LINE, NAME, VALUES = range(5)


@inner(types.boolean(BYTES, i8, I64_1))
def is_seen(data, code, seen):
    """Tell whether a text was seen before, and note it. seen: by the row of interned texts, and in its last SPARE rows by hash."""
    interned = seen.shape[0] - SPARE
    if code < INLINE:
        known = seen[code] != 0
        seen[code] = 1
        return known
    _, start, end, _ = field(data, (code - INLINE) >> 3, np.int64(data.shape[0]), 0)
    value = np.uint64(14695981039346656037)
    for at in range(start, end):
        value = (value ^ np.uint64(data[at])) * np.uint64(1099511628211)
    row = interned + np.int64(value % np.uint64(SPARE))
    known = seen[row] == np.int64(value)
    seen[row] = np.int64(value)
    return known


@compiled(
    types.void(BYTES, i8, i8, i8, NAMES, STATS, SLOTS, U8_1, i8, i8, I64_2, I64_2, I64_1, U8_1, I64_1),
)
def skim_line(data, pos, end, cut, names, stats, slots, roles, line_ps, number, scratch, picked, seen, used, total):
    """Count the kept events of a line by the role of their name, and widen the bounds in time.

    roles: by row of the event metadata. scratch: one row of slots, as `read_event` fills it. seen: the allocators that were picked. used:
    names that were counted as work, by row.
    """
    while pos < end:
        start, pos = next_event(data, pos, end, cut)
        if start == -2:
            break
        if start < 0:
            continue
        verdict = read_plain(data, start, pos, names, stats, slots, scratch, 0)
        if verdict == ODD:
            verdict = read_event(data, start, pos, names, stats, slots, scratch, 0)
        if verdict == 0:
            continue
        offset = scratch[0, 0]
        duration = scratch[1, 0]
        name = scratch[2, 0]
        if verdict < 0 or offset <= -FAR_PS or offset >= FAR_PS or duration < 0 or duration >= FAR_PS or name < 0:
            total[ODDITIES] += 1
            continue
        begin = offset + line_ps
        total[FIRST] = min(total[FIRST], begin)
        total[LAST] = max(total[LAST], begin + duration)
        role = np.int64(roles[name])
        total[ROLES + role] += 1
        if role == WORK:
            used[name] = 1
        if role < MAYBE or (role == MAYBE and scratch[3, 0] == ABSENT and scratch[4, 0] == ABSENT):
            continue
        if role == CLOCK:
            instant = scratch[5, 0]
            if ABSOLUTE_NS < instant < FAR_NS:
                total[ORIGIN] = max(total[ORIGIN], instant - begin // 1000)
                total[ESTIMATES] += 1
            if scratch[3, 0] == ABSENT and scratch[4, 0] == ABSENT:
                continue
        if role == MEMORY:
            allocator = scratch[6, 0]
            if allocator == ABSENT:
                continue
            if is_seen(data, allocator, seen):
                continue
        row = total[PICKED]
        if row >= picked.shape[0]:
            total[ODDITIES] += 1
            continue
        total[PICKED] = row + 1
        picked[row, START] = begin
        picked[row, DURATION] = duration
        picked[row, LINE] = number
        picked[row, NAME] = name
        for slot in range(3, scratch.shape[0]):
            picked[row, VALUES + slot - 3] = scratch[slot, 0]
