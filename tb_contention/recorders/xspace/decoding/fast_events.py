"""Events of the usual form in compiled code, read in place and without calls.

That form: one-byte tags, the id before the stats, stats below 128 bytes with small keys, and values of the type that their slot wants.
"""

from typing import NamedTuple

import numpy as np
from numba import types

from tb_contention._compiled import inner
from tb_contention.recorders.common.array_types import BYTES, I64_2, PAIR, R64_1, U8_1, i8
from tb_contention.recorders.xspace.decoding.fast_varints import WORD, bits_of, byte, next_number, whole_number, word
from tb_contention.recorders.xspace.decoding.stats import ABSENT, FLOAT, INLINE, SLOTS, STATS, TEXT
from tb_contention.units import I64, U8

#: Returned for an event or a stat of another form.
ODD = -3


class Names(NamedTuple):
    """What to do with each event of a plane, by its name: rows low..high of the sorted keys of the event metadata.

    classes: 0 skip, 1 keep if it has a stat whose slot keeps, 2 keep; default: the class of events without a name.
    """

    keys: I64
    classes: U8
    low: int
    high: int
    default: int


NAMES = types.NamedTuple((R64_1, U8_1, i8, i8, i8), Names)


@inner(i8(i8, i8, STATS), forceinline=True)
def plain_reference(value, kind, stats):
    """Find the row of an interned string if the keys count up from the first; else -1, as for a slot that wants no text."""
    if kind != TEXT or stats.low >= stats.high:
        return np.int64(-1)
    row = stats.low + (value - stats.keys[stats.low])
    return row if stats.low <= row < stats.high and stats.keys[row] == value else np.int64(-1)


@inner(PAIR(BYTES, i8, i8, i8, i8, STATS), forceinline=True)
def plain_value(data, form, pos, end, kind, stats):
    """Read the value behind the tag `form` that fills all bytes to `end`: (what the slot holds, 1), or (0, 0)."""
    if form == 24 or form == 32 or form == 56:
        value, fits = whole_number(data, pos, end)
        if form == 56:
            row = plain_reference(value, kind, stats)
            return row, fits if row >= 0 else np.int64(0)
        if kind == FLOAT:
            value = bits_of(np.float64(np.uint64(value)) if form == 24 else np.float64(value))
        return value, fits if kind != TEXT else np.int64(0)
    if form == 17 and kind == FLOAT and end - pos == WORD:
        return np.int64(word(data, pos)), np.int64(1)
    if form == 42 and kind == TEXT and byte(data, pos) == end - pos - 1:
        return INLINE + (pos - 1) * 8 + 5, np.int64(1)
    return np.int64(0), np.int64(0)


@inner(PAIR(BYTES, i8, i8, STATS, SLOTS, I64_2, i8), forceinline=True)
def plain_stat(data, pos, stop, stats, slots, out, row):
    """Read the stat whose length is at `pos` into its slot: (next position or ODD, slot or -1 if none wants it)."""
    head = np.int64(word(data, pos))
    size = head & 0xFF
    after = pos + 1 + size
    if size >= 0x80 or size < 3 or after > stop or (head >> 8) & 0xFF != 8:
        return np.int64(ODD), np.int64(0)
    key = (head >> 16) & 0xFF
    at = pos + 3
    if key >= 0x80:
        more = (head >> 24) & 0xFF
        key = (key & 0x7F) | (more << 7)
        at += 1
        if more >= 0x80 or at >= after:
            return np.int64(ODD), np.int64(0)
    if key >= stats.small.shape[0]:
        return np.int64(ODD), np.int64(0)
    slot = np.int64(stats.small[key])
    if slot >= 0:
        value, fits = plain_value(data, byte(data, at), at + 1, after, slots.types[slot], stats)
        if fits == 0:
            return np.int64(ODD), np.int64(0)
        out[slot, row] = value
    return after, slot


@inner(i8(BYTES, i8, i8, NAMES, STATS, SLOTS, I64_2, i8), forceinline=True)
def read_plain(data, pos, stop, names, stats, slots, out, row):
    """Read an event of the usual form: 1 kept, 0 skipped, ODD if it has another form."""
    if stop + WORD > data.shape[0]:
        return np.int64(ODD)
    found = np.int64(-1)
    offset = np.int64(0)
    duration = np.int64(0)
    filled = np.int64(0)
    while pos < stop:
        tag = byte(data, pos)
        if tag == 34:
            pos, slot = plain_stat(data, pos + 1, stop, stats, slots, out, row)
            if pos < 0 or found < 0:
                return np.int64(ODD)
            if slot >= 0:
                filled |= np.int64(1) << slot
            continue
        value, pos = next_number(data, pos + 1, stop)
        if pos < 0:
            return np.int64(ODD)
        if tag == 16:
            offset = value
        elif tag == 24:
            duration = value
        elif tag == 8 and found < 0 and names.low < names.high:
            found = names.low + (value - names.keys[names.low])
            if found < names.low or found >= names.high or names.keys[found] != value:
                return np.int64(ODD)
            if names.classes[found] == 0:
                return np.int64(0)
        else:
            return np.int64(ODD)
    if found < 0:
        return np.int64(ODD)
    if names.classes[found] == 1 and filled & slots.keeps == 0:
        return np.int64(0)
    out[0, row] = offset
    out[1, row] = duration
    out[2, row] = found
    missing = slots.active & ~filled
    if missing != 0:
        for slot in range(3, out.shape[0]):
            if (missing >> slot) & 1:
                out[slot, row] = ABSENT
    return np.int64(1)
