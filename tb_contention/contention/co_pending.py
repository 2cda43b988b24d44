"""Find the time in which several sessions had work pending, and the progress they made in it."""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.sweep import swept_together
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, Bool

#: Work of one session per its time, in units of what it does alone, that only wrong parts make it exceed.
_ONE_SESSION = 1.05


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


def separate(works: list[SessionWork]) -> bool:
    """Return whether each session has a process of its own."""
    return len({work.session.process or work.session.id for work in works}) == len(works)


def progress_sum(works: list[SessionWork], alone: list[F64], where: Intervals) -> float | None:
    """Sum over sessions the baseline work done in co-pending time per length of it; None where a baseline is missing.

    alone: durations alone in ns per kernel. A kernel that is partly inside counts in proportion, and one beside others of its own session
    for its part of their time: no session does more than one session's work.
    """
    if not where.total:
        return None
    done = 0.0
    for work, base in zip(works, alone, strict=True):
        inside = where.covered(work.start, work.end)
        rows = inside > 0
        if np.isnan(base[rows]).any():
            return None
        done += _progress(work, base[rows] * inside[rows] / np.maximum(work.end - work.start, 1)[rows], rows, where)
    return done / where.total


def _progress(work: SessionWork, done: F64, rows: Bool, where: Intervals) -> float:
    """Return the time alone, in ns, of what a session did in co-pending time. done: of each of its kernels there, chosen by rows."""
    if work.streams < 2:
        return float(done.sum())
    duration = (work.end - work.start).astype(np.float64)
    own = _own_time(work)
    apart = where.covered(work.start, work.end) == 0
    usual = float((done * _part_apart(work, own, duration, apart)[work.key[rows]]).sum())
    if usual <= _ONE_SESSION * where.total:
        return usual
    # More than all of its time: what ran apart, a few kernels perhaps, did not run side by side as those in company did.
    return float((done * own[rows] / np.maximum(duration[rows], 1.0)).sum())


def _own_time(work: SessionWork) -> F64:
    """Return per kernel its time, in ns, where those of its session that run at once share it equally."""
    edges = np.concatenate([work.start, work.end])
    order = np.argsort(edges, kind="stable")
    time = edges[order]
    depth = np.cumsum(np.where(order < len(work.start), 1, -1))
    length = np.where(depth[:-1] > 0, np.diff(time) / np.maximum(depth[:-1], 1), 0.0)
    elapsed = np.concatenate([[0.0], np.cumsum(length)])
    own: F64 = elapsed[np.searchsorted(time, work.end)] - elapsed[np.searchsorted(time, work.start)]
    return own


def _part_apart(work: SessionWork, own: F64, duration: F64, apart: Bool) -> F64:
    """Return per key the part of its kernels' time that is theirs outside of co-pending time: in company, others decide how they meet."""
    rows = apart if apart.any() else np.ones(len(own), np.bool_)
    whole = float(own[rows].sum()) / max(1.0, float(duration[rows].sum()))
    of_key = np.bincount(work.key[rows], duration[rows], work.keys)
    part: F64 = np.where(of_key > 0, np.bincount(work.key[rows], own[rows], work.keys) / np.maximum(of_key, 1.0), whole)
    return part
