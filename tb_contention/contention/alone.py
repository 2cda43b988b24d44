"""How long each kernel of a session takes alone, and how that is known: evidence classes A to D."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.baseline import Baseline, baseline, group_medians, group_quantiles, preferring, scatter
from tb_contention.contention.co_pending import co_pending, progress_sum
from tb_contention.contention.drift import differs_by_step, pace, stretched
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.mechanism import Sharing
from tb_contention.contention.sm_clock import Drift, Speed, follows
from tb_contention.contention.stretch import Stretch
from tb_contention.contention.uncut import CUT, NO_TURN, learn_uncut
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Confidence, Evidence, Mechanism
from tb_contention.units import F64, I64, Bool

#: Share of the contended kernel time that a baseline must cover, of class B and of class C.
COVERAGE = 0.8
#: Kernels whose instances differ by more than this part of their mean: the undisturbed ones are not like the others.
_UNLIKE = 0.1
#: Undisturbed kernels of a key that tell, by which logarithm they take longer than those in company where caches are cold, beside so many
#: standard errors.
_FEW_FREE, _COLD, _SURELY = 5, 0.04, 3.0
#: Undisturbed kernels of a key that show how long it may take, and how many times the longest of them none does.
_FREE_TELL, _FAR_BEYOND = 8, 2.0
#: Standard error of a slowdown up to which regression tells more than bounds, as a part of it.
_SURE_ENOUGH = 0.06
#: Least progress that a session is taken to make among n, as a part of a fair share, where only bounds can be given: with two sessions
#: it allows a slowdown of 2.9; 2.7 is the 95th percentile of measured pairs of training jobs (Gavel, P100).
LEAST_SHARE = 0.7
#: So many kernels of a session in company that lose less than this part show that it loses nothing to others; what those that it may
#: hold up get done meanwhile at the least, as a part of what they do alone.
_UNHURT_KERNELS, _UNHURT, _STANDS_STILL = 50, 0.015, 0.05
#: Quantile of the instances of a key that stands for the shortest.
_LOW = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """Durations alone in ns per kernel, with the class of evidence."""

    evidence: Evidence
    #: Share of the contended kernel time with a baseline.
    coverage: float
    #: The duration alone; that of a kernel which no other session touched is as recorded.
    estimate: F64
    #: What it can be at the least (class D).
    shortest: F64
    #: Standard deviation of one instance.
    deviation: F64
    #: Error of its baseline, common to all kernels of a `group`.
    error: F64
    group: I64
    #: It has no baseline: the session's mean stretch is assumed.
    borrowed: Bool
    #: Slowdown that the estimate cannot distinguish from none.
    unresolved: float = 0.0
    #: Measured kernel by kernel, by recorded context switches.
    measured: bool = False
    #: Class D: the estimate is the longest that it can be, so that there is a least slowdown, too.
    bounded: bool = False
    #: A capture alone gave the durations.
    compared: bool = False
    #: By how much, in ns, two ways to tell the durations differ in their sum.
    doubt: float = 0.0
    #: As in `Baseline`.
    together: float = 1.0


def learned(work: SessionWork, exposure: Exposure, clock: Drift | None = None) -> Baseline:
    """Learn a session's baselines from its own undisturbed kernels, and how its own pace changes over time.

    clock: how the clock of the device changed, where samples show it; what is left shows in the kernels.
    """
    speed = Speed.same(work) if clock is None else follows(work, exposure, clock.at((work.start + work.end) // 2))
    at_one_clock = exposure.duration / speed.factor
    first = baseline(work.key, work.keys, work.place, work.step, at_one_clock, exposure.undisturbed)
    ratio = stretched(at_one_clock, first.alone)
    # Steps that are long or short by themselves are no pace of the neighbours'.
    varies = differs_by_step(work.step, ratio, exposure.undisturbed)
    factor = speed.factor * (1.0 if varies else pace(work.start, ratio, exposure.undisturbed))
    if (factor == 1.0).all():
        return first
    level = baseline(work.key, work.keys, work.place, work.step, exposure.duration / factor, exposure.undisturbed)
    error = level.error if clock is None else np.hypot(level.error, level.alone * speed.error)
    return replace(level, alone=level.alone * factor, deviation=level.deviation * factor, error=error * factor)


def as_recorded(exposure: Exposure, alone: Alone, unresolved: float) -> Alone:
    """Take recorded durations for those alone, where together the sessions did as much as each does alone."""
    return replace(alone, estimate=exposure.duration, shortest=exposure.duration, unresolved=unresolved)


def covers(exposure: Exposure, base: F64) -> float:
    """Return the share of the contended kernel time that has a baseline; 1 without contended time."""
    rows = exposure.touched & exposure.inside
    total = float(exposure.duration[rows].sum())
    return float(exposure.duration[rows & np.isfinite(base)].sum()) / total if total else 1.0


def filled(exposure: Exposure, base: F64) -> tuple[F64, Bool]:
    """Complete baselines: untouched kernels keep their duration, those without a baseline borrow the mean stretch of the others."""
    rows = exposure.touched & np.isfinite(base)
    stretch = float(exposure.duration[rows].sum()) / max(1.0, float(base[rows].sum())) if rows.any() else 1.0
    borrowed = exposure.touched & ~np.isfinite(base)
    estimate = np.where(exposure.touched, base, exposure.duration)
    return np.where(borrowed, exposure.duration / max(stretch, 1e-6), estimate), borrowed


def find_alone(
    work: SessionWork,
    exposure: Exposure,
    own: Baseline,
    solo: Baseline | None,
    sharing: Sharing,
    sessions: int,
    *,
    on_cores: bool = False,
    stretch: Callable[[], Stretch | None] = lambda: None,
) -> Alone:
    """Choose the best evidence there is. solo: baselines from a capture alone, own: from undisturbed kernels; stretch: regresses.

    on_cores: several processes on a processor. Its cores, clocks and caches are shared whether or not an operation of another runs at the
    instant, so that nothing in one capture is undisturbed; recorded pairs showed it wrong by a third.
    """
    if solo is not None:
        better = preferring(solo, own)
        if covers(exposure, solo.alone) >= COVERAGE:
            found = _alone(Evidence.A, exposure, better)
            other = _each_as_long_as_it_was(work, exposure, found, better, _sure_slice(sharing), stretch)
            return replace(_between(exposure, found, other), compared=True)
        own = better
    if on_cores and not sharing.apart:
        return _bounds(exposure, replace(own, alone=np.full(len(own.alone), np.nan)), sessions)
    coverage = covers(exposure, own.alone)
    if sharing.apart or sharing.in_turns:
        sure = sharing.apart or coverage >= COVERAGE
        if not sure and sharing.mechanism is Mechanism.UNKNOWN:
            return _bounds(exposure, own, sessions)
        return replace(
            _unstretched(exposure, own),
            evidence=Evidence.B if sure else Evidence.C,
            coverage=1.0 if sharing.apart else coverage,
        )
    slices = sharing.slice if sharing.mechanism is Mechanism.TIME_SLICING else None
    sure = _sure_slice(sharing) is not None
    cold = sure and _is_cold(work, exposure)
    if coverage >= COVERAGE and not cold:
        found = _alone(Evidence.B, exposure, own)
        return _each_as_long_as_it_was(work, exposure, found, own, slices, stretch)
    if slices and sure:
        short = learn_uncut(work, exposure, slices / max(1, sessions - 1))
        base = preferring(short, own) if cold else preferring(own, short)
        if covers(exposure, base.alone) >= COVERAGE:
            found = _without_slice(work, exposure, _alone(Evidence.C, exposure, base, coverage), slices)
            return _each_as_long_as_it_was(work, exposure, found, base, slices, stretch)
        return replace(_bounds(exposure, base, sessions), coverage=coverage)
    if sharing.mechanism is Mechanism.CONCURRENT:
        regressed = _regressed(exposure, own, stretch())
        if regressed is not None:
            return regressed
    return _no_longer_than_the_shortest(work, exposure, _bounds(exposure, own, sessions))


def _sure_slice(sharing: Sharing) -> float | None:
    """Return the length of a time slice where sessions surely take turns."""
    is_sure = sharing.mechanism is Mechanism.TIME_SLICING and sharing.confidence is Confidence.SURE
    return sharing.slice if is_sure else None


def _is_cold(work: SessionWork, exposure: Exposure) -> bool:
    """Return whether undisturbed kernels take longer than most of those in company: turns make none shorter, so it was not all gone.

    Caches may be cold for some time after another's turn; where company never leaves for long, uncut kernels well into a turn are warmer.
    """
    free, met = (
        np.flatnonzero(rows & ~work.copy) for rows in (exposure.undisturbed, exposure.touched & exposure.inside)
    )
    free_count, met_count = (np.bincount(work.key[rows], minlength=work.keys) for rows in (free, met))
    usual, usual_met = (group_medians(work.key[rows], work.keys, exposure.duration[rows]) for rows in (free, met))
    both = np.flatnonzero((free_count >= _FEW_FREE) & (met_count >= free_count))
    if not len(both):
        return False
    longer = np.log(usual[both] / usual_met[both])
    part = free_count[both] / free_count[both].sum()
    shown = free[np.isin(work.key[free], both)]
    steps = len(np.unique(work.step[shown]))
    spread = scatter(np.log(exposure.duration[shown] / usual[work.key[shown]]))
    return bool(np.sum(part * longer) > _COLD + _SURELY * spread / np.sqrt(steps))


def _each_as_long_as_it_was(
    work: SessionWork,
    exposure: Exposure,
    found: Alone,
    base: Baseline,
    slices: float | None,
    stretch: Callable[[], Stretch | None],
) -> Alone:
    """Correct kernels whose instances differ (sizes that the name hides, heavy tails): long ones are hardly ever undisturbed.

    Under slices an instance that was not cut took its own time. Where sessions run at once, company lengthens each at its key's rate.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        unlike = exposure.touched & ~found.borrowed & (base.deviation > _UNLIKE * base.alone)
    rows = unlike & exposure.inside
    if not rows.any() or exposure.duration[rows].sum() < _UNLIKE * exposure.duration[exposure.touched].sum():
        return found
    none = np.zeros(len(unlike))
    if slices is not None:
        whole = unlike & (exposure.duration - base.alone < CUT * slices) & ~_far_beyond(work, exposure)
        own = np.where(whole, exposure.duration, found.estimate)
        return replace(
            found,
            estimate=own,
            shortest=own,
            deviation=np.where(whole, none, found.deviation),
            error=np.where(whole, none, found.error),
        )
    told = stretch()
    if told is None:
        return found
    own = np.where(unlike, exposure.duration - told.rate * told.covered, found.estimate)
    return replace(
        found,
        estimate=own,
        shortest=own,
        deviation=np.where(unlike, none, found.deviation),
        error=np.where(unlike, told.error * told.covered, found.error),
    )


