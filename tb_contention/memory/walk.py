"""Compiled walks over one allocator's events in time order."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled
from tb_contention.units import I64, U8, Bool

_IU8 = types.Array(types.uint8, 1, "C", readonly=True)
_II = types.Array(types.int64, 1, "C", readonly=True)
_OI = types.Array(types.int64, 1, "C")

#: "absent" in the columns, as `model.trace.NONE`.
_NONE = -(1 << 63)
#: More than any allocator holds (1 PiB): such a number is damage and counts as absent.
TOO_MUCH = 1 << 50


def known(values: I64) -> Bool:
    """Mark the values that can be true, as compiled code does one by one."""
    return (values >= 0) & (values < TOO_MUCH)


def pairs(is_allocation: U8, address: I64) -> tuple[I64, I64]:
    """Pair each allocation with what ends it, its free or what is next given at its address: (until, ended).

    until[i]: the event that ends the allocation i; -1 while it lives, and of frees. ended[i]: the allocation that event i ends, else -1.
    """
    by_address = _by_address(address)
    earlier, later = by_address[:-1], by_address[1:]
    is_pair = (address[earlier] == address[later]) & (address[later] != _NONE) & (is_allocation[earlier] == 1)
    earlier, later = earlier[is_pair], later[is_pair]
    until, ended = np.full(len(address), -1), np.full(len(address), -1)
    until[earlier], ended[later] = later, earlier
    return until, ended


def _by_address(address: I64) -> I64:
    """Return the events ordered by address, those of one address in time order."""
    bits = len(address).bit_length()
    if not len(address) or (int(address.max()) - int(address.min())) >> (63 - bits):
        return np.argsort(address, kind="stable")
    # Sorted as numbers, which is five times as fast.
    order: I64 = np.sort((address - address.min()) << bits | np.arange(len(address)))
    return order & ((1 << bits) - 1)


@compiled(types.int64(_IU8, _II, _OI, _OI))
def follow(is_allocation: U8, ended: I64, size: I64, value: I64) -> int:
    """Follow an allocator, and fill in missing sizes and bytes in use; return how many changes are missing.

    value[i + 1]: bytes in use after event i; value[0], before the first, is found. ended: of `pairs`.
    """
    missing = 0
    for i in range(len(ended)):
        sign, now = 1 if is_allocation[i] == 1 else -1, value[i + 1]
        known = (now >= 0) & (now < TOO_MUCH)
        if (size[i] <= 0) | (size[i] >= TOO_MUCH):
            if known and i:
                size[i] = max(0, sign * (now - value[i]))
            else:
                size[i] = size[ended[i]] if sign < 0 and ended[i] >= 0 else 0
        if i == 0 and known:
            value[0] = max(0, now - sign * size[0])
        expected = value[i] + sign * size[i]
        missing += known & (expected != now)
        if not known:
            value[i + 1] = max(0, expected)
    return missing


@compiled(types.UniTuple(types.int64, 2)(_IU8, _II, _II, _II, _II, _OI, _OI, _OI))
def use_steps(
    is_allocation: U8, size: I64, until: I64, value: I64, edges: I64, temporary: I64, at: I64, rise: I64
) -> tuple[int, int]:
    """Follow steps, the events from edges[k] to edges[k + 1]; return how often and how much they allocated.

    Writes per step: the largest allocation that is freed in it and its event (0, -1 without one), and how far the bytes in use rise
    above the step's beginning.
    """
    count, total = 0, 0
    for step in range(len(edges) - 1):
        begin, end = edges[step], edges[step + 1]
        temporary[step], at[step], most = 0, -1, value[begin]
        for i in range(begin, end):
            most = max(most, value[i + 1])
            if is_allocation[i] == 1:
                count += 1
                total += size[i]
                if begin <= until[i] < end and size[i] > temporary[step]:
                    temporary[step], at[step] = size[i], i
        rise[step] = most - value[begin]
    return count, total


@compiled(types.int64(_IU8, _II, _II, _OI, _OI, _OI))
def outliving(is_allocation: U8, until: I64, points: I64, rows: I64, begin: I64, end: I64) -> int:
    """List allocations that live at one of some points, which are numbers of events; return how many they are.

    Row k lives at the points from begin[k] to end[k].
    """
    count, passed = 0, 0
    for i in range(len(is_allocation)):
        while passed < len(points) and points[passed] <= i:
            passed += 1
        if passed == len(points):
            break
        if is_allocation[i] != 1 or 0 <= until[i] < points[passed]:
            continue
        last = passed
        while last < len(points) and (until[i] < 0 or points[last] <= until[i]):
            last += 1
        rows[count], begin[count], end[count] = i, passed, last
        count += 1
    return count


@compiled(types.void(_II, _II, _II, _II, types.int64, types.int64, _OI, _OI))
def peaks_by_label(time: I64, label: I64, size: I64, ended: I64, start: int, end: int, held: I64, peaks: I64) -> None:
    """Follow what each label holds, and write the most that it held in [start, end] to `peaks`; `held` begins at 0.

    label: of an allocation, -1 for what counts to none; ended: the event whose allocation an event ends, -1 for none.
    """
    row, inside = 0, False
    while row < len(time) and time[row] <= end:
        if not inside and time[row] > start:
            inside = True
            for k in range(len(held)):
                peaks[k] = held[k]
        if ended[row] >= 0 and label[ended[row]] >= 0:
            held[label[ended[row]]] -= size[ended[row]]
        place = label[row]
        if place >= 0:
            held[place] += size[row]
            if inside:
                peaks[place] = max(peaks[place], held[place])
        row += 1
    if not inside:
        for k in range(len(held)):
            peaks[k] = held[k]
