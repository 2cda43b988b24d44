"""Widen sets of intervals, and close their gaps."""

from tb_contention.model.intervals import Intervals


def widened(where: Intervals, by: int) -> Intervals:
    """Extend every interval on both sides."""
    return Intervals.union_of(where.start - by, where.end + by) if by else where


def closed(where: Intervals, gap: int) -> Intervals:
    """Close gaps of at most so many ns between intervals."""
    grown = Intervals.union_of(where.start, where.end + gap)
    return Intervals(start=grown.start, end=grown.end - gap)