def _far_beyond(work: SessionWork, exposure: Exposure) -> Bool:
    """Mark kernels that take far longer than any undisturbed one of their key: a turn that ended early cuts for less than a slice."""
    free = np.flatnonzero(exposure.undisturbed)
    longest = np.zeros(work.keys)
    np.maximum.at(longest, work.key[free], exposure.duration[free])
    longest[np.bincount(work.key[free], minlength=work.keys) < _FREE_TELL] = np.inf
    beyond: Bool = exposure.duration > _FAR_BEYOND * longest[work.key]
    return beyond


def _between(exposure: Exposure, one: Alone, other: Alone) -> Alone:
    """Take the middle of two estimates: what instances took alone on the average, and what each of these must have taken.

    Where instances differ, the first knows nothing of these, and the second knows those best that met hardly any company.
    """
    if other is one:
        return one
    middle = 0.5 * (one.estimate + other.estimate)
    rows = exposure.touched & exposure.inside
    return replace(
        one,
        estimate=middle,
        shortest=middle,
        deviation=0.5 * np.hypot(one.deviation, other.deviation),
        error=0.5 * np.hypot(one.error, other.error),
        doubt=abs(float((one.estimate - other.estimate)[rows].sum())),
    )


def _regressed(exposure: Exposure, own: Baseline, stretch: Stretch | None) -> Alone | None:
    """Take off what company cost each kernel by the regression; None where that is too uncertain."""
    if stretch is None:
        return None
    rows = exposure.touched
    unknown = rows & ~np.isfinite(own.alone)
    estimate = np.where(rows, exposure.duration - stretch.rate * stretch.covered, exposure.duration)
    error = stretch.error * stretch.covered
    inside = rows & exposure.inside
    if error[inside].sum() > _SURE_ENOUGH * max(1.0, float(estimate[inside].sum())):
        return None
    return Alone(
        evidence=Evidence.C,
        coverage=covers(exposure, own.alone),
        estimate=estimate,
        shortest=estimate,
        deviation=np.zeros(len(rows)),
        error=np.where(rows, error, 0.0),
        group=np.where(unknown, 0, own.group + 1),
        borrowed=np.zeros(len(rows), np.bool_),
    )


