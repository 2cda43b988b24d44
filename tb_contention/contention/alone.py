"""How long each kernel of a session takes alone, and how that is known: evidence classes A to D."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.baseline import Baseline, baseline, group_medians
from tb_contention.contention.co_pending import co_pending, progress_sum
from tb_contention.contention.drift import pace, stretched
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.mechanism import Sharing
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Evidence, Mechanism
from tb_contention.units import F64, I64, Bool

#: Share of the contended kernel time that a baseline must cover, of class B and of class C.
COVERAGE = 0.8
#: A kernel is short against slices when it is at most this part of one; an instance that was cut takes at least the other part.
_SHORT, _CUT = 0.25, 0.6
#: Least progress that a session is taken to make among n, as a part of a fair share, where only bounds can be given: with two sessions
#: it allows a slowdown of 2.9; 2.7 is the 95th percentile of measured pairs of training jobs (Gavel, P100).
_LEAST_SHARE = 0.7


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


def learned(work: SessionWork, exposure: Exposure) -> Baseline:
    """Learn a session's baselines from its own undisturbed kernels, and how its own pace changes over time."""
    first = baseline(work.key, work.keys, work.place, work.step, exposure.duration, exposure.undisturbed)
    factor = pace(work.start, stretched(exposure.duration, first.alone), exposure.undisturbed)
    if (factor == 1.0).all():
        return first
    level = baseline(work.key, work.keys, work.place, work.step, exposure.duration / factor, exposure.undisturbed)
    return replace(level, alone=level.alone * factor, deviation=level.deviation * factor, error=level.error * factor)


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
) -> Alone:
    """Choose the best evidence there is. solo: baselines from a capture alone, own: from undisturbed kernels.

    on_cores: several processes on a processor. Its cores, clocks and caches are shared whether or not an operation of another runs at the
    instant, so that nothing in one capture is undisturbed; recorded pairs showed it wrong by a third.
    """
    if solo is not None:
        better = _preferring(solo, own)
        if covers(exposure, solo.alone) >= COVERAGE:
            return _alone(Evidence.A, exposure, better)
        own = better
    if on_cores and not sharing.apart:
        return _bounds(exposure, replace(own, alone=np.full(len(own.alone), np.nan)), sessions)
    if covers(exposure, own.alone) >= COVERAGE:
        return _alone(Evidence.B, exposure, own)
    if sharing.apart:
        return replace(_unstretched(exposure, own), evidence=Evidence.B, coverage=1.0)
    if sharing.in_turns:
        return _unstretched(exposure, own)
    if sharing.mechanism is Mechanism.TIME_SLICING and sharing.slice:
        uncut = _preferring(own, _low_mode(work, exposure, sharing.slice))
        if covers(exposure, uncut.alone) >= COVERAGE:
            found = _alone(Evidence.C, exposure, uncut, covers(exposure, own.alone))
            return _without_slice(exposure, found, sharing.slice)
    return _bounds(exposure, own, sessions)


def _without_slice(exposure: Exposure, found: Alone, length: float) -> Alone:
    """Take one slice off kernels that were cut every time, where no uncut instance shows their length."""
    cut = found.borrowed & (exposure.duration > _CUT * length)
    known = exposure.touched & ~found.borrowed
    least = float(np.median(found.estimate[known])) if known.any() else 0.0
    estimate = np.where(
        cut, np.maximum(exposure.duration - length, np.minimum(least, exposure.duration)), found.estimate
    )
    return replace(found, estimate=estimate, shortest=estimate)


def _preferring(first: Baseline, second: Baseline) -> Baseline:
    """Take the second where the first has nothing."""
    use = np.isfinite(first.alone)
    last = int(first.group.max(initial=0)) + 1
    return Baseline(
        alone=np.where(use, first.alone, second.alone),
        deviation=np.where(use, first.deviation, second.deviation),
        error=np.where(use, first.error, second.error),
        group=np.where(use, first.group, last + second.group),
    )


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
    )


def _unstretched(exposure: Exposure, own: Baseline) -> Alone:
    """Where kernels never run at once none is stretched: all of the loss is waiting."""
    none = np.zeros(len(exposure.duration))
    return Alone(
        evidence=Evidence.C, coverage=covers(exposure, own.alone), estimate=exposure.duration, shortest=exposure.duration,
        deviation=none, error=none, group=own.group, borrowed=none.astype(np.bool_),
    )  # fmt: skip


def _low_mode(work: SessionWork, exposure: Exposure, length: float) -> Baseline:
    """Learn from touched kernels that no slice cut: short against a slice, and not longer than usual for their key."""
    rows = exposure.inside & exposure.touched & (exposure.duration < _CUT * length)
    picked = np.flatnonzero(rows)
    median = group_medians(work.key[picked], work.keys, exposure.duration[picked])
    short = np.nan_to_num(median, nan=np.inf) < _SHORT * length
    # A slice may cut the same place of every step: there the odd one is told only by the other places.
    anywhere = np.full(len(work.place), -1, np.int64)
    return baseline(work.key, work.keys, anywhere, work.step, exposure.duration, rows & short[work.key])


def _bounds(exposure: Exposure, own: Baseline, sessions: int) -> Alone:
    """Bound what has no baseline between its recorded duration and the least progress."""
    known = np.isfinite(own.alone) | ~exposure.touched
    longest = np.where(known, np.where(exposure.touched, own.alone, exposure.duration), exposure.duration)
    shortest = np.where(known, longest, exposure.duration * _LEAST_SHARE / max(2, sessions))
    none = np.zeros(len(longest))
    return Alone(
        evidence=Evidence.D, coverage=covers(exposure, own.alone), estimate=longest, shortest=shortest,
        deviation=none, error=none, group=own.group, borrowed=~known,
    )  # fmt: skip


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
