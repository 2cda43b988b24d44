"""Measure and combine sets of intervals: covered length of spans, widening, union."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled
from tb_contention.model.intervals import Intervals
from tb_contention.units import I64

_IN = types.Array(types.int64, 1, "C", readonly=True)
_OUT = types.Array(types.int64, 1, "C")


@compiled(types.void(_IN, _IN, _IN, _IN, _IN, _OUT))
def _covered(where_start, where_end, before, start, end, out):
    """Write the covered length of each span; before: length of all intervals before each one. Quick where starts hardly step back."""
    count = where_start.shape[0]
    at = 0
    for i in range(start.shape[0]):
        first, last = start[i], end[i]
        if last <= first:
            continue
        while at > 0 and where_end[at - 1] > first:
            at -= 1
        while at < count and where_end[at] <= first:
            at += 1
        if at == count or where_start[at] >= last:
            continue
        low, step = at, 1
        while low + step < count and where_start[low + step] < last:
            low += step
            step *= 2
        while step > 0:
            if low + step < count and where_start[low + step] < last:
                low += step
            step //= 2
        total = before[low] - before[at] + min(where_end[low], last) - where_start[low]
        out[i] = total - max(0, first - where_start[at])


def covered(where: Intervals, start: I64, end: I64) -> I64:
    """Return the length of `where` inside each [start, end), 0 for empty spans; any order, overlapping or not."""
    out = np.zeros(len(start), np.int64)
    if len(where) and len(start):
        length = where.end - where.start
        before = np.cumsum(length) - length
        _covered(where.start, where.end, before, np.ascontiguousarray(start), np.ascontiguousarray(end), out)
    return out


def widened(where: Intervals, by: int) -> Intervals:
    """Extend every interval on both sides."""
    return Intervals.union_of(where.start - by, where.end + by) if by else where


def closed(where: Intervals, gap: int) -> Intervals:
    """Close gaps of at most so many ns between intervals."""
    grown = Intervals.union_of(where.start, where.end + gap)
    return Intervals(start=grown.start, end=grown.end - gap)


def united(sets: list[Intervals]) -> Intervals:
    """Unite sets of intervals."""
    return Intervals.union(sets)
