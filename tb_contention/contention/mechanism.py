"""Recognise how sessions share the device (in turns, at once, or through one queue) from where kernels of several were pending.

time slices      a kernel that arrives while another session runs waits for its turn, and then starts amid a kernel of the other
at once          such a kernel starts as soon as on an empty device, and together they can get more done than one could (R > 1)
one stream       kernels never overlap and start in the order in which they were launched

Where no kernel arrives in company, the ends and durations of kernels decide (`signs.py`).
"""

from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from tb_contention.contention.arrivals import Arrivals, arrivals
from tb_contention.contention.co_pending import CoPending, co_pending, progress_sum, separate
from tb_contention.contention.mechanism_features import at_once, burst_length, bursts, inversions
from tb_contention.contention.signs import BURSTS, Sign, read_signs, turn_of
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Confidence, Evidence, Mechanism, SessionLoss
from tb_contention.model.intervals import Intervals
from tb_contention.model.manifest import MpsState
from tb_contention.model.side_by_side import each
from tb_contention.units import F64
from tb_contention.words.answers import Answer, answer_of
from tb_contention.words.numbers import count, duration, share, times

#: Contended time that is too little to show anything, as a share of the window.
TOO_LITTLE = 0.002
#: Running at once for less of the contended time than this is taking turns.
_TURNS = 0.04
#: Part of the time at once that the clock error may feign.
_FEIGNED = 0.5
#: More work per time than one session could do: beyond it sessions run at once.
_MORE_THAN_ONE = 1.15
#: Progress that shows room beside kernels which others had to wait for.
_ROOM = 1.05
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
#: Arrivals that decide, and that do so surely. Of some 400 simulated scenarios, none starts at once in turns, all where each session gets
#: a share of the device, and 7 to 90 % where each gets what the others leave. Not all of those that wait wait for long.
_ARRIVED, _SURELY, _NONE_AT_ONCE, _SOME_AT_ONCE, _AT_ONCE, _WAIT = 4, 10, 0.03, 0.15, 0.5, 0.5
#: Share of kernels that wait without company beyond which they did not run at once as it looks, and the part of the share that waits in
#: company to be added: 0 to 0.04 where they do, more where the clocks are wrong or an untraced session ran. Of fewer it says nothing.
_ASTRAY, _ASTRAY_TOO, _ALONE = 0.06, 0.25, 6
#: Share of those which waited that start amid a foreign kernel where that kernel was interrupted; it is 0 where it had to end first.
_INTERRUPTED = 0.35


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
    everything, alone = _that_matter(works, alone)
    kernels, alone = _kernels(everything, alone)
    both = co_pending([work.pending for work in kernels], start, end)
    works, alone, both = _part(kernels, alone, both)
    arrived = arrivals(
        [
            work if kernel is whole and work is not kernel else _until(whole, both.end)
            for whole, kernel, work in zip(everything, kernels, works, strict=True)
        ],
        error,
    )
    progress = progress_sum(works, alone, both.where)
    if both.where.total <= TOO_LITTLE * (both.end - both.start):
        return Sharing(
            mechanism=Mechanism.NONE,
            detail="The sessions hardly ever had work at the same time.",
            apart=True,
            progress_sum=progress,
        )
    overlap, sure = at_once(works, both, error)
    if overlap < _TURNS:
        found = _turns(works, both.where, progress, error)
        return _weighed(found, works) if found.mechanism is Mechanism.UNKNOWN else found
    if progress is not None and progress > (1 - NO_LOSS) * both.sessions:
        detail = "Each session was as fast as alone while others had work."
        return Sharing(mechanism=Mechanism.NONE, detail=detail, progress_sum=progress)
    if progress is not None and progress > _MORE_THAN_ONE and not _all_wait(arrived):
        detail = f"Together they get {times(progress)} as much done as one session alone in the same time."
        return Sharing(mechanism=Mechanism.CONCURRENT, detail=detail, progress_sum=progress)
    if arrived.count < _ARRIVED and sure < max(_TURNS, _FEIGNED * overlap):
        detail = f"The clock error of {duration(error)} is as long as the pieces of time that kernels of several sessions overlap for."
        return Sharing(mechanism=Mechanism.UNKNOWN, confidence=Confidence.UNSURE, detail=detail, progress_sum=progress)
    signs = read_signs(works, alone, both, progress)
    found = _agreed(_by_arrivals(arrived, progress), signs, arrived)
    turn = turn_of(works, alone, both, progress) if found.mechanism is Mechanism.TIME_SLICING else None
    return _weighed(replace(found, slice=turn, progress_sum=progress), works)


def _that_matter(works: list[SessionWork], alone: list[F64]) -> tuple[list[SessionWork], list[F64]]:
    """Leave out sessions that hardly do anything, where two others remain."""
    time = [float((work.end - work.start).sum()) for work in works]
    matters = [t >= _HARDLY * sum(time) for t in time]
    if sum(matters) < 2:
        return works, alone
    return list(compress(works, matters)), list(compress(alone, matters))


def _kernels(works: list[SessionWork], alone: list[F64]) -> tuple[list[SessionWork], list[F64]]:
    """Leave out copies, which have engines of their own."""
    picked = [_without_copies(work, base) for work, base in zip(works, alone, strict=True)]
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
    part = replace(both, end=end, where=both.where.clip(both.start, end))
    works = each(lambda work: _until(work, end), works)
    return works, [a[: len(w.start)] for w, a in zip(works, alone, strict=True)], part


def _until(work: SessionWork, end: int) -> SessionWork:
    """Keep what started before an instant."""
    count = int(np.searchsorted(work.start, end))
    return work if count == len(work.start) else work.part(slice(count))


