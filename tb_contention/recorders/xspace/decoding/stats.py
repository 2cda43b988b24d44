"""Stats of events and planes in compiled code: their key, and their value in the form that a slot stores.

A string is stored as a *code*: the row of the interned string (ref_value), or INLINE + 8 * position + field number for an inline value.
"""

from typing import NamedTuple

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.recorders.common.array_types import BYTES, I32_1, I64_1, I64_2, PAIR, R64_1, i8
from tb_contention.recorders.xspace.decoding.fast_varints import bits_of, real_of
from tb_contention.recorders.xspace.decoding.wire import field
from tb_contention.units import I32, I64

#: Codes from here on are inline values: INLINE + 8 * position of the value + field number of the XStat.
INLINE = 1 << 50
#: An absent value in an integer or string slot.
ABSENT = -(1 << 63)

# Slot types.
INTEGER, TEXT, FLOAT = 0, 1, 2


class Stats(NamedTuple):
    """The stat metadata of a plane: rows low..high of the sorted keys.

    slots: the slot that stores the stat, -1 if none; names: (position, length) in the file; small: the slot by key, for small keys.
    """

    keys: I64
    slots: I32
    names: I64
    low: int
    high: int
    small: I32


class Slots(NamedTuple):
    """The columns to fill: their types, and as bits the slots that some stat of the file can fill (active) and those that keep an event."""

    types: I64
    active: int
    keeps: int


STATS = types.NamedTuple((R64_1, I32_1, I64_2, i8, i8, I32_1), Stats)
SLOTS = types.NamedTuple((I64_1, i8, i8), Slots)


@inner(PAIR(BYTES, i8, i8))
def stat(data, pos, end):
    """Read an XStat: (metadata id, position of its value's tag * 8 + field number); -1 without a value, -2 if it is damaged."""
    key = np.int64(0)
    code = np.int64(-1)
    while pos < end:
        at = pos
        tag, start, pos, number = field(data, pos, end, 0)
        if start < 0:
            return key, np.int64(-2)
        if tag == 8:
            key = number
        elif tag == 17 or tag == 24 or tag == 32 or tag == 42 or tag == 50 or tag == 56:
            code = at * 8 + (tag >> 3)
    return key, code


@compiled(i8(i8, R64_1, i8, i8))
def find_key(key, keys, low, high):
    """Find where a key stands or would stand among the sorted `keys[low:high]`, -1 if these are empty. Consecutive keys need no search."""
    if low >= high:
        return np.int64(-1)
    guess = low + (key - keys[low])
    if low <= guess < high and keys[guess] == key:
        return guess
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@inner(i8(BYTES, i8, i8))
def decimal(data, pos, end):
    """Parse a decimal integer, modulo 2**64; ABSENT for any other text."""
    negative = pos < end and data[pos] == 45
    if negative:
        pos += 1
    if pos >= end or end - pos > 20:
        return np.int64(ABSENT)
    value = np.uint64(0)
    for i in range(pos, end):
        digit = data[i]
        if digit < 48 or digit > 57:
            return np.int64(ABSENT)
        value = value * np.uint64(10) + np.uint64(digit - 48)
    return -np.int64(value) if negative else np.int64(value)


@inner(i8(i8))
def real_to_integer(bits):
    """Round a double, given by its bits, towards zero; ABSENT if it is out of range."""
    real = real_of(bits)
    return np.int64(real) if -9.2e18 < real < 9.2e18 else np.int64(ABSENT)


@inner(i8(BYTES, i8))
def double(data, pos):
    """Assemble the eight bytes of a double."""
    bits = np.uint64(0)
    for i in range(8):
        bits |= np.uint64(data[pos + i]) << np.uint64(8 * i)
    return np.int64(bits)


@inner(i8(BYTES, i8, i8, STATS))
def slot_value(data, code, kind, stats):
    """Read the value of a stat code in the form that a slot of the given type stores; ABSENT if it has none."""
    number = code & 7
    _, start, end, value = field(data, code >> 3, np.int64(data.shape[0]), 0)
    if number == 7:
        found = find_key(value, stats.keys, stats.low, stats.high)
        if found < stats.low or found >= stats.high or stats.keys[found] != value:
            return np.int64(ABSENT)
        if kind == TEXT:
            return found
        start = stats.names[found, 0]
        end = start + stats.names[found, 1]
        number = 5
    if kind == TEXT:
        return INLINE + code
    if number == 5 or number == 6:
        return decimal(data, start, end) if kind == INTEGER else np.int64(ABSENT)
    if number == 2:
        bits = double(data, start)
        return real_to_integer(bits) if kind == INTEGER else bits
    if kind == FLOAT:
        return bits_of(np.float64(np.uint64(value)) if number == 3 else np.float64(value))
    return value


@inner(i8(BYTES, i8, i8, STATS, SLOTS, I64_2, i8))
def read_stat(data, pos, end, stats, slots, out, row):
    """Read a stat of any form into its slot: return the slot, -1 if none stores it, -2 if it is damaged."""
    key, code = stat(data, pos, end)
    if code < 0:
        return code
    named = find_key(key, stats.keys, stats.low, stats.high)
    if named < stats.low or named >= stats.high or stats.keys[named] != key:
        return np.int64(-1)
    slot = np.int64(stats.slots[named])
    if slot >= 0:
        out[slot, row] = slot_value(data, code, slots.types[slot], stats)
    return slot