def _without_slice(work: SessionWork, exposure: Exposure, found: Alone, length: float) -> Alone:
    """Take one slice off kernels that were cut every time, where no uncut instance shows their length; copies take no turns."""
    cut = found.borrowed & (exposure.duration > CUT * length) & ~work.copy
    known = exposure.touched & ~found.borrowed
    least = float(np.median(found.estimate[known])) if known.any() else 0.0
    estimate = np.where(
        cut, np.maximum(exposure.duration - length, np.minimum(least, exposure.duration)), found.estimate
    )
    estimate = np.where(
        found.borrowed & (work.copy | (exposure.duration < NO_TURN * length)), exposure.duration, estimate
    )
    return replace(found, estimate=estimate, shortest=estimate)


def _alone(evidence: Evidence, exposure: Exposure, base: Baseline, coverage: float | None = None) -> Alone:
    estimate, borrowed = filled(exposure, base.alone)
    known = exposure.touched & ~borrowed
    return Alone(
        evidence=evidence,
        coverage=covers(exposure, base.alone) if coverage is None else coverage,
        estimate=estimate,
        shortest=estimate,
        deviation=np.where(known, np.nan_to_num(base.deviation), 0.0),
        error=np.where(known, np.nan_to_num(base.error), 0.0),
        group=base.group,
        borrowed=borrowed,
        together=base.together,
    )


