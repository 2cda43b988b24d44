"""What one session's loss looks like in a report: figures, kernels, step periods, and where on the timeline it was."""

import numpy as np

from tb_contention.contention.blame import KernelRuns
from tb_contention.contention.loss import Loss
from tb_contention.contention.metrics import sharing_metrics
from tb_contention.contention.open_loop import Paced
from tb_contention.model.contention import (
    Evidence,
    KernelCost,
    KernelLosses,
    Loop,
    LostTime,
    SessionLoss,
    SharingMetrics,
    Slowdown,
    StepTimes,
)
from tb_contention.model.intervals import Intervals
from tb_contention.units import Nanoseconds

#: Parts of a kernel lost by less than this are not drawn, ns.
_DRAWN = 1_000
_CAPTURE = (
    "capture {name} alone on this device into the same log directory (or choose a capture of it alone as its baseline)"
)
_SETTLE = (
    "Too few kernels of {name} ran undisturbed. To determine its slowdown, "
    + _CAPTURE
    + ", or pause the other sessions for a few of its steps."
)
_SETTLE_LOOP = (
    "Whether a step of {name} starts when a request arrives or when the step before ends is unknown. To determine its slowdown, "
    + _CAPTURE
    + "."
)
_SETTLE_INPUT = (
    "The input pipeline of {name} kept up with steps that others lengthened. Whether it keeps up with those that nobody lengthens is "
    "unknown. To determine the slowdown, " + _CAPTURE + "."
)
_SETTLE_PACE = (
    "Kernels of {name} that ran undisturbed take longer than in a capture of the same work alone, by more than another clock explains: "
    "perhaps a program ran that was not captured. To determine its slowdown, capture it again, together and alone, with nothing else on "
    "this device."
)
_SETTLE_VARIES = (
    "The steps of {name} vary so much that the uncertainty is as large as the loss. Longer captures, together and alone, reduce it "
    "(tb-contention run --duration)."
)


def session_loss(paced: Paced) -> SessionLoss:
    """Put the results of one session together; what class D cannot know stays None."""
    loss, found = paced.loss, paced.estimate
    evidence = loss.alone.evidence
    known = found is not None and evidence is not Evidence.D
    shared, alone = float(loss.periods.shared.sum()), float(loss.periods.alone.sum())
    rows = loss.counted
    stretch = float((loss.exposure.duration - loss.alone.estimate)[rows].sum())
    stall = float(loss.waits.stall[rows].sum())
    lost = max(0.0, shared - alone)
    stretch, stall = max(0.0, stretch), max(0.0, stall)
    steps = len(loss.periods.begin) if loss.has_steps else 0
    slowdown = Slowdown(
        estimate=found.value if known and found is not None else None,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        evidence=evidence if found is not None else Evidence.D,
        coverage=loss.alone.coverage,
        settle=_settle(paced) if found is not None and evidence is Evidence.D else "",
        measured=found is not None and loss.alone.measured,
        compared=loss.alone.compared,
    )
    return SessionLoss(
        session=loss.work.id,
        stretch=_ns(stretch) if known else None,
        stall=_ns(stall) if known else None,
        absorbed=_ns(max(0.0, stretch + stall - lost)) if known else None,
        lost=_ns(lost) if known else None,
        slowdown=slowdown,
        step_shared=_ns(shared / steps) if steps else None,
        step_alone=_ns(alone / steps) if steps and known else None,
        steps=steps,
        clock=_clock(loss, stretch) if known else None,
        loop=paced.loop,
        latency=paced.latency,
    )


def _settle(paced: Paced) -> str:
    """Say what keeps a slowdown from being known, and what would settle it."""
    otherwise = _SETTLE_VARIES if paced.loss.alone.compared else _SETTLE_PACE if paced.is_outpaced else _SETTLE
    words = _SETTLE_LOOP if paced.loop is Loop.UNKNOWN else _SETTLE_INPUT if paced.by_input else otherwise
    return words.format(name=paced.loss.work.session.name)


def _clock(loss: Loss, stretch: float) -> Nanoseconds | None:
    """Return the part of a stretch (ns) that company leaves behind; None where there is none."""
    if loss.exposure.slower is None:
        return None
    rows = loss.counted & loss.exposure.touched & ~loss.work.copy
    return _ns(min(stretch, (loss.exposure.slower - 1) * float(loss.alone.estimate[rows].sum())))


