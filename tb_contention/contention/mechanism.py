"""How do sessions share the device: in turns, at once, or through one queue? Told from where kernels of both were pending together.

time slices      one session's kernels come in bursts, and the few that a turn of the other cuts carry all of the stretch
at once          kernels of both end in any order, all stretched alike, and together they get more done than one could (R > 1)
one stream       kernels never overlap and start in the order in which they were launched
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tb_contention.contention.baseline import group_medians
from tb_contention.contention.cover import covered
from tb_contention.contention.sweep import swept_together
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Mechanism
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64

Bool = npt.NDArray[np.bool_]

#: Contended time that is too little to tell anything from, as a share of the window.
TOO_LITTLE = 0.002
#: Running at once for less of the contended time than this is taking turns.
_TURNS = 0.04
#: More work per time than one session could do: beyond it sessions run at once.
_MORE_THAN_ONE = 1.15
#: Kernels of one session that show the mechanism well enough.
_ENOUGH = 150_000
#: A progress deficit below this is no loss at all.
NO_LOSS = 0.02
#: Changes of session against the order of launches beyond which it is no queue.
_REORDERED = 0.2
#: Kernels that say something of a session, and the share of all device time below which a session says nothing.
_FEW, _HARDLY = 20, 0.04
_TAIL, _BURSTS, _EXCLUSION, _RANK = 1.15, 0.6, 2.8, 0.65
#: Shorter excesses, in proportion to those near the commonest, that make it no slice; the shortest slice looked for, and the
#: shortest excess that counts against it, ns.
_NO_MODE, _LEAST_SLICE, _LEAST_EXCESS = 0.7, 150_000.0, 20_000.0
#: Half of the kernels carry less than this part of the mean stretch where slices cut a few.
_UNCUT = 0.4
#: Part of the stretch that is in kernels which a slice made at least twice as long.
_MOSTLY_CUT = 0.6
_MERGE_NS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """The mechanism, why, the slice in ns where it can be seen, and the progress sum.

    in_turns: kernels were never stretched. apart: the sessions hardly had work at the same time.
    """

    mechanism: Mechanism
    detail: str
    in_turns: bool = False
    apart: bool = False
    slice: "float | None" = None
    progress_sum: "float | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Where in [start, end) two or more sessions had work pending, and how many there were on average."""

    start: int
    end: int
    where: Intervals
    sessions: float


def together(pending: "list[Intervals]", start: int, end: int) -> Together:
    """Find the co-pending time inside [start, end)."""
    swept = swept_together(tuple(p.clip(start, end) for p in pending))
    summed = int(np.trace(swept.pairs))
    where = swept.contended
    return Together(start=start, end=end, where=where, sessions=summed / where.total if len(where) else 0.0)


def progress_sum(works: "list[SessionWork]", alone: "list[F64]", where: Intervals) -> "float | None":
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


def recognise(works: "list[SessionWork]", alone: "list[F64]", start: int, end: int, error: int) -> Sharing:
    """Tell the mechanism in the window [start, end). alone: durations alone, NaN = unknown; error: of the clocks between sessions, ns.

    Copies are left out, and of long captures the first part is looked at, with some hundred thousand kernels.
    """
    works, alone = _kernels(works, alone)
    both = together([work.pending for work in works], start, end)
    works, alone, both = _part(works, alone, both)
    progress = progress_sum(works, alone, both.where)
    if both.where.total <= TOO_LITTLE * (both.end - both.start):
        return Sharing(
            mechanism=Mechanism.NONE,
            detail="The sessions hardly had work at the same time.",
            apart=True,
            progress_sum=progress,
        )
    at_once = _at_once(works, both, error)
    if at_once < _TURNS:
        return _turns(works, both.where, progress, error)
    if progress is not None and progress > (1 - NO_LOSS) * both.sessions:
        detail = "Each session did its work as fast as alone while others had work too."
        return Sharing(mechanism=Mechanism.NONE, detail=detail, progress_sum=progress)
    if progress is not None and progress > _MORE_THAN_ONE:
        detail = f"Together they did {progress:.2f} times the work that one does alone in that time."
        return Sharing(mechanism=Mechanism.CONCURRENT, detail=detail, progress_sum=progress)
    length = slice_length(works, both.where)
    tail = length is not None and max(_tail(work, both) for work in works) > _TAIL
    if tail or any(_few_are_cut(w, base, both.where) for w, base in zip(works, alone, strict=True)):
        detail = "Few kernels, cut by the turn of another session, carry nearly all of the stretch."
    elif _bursts(works, both.where) < _BURSTS:
        detail = "Kernels of the sessions come in turns."
    elif any(_exclusion(a, b, both.where) > _EXCLUSION for a in works for b in works if a is not b):
        detail = "Kernels of one session begin and end only while a stretched kernel of the other waits."
    else:
        length = _rotation(works, both.where, progress) if _all_long(works, both.where) else None
        if length:
            length = _common_stretch(works, alone, both.where) or length
        detail = f"Kernels begin and end in turns of {length / 1e6:.2g} ms." if length else ""
        detail = detail or _presumed(works, both.where, progress)
    if detail:
        return Sharing(mechanism=Mechanism.TIME_SLICING, detail=detail, slice=length, progress_sum=progress)
    detail = "Kernels of the sessions ran at once, and all were stretched alike."
    return Sharing(mechanism=Mechanism.CONCURRENT, detail=detail, progress_sum=progress)


