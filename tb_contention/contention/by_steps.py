"""What whole steps say of a session's slowdown, where the replay of its kernels may miss something.

Step periods are compared with those of captures alone, or regressed on the part that company covers, with the company in a fixed time
from their begin as instrument (`stretch.py` does the same with kernels). Neither asks why a step took longer. The replay is more precise
and says why; where the streams of a session run at once it cannot know which kernel had to wait for room.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.loss import Loss
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Evidence
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64

#: Periods that tell something: in the capture, in one alone, and of those that begin with little company.
_PERIODS, _ALONE, _FREE = 20, 8, 12
#: A rate and a ratio less certain than this, as a part of the slowdown, say nothing; what the regression leaves out.
_UNSURE, _LEFT_OUT = 0.03, 0.01
#: Replay and steps disagree beyond so many standard errors, and beyond this part of the slowdown.
_SIGMAS, _DISAGREE = 2.5, 0.02
#: The same beside captures alone, where streams of a session run at once: what the replay may miss there is in no error of its own.
_AT_ONCE = 1.0
#: Error of durations that no undisturbed kernel shows, as a part of the loss, where kernels of one session run at once: how many do is up
#: to company, too.
_REGRESSED = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsSay:
    """A session's slowdown by its steps, the standard error, and how long each period takes alone, ns."""

    slowdown: float
    error: float
    alone: F64


def by_steps(loss: Loss, company: Intervals, solos: Sequence[SessionWork]) -> StepsSay | None:
    """Estimate a slowdown from whole steps; None where they do not tell."""
    shared = loss.periods.shared
    if not loss.has_steps or loss.alone.evidence is Evidence.D:
        return None
    parts = [np.diff(solo.step_end).astype(np.float64) for solo in solos]
    alone = np.concatenate([np.empty(0), *parts])
    if loss.alone.evidence is Evidence.A:
        return _against(shared, alone) if min(len(shared), len(alone)) >= _ALONE else None
    return _regressed(loss, company) if len(shared) >= _PERIODS else None


def _against(shared: F64, alone: F64) -> StepsSay | None:
    """Compare the mean period with that of captures alone.

    How periods differ in company is no error: they are what happened. It is unknown what these very steps would have taken alone.
    """
    ratio = float(shared.mean() / alone.mean())
    error = ratio * float(alone.std() / alone.mean() * np.sqrt(1 / len(alone) + 1 / len(shared)))
    return StepsSay(slowdown=ratio, error=error, alone=shared / ratio) if error < _UNSURE * ratio else None


def _regressed(loss: Loss, company: Intervals) -> StepsSay | None:
    begin, end = loss.periods.begin.astype(np.int64), loss.periods.end.astype(np.int64)
    length = (end - begin).astype(np.float64)
    ahead = max(1, int(np.median(length)))
    met = company.covered(begin, end).astype(np.float64)
    seen = company.covered(begin, begin + ahead) / ahead
    z = seen - seen.mean()
    moved = float(np.sum(z * met))
    if min((seen < 0.5).sum(), (seen > 0.5).sum()) < _FREE or moved <= 0:
        return None
    rate = float(np.sum(z * length)) / moved
    rest = length - rate * met
    error = float(np.sqrt(np.sum((z * (rest - rest.mean())) ** 2))) / moved
    alone = np.maximum(length - rate * met, 0.1 * length)
    slowdown = float(length.sum() / alone.sum())
    relative = slowdown * error * float(met.sum() / length.sum())
    if relative > _UNSURE:
        return None
    return StepsSay(slowdown=slowdown, error=slowdown * float(np.hypot(relative, _LEFT_OUT)), alone=alone)


def agreed(loss: Loss, say: StepsSay | None, company: Intervals) -> tuple[Loss, float]:
    """Let the steps correct the replay; return with it the standard error that comes of this.

    A capture alone, and sessions whose streams run at once, go by their steps where these disagree with the replay. Elsewhere the
    disagreement is error. Where streams run at once and no steps tell, kernels that waited for another stream may have waited for others.
    """
    shared, alone = float(loss.periods.shared.sum()), float(loss.periods.alone.sum())
    overlapping = int((np.bincount(loss.work.stream[~loss.work.copy]) > 0).sum()) > 1
    if shared <= 0 or alone <= 0 or loss.alone.evidence is Evidence.D:
        return loss, 0.0
    value = shared / alone
    if say is None:
        regressed = _REGRESSED * abs(value - 1) if loss.alone.evidence is Evidence.C else 0.0
        return loss, float(np.hypot(_hidden(loss, company), regressed)) if overlapping else 0.0
    apart, compared = abs(say.slowdown - value), loss.alone.evidence is Evidence.A
    if apart <= max((_AT_ONCE if overlapping and compared else _SIGMAS) * say.error, _DISAGREE * value):
        return loss, apart if overlapping and compared else 0.0
    if overlapping or compared:
        periods = replace(loss.periods, end_alone=loss.periods.begin_alone + say.alone)
        return replace(loss, periods=periods, shortest=periods), say.error
    return loss, apart


def _hidden(loss: Loss, company: Intervals) -> float:
    """Return by how much more there may be: in company, kernels follow ends in other streams that they would not wait for alone."""
    rows = loss.counted & (loss.gaps.follows >= 0)
    due = np.minimum(loss.gaps.due, loss.work.start).astype(np.int64)
    waited = float(company.covered(due[rows], loss.work.start[rows]).sum()) / loss.work.streams
    alone = float(loss.periods.alone.sum())
    return float(loss.periods.shared.sum()) * (1 / max(alone - waited, 0.3 * alone) - 1 / alone)
