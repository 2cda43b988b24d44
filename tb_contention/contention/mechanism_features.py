"""Compute the features that distinguish sharing mechanisms, from the order, the durations and the ends of kernels."""

import numpy as np

from tb_contention.contention.baseline import group_medians, group_quantiles
from tb_contention.contention.co_pending import CoPending
from tb_contention.contention.interval_sets import closed
from tb_contention.contention.sweep import swept_together
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64, Bool

#: Least kernels of a session that a feature is computed from.
_FEW = 20
#: Mean rank at the ends of the others' kernels below which no session is held up.
_RANK = 0.65
_MERGE_NS = 2_000
#: Shorter excesses, in proportion to those near the commonest, that make it no slice; the shortest slice looked for, and the
#: shortest excess that counts against it, ns.
_NO_MODE, _LEAST_SLICE, _LEAST_EXCESS = 0.7, 150_000.0, 20_000.0
#: Half of the kernels carry less than this part of the mean stretch where slices cut a few.
_UNCUT = 0.4
#: Turns on end that work is pending for, quantile of a key's durations that stands for those not cut, and part of the cuts that are due
#: below which there are no turns.
_ON_END, _LOW, _HARDLY_CUT = 3.0, 0.1, 0.1
#: Part of the stretch that is in kernels which a slice made at least twice as long.
_MOSTLY_CUT = 0.6
#: So many instances, as a part of the commonest, that are longer by a half or a third of what those are, to the first part, show one turn.
_PART_OF, _PARTS = 0.1, 0.15
#: Kernels shorter than this show slices by their tail; the periodogram is used only where all are longer.
_LONG_NS = 150_000


def at_once(works: list[SessionWork], both: CoPending, error: int) -> tuple[float, float]:
    """Return the share of the co-pending time in which two sessions ran at once, and that less the overlap that a clock error can feign."""
    overlaps = swept_together(
        tuple(closed(work.running, _MERGE_NS).clip(both.start, both.end) for work in works)
    ).contended
    lengths, whole = overlaps.end - overlaps.start, max(1, both.where.total)
    return float(lengths.sum()) / whole, float(np.maximum(lengths - 2 * error, 0).sum()) / whole


def merged(works: list[SessionWork], where: Intervals, attribute: str) -> tuple[I64, I64, I64]:
    """Return (time, session, row) of all kernels whose `attribute` (start or end) lies in co-pending time, by time."""
    times = [getattr(work, attribute) for work in works]
    time = np.concatenate(times)
    owner = np.repeat(np.arange(len(works)), [len(t) for t in times])
    row = np.concatenate([np.arange(len(t)) for t in times])
    at = np.searchsorted(where.start, time, "right") - 1
    inside = (at >= 0) & (time <= where.end[np.maximum(at, 0)])
    order = np.argsort(time[inside], kind="stable")
    return time[inside][order], owner[inside][order], row[inside][order]


def inversions(works: list[SessionWork], where: Intervals, error: int) -> float | None:
    """Return the share of changes of session at which the next kernel of the session that had to stop was ready and launched first."""
    if not all(work.launches_known for work in works):
        return None
    _, owner, row = merged(works, where, "start")
    launch = np.concatenate([np.where(w.launch >= 0, w.host.time[w.launch], -1) for w in works])
    ready, begin = np.concatenate([w.ready for w in works]), np.concatenate([w.start for w in works])
    last = np.cumsum([len(w.start) for w in works]) - 1
    row = row + np.concatenate([[0], last[:-1] + 1])[owner]
    change = np.flatnonzero((owner[1:] != owner[:-1]) & (row[:-1] < last[owner[:-1]]))
    stopped, begun = row[change] + 1, row[change + 1]
    judged = (launch[stopped] >= 0) & (launch[begun] >= 0) & (begin[stopped] > begin[begun])
    stopped, begun = stopped[judged], begun[judged]
    passed = (launch[stopped] + 2 * error < launch[begun]) & (ready[stopped] + 2 * error < begin[begun])
    return float(passed.mean()) if passed.sum() >= 2 else 0.0


