"""Compiled walks over one allocator's events in time order: put equal times in order, and pair each free with its allocation."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.units import I32, I64, U8, Bool

_IU8 = types.Array(types.uint8, 1, "C", readonly=True)
_IT = types.Array(types.int32, 1, "C", readonly=True)
_II = types.Array(types.int64, 1, "C", readonly=True)
_OI = types.Array(types.int64, 1, "C")
_OU8 = types.Array(types.uint8, 1, "C")

#: "absent" in the columns, as `model.trace.NONE`.
_NONE = -(1 << 63)
#: Events of one instant that are put in order; more than that is no profiler's doing, and stays as it is.
_MOST_AT_ONCE = 64
#: More than any allocator holds (1 PiB): such a number is damage and counts as absent.
TOO_MUCH = 1 << 50


def known(values: I64) -> Bool:
    """Mark the values that can be true, as compiled code does one by one."""
    return (values >= 0) & (values < TOO_MUCH)


@inner(types.boolean(_II, types.int64))
def _is_known(value: I64, row: int) -> bool:
    return bool(0 <= value[row] < TOO_MUCH)


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


@inner(types.int64(types.int64, types.int64, types.int64))
def _slot(address: int, seed: int, mask: int) -> int:
    """Spread addresses over a table; the seed, drawn per process, keeps a file from choosing them to collide."""
    mixed = (np.uint64(address) ^ np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return int(mixed & np.uint64(mask))


@inner(types.int64(_II, _OI, types.int64, types.int64))
def _find(address: I64, table: I64, wanted: int, seed: int) -> int:
    """Return the place of an address in the table of live events, or the empty place where it belongs."""
    mask = len(table) - 1
    place = _slot(wanted, seed, mask)
    while table[place] >= 0 and address[table[place]] != wanted:
        place = (place + 1) & mask
    return place


@inner(types.void(_II, _OI, types.int64, types.int64))
def _remove(address: I64, table: I64, place: int, seed: int) -> None:
    """Empty a place and move up what was pushed behind it."""
    mask = len(table) - 1
    hole, probe = place, place
    while True:
        probe = (probe + 1) & mask
        if table[probe] < 0:
            break
        home = _slot(address[table[probe]], seed, mask)
        if ((probe - home) & mask) >= ((probe - hole) & mask):
            table[hole] = table[probe]
            hole = probe
    table[hole] = -1


@inner(_OI(_II, _OI, types.int64), allocates=True)
def _doubled(address: I64, table: I64, seed: int) -> I64:
    larger = np.full(2 * len(table), -1, np.int64)
    for place in range(len(table)):
        if table[place] >= 0:
            larger[_find(address, larger, address[table[place]], seed)] = table[place]
    return larger


@compiled(types.UniTuple(types.int64, 2)(_IU8, _II, _OI, _OI, _OI, _OI, types.int64), allocates=True)
def follow(
    is_allocation: U8, address: I64, size: I64, value: I64, until: I64, ended: I64, seed: int
) -> tuple[int, int]:
    """Follow an allocator: fill in missing sizes and bytes in use, and pair. Returns (missing changes, unpaired frees).

    value[i + 1]: bytes in use after event i; value[0], before the first, is found. until[i]: the event that ends the allocation i, its
    free or what is next given at its address; -1 while it lives, and of frees. ended[i]: the allocation that event i ends, -1 for none.
    """
    table = np.full(64, -1, np.int64)
    live, missing, unpaired = 0, 0, 0
    for i in range(len(address)):
        sign = 1 if is_allocation[i] == 1 else -1
        place = _find(address, table, address[i], seed) if address[i] != _NONE else -1
        last = table[place] if place >= 0 else -1
        known = _is_known(value, i + 1)
        if not 0 < size[i] < TOO_MUCH:
            freed = size[last] if sign < 0 and last >= 0 else 0
            size[i] = max(0, sign * (value[i + 1] - value[i])) if known and i else freed
        if i == 0 and known:
            value[0] = max(0, value[1] - sign * size[0])
        expected = value[i] + sign * size[i]
        missing += known and expected != value[i + 1]
        if not known:
            value[i + 1] = max(0, expected)
        until[i], ended[i] = -1, last
        if last >= 0:
            until[last] = i
        if sign < 0:
            unpaired += last < 0
            if last >= 0:
                _remove(address, table, place, seed)
                live -= 1
        elif place >= 0:
            table[place] = i
            live += last < 0
            if 2 * live > len(table):
                table = _doubled(address, table, seed)
    return missing, unpaired


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
