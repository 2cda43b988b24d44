"""How much of each span a set of intervals covers."""

import numpy as np

from tb_contention.model.intervals import Intervals
from tb_contention.units import I64


def covered(where: Intervals, start: I64, end: I64) -> I64:
    """Return the length of `where` inside each [start, end), 0 for empty spans; any order, overlapping or not."""
    if not len(where):
        return np.zeros(len(start), np.int64)
    length: I64 = _before(where, end) - _before(where, start)
    return np.maximum(length, 0)


def _before(where: Intervals, time: I64) -> I64:
    """Return the length of `where` before each instant."""
    total = np.concatenate([[0], np.cumsum(where.end - where.start)])
    at = np.searchsorted(where.start, time, "right")
    last = np.maximum(at - 1, 0)
    inside = np.where(at > 0, np.maximum(where.end[last] - time, 0), 0)
    below: I64 = total[at] - inside
    return below


def widened(where: Intervals, by: int) -> Intervals:
    """Extend every interval on both sides."""
    return Intervals.union_of(where.start - by, where.end + by) if by else where


def united(sets: "list[Intervals]") -> Intervals:
    """Unite sets of intervals."""
    if not sets:
        return Intervals.empty()
    return Intervals.union_of(np.concatenate([s.start for s in sets]), np.concatenate([s.end for s in sets]))