def _kernels(works: "list[SessionWork]", alone: "list[F64]") -> "tuple[list[SessionWork], list[F64]]":
    """Leave out copies, which have engines of their own, and sessions that hardly do anything, where two others remain."""
    time = [float((work.end - work.start).sum()) for work in works]
    matters = [t >= _HARDLY * sum(time) for t in time]
    if sum(matters) < 2:
        matters = [True] * len(works)
    picked = [_without_copies(w, a) for w, a, m in zip(works, alone, matters, strict=True) if m]
    return [work for work, _ in picked], [base for _, base in picked]


def _without_copies(work: SessionWork, alone: F64) -> "tuple[SessionWork, F64]":
    rows = np.flatnonzero(~work.copy)
    if len(rows) < _FEW or len(rows) == len(work.start):
        return work, alone
    return work.part(rows), alone[rows]


def _part(
    works: "list[SessionWork]", alone: "list[F64]", both: Together
) -> "tuple[list[SessionWork], list[F64], Together]":
    """Cut the window where the first session has shown enough kernels in it."""
    end = both.end
    for work in works:
        first = int(np.searchsorted(work.start, both.where.start[0] if len(both.where) else both.start))
        if len(work.start) > first + _ENOUGH:
            end = min(end, int(work.start[first + _ENOUGH]))
    if end == both.end:
        return works, alone, both
    counts = [int(np.searchsorted(work.start, end)) for work in works]
    part = replace(both, end=end, where=both.where.clip(both.start, end))
    return (
        [w.part(slice(c)) for w, c in zip(works, counts, strict=True)],
        [a[:c] for a, c in zip(alone, counts, strict=True)],
        part,
    )


def _closed(work: SessionWork) -> Intervals:
    """Return when the session was running, gaps between two kernels of up to 2 us closed."""
    running = work.running
    grown = Intervals.union_of(running.start, running.end + _MERGE_NS)
    return Intervals(start=grown.start, end=grown.end - _MERGE_NS)


def _at_once(works: "list[SessionWork]", both: Together, error: int) -> float:
    """Return for how much of the co-pending time two sessions were running, overlaps that a clock error can make apart."""
    overlaps = swept_together(tuple(_closed(work).clip(both.start, both.end) for work in works)).contended
    lengths = overlaps.end - overlaps.start - 2 * error
    return float(np.maximum(lengths, 0).sum()) / max(1, both.where.total)


def _turns(works: "list[SessionWork]", where: Intervals, progress: "float | None", error: int) -> Sharing:
    """Tell one queue from slices that end with a kernel: a queue serves in the order of launches."""
    inversions = _inversions(works, where, error)
    one_process = len({w.session.process or w.session.id for w in works}) == 1
    reordered = inversions is not None and inversions > _REORDERED
    bursts = inversions is None and _bursts(works, where) < _BURSTS
    if not one_process and (reordered or bursts):
        how = "and turns do not follow the order of launches" if reordered else "and come in turns"
        return Sharing(
            mechanism=Mechanism.TIME_SLICING,
            detail=f"Kernels of the sessions never overlap, {how}.",
            in_turns=True,
            slice=_burst_length(works, where),
            progress_sum=progress,
        )
    order = "" if inversions is None else ", in the order in which they were launched"
    detail = f"Kernels of the sessions never overlap: they ran one after the other{order}."
    return Sharing(mechanism=Mechanism.SINGLE_STREAM, detail=detail, in_turns=True, progress_sum=progress)


