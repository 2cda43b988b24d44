"""Sets of half-open intervals [start, end) on an integer axis: sorted, disjoint, non-adjacent, none empty."""

from dataclasses import dataclass

import numpy as np

from tb_contention.units import I64

#: Spans from which on one compiled pass is quicker than several of NumPy.
_LONG = 20_000


#: What overlaps by less than this part does not run at once.
_AT_ONCE = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """A set of instants as sorted, disjoint, non-empty half-open intervals.

    start  0     4   9
           |==)  |==) |=)
    end       2     7   11
    """

    start: I64
    end: I64

    @classmethod
    def empty(cls) -> "Intervals":
        """Return the empty set."""
        return cls(start=np.empty(0, np.int64), end=np.empty(0, np.int64))

    @classmethod
    def one(cls, start: int, end: int) -> "Intervals":
        """Return [start, end), or the empty set if end <= start."""
        if end <= start:
            return cls.empty()
        return cls(start=np.array([start], np.int64), end=np.array([end], np.int64))

    @classmethod
    def union_of(cls, start: I64, end: I64) -> "Intervals":
        """Unite arbitrary spans, in any order, overlapping or not; empty and negative ones are left out."""
        if len(start) >= _LONG:
            found = _united(start, end, np.array([0, len(start)]))
            if found is not None:
                return found
        keep = end > start
        start, end = start[keep], end[keep]
        if len(start) == 0:
            return cls.empty()
        if np.any(start[1:] < start[:-1]):
            order = np.argsort(start, kind="stable")
            start, end = start[order], end[order]
        reach = np.maximum.accumulate(end)
        first = np.empty(len(start), np.bool_)
        first[0] = True
        np.greater(start[1:], reach[:-1], out=first[1:])
        rows = np.flatnonzero(first)
        last = np.append(rows[1:] - 1, len(start) - 1)
        return cls(start=start[rows], end=reach[last])

    @classmethod
    def union(cls, sets: "list[Intervals]") -> "Intervals":
        """Unite sets of intervals."""
        if len(sets) < 2:
            return sets[0] if sets else cls.empty()
        start, end = np.concatenate([s.start for s in sets]), np.concatenate([s.end for s in sets])
        found = _united(start, end, np.cumsum([0, *map(len, sets)])) if len(start) >= _LONG else None
        return cls.union_of(start, end) if found is None else found

    def __len__(self) -> int:
        return len(self.start)

    @property
    def total(self) -> int:
        """Return the summed length."""
        return int(np.sum(self.end - self.start))

    def clip(self, start: int, end: int) -> "Intervals":
        """Keep the part inside [start, end)."""
        first = int(np.searchsorted(self.end, start, "right"))
        last = int(np.searchsorted(self.start, end, "left"))
        if last <= first:
            return Intervals.empty()
        kept_start, kept_end = self.start[first:last], self.end[first:last]
        if kept_start[0] < start:
            kept_start = kept_start.copy()
            kept_start[0] = start
        if kept_end[-1] > end:
            kept_end = kept_end.copy()
            kept_end[-1] = end
        return Intervals(start=kept_start, end=kept_end)

    def length_before(self, at: I64) -> I64:
        """Return how much of the set lies before each instant."""
        if not len(self):
            return np.zeros(len(at), np.int64)
        from tb_contention.model.span_passes import length_before

        return length_before(self.start, self.end, at)

    def covered(self, start: I64, end: I64) -> I64:
        """Return how much of the set lies inside each [start, end), 0 for empty spans; any order, overlapping or not."""
        if not len(self) or not len(start):
            return np.zeros(len(start), np.int64)
        from tb_contention.model.span_passes import covered

        return covered(self.start, self.end, start, end)

    def __and__(self, other: "Intervals") -> "Intervals":
        return at_depth([self, other], 2)


def _united(start: I64, end: I64, bounds: I64) -> Intervals | None:
    """Unite long runs of spans; None where a run is not sorted by start."""
    from tb_contention.model.span_passes import unite

    found = unite(start, end, bounds)
    return None if found is None else Intervals(start=found[0], end=found[1])


def depth_profile(sets: list[Intervals]) -> tuple[I64, I64]:
    """Count how many sets hold each instant: (edges, depth), depth[i] between edges[i] and edges[i + 1], the last one 0."""
    starts = [s.start for s in sets]
    ends = [s.end for s in sets]
    edges = np.concatenate([*starts, *ends]) if sets else np.empty(0, np.int64)
    change = np.ones(len(edges), np.int64)
    change[sum(len(s) for s in starts) :] = -1
    order = np.argsort(edges, kind="stable")
    edges, change = edges[order], change[order]
    if len(edges) == 0:
        return edges, change
    last_of_edge = np.append(edges[1:] != edges[:-1], True)
    depth = np.cumsum(change)[last_of_edge]
    return edges[last_of_edge], depth


def one_after_the_other(total: float, united: Intervals, but_for: float = _AT_ONCE) -> bool:
    """Return whether spans hardly ever lie over each other. total: of their lengths; united: their union; but_for: the part that may."""
    return total <= (1 + but_for) * max(1, united.total)


def at_depth(sets: list[Intervals], least: int) -> Intervals:
    """Return the instants that at least `least` of the sets hold."""
    edges, depth = depth_profile(sets)
    inside = depth >= least
    if not inside.any():
        return Intervals.empty()
    return Intervals.union_of(edges[:-1][inside[:-1]], edges[1:][inside[:-1]])