def _unstretched(exposure: Exposure, own: Baseline) -> Alone:
    """Where kernels never run at once none is stretched: all of the loss is waiting."""
    none = np.zeros(len(exposure.duration))
    return Alone(
        evidence=Evidence.C, coverage=covers(exposure, own.alone), estimate=exposure.duration, shortest=exposure.duration,
        deviation=none, error=none, group=own.group, borrowed=none.astype(np.bool_),
    )  # fmt: skip


def _bounds(exposure: Exposure, own: Baseline, sessions: int) -> Alone:
    """Bound what has no baseline between its recorded duration and the least progress."""
    known = np.isfinite(own.alone) | ~exposure.touched
    longest = np.where(known, np.where(exposure.touched, own.alone, exposure.duration), exposure.duration)
    shortest = np.where(known, longest, exposure.duration * LEAST_SHARE / max(2, sessions))
    none = np.zeros(len(longest))
    return Alone(
        evidence=Evidence.D, coverage=covers(exposure, own.alone), estimate=longest, shortest=shortest,
        deviation=none, error=none, group=own.group, borrowed=~known,
    )  # fmt: skip


def _no_longer_than_the_shortest(work: SessionWork, exposure: Exposure, found: Alone) -> Alone:
    """Let what kernels without a baseline take at the least be no more than the shortest of their kind: some had less company."""
    rows = np.flatnonzero(found.borrowed & exposure.inside & (exposure.duration > 0))
    (low,) = group_quantiles(work.key[rows], work.keys, exposure.duration[rows], _LOW)
    least = np.where(found.borrowed, np.nan_to_num(low, nan=np.inf)[work.key], np.inf)
    return replace(found, shortest=np.minimum(found.shortest, least))


def behind_others(
    works: list[SessionWork], exposures: list[Exposure], alones: list[Alone], sharing: Sharing
) -> list[Alone]:
    """Let sessions of which only bounds are known stand still while one has work that loses nothing to them: that one may go first."""
    if sharing.mechanism is not Mechanism.CONCURRENT or all(alone.evidence is not Evidence.D for alone in alones):
        return alones
    first = [_loses_nothing(e, a) for e, a in zip(exposures, alones, strict=True)]
    return [
        _behind(w, e, a) if a.evidence is Evidence.D and any(first[:k] + first[k + 1 :]) else a
        for k, (w, e, a) in enumerate(zip(works, exposures, alones, strict=True))
    ]


def _loses_nothing(exposure: Exposure, alone: Alone) -> bool:
    rows = exposure.touched & exposure.inside
    if alone.evidence is Evidence.D or rows.sum() < _UNHURT_KERNELS:
        return False
    return float(exposure.duration[rows].sum()) < (1 + _UNHURT) * float(alone.estimate[rows].sum())


def _behind(work: SessionWork, exposure: Exposure, alone: Alone) -> Alone:
    out_of_company = exposure.duration - exposure.foreign.covered(work.start, work.end)
    least = np.maximum(out_of_company, _STANDS_STILL * exposure.duration)
    return replace(alone, shortest=np.where(alone.borrowed, np.minimum(alone.shortest, least), alone.shortest))


def no_more_than_one(
    works: list[SessionWork], alones: list[Alone], sharing: Sharing, start: int, end: int
) -> list[Alone]:
    """Shorten durations of class C so that sessions that take turns do not get more done together than one would alone."""
    if sharing.mechanism is not Mechanism.TIME_SLICING or sharing.in_turns:
        return alones
    guessed = [alone.evidence is Evidence.C for alone in alones]
    if not any(guessed) or any(alone.evidence is Evidence.D for alone in alones):
        return alones
    where = co_pending([work.pending for work in works], start, end).where
    done = [progress_sum([w], [a.estimate], where) or 0.0 for w, a in zip(works, alones, strict=True)]
    loose = sum(d for d, g in zip(done, guessed, strict=True) if g)
    factor = (1.0 - sum(done) + loose) / loose if loose else 1.0
    if not 0.3 < factor < 1.0:
        return alones
    return [_shortened(alone, factor) if guess else alone for alone, guess in zip(alones, guessed, strict=True)]


def _shortened(alone: Alone, factor: float) -> Alone:
    """Scale durations that were guessed from cut and uncut kernels, untouched ones apart."""
    estimate = np.where(alone.deviation + alone.borrowed > 0, alone.estimate * factor, alone.estimate)
    return replace(alone, estimate=estimate, shortest=estimate)