def _merged(works: "list[SessionWork]", where: Intervals, attribute: str) -> "tuple[I64, I64, I64]":
    """Return (time, session, row) of all kernels whose `attribute` (start or end) lies in co-pending time, by time."""
    times = [getattr(work, attribute) for work in works]
    time = np.concatenate(times)
    owner = np.repeat(np.arange(len(works)), [len(t) for t in times])
    row = np.concatenate([np.arange(len(t)) for t in times])
    at = np.searchsorted(where.start, time, "right") - 1
    inside = (at >= 0) & (time <= where.end[np.maximum(at, 0)])
    order = np.argsort(time[inside], kind="stable")
    return time[inside][order], owner[inside][order], row[inside][order]


def _inversions(works: "list[SessionWork]", where: Intervals, error: int) -> "float | None":
    """Return the share of changes of session at which the next kernel of the session that had to stop was ready and launched first."""
    if not all(work.launches_known for work in works):
        return None
    _, owner, row = _merged(works, where, "start")
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


def _bursts(works: "list[SessionWork]", where: Intervals) -> float:
    """Return changes of session along kernel ends, against what a random order of the same kernels would have."""
    _, owner, _ = _merged(works, where, "end")
    if len(owner) < 20:
        return 1.0
    share = np.bincount(owner) / len(owner)
    expected = (len(owner) - 1) * (1 - float((share**2).sum()))
    return float((owner[1:] != owner[:-1]).sum()) / max(expected, 1.0)


def _burst_length(works: "list[SessionWork]", where: Intervals) -> "float | None":
    """Return the median length of a burst of one session's kernels, ns."""
    time, owner, _ = _merged(works, where, "start")
    first = np.flatnonzero(np.diff(owner) != 0) + 1
    return float(np.median(np.diff(time[first]))) if len(first) > 4 else None


def _touched(work: SessionWork, where: Intervals) -> Bool:
    """Tell the kernels that ran in co-pending time, if only in part."""
    touched: Bool = (covered(where, work.start, work.end) > 0.02 * (work.end - work.start)) & ~work.spin
    return touched


def _tail(work: SessionWork, both: Together) -> float:
    """Return sum of durations / sum of their keys' medians in co-pending time, relative to the same elsewhere in the window."""
    touched = _touched(work, both.where)
    inside = (work.start >= both.start) & (work.end <= both.end) & ~work.spin
    return _heaviness(work, np.flatnonzero(touched)) / max(1.0, _heaviness(work, np.flatnonzero(inside & ~touched)))


def _exclusion(a: SessionWork, b: SessionWork, where: Intervals) -> float:
    """Return how surely (in standard deviations) kernels of `b` end while `a` is held up.

    At each end of a kernel of b in co-pending time, the kernel of a that spans it has a rank: the share of a's time in kernels that are no
    longer; 1 where a has work but runs none. Where both run at once the ranks are uniform in 0..1; in turns they are all near 1.
    """
    rows = np.flatnonzero(covered(where, a.start, a.end) > 0.8 * (a.end - a.start))
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


def _few_are_cut(work: SessionWork, alone: F64, where: Intervals) -> bool:
    """Tell whether half of the kernels take as long as alone in co-pending time while the mean is well above."""
    duration = (work.end - work.start).astype(np.float64)
    rows = (covered(where, work.start, work.end) > 0.8 * duration) & np.isfinite(alone) & (duration > 0)
    if rows.sum() < 20:
        return False
    base, over = alone[rows], duration[rows] - alone[rows]
    mean = duration[rows].sum() / base.sum()
    median = float(np.median(duration[rows] / base))
    by_slices = float(over[over > np.maximum(base, _LEAST_SLICE)].sum()) > _MOSTLY_CUT * float(over.sum())
    return bool(mean > 1.15 and median - 1 < _UNCUT * (mean - 1) and by_slices)


def _holds(where: Intervals, time: I64) -> Bool:
    """Tell which instants lie inside."""
    at = np.searchsorted(where.start, time, "right") - 1
    inside: Bool = (at >= 0) & (time < where.end[np.maximum(at, 0)])
    return inside


def _heaviness(work: SessionWork, rows: I64) -> float:
    if len(rows) < 20:
        return 1.0
    duration = (work.end - work.start)[rows].astype(np.float64)
    median = group_medians(work.key[rows], work.keys, duration)[work.key[rows]]
    return float(duration.sum() / max(1.0, median.sum()))


def slice_length(works: "list[SessionWork]", where: Intervals) -> "float | None":
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


