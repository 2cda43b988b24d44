"""What measured turns change: the mechanism is seen, durations alone are the kernels' own times, and the loss goes to who had the GPU."""

from dataclasses import replace

import numpy as np

from tb_contention.contention.alone import COVERAGE, Alone, covers
from tb_contention.contention.baseline import Baseline
from tb_contention.contention.blame import KernelRuns, blame
from tb_contention.contention.co_pending import co_pending, progress_sum
from tb_contention.contention.exposure import Exposure, expose
from tb_contention.contention.mechanism import TOO_LITTLE, Sharing
from tb_contention.contention.residency import Residency, Turns, on_copy_engines, own_time
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import UNTRACED, Blame, Confidence, Evidence, Mechanism
from tb_contention.model.intervals import Intervals
from tb_contention.units import Nanoseconds, SessionId
from tb_contention.words.numbers import duration, percent

#: Kernels cut for less than this part of their time are not cut at all.
_UNCUT = 0.001
#: Strangers that are named.
_MOST_NAMED = 3


def takes_turns(works: list[SessionWork], residency: Residency | None, start: int, end: int) -> bool:
    """Return whether contexts took the engine from sessions with work for more than next to nothing of the window."""
    if residency is None or residency.one_context:
        return False
    taken = [(work.pending & residency.turns[work.id].away).clip(start, end).total for work in works]
    return max(taken) > TOO_LITTLE * (end - start)


def one_context(sharing: Sharing, residency: Residency | None) -> Sharing:
    """Correct what was taken for turns where the switches show one context for all, and say so."""
    if residency is None or not residency.one_context:
        return sharing
    seen = "Measured by context switches: the sessions are in one GPU context, as under MPS, which is not switched between them."
    if sharing.mechanism is Mechanism.UNKNOWN and sharing.in_turns:
        sharing = replace(sharing, mechanism=Mechanism.SINGLE_STREAM, confidence=Confidence.SURE)
    if sharing.mechanism is not Mechanism.TIME_SLICING:
        return replace(sharing, detail=f"{sharing.detail} {seen}")
    return Sharing(mechanism=Mechanism.CONCURRENT, detail=seen, progress_sum=sharing.progress_sum)


def in_turns(works: list[SessionWork], residency: Residency, start: int, end: int) -> Sharing:
    """Describe the turns that were seen."""
    own = [own_time(work, residency.turns[work.id]) for work in works]
    durations = [(work.end - work.start).astype(np.float64) for work in works]
    cut = sum(float((d - o).sum()) for d, o in zip(durations, own, strict=True))
    where = co_pending([work.pending for work in works], start, end).where
    return Sharing(
        mechanism=Mechanism.TIME_SLICING,
        detail=_detail(residency, end - start),
        in_turns=cut <= _UNCUT * sum(float(d.sum()) for d in durations),
        slice=residency.length,
        progress_sum=progress_sum(works, own, where) if len(works) > 1 else None,
    )


def _detail(residency: Residency, window: int) -> str:
    length = "" if residency.length is None else f" of {duration(residency.length)}"
    change = "" if residency.change is None else f"; a context switch takes {duration(residency.change)}"
    text = f"Measured by recorded context switches ({residency.count} stays on the GPU): the sessions take turns{length}{change}."
    strangers = [s for s in residency.strangers if s[1] > TOO_LITTLE * window]
    if strangers:
        named = ", ".join("a process of another user" if p is None else str(p) for p, _ in strangers[:_MOST_NAMED])
        taken = sum(t for _, t in strangers)
        text += f" Processes that were not captured held the GPU for {percent(taken, window)} of the window: {named}."
    return text


def turns_exposure(work: SessionWork, turns: Turns, exposure: Exposure) -> Exposure:
    """Let a session be exposed where its context was away, in the same window."""
    return expose(work, turns.away, exposure.start, exposure.end, 0)


def measured_alone(work: SessionWork, exposure: Exposure, own: Baseline, turns: Turns, residency: Residency) -> Alone:
    """Take each kernel's own time for what it takes alone; exposure, own: as estimated without switches.

    What copy engines do the switches do not tell: there undisturbed instances do, and what has none is taken as recorded.

    Class B where undisturbed instances would tell as much, else C: the turns leave it valid. What is not resolved: saving and restoring
    inside a stay, taken to be as long as between stays, and by how much undisturbed instances disagree.
    """
    apart = on_copy_engines(work, turns)
    learned = apart & exposure.touched & np.isfinite(own.alone)
    time = np.where(learned, own.alone, own_time(work, turns))
    # What a stranger disturbed looks undisturbed beside the captured sessions alone.
    strange = sum(length for _, length in residency.strangers) > TOO_LITTLE * (exposure.end - exposure.start)
    known = 0.0 if strange else covers(exposure, own.alone)
    rows = exposure.inside
    total = max(1.0, float(time[rows].sum()))
    inside = Intervals.one(exposure.start, exposure.end)
    arrivals = int(inside.covered(turns.stays.start, turns.stays.end)[turns.stays.own].astype(np.bool_).sum())
    hidden = arrivals * (residency.change or 0.0) / total
    disagree = 0.0
    if known >= COVERAGE:
        both = rows & exposure.touched & np.isfinite(own.alone) & ~apart
        disagree = abs(float((time - own.alone)[both].sum())) / total
    return Alone(
        evidence=Evidence.B if known >= COVERAGE else Evidence.C,
        coverage=known,
        estimate=time,
        shortest=time,
        deviation=np.where(learned, np.nan_to_num(own.deviation), 0.0),
        error=np.where(learned, np.nan_to_num(own.error), 0.0),
        group=own.group,
        borrowed=np.zeros(len(time), np.bool_),
        unresolved=hidden + disagree,
        measured=True,
    )


def divided(
    victim: KernelRuns,
    lost: int,
    running: dict[SessionId, Intervals],
    had: dict[SessionId, dict[SessionId, Intervals]],
) -> tuple[Blame, ...]:
    """Divide a victim's loss: by who had the engine where that was measured, else by who had kernels on the device.

    Contexts of no session are one row at the end.
    """
    if victim.session not in had:
        return blame(victim, lost, running)
    rows = blame(victim, lost, {victim.session: Intervals.empty(), **had[victim.session]})
    strange = sum(row.lost for row in rows if row.culprit == UNTRACED)
    named = tuple(row for row in rows if row.culprit != UNTRACED)
    if not strange:
        return named
    return (*named, Blame(victim=victim.session, culprit=UNTRACED, lost=Nanoseconds(strange)))