def _turns(works: list[SessionWork], where: Intervals, progress: float | None, error: int) -> Sharing:
    """Distinguish one queue from slices that end with a kernel: a queue serves in the order of launches, and only within a process."""
    passed = inversions(works, where, error)
    reordered = passed is not None and passed > _REORDERED
    in_bursts = passed is None and bursts(works, where) < BURSTS
    found = Sharing(mechanism=Mechanism.SINGLE_STREAM, detail="", in_turns=True, progress_sum=progress)
    if len({w.session.process or w.session.id for w in works}) == 1 or _mps(works) == {MpsState.ON}:
        order = "" if passed is None else ", in the order of their launches"
        return replace(found, detail=f"Kernels of different sessions never overlap: they ran one after another{order}.")
    if reordered or in_bursts:
        how = "and do not run in the order of their launches" if reordered else "and alternate in bursts"
        return replace(
            found,
            mechanism=Mechanism.TIME_SLICING,
            detail=f"Kernels of different sessions never overlap, {how}.",
            slice=burst_length(works, where),
        )
    detail = "Kernels of different sessions never overlap, but processes have no queue in common."
    return replace(found, mechanism=Mechanism.UNKNOWN, confidence=Confidence.UNSURE, detail=detail)


def _by_arrivals(seen: Arrivals, progress: float | None) -> Sharing | None:
    """Conclude from whether kernels wait that arrive while another session runs; None where too few do, or some wait and others not."""
    if seen.count < _ARRIVED:
        return None
    of, more = f"{count(seen.count, 'kernel')} that arrived while another session ran", progress or 0.0
    if seen.at_once > _SOME_AT_ONCE:
        detail = f"Of {of}, {share(seen.at_once)} started at once."
        sure = Confidence.SURE if seen.at_once > _AT_ONCE else Confidence.LIKELY
        return Sharing(mechanism=Mechanism.CONCURRENT, confidence=sure, detail=detail)
    if not _all_wait(seen):
        return None
    if seen.amid >= _INTERRUPTED:
        detail = f"Of {of}, none started at once: they waited, and then started in the middle of a kernel of the other."
        sure = Confidence.SURE if more < _MORE_THAN_ONE and seen.count >= _SURELY else Confidence.LIKELY
        return Sharing(mechanism=Mechanism.TIME_SLICING, confidence=sure, detail=detail)
    if more < _ROOM:
        return None
    detail = f"Of {of}, most waited until a kernel of the other ended, but together more gets done ({times(more)})."
    return Sharing(mechanism=Mechanism.CONCURRENT, confidence=Confidence.LIKELY, detail=detail)


def _agreed(found: Sharing | None, signs: Sign, seen: Arrivals) -> Sharing:
    """Compare what arrivals show, if anything, with the signs in ends and durations, and doubt what these contradict."""
    said = f"{signs.detail[0].lower()}{signs.detail[1:]}"
    turns, doubt = signs.mechanism is Mechanism.TIME_SLICING, ""
    if found is None:
        found = Sharing(mechanism=signs.mechanism, detail=signs.detail, confidence=signs.confidence)
        if turns and signs.confidence is Confidence.LIKELY and seen.count >= _SURELY and seen.at_once > _NONE_AT_ONCE:
            doubt = f"Some kernels that arrived while another session ran started at once, which contradicts turns. But {said}"
    elif found.mechanism is signs.mechanism:
        found = replace(found, confidence=Confidence.SURE)
    elif signs.confidence is Confidence.SURE or (turns and found.confidence is Confidence.LIKELY):
        doubt = "" if seen.clear else f"{found.detail} That contradicts how kernels end: {said}"
    astray = seen.apart >= _ALONE and seen.astray > _ASTRAY + _ASTRAY_TOO * seen.waited
    if found.mechanism is Mechanism.CONCURRENT and astray:
        doubt = (
            f"Of the kernels that arrived while no other session ran, {share(seen.astray)} waited: "
            "something else ran, or the clocks are wrong."
        )
    return Sharing(mechanism=Mechanism.UNKNOWN, confidence=Confidence.UNSURE, detail=doubt) if doubt else found


def _all_wait(seen: Arrivals) -> bool:
    return seen.count >= _ARRIVED and seen.at_once <= _NONE_AT_ONCE and seen.waited >= _WAIT


def _mps(works: list[SessionWork]) -> set[MpsState]:
    return {MpsState.UNKNOWN if w.session.manifest is None else w.session.manifest.mps.state for w in works}


def _weighed(found: Sharing, works: list[SessionWork]) -> Sharing:
    """Let what the manifests state of MPS decide where nothing else does, and doubt what contradicts it."""
    states = _mps(works)
    if not separate(works) or states not in ({MpsState.ON}, {MpsState.OFF}):
        return found
    on = states == {MpsState.ON}
    fitting, stated = (Mechanism.CONCURRENT, "MPS ran") if on else (Mechanism.TIME_SLICING, "MPS was off")
    if found.mechanism is fitting:
        return replace(found, confidence=Confidence.SURE, detail=f"{found.detail} {stated}, by the manifests.")
    if found.mechanism is Mechanism.UNKNOWN:
        how = "can run kernels side by side" if on else "take turns"
        sure = Confidence.LIKELY if on else Confidence.SURE
        return replace(
            found, mechanism=fitting, confidence=sure, detail=f"{stated}, by the manifests, so processes {how}."
        )
    return replace(found, confidence=Confidence.LIKELY, detail=f"{found.detail} But {stated}, by the manifests.")


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