def bursts(works: list[SessionWork], where: Intervals) -> float:
    """Return the changes of session along kernel ends, relative to the expectation for a random order of the same kernels."""
    _, owner, _ = merged(works, where, "end")
    if len(owner) < 20:
        return 1.0
    share = np.bincount(owner) / len(owner)
    expected = (len(owner) - 1) * (1 - float((share**2).sum()))
    return float((owner[1:] != owner[:-1]).sum()) / max(expected, 1.0)


def change_time(works: list[SessionWork], where: Intervals) -> float:
    """Return the co-pending time per change of session along kernel ends, ns."""
    time, owner, _ = merged(works, where, "end")
    stretch = np.searchsorted(where.start, time, "right")
    changes = int(((owner[1:] != owner[:-1]) & (stretch[1:] == stretch[:-1])).sum())
    return where.total / max(1, changes)


def burst_length(works: list[SessionWork], where: Intervals) -> float | None:
    """Return the median length of a burst of one session's kernels, ns."""
    time, owner, _ = merged(works, where, "start")
    first = np.flatnonzero(np.diff(owner) != 0) + 1
    return float(np.median(np.diff(time[first]))) if len(first) > 4 else None


def _touched(work: SessionWork, where: Intervals) -> Bool:
    """Select the kernels that ran in co-pending time, if only in part."""
    touched: Bool = (where.covered(work.start, work.end) > 0.02 * (work.end - work.start)) & ~work.spin
    return touched


def tail(work: SessionWork, both: CoPending) -> float:
    """Return how heavy the tail of durations is in co-pending time (their sum over that of their keys' medians), relative to elsewhere."""
    touched = _touched(work, both.where)
    inside = (work.start >= both.start) & (work.end <= both.end) & ~work.spin
    return _heaviness(work, np.flatnonzero(touched)) / max(1.0, _heaviness(work, np.flatnonzero(inside & ~touched)))


def exclusion(a: SessionWork, b: SessionWork, where: Intervals) -> float:
    """Return by how many standard deviations kernels of `b` end while `a` is held up more often than by chance.

    At each end of a kernel of b in co-pending time, the kernel of a that spans it has a rank: the share of a's time in kernels that are no
    longer; 1 where a has work but runs none. Where both run at once the ranks are uniform in 0..1; in turns they are all near 1.
    """
    rows = np.flatnonzero(where.covered(a.start, a.end) > 0.8 * (a.end - a.start))
    time = b.end
    at = np.searchsorted(where.start, time, "right") - 1
    time = time[(at >= 0) & (time < where.end[np.maximum(at, 0)] - 1)]
    if len(rows) < 20 or len(time) < 5:
        return 0.0
    duration = (a.end - a.start)[rows].astype(np.float64)
    order = np.argsort(duration, kind="stable")
    rank = np.empty(len(rows))
    below = np.cumsum(duration[order])
    rank[order] = (below - 0.5 * duration[order]) / below[-1]
    at = np.searchsorted(a.start[rows], time, "right") - 1
    running = (at >= 0) & (time < a.end[rows[np.maximum(at, 0)]])
    waiting = ~running & _holds(a.pending, time) & ~_holds(a.running, time)
    ranks = np.where(waiting, 1.0, rank[np.maximum(at, 0)])[running | waiting]
    if len(ranks) < 5 or ranks.mean() < _RANK:
        return 0.0
    return float((ranks.mean() - 0.5) * np.sqrt(12 * len(ranks)))


def never_cut(work: SessionWork, where: Intervals, length: float) -> bool:
    """Return whether hardly any kernel is longer than usual, though turns of others of a length, ns, would have cut many.

    Work that is pending for several turns on end has half of the time at the most, and loses the device once per turn.
    """
    both = work.pending & where
    long = both.end - both.start > _ON_END * length
    rows = np.flatnonzero(
        Intervals(start=both.start[long], end=both.end[long]).covered(work.start, work.end)
        > 0.8 * (work.end - work.start)
    )
    rows = rows[~work.copy[rows] & ~work.spin[rows]]
    duration = (work.end - work.start)[rows].astype(np.float64)
    due = float(duration.sum()) / (2 * length)
    if due < _FEW:
        return False
    (low,) = group_quantiles(work.key[rows], work.keys, duration, _LOW)
    return bool((duration - low[work.key[rows]] > 0.5 * length).sum() < _HARDLY_CUT * due)


