"""One pass over the busy intervals of all sessions of a device: who overlaps whom, for how long, and where two or more do."""

from dataclasses import dataclass

import numpy as np
from numba import types

from tb_contention._compiled import compiled
from tb_contention.model.intervals import Intervals
from tb_contention.units import I64

_I64 = types.Array(types.int64, 1, "C", readonly=True)
_OUT = types.Array(types.int64, 1, "C")
_OUT_U8 = types.Array(types.uint8, 1, "C")
_OUT_2 = types.Array(types.int64, 2, "C")


@compiled(types.int64(_I64, _I64, _I64, _OUT, _OUT_U8, _OUT, _OUT, _OUT, _OUT_2, _OUT))
def sweep(start, end, bounds, head, active, out_start, out_end, out_depth, overlap, totals):
    """Walk the edges of k sets of sorted, disjoint intervals in time order; return how many contended intervals were written.

    Set i is rows bounds[i]..bounds[i + 1]. overlap[i, j]: length in which i and j both hold, overlap[i, i]: in which i and any other do.
    head: the next row of each set, bounds[:-1] to begin with; active: 1 while inside it, 0 to begin with. totals: length in which at least
    one, and at least two, hold. The contended intervals carry the largest number of sets at once.
    """
    sets = bounds.shape[0] - 1
    depth = 0
    written = 0
    never = np.int64((1 << 63) - 1)
    now = never
    while True:
        following = never
        for i in range(sets):
            if head[i] < bounds[i + 1]:
                edge = end[head[i]] if active[i] else start[head[i]]
                following = min(following, edge)
        if following == never:
            return written
        if depth >= 1:
            length = following - now
            totals[0] += length
            if depth >= 2:
                totals[1] += length
                if written > 0 and out_end[written - 1] == now:
                    out_end[written - 1] = following
                    out_depth[written - 1] = max(out_depth[written - 1], depth)
                else:
                    out_start[written] = now
                    out_end[written] = following
                    out_depth[written] = depth
                    written += 1
                for i in range(sets):
                    if active[i]:
                        overlap[i, i] += length
                        for j in range(i + 1, sets):
                            if active[j]:
                                overlap[i, j] += length
        now = following
        for i in range(sets):
            while head[i] < bounds[i + 1]:
                if active[i]:
                    if end[head[i]] != now:
                        break
                    active[i] = 0
                    depth -= 1
                    head[i] += 1
                else:
                    if start[head[i]] != now:
                        break
                    active[i] = 1
                    depth += 1
                    if end[head[i]] != now:
                        break


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one pass over all busy intervals yields: lengths with at least one and two sessions, pairwise overlaps, and where."""

    used: int
    shared: int
    pairs: I64
    contended: Intervals
    depth: I64


def swept_together(sets: tuple[Intervals, ...]) -> Swept:
    """Compare sets of intervals in one pass."""
    start = np.concatenate([np.empty(0, np.int64), *(s.start for s in sets)])
    end = np.concatenate([np.empty(0, np.int64), *(s.end for s in sets)])
    bounds = np.cumsum([0, *(len(s) for s in sets)], dtype=np.int64)
    # A contended interval ends with an interval of some set, so there are no more than those.
    room = len(start) if len(sets) > 1 else 0
    out_start, out_end, depth = (np.empty(room, np.int64) for _ in range(3))
    pairs, totals = np.zeros((len(sets), len(sets)), np.int64), np.zeros(2, np.int64)
    made = sweep(
        start, end, bounds, bounds[:-1].copy(), np.zeros(len(sets), np.uint8), out_start, out_end, depth, pairs, totals
    )
    contended = Intervals(start=out_start[:made].copy(), end=out_end[:made].copy())
    return Swept(
        used=int(totals[0]), shared=int(totals[1]), pairs=pairs, contended=contended, depth=depth[:made].copy()
    )