def _common_stretch(works: "list[SessionWork]", alone: "list[F64]", where: Intervals) -> "float | None":
    """Return the stretch that half of the stretched kernels share within a fifth, ns: one turn each; None where there is none.

    Of kernels that are as long as several turns, stretches are multiples of one and share no value.
    """
    stretch = []
    for work, base in zip(works, alone, strict=True):
        duration = (work.end - work.start).astype(np.float64)
        rows = (covered(where, work.start, work.end) > 0.3 * duration) & np.isfinite(base)
        over = (duration - base)[rows]
        stretch.append(over[over > np.maximum(_LEAST_SLICE, 0.2 * base[rows])])
    values = np.concatenate([np.empty(0), *stretch])
    if len(values) < _FEW:
        return None
    middle = float(np.median(values))
    return middle if (np.abs(values - middle) < 0.2 * middle).mean() > 0.5 else None


#: Turns looked for, ns; co-pending stretches and events used at most.
_SHORTEST, _LONGEST, _EVENTS = 0.4e6, 80e6, 4_000
#: Power per event of a rhythm: 3.3 was the highest of 200 simulated pairs that ran at once, few of them above 2.9.
_RHYTHM, _CLEAR_RHYTHM = 3.0, 3.7
_SWITCHES_COST, _ONE, _MULTIPLE = 0.985, 1.03, 0.7
#: Kernel ends that would show a rhythm; progress up to which turns are presumed where there are fewer.
_TELLING, _PRESUMED = 60, 1.05
#: Kernels shorter than this show slices by their tail; only where all are longer the rhythm is looked for.
_LONG_NS = 150_000


def _all_long(works: "list[SessionWork]", where: Intervals) -> bool:
    """Tell whether the ordinary kernel of every session is long, so that its duration does not show slices."""
    for work in works:
        rows = _touched(work, where)
        if rows.any() and np.median((work.end - work.start)[rows]) < _LONG_NS:
            return False
    return True


def _presumed(works: "list[SessionWork]", where: Intervals, progress: "float | None") -> str:
    """Say so where too few long kernels ended to show how processes shared: without MPS they take turns; "" where there is more to see."""
    ends = len(_merged(works, where, "end")[0])
    separate = len({w.session.process or w.session.id for w in works}) == len(works)
    if not separate or not _all_long(works, where) or (progress is not None and progress > _PRESUMED):
        return ""
    if len(works) == 2 and ends >= _TELLING:
        return ""
    return "Too few kernels ended to show turns; presumed, since processes take turns unless MPS runs."


def _rotation(works: "list[SessionWork]", where: Intervals, progress: "float | None") -> "float | None":
    """Find the turn (ns) in which kernels begin and end when sessions alternate strictly; None where there is no such rhythm.

    While two sessions take turns, kernels of each begin and end only in its own half of the rotation: with the right period the phases
    of one cluster opposite to those of the other. Phases start anew with each co-pending stretch.
    """
    time, owner, _ = _merged(works, where, "end")
    if len(works) != 2 or len(time) < 30 or len(np.unique(owner)) < 2:
        return None
    stretch = np.searchsorted(where.start, time, "right") - 1
    time, owner, stretch = time[:_EVENTS], owner[:_EVENTS], stretch[:_EVENTS]
    since = (time - where.start[stretch]).astype(np.float64)
    sign = np.where(owner == 0, 1.0, -1.0)
    longest = float(since.max())
    if longest < 4 * _SHORTEST:
        return None
    step = 0.15 / longest
    frequencies = np.arange(1 / min(_LONGEST, longest / 2), 1 / (2 * _SHORTEST), step)
    counts = np.bincount(stretch, minlength=int(stretch.max()) + 1).astype(np.float64)
    power = np.zeros(len(frequencies))
    first = 0
    for block in np.array_split(frequencies, max(1, len(frequencies) * len(since) // 2_000_000)):
        waves = sign * np.exp(-2j * np.pi * block[:, None] * since)
        sums = np.zeros((len(block), len(counts)), np.complex128)
        for number in np.flatnonzero(counts).tolist():
            sums[:, number] = waves[:, stretch == number].sum(1)
        power[first : first + len(block)] = (np.abs(sums) ** 2).sum(1) / len(since)
        first += len(block)
    best = float(power.max())
    # Kernels as long as a few turns give the rhythm's multiples too: the slowest of the clear ones is the rotation.
    at = float(frequencies[np.flatnonzero(power > _MULTIPLE * best)[0]])
    if progress is not None and progress > _ONE:
        return None
    # In turns the switches cost: what gets done is a little less than one session's work.
    certain = progress is not None and progress < _SWITCHES_COST
    return 0.5 / at if best > (_RHYTHM if certain else _CLEAR_RHYTHM) else None
