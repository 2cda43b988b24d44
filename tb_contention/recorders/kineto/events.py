"""The events of a Chrome trace -> rows of numbers and text positions; the arguments of chosen rows -> columns."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.recorders.common.array_types import BYTES, I64_1, I64_2, R64_1, i8
from tb_contention.recorders.kineto.json_text import (
    CLOSE_LIST,
    NONE,
    OPEN,
    QUOTE,
    decimal,
    member,
    skip_blank,
    skip_value,
    which,
)
from tb_contention.units import I64, Bool

#: Columns: class, name (position, length), process, thread, microseconds (whole, millionths), duration in ps, arguments (from, to).
CLASS, NAME, LENGTH, PROCESS, THREAD, WHOLE, PART, DURATION, FROM, TO = range(10)
WIDTH = 10
MORE, ENDED, CUT = range(3)
#: A process id that is a text is kept as its place: NONE + 1 + (position << bits | length), which is below any number that is read.
_LENGTH_BITS = 16
_MOST_LENGTH = (1 << _LENGTH_BITS) - 1
_FIRST_NUMBER = -(1 << 62)
R64_2 = types.Array(types.int64, 2, "C", readonly=True)
#: The phases (`ph`) of events: C, i, M, X.
_COUNTER, _INSTANT, _METADATA, _COMPLETE = 67, 105, 77, 88
_PS = 1_000_000


def is_text(process: I64) -> Bool:
    """Mark process ids that are texts."""
    found: Bool = (process > NONE) & (process < _FIRST_NUMBER)
    return found


def text_places(process: I64) -> I64:
    """Return (position, length) of process ids that are texts."""
    packed = process - (NONE + 1)
    return np.stack([packed >> _LENGTH_BITS, packed & _MOST_LENGTH], 1)


@inner(i8(BYTES, i8, i8, BYTES, R64_1, R64_1, BYTES, R64_1, I64_2, i8))
def event(text, at, end, keys, key_offsets, classes, categories, category_offsets, rows, n):
    """Read one event into row n; return the position after it, -1 if the text ends first."""
    for k in range(WIDTH):
        rows[n, k] = NONE
    rows[n, CLASS] = -1
    rows[n, DURATION] = rows[n, FROM] = rows[n, TO] = rows[n, LENGTH] = 0
    phase, category = np.int64(0), np.int64(-1)
    key, key_end, value, value_end = member(text, at, end)
    while key >= 0:
        number = which(text, key, key_end, keys, key_offsets)
        if number == 0 and value_end - value == 3:
            phase = np.int64(text[value + 1])
        elif number == 1 and value_end - value > 2:
            category = which(text, value + 1, value_end - 1, categories, category_offsets)
        elif number == 2 and value_end - value >= 2:
            rows[n, NAME] = value + 1
            rows[n, LENGTH] = value_end - value - 2
        elif number == 3:
            rows[n, PROCESS] = decimal(text, value, value_end)[0]
            if rows[n, PROCESS] == NONE and text[value] == QUOTE and value_end - value > 2:
                rows[n, PROCESS] = NONE + 1 + ((value + 1) << _LENGTH_BITS | min(value_end - value - 2, _MOST_LENGTH))
        elif number == 4:
            rows[n, THREAD] = decimal(text, value, value_end)[0]
        elif number == 5:
            whole, part = decimal(text, value, value_end)
            rows[n, WHOLE] = whole
            rows[n, PART] = part
        elif number == 6:
            whole, part = decimal(text, value, value_end)
            rows[n, DURATION] = whole * _PS + part if 0 <= whole < 1_000_000_000_000 else NONE
        elif number == 7:
            rows[n, FROM] = value
            rows[n, TO] = value_end
        key, key_end, value, value_end = member(text, value_end, end)
    if key_end >= 0:
        last = classes.shape[0] - 1
        if phase == _METADATA:
            rows[n, CLASS] = classes[last - 1]
        elif phase in (_INSTANT, _COUNTER):
            rows[n, CLASS] = classes[last] if category >= 0 and classes[category] == classes[last] else -1
        elif phase == _COMPLETE and category >= 0 and classes[category] != classes[last]:
            rows[n, CLASS] = classes[category]
    return key_end


@compiled(types.UniTuple(i8, 3)(BYTES, i8, i8, BYTES, R64_1, R64_1, BYTES, R64_1, I64_2))
def scan(text, at, end, keys, key_offsets, classes, categories, category_offsets, rows):
    """Read events from `at`, inside the list, until `rows` is full; return (rows, next position, state).

    state: MORE to read, the list ENDED before that position, or the text is CUT. keys: ph, cat, name, pid, tid, ts, dur, args, in
    this order; classes: by category, -1 for events that are not read; the last but one class is that of metadata, the last
    that of memory events.
    """
    made = np.int64(0)
    while made < rows.shape[0]:
        at = skip_blank(text, at, end)
        if at >= end:
            return np.int64(made), np.int64(end), np.int64(CUT)
        if text[at] == CLOSE_LIST:
            return np.int64(made), at + 1, np.int64(ENDED)
        if text[at] != OPEN:
            at = skip_value(text, at, end)
            if at < 0:
                return np.int64(made), np.int64(end), np.int64(CUT)
            continue
        at = event(text, at + 1, end, keys, key_offsets, classes, categories, category_offsets, rows, made)
        if at < 0:
            return np.int64(made), np.int64(end), np.int64(CUT)
        if rows[made, CLASS] >= 0:
            made += 1
    return np.int64(made), np.int64(at), np.int64(MORE)


@compiled(types.void(BYTES, R64_1, R64_1, BYTES, R64_1, I64_2, I64_2))
def arguments(text, start, stop, keys, key_offsets, numbers, places):
    """Read arguments of events whose objects are [start, stop): first as many as `numbers` has columns, as whole numbers (NONE: absent),
    then, as begin and end in `places`, those that stay text (0, 0: absent)."""
    count = numbers.shape[1]
    for row in range(start.shape[0]):
        for k in range(count):
            numbers[row, k] = NONE
        for k in range(places.shape[1]):
            places[row, k] = 0
        at, end = start[row], stop[row]
        if end - at < 2 or text[at] != OPEN:
            continue
        key, key_end, value, value_end = member(text, at + 1, end)
        while key >= 0:
            number = which(text, key, key_end, keys, key_offsets)
            if 0 <= number < count:
                numbers[row, number] = decimal(text, value, value_end)[0]
            elif number >= count:
                places[row, 2 * (number - count)] = value
                places[row, 2 * (number - count) + 1] = value_end
            key, key_end, value, value_end = member(text, value_end, end)


@compiled(types.void(R64_1, R64_1, R64_1, R64_1, R64_1, I64_1), allocates=True)
def enclosing(thread, start, end, of_thread, at, found):
    """Find the innermost interval around each instant on its thread, -1 if there is none.

    Intervals are sorted by (thread, start, -end) and nest; instants by (thread, time).
    """
    depth, row = 0, 0
    stack = np.empty(1024, np.int64)
    now = np.int64(NONE)
    for query in range(at.shape[0]):
        if of_thread[query] != now:
            now, depth = of_thread[query], 0
        while row < thread.shape[0] and (thread[row] < now or (thread[row] == now and start[row] <= at[query])):
            if thread[row] == now:
                while depth > 0 and end[stack[depth - 1]] <= start[row]:
                    depth -= 1
                if depth < stack.shape[0]:
                    stack[depth] = row
                    depth += 1
            row += 1
        while depth > 0 and end[stack[depth - 1]] < at[query]:
            depth -= 1
        found[query] = stack[depth - 1] if depth > 0 else -1


@inner(types.boolean(R64_2, i8, i8))
def same_row(table, a, b):
    """Return whether two rows are equal."""
    same = True
    for k in range(table.shape[1]):
        same = same and table[a, k] == table[b, k]
    return same


@compiled(i8(R64_2, I64_1, I64_1, types.uint64), allocates=True)
def number_rows(table, numbers, first, seed):
    """Number equal rows alike, in order of appearance; `first[number]` is its first row. Return how many numbers there are.

    seed: unknown to the writer of the file, so nobody can craft rows that collide.
    """
    size = 16
    while size < 2 * table.shape[0]:
        size *= 2
    slots = np.full(size, -1, np.int64)
    used = np.int64(0)
    for row in range(table.shape[0]):
        value = seed
        for k in range(table.shape[1]):
            value = (value ^ np.uint64(table[row, k])) * np.uint64(11400714819323198485)
            value ^= value >> np.uint64(32)
        slot = np.int64(value & np.uint64(size - 1))
        while slots[slot] >= 0 and not same_row(table, first[slots[slot]], row):
            slot = (slot + 1) & (size - 1)
        if slots[slot] < 0:
            slots[slot] = used
            first[used] = row
            used += 1
        numbers[row] = slots[slot]
    return used
