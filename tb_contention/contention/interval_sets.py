"""Measure and combine sets of intervals: covered length of spans, widening, union."""

from tb_contention.model.intervals import Intervals
from tb_contention.units import I64


def covered(where: Intervals, start: I64, end: I64) -> I64:
    """Return the length of `where` inside each [start, end), 0 for empty spans; any order, overlapping or not."""
    return where.covered(start, end)


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
