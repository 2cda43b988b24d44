"""Find the time in which several sessions had work pending, and the progress they made in it."""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.interval_sets import covered
from tb_contention.contention.sweep import swept_together
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64


@dataclass(frozen=True, slots=True, kw_only=True)
class CoPending:
    """The time in [start, end) in which two or more sessions had work pending.

    sessions: mean number of them in it.
    """

    start: int
    end: int
    where: Intervals
    sessions: float


def co_pending(pending: list[Intervals], start: int, end: int) -> CoPending:
    """Find the co-pending time inside [start, end)."""
    swept = swept_together(tuple(p.clip(start, end) for p in pending))
    summed = int(np.trace(swept.pairs))
    where = swept.contended
    return CoPending(start=start, end=end, where=where, sessions=summed / where.total if len(where) else 0.0)


def progress_sum(works: list[SessionWork], alone: list[F64], where: Intervals) -> float | None:
    """Sum over sessions the baseline work done in co-pending time per length of it; None where a baseline is missing.

    alone: durations alone in ns per kernel. A kernel that is partly inside counts in proportion.
    """
    if not where.total:
        return None
    done = 0.0
    for work, base in zip(works, alone, strict=True):
        inside = covered(where, work.start, work.end)
        rows = inside > 0
        if np.isnan(base[rows]).any():
            return None
        done += float(np.sum(base[rows] * inside[rows] / np.maximum(work.end - work.start, 1)[rows]))
    return done / where.total
