"""Under turns the device's time is conserved: what a session cannot have had, others had.

While m sessions have work, each has the device for 1/m of the time, less what switching costs. Sessions whose durations alone are known
show how near that is to the truth; the others' kernels are then bounded on both sides: an equal turn is the least they had, and all that
the known sessions left is the most.
"""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.alone import Alone
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.interval_sets import covered
from tb_contention.contention.mechanism import Sharing
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Evidence, Mechanism
from tb_contention.model.intervals import Intervals, at_depth
from tb_contention.units import F64, Bool

#: What a change of turns costs, ns (20 to 200 us are reported), and the slice where none can be seen.
_SWITCH, _SWITCH_ERROR, _SLICE = 80_000.0, 40_000.0, 1_500_000.0
#: The same where no slice can be seen: it may be a short one.
_ANY_SWITCH = 120_000.0, 80_000.0
#: Standard error of a turn's length in a piece of company, in turns, and of the share that known sessions had.
_UNEVEN, _TOLD = 0.2, 0.006
#: Parts of an equal share that sessions have where turns are equal.
_LEAST_TURN, _MOST_TURN = 0.75, 1.02
#: The same, of sessions whose durations are a guess.
_LEAST_GUESS, _MOST_GUESS = 0.8, 1.12
_MOST_RATE, _SIGMA_90 = 0.95, 1.6449
#: Relative standard error beyond which turns give bounds, and no estimate.
_SURE = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Of one session: which kernels had company; ns from when each could have run to its end.

    share: equal shares of that in company. free: out of company. met, waited: in company, while it ran and before it started.
    """

    rows: Bool
    share: F64
    free: F64
    met: F64
    waited: F64


def conserve(works: list[SessionWork], exposures: list[Exposure], alones: list[Alone], sharing: Sharing) -> list[Alone]:
    """Estimate durations without a baseline (class D) where sessions take turns that can cut a kernel."""
    if sharing.mechanism is not Mechanism.TIME_SLICING or sharing.in_turns or len(works) < 2:
        return alones
    if all(alone.evidence in (Evidence.A, Evidence.B) for alone in alones):
        return alones
    deep = [at_depth([work.pending for work in works], k) for k in range(2, len(works) + 1)]
    parts = [_part(w, e, deep) for w, e in zip(works, exposures, strict=True)]
    alones = [_doubted(e, a, p) for e, a, p in zip(exposures, alones, parts, strict=True)]
    factor, error = _factor(works, alones, parts, deep[0], sharing.slice)
    return [
        _remainder(exposure, alone, part, factor, error) if alone.evidence is Evidence.D else alone
        for exposure, alone, part in zip(exposures, alones, parts, strict=True)
    ]


def _part(work: SessionWork, exposure: Exposure, deep: list[Intervals]) -> _Part:
    """Share the time of each kernel, from when it could have run, equally among those that had work."""
    company = covered(deep[0], work.ready, work.end).astype(np.float64)
    share = company / 2
    for sessions, where in enumerate(deep[1:], 3):
        share -= covered(where, work.ready, work.end) * (1 / (sessions - 1) - 1 / sessions)
    return _Part(
        rows=exposure.touched & exposure.inside & ~work.copy,
        share=share,
        free=(work.end - work.ready) - company,
        met=covered(deep[0], work.start, work.end).astype(np.float64),
        waited=covered(deep[0], work.ready, work.start).astype(np.float64),
    )


def _doubted(exposure: Exposure, alone: Alone, part: _Part) -> Alone:
    """Give up durations learned from uncut kernels where the session would have had much more or less than turns give it."""
    share = float(part.share[part.rows].sum())
    if alone.evidence is not Evidence.C or not share or _LEAST_GUESS < _had(alone, part) / share < _MOST_GUESS:
        return alone
    none = np.zeros(len(part.rows))
    return replace(
        alone, evidence=Evidence.D, estimate=exposure.duration, borrowed=exposure.touched, deviation=none, error=none
    )


def _factor(
    works: list[SessionWork], alones: list[Alone], parts: list[_Part], both: Intervals, length: float | None
) -> tuple[float, float]:
    """Return which part of an equal share the sessions without a baseline had, and its standard error."""
    turn = length or _SLICE
    switch, error = (_SWITCH, _SWITCH_ERROR) if length else _ANY_SWITCH
    switches, unsure = switch / (turn + switch), error / (turn + switch)
    open_ = [a.evidence is Evidence.D for a in alones]
    contested = at_depth([work.pending for work, unknown in zip(works, open_, strict=True) if unknown], 1) & both
    # At either end of a piece of company somebody has a part of a turn: half a one, more or less.
    uneven = _UNEVEN * turn * len(contested) / max(1.0, float(contested.total))
    share, known = (
        sum(float(p.share[p.rows].sum()) for p, unknown in zip(parts, open_, strict=True) if unknown is which)
        for which in (True, False)
    )
    if not known or not share:
        return 1 - switches, float(np.hypot(unsure, uneven))
    had = [_had(a, p) for a, p, unknown in zip(alones, parts, open_, strict=True) if not unknown]
    equal = sum(had) / known
    done = sum(
        _done(w, a, p, contested) for w, a, p, unknown in zip(works, alones, parts, open_, strict=True) if not unknown
    )
    left = max(0.0, float(contested.total) - done) / share
    if not _LEAST_TURN < equal < _MOST_TURN:  # turns are not equal
        return left * (1 - switches), left * unsure
    weight = np.array([1 / (uneven**2 + _TOLD**2), 1 / unsure**2])
    told = np.array([equal, left * (1 - switches)])
    mean = float(np.sum(weight * told) / weight.sum())
    return min(mean, left), float(np.hypot(1 / np.sqrt(weight.sum()), 0.3 * (told[1] - told[0])))


def _had(alone: Alone, part: _Part) -> float:
    """Sum what a session got done in company."""
    return float((alone.estimate - part.free)[part.rows].sum())


def _done(work: SessionWork, alone: Alone, part: _Part, contested: Intervals) -> float:
    """Sum what a session got done in the contested time: what of its kernels is not done outside."""
    inside = covered(contested, work.ready, work.end)
    waited = covered(contested, work.ready, work.start)
    outside = (work.end - work.start) - (inside - waited)
    rows = part.rows & (inside > 0)
    return float(np.sum(np.clip(alone.estimate - outside, 0.0, inside)[rows]))


def _remainder(exposure: Exposure, alone: Alone, part: _Part, factor: float, error: float) -> Alone:
    """Take off each unknown kernel what others had meanwhile: the same part of the time in which they had work."""
    rows = part.rows & alone.borrowed
    met, share = float(part.met[rows].sum()), float(part.share[part.rows].sum())
    if met <= 0:
        return alone
    known = part.rows & ~alone.borrowed
    own = factor * share + float(part.free[rows].sum()) - float((alone.estimate - part.free)[known].sum())
    rate = float(np.clip((float(exposure.duration[rows].sum()) - own) / met, 0.0, _MOST_RATE))
    estimate = np.where(rows, exposure.duration - rate * part.met, alone.estimate)
    if error > _SURE * factor:
        wide = _SIGMA_90 * error * share / met
        least, most = max(rate - wide, 0.0), min(rate + wide, _MOST_RATE)
        longest, shortest = (np.where(rows, exposure.duration - r * part.met, alone.estimate) for r in (least, most))
        return replace(alone, estimate=longest, shortest=shortest, bounded=True)
    return replace(
        alone,
        evidence=Evidence.C,
        estimate=estimate,
        shortest=estimate,
        error=np.where(rows, error * share / met * part.met, alone.error),
        group=np.where(rows, int(alone.group.max(initial=0)) + 1, alone.group),
        borrowed=np.zeros(len(estimate), np.bool_),
    )