def few_are_cut(work: SessionWork, alone: F64, where: Intervals) -> bool:
    """Return whether half of the kernels take as long as alone in co-pending time while the mean is well above."""
    duration = (work.end - work.start).astype(np.float64)
    rows = (where.covered(work.start, work.end) > 0.8 * duration) & np.isfinite(alone) & (duration > 0)
    if rows.sum() < 20:
        return False
    base, over = alone[rows], duration[rows] - alone[rows]
    mean = duration[rows].sum() / base.sum()
    median = float(np.median(duration[rows] / base))
    by_slices = float(over[over > np.maximum(base, _LEAST_SLICE)].sum()) > _MOSTLY_CUT * float(over.sum())
    return bool(mean > 1.15 and median - 1 < _UNCUT * (mean - 1) and by_slices)


def _holds(where: Intervals, time: I64) -> Bool:
    """Select the instants inside."""
    at = np.searchsorted(where.start, time, "right") - 1
    inside: Bool = (at >= 0) & (time < where.end[np.maximum(at, 0)])
    return inside


def _heaviness(work: SessionWork, rows: I64) -> float:
    if len(rows) < 20:
        return 1.0
    duration = (work.end - work.start)[rows].astype(np.float64)
    median = group_medians(work.key[rows], work.keys, duration)[work.key[rows]]
    return float(duration.sum() / max(1.0, median.sum()))


def slice_length(works: list[SessionWork], where: Intervals) -> float | None:
    """Estimate the time slice (with its switches) in ns: the commonest excess of stretched kernels over their key's median.

    None where there is no such commonest one: excesses that thin out from short to long are noise of the kernels themselves.
    """
    excess = []
    for work in works:
        rows = np.flatnonzero(_touched(work, where))
        duration = (work.end - work.start)[rows].astype(np.float64)
        if len(rows) >= 20:
            over = duration - group_medians(work.key[rows], work.keys, duration)[work.key[rows]]
            excess.append(over[over > np.maximum(_LEAST_EXCESS, 0.5 * (duration - over))])
    values = np.log(np.concatenate([np.empty(0), *excess]))
    if len(values) < 4:
        return None
    count, edge = np.histogram(values, bins=np.arange(np.log(_LEAST_SLICE), np.log(2e8), 0.08))
    smooth = count[:-1] + count[1:]
    top = int(smooth.argmax())
    if smooth[top] < 4:
        return None
    near = values[(values >= edge[top]) & (values <= edge[top + 2])]
    middle = float(np.median(near))
    shorter = int(((values > middle + np.log(0.15)) & (values < middle + np.log(0.6))).sum())
    common = int(((values >= middle + np.log(0.6)) & (values < middle + np.log(1.6))).sum())
    return float(np.exp(middle)) if shorter < _NO_MODE * common else None


def common_stretch(works: list[SessionWork], alone: list[F64], where: Intervals) -> float | None:
    """Return the stretch that half of the stretched kernels share within a fifth, ns: one turn each; None where there is none.

    Of kernels that are as long as several turns, stretches are multiples of one and share no value.
    """
    stretch = []
    for work, base in zip(works, alone, strict=True):
        duration = (work.end - work.start).astype(np.float64)
        rows = (where.covered(work.start, work.end) > 0.3 * duration) & np.isfinite(base)
        over = (duration - base)[rows]
        stretch.append(over[over > np.maximum(_LEAST_SLICE, 0.2 * base[rows])])
    values = np.concatenate([np.empty(0), *stretch])
    if len(values) < _FEW:
        return None
    middle = float(np.median(values))
    common = int((np.abs(values - middle) < 0.2 * middle).sum())
    if common <= 0.5 * len(values):
        return None
    # Most kernels may be as long as to meet two turns, or three.
    parts = [(np.abs(values * times / middle - 1) < _PART_OF).sum() for times in (2, 3)]
    return middle / (2 + int(np.argmax(parts))) if max(parts) > _PARTS * common else middle


def all_long(works: list[SessionWork], where: Intervals) -> bool:
    """Return whether the ordinary kernel of every session is long, so that its duration does not show slices."""
    for work in works:
        rows = _touched(work, where)
        if rows.any() and np.median((work.end - work.start)[rows]) < _LONG_NS:
            return False
    return True
