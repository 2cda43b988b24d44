"""Recognise how sessions share the device (in turns, at once, or through one queue) from where kernels of several were pending.

time slices      one session's kernels come in bursts, and the few that a turn of the other cuts carry all of the stretch
at once          kernels of both end in any order, all stretched alike, and together they get more done than one could (R > 1)
one stream       kernels never overlap and start in the order in which they were launched
"""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.co_pending import CoPending, co_pending, progress_sum
from tb_contention.contention.mechanism_features import (
    all_long,
    at_once,
    burst_length,
    bursts,
    common_stretch,
    exclusion,
    few_are_cut,
    inversions,
    merged,
    slice_length,
    tail,
)
from tb_contention.contention.turn_length import turn_length
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Confidence, Evidence, Mechanism, SessionLoss
from tb_contention.model.intervals import Intervals
from tb_contention.model.manifest import MpsState
from tb_contention.units import F64
from tb_contention.words.answers import Answer, answer_of
from tb_contention.words.numbers import duration, times

#: Contended time that is too little to show anything, as a share of the window.
TOO_LITTLE = 0.002
#: Running at once for less of the contended time than this is taking turns.
_TURNS = 0.04
#: More work per time than one session could do: beyond it sessions run at once.
_MORE_THAN_ONE = 1.15
#: Kernels of one session that show the mechanism well enough.
_ENOUGH = 150_000
#: A progress deficit below this is no loss at all.
NO_LOSS = 0.02
#: An estimate below this is as fast as alone, to its precision. Not the judge's threshold: kernels that cost each other little ran at once.
_AS_ALONE = 1.01
#: Changes of session against the order of launches beyond which it is no queue.
_REORDERED = 0.2
#: Kernels that say something of a session, and the share of all device time below which a session says nothing.
_FEW, _HARDLY = 20, 0.04
#: Signs of turns: heaviness of the tail, bursts against chance, and how surely kernels end while others are held up.
_TAIL, _BURSTS, _EXCLUSION = 1.15, 0.6, 2.8
#: Kernel ends that would show a period; progress up to which turns are presumed where there are fewer.
_TELLING, _PRESUMED = 60, 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How sessions share a device."""

    mechanism: Mechanism
    #: One sentence on what shows the mechanism.
    detail: str
    confidence: Confidence = Confidence.SURE
    #: Kernels were never stretched.
    in_turns: bool = False
    #: The sessions hardly ever had work at the same time.
    apart: bool = False
    #: Length of a time slice in ns, where it can be seen.
    slice: float | None = None
    #: Baseline work done per co-pending time, summed over the sessions; None without baselines.
    progress_sum: float | None = None


def recognise(works: list[SessionWork], alone: list[F64], start: int, end: int, error: int) -> Sharing:
    """Recognise the mechanism in the window [start, end). alone: durations alone, NaN = unknown; error: of the clocks between sessions, ns.

    Copies are left out, and of long captures the first part is looked at, with some hundred thousand kernels.
    """
    works, alone = _kernels(works, alone)
    both = co_pending([work.pending for work in works], start, end)
    works, alone, both = _part(works, alone, both)
    progress = progress_sum(works, alone, both.where)
    if both.where.total <= TOO_LITTLE * (both.end - both.start):
        return Sharing(
            mechanism=Mechanism.NONE,
            detail="The sessions hardly ever had work at the same time.",
            apart=True,
            progress_sum=progress,
        )
    if at_once(works, both, error) < _TURNS:
        return _turns(works, both.where, progress, error)
    if progress is not None and progress > (1 - NO_LOSS) * both.sessions:
        detail = "Each session was as fast as alone while others had work."
        return Sharing(mechanism=Mechanism.NONE, detail=detail, progress_sum=progress)
    if progress is not None and progress > _MORE_THAN_ONE:
        detail = f"Together they get {times(progress)} as much done as one session alone in the same time."
        return Sharing(mechanism=Mechanism.CONCURRENT, detail=detail, progress_sum=progress)
    length = slice_length(works, both.where)
    heavy = length is not None and max(tail(work, both) for work in works) > _TAIL
    if heavy or any(few_are_cut(w, base, both.where) for w, base in zip(works, alone, strict=True)):
        detail = "A few kernels, interrupted by a turn of another session, account for nearly all of the delay."
    elif bursts(works, both.where) < _BURSTS:
        detail = "Kernels of the sessions alternate in bursts."
    elif any(exclusion(a, b, both.where) > _EXCLUSION for a in works for b in works if a is not b):
        detail = "Kernels of one session begin and end only while a kernel of the other is held up."
    else:
        length = turn_length(works, both.where, progress) if all_long(works, both.where) else None
        if length:
            length = common_stretch(works, alone, both.where) or length
        detail = f"Kernels begin and end in turns of {duration(length)}." if length else ""
        detail = detail or _presumed(works, both.where, progress)
    if detail:
        return Sharing(mechanism=Mechanism.TIME_SLICING, detail=detail, slice=length, progress_sum=progress)
    detail = "Kernels of the sessions ran at the same time, and all were slowed alike."
    return Sharing(mechanism=Mechanism.CONCURRENT, detail=detail, progress_sum=progress)


def _kernels(works: list[SessionWork], alone: list[F64]) -> tuple[list[SessionWork], list[F64]]:
    """Leave out copies, which have engines of their own, and sessions that hardly do anything, where two others remain."""
    time = [float((work.end - work.start).sum()) for work in works]
    matters = [t >= _HARDLY * sum(time) for t in time]
    if sum(matters) < 2:
        matters = [True] * len(works)
    picked = [_without_copies(w, a) for w, a, m in zip(works, alone, matters, strict=True) if m]
    return [work for work, _ in picked], [base for _, base in picked]


def _without_copies(work: SessionWork, alone: F64) -> tuple[SessionWork, F64]:
    rows = np.flatnonzero(~work.copy)
    if len(rows) < _FEW or len(rows) == len(work.start):
        return work, alone
    return work.part(rows), alone[rows]


def _part(
    works: list[SessionWork], alone: list[F64], both: CoPending
) -> tuple[list[SessionWork], list[F64], CoPending]:
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


def _turns(works: list[SessionWork], where: Intervals, progress: float | None, error: int) -> Sharing:
    """Distinguish one queue from slices that end with a kernel: a queue serves in the order of launches."""
    passed = inversions(works, where, error)
    one_process = len({w.session.process or w.session.id for w in works}) == 1
    reordered = passed is not None and passed > _REORDERED
    in_bursts = passed is None and bursts(works, where) < _BURSTS
    if not one_process and (reordered or in_bursts):
        how = "and do not run in the order of their launches" if reordered else "and alternate in bursts"
        return Sharing(
            mechanism=Mechanism.TIME_SLICING,
            detail=f"Kernels of different sessions never overlap, {how}.",
            in_turns=True,
            slice=burst_length(works, where),
            progress_sum=progress,
        )
    order = "" if passed is None else ", in the order of their launches"
    detail = f"Kernels of different sessions never overlap: they ran one after another{order}."
    return Sharing(mechanism=Mechanism.SINGLE_STREAM, detail=detail, in_turns=True, progress_sum=progress)


def _presumed(works: list[SessionWork], where: Intervals, progress: float | None) -> str:
    """Say so where too few long kernels ended to show how processes shared: without MPS they take turns; "" where there is more to see."""
    ends = len(merged(works, where, "end")[0])
    separate = len({w.session.process or w.session.id for w in works}) == len(works)
    if not separate or not all_long(works, where) or (progress is not None and progress > _PRESUMED):
        return ""
    if len(works) == 2 and ends >= _TELLING:
        return ""
    states = {MpsState.UNKNOWN if w.session.manifest is None else w.session.manifest.mps.state for w in works}
    if states == {MpsState.ON}:
        return ""
    known = "without MPS, which was off" if states == {MpsState.OFF} else "unless MPS runs"
    return f"Too few kernels ended to show turns; time slicing is assumed, because processes take turns {known}."


def concluded(sharing: Sharing, results: tuple[SessionLoss, ...], *, on_host: bool, on_cores: bool) -> Sharing:
    """Correct the mechanism by the losses.

    None where sessions ran at once and each was as fast as alone; unknown where an untraced one slowed a single session, between
    processes on a processor, and on a processor where no loss could be determined.
    """
    only = results[0].slowdown if len(results) == 1 else None
    if (
        only is not None
        and sharing.mechanism is Mechanism.NONE
        and (only.low or 0.0) > 1.0
        and answer_of(only) is not Answer.NO
    ):
        detail = "The session is slower than alone; what else ran on the device was not captured."
        return replace(sharing, mechanism=Mechanism.UNKNOWN, confidence=Confidence.UNSURE, detail=detail)
    undetermined = on_host and len(results) > 1 and all(r.slowdown.evidence is Evidence.D for r in results)
    if undetermined or (on_cores and sharing.mechanism is not Mechanism.NONE):
        detail = "On a processor with several cores the order of operations does not show how it was shared."
        return replace(sharing, mechanism=Mechanism.UNKNOWN, confidence=Confidence.UNSURE, detail=detail, slice=None)
    highs = [r.slowdown.high if r.slowdown.estimate is not None else None for r in results]
    sure = all(high is not None and high < _AS_ALONE for high in highs)
    if sharing.mechanism is Mechanism.CONCURRENT and sure:
        return replace(sharing, mechanism=Mechanism.NONE, detail="Each session was as fast as alone.")
    return sharing
