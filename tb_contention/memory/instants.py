"""Events of one instant, which several threads wrote -> the order in which the bytes in use follow; compiled."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.memory.walk import TOO_MUCH
from tb_contention.units import I32, I64, U8

_IU8 = types.Array(types.uint8, 1, "C", readonly=True)
_IT = types.Array(types.int32, 1, "C", readonly=True)
_II = types.Array(types.int64, 1, "C", readonly=True)
_OI = types.Array(types.int64, 1, "C")

#: "absent" in the columns, as `model.trace.NONE`.
_NONE = -(1 << 63)
#: Events of one instant that are put in order; more than that is no profiler's doing, and stays as it is.
_MOST_AT_ONCE = 64


def in_order(is_allocation: U8, thread: I32, start: I64, address: I64, size: I64, in_use: I64) -> I64:
    """Return rows of events, sorted by time, in their order; without those that were reported twice, equal in everything."""
    order = np.arange(len(start))
    if not (start[1:] == start[:-1]).any():
        return order
    return order[: settle(is_allocation, thread, start, address, size, in_use, order)]


@inner(types.int64(_IU8, _II, types.int64))
def _sign_times_size(is_allocation: U8, size: I64, row: int) -> int:
    amount = size[row] if 0 <= size[row] < TOO_MUCH else 0
    return amount if is_allocation[row] == 1 else -amount


@inner(types.boolean(_IU8, _II, _II, _II, types.int64, types.int64))
def _are_equal(is_allocation: U8, address: I64, size: I64, in_use: I64, a: int, b: int) -> bool:
    same = address[a] == address[b] and is_allocation[a] == is_allocation[b]
    return bool(same and in_use[a] == in_use[b] and size[a] == size[b])


@inner(types.boolean(_IT, _OI, types.int64, types.int64))
def _is_next_of_thread(thread: I32, order: I64, place: int, candidate: int) -> bool:
    """Whether order[place:candidate] holds no event of the candidate's thread: the order within a thread is known."""
    same = False
    for earlier in range(place, candidate):
        same |= thread[order[earlier]] == thread[order[candidate]]
    return not same


@inner(types.int64(_IU8, _IT, _II, _II, _OI, types.int64, types.int64, types.int64))
def _next_of(
    is_allocation: U8, thread: I32, size: I64, in_use: I64, order: I64, place: int, end: int, used: int
) -> int:
    """Choose which of order[place:end] comes next after `used` bytes; where none fits, one that none of the others leads to."""
    head = -1
    for candidate in range(place, end):
        if not _is_next_of_thread(thread, order, place, candidate):
            continue
        k = order[candidate]
        before = in_use[k] - _sign_times_size(is_allocation, size, k)
        if before == used:
            return candidate
        follows = False
        for rival in range(place, end):
            follows |= rival != candidate and in_use[order[rival]] == before
        if head < 0 and not follows:
            head = candidate
    return max(head, place)


@inner(types.int64(_IU8, _IT, _II, _II, _OI, types.int64, types.int64, types.int64))
def _chain(is_allocation: U8, thread: I32, size: I64, in_use: I64, order: I64, first: int, end: int, used: int) -> int:
    """Put order[first:end], events of one instant, in the order in which the bytes in use follow; return the last bytes in use."""
    for place in range(first, end):
        if end - first <= _MOST_AT_ONCE:
            chosen = _next_of(is_allocation, thread, size, in_use, order, place, end, used)
            k = order[chosen]
            for shifted in range(chosen, place, -1):
                order[shifted] = order[shifted - 1]
            order[place] = k
        used = in_use[order[place]]
    return used


@compiled(types.int64(_IU8, _IT, _II, _II, _II, _II, _OI))
def settle(is_allocation: U8, thread: I32, start: I64, address: I64, size: I64, in_use: I64, order: I64) -> int:
    """Write the order of events into `order` and return how many there are; the rest were reported twice, equal in everything.

    Events of one instant that several threads wrote follow each other so that the bytes in use make sense; those of one thread keep
    their order.
    """
    count, kept, row, before = len(start), 0, 0, _NONE
    while row < count:
        first = kept
        order[kept] = row
        kept += 1
        after = row + 1
        while after < count and start[after] == start[row]:
            known = False
            for seen in range(max(first, kept - _MOST_AT_ONCE), kept):
                known |= _are_equal(is_allocation, address, size, in_use, order[seen], after)
            if not known:
                order[kept] = after
                kept += 1
            after += 1
        used = in_use[row]
        if kept - first > 1:
            used = _chain(is_allocation, thread, size, in_use, order, first, kept, before)
        before = used
        row = after
    return kept