def _ns(value: float) -> Nanoseconds:
    return Nanoseconds(round(value))


def metrics_of(results: tuple[SessionLoss, ...]) -> SharingMetrics | None:
    """Compute the metrics of a group; None unless every slowdown is known."""
    values = [r.slowdown.estimate for r in results]
    known = [v for v in values if v is not None]
    return sharing_metrics(known) if len(known) == len(values) else None


def kernel_costs(loss: Loss) -> list[KernelCost]:
    """Sum per kernel name, over the window: duration alone and loss."""
    if loss.alone.evidence is Evidence.D or not len(loss.work.start):
        return []
    trace = loss.work.session.trace
    rows = np.flatnonzero(loss.exposure.inside)
    names = trace.kernels.name[loss.work.rows][rows].astype(np.int64) + 1
    alone = np.bincount(names, loss.alone.estimate[rows])
    lost = np.bincount(names, (loss.exposure.duration - loss.alone.estimate + loss.waits.stall)[rows])
    return [
        KernelCost(session=loss.work.id, name=trace.strings.get(name - 1) or "", alone=_ns(float(alone[name])), lost=_ns(float(lost[name])))
        for name in np.flatnonzero(np.bincount(names)).tolist()
    ]  # fmt: skip


def runs_of(loss: Loss) -> KernelRuns:
    """Put a session's kernels together for blame: what they lost inside the counted periods."""
    lost = loss.exposure.duration - loss.alone.estimate + loss.waits.stall
    trace = loss.work.session.trace
    return KernelRuns(
        session=loss.work.id,
        strings=trace.strings,
        name=trace.kernels.name[loss.work.rows].astype(np.int64),
        start=loss.work.start,
        end=loss.work.end,
        stall=loss.waits.stall.astype(np.int64),
        lost=np.where(loss.counted, lost, 0.0),
    )


def kernel_losses(loss: Loss) -> KernelLosses:
    """Keep what single kernels lost."""
    return KernelLosses(
        session=loss.work.id,
        rows=loss.work.rows,
        alone=loss.alone.estimate,
        stall=loss.waits.stall,
        inside=loss.exposure.inside,
        counted=loss.counted,
    )


def step_times(loss: Loss) -> StepTimes:
    """Split each period into own device work, host, and what co-runners added.

    Periods scatter both ways: what some took less than alone is taken from what others lost, so that their sum is what sharing cost.
    """
    periods = loss.periods
    known = loss.alone.evidence is not Evidence.D
    begin, end = periods.begin.astype(np.int64), periods.end.astype(np.int64)
    total = end - begin
    if known:
        spans = Intervals.union_of(loss.played.start.astype(np.int64), loss.played.end.astype(np.int64))
        work = spans.covered(periods.begin_alone.astype(np.int64), periods.end_alone.astype(np.int64))
        longer = periods.shared - periods.alone
        scatter = max(0.0, float(longer.sum())) / max(1.0, float(np.maximum(longer, 0).sum()))
        lost = np.clip(np.round(longer * scatter).astype(np.int64), 0, total)
    else:
        work = loss.work.running.covered(begin, end)
        lost = np.zeros(len(total), np.int64)
    own = np.minimum(work, total - lost)
    return StepTimes(
        session=loss.work.id,
        number=loss.work.step_number[periods.step],
        start=begin,
        end=end,
        own=own,
        host=total - lost - own,
        lost=lost,
        known=known,
    )


def lost_time(loss: Loss) -> LostTime:
    """Find where on the timeline kernels were stretched, at their end, and where they waited, before their start."""
    work, inside = loss.work, loss.exposure.inside
    if loss.alone.evidence is Evidence.D:
        return LostTime(session=work.id, stretched=Intervals.empty(), stalled=Intervals.empty())
    stretch = loss.exposure.duration - loss.alone.estimate
    long = inside & (stretch > np.maximum(_DRAWN, 2 * loss.alone.deviation))
    waits = inside & (loss.waits.stall > _DRAWN)
    return LostTime(
        session=work.id,
        stretched=Intervals.union_of(work.end[long] - stretch[long].astype(np.int64), work.end[long]),
        stalled=Intervals.union_of(work.start[waits] - loss.waits.stall[waits].astype(np.int64), work.start[waits]),
    )
