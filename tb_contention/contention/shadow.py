"""Find for how long company slows a session's kernels after it is gone: a clock that recovers late, caches that are cold.

company   |=========|
kernels   | slower  | slower still | as alone
                    |<-- shadow -->|

Undisturbed kernels are compared by the time since company ended, each with the same work at the same place of the step (fixed effects).
The clock is common to all sessions, so that one that is never far from company is told by the others.
"""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.baseline import Baseline, baseline, centred, group_medians, preferring
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.kernel_keys import numbered, numbered_places
from tb_contention.contention.stretch import Stretch
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64, Bool

#: Lengths of a shadow that are tried, ns.
LONGEST_SHADOW = 200e6
_LENGTHS = np.geomspace(50e3, LONGEST_SHADOW, 120)
#: Kernels are slower by this part at least, and by so many standard errors; differences beyond this are no clock and no cache.
_LEAST, _SURE, _MOST = 0.01, 6.0, 0.3
#: Kernels near company and far from it that are compared, in so many times without company.
_FEW, _TIMES = 40, 8
#: The rest of a shadow counts while kernels in it are slower by this part, and so many standard errors, in the next part of it.
_REST, _REST_SURE, _NEXT = 0.003, 3.0, 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """length: ns after company. factor: by how much longer kernels take in its first half, with the standard error."""

    length: int
    factor: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Undisturbed kernels: ns since company, logarithm of their duration, group of equal work, and the time without company they lie in."""

    since: F64
    log: F64
    group: I64
    time: I64


def find_shadow(works: list[SessionWork], exposures: list[Exposure], company: list[Intervals]) -> Shadow | None:
    """Find the shadow of company from the kernels of all sessions; None where there is none for sure."""
    seen = _joined([_seen(w, e, c) for w, e, c in zip(works, exposures, company, strict=True)])
    if len(seen.log) < 2 * _FEW:
        return None
    fits = [(length, *_slower(seen, seen.since < length)) for length in _LENGTHS.tolist()]
    sure = [fit for fit in fits if fit[1] > _LEAST and fit[1] > _SURE * fit[2]]
    if not sure:
        return None
    length = max(sure, key=lambda fit: fit[3])[0]
    while length < _LENGTHS[-1]:
        beyond = _part(seen, seen.since >= length)
        more, error, _ = _slower(beyond, beyond.since < _NEXT * length)
        if not (more > _REST and more > _REST_SURE * error):
            break
        length *= _NEXT
    deep = _part(seen, (seen.since < length / 2) | (seen.since >= length))
    slower, error, _ = _slower(deep, deep.since < length)
    if not slower > _LEAST:
        return None
    return Shadow(length=round(length), factor=float(np.exp(slower)), error=float(np.exp(slower) * error))


def _seen(work: SessionWork, exposure: Exposure, company: Intervals) -> _Seen:
    rows = np.flatnonzero(exposure.undisturbed & ~work.copy & (exposure.duration > 0))
    at = np.searchsorted(company.end, work.start[rows], "right") - 1
    if not len(company):
        rows, at = rows[:0], at[:0]
    since = np.where(at >= 0, work.start[rows] - company.end[np.maximum(at, 0)] if len(rows) else 0, np.inf)
    group, groups = numbered_places(work.key[rows], work.place[rows])
    log = np.log(exposure.duration[rows])
    log = log - group_medians(group, groups, log)[group]
    usual = np.abs(log) < _MOST
    return _Seen(since=since[usual], log=log[usual], group=group[usual], time=at[usual] + 1)


def _joined(parts: list[_Seen]) -> _Seen:
    groups = np.cumsum([0, *(int(part.group.max(initial=-1)) + 1 for part in parts)])
    times = np.cumsum([0, *(int(part.time.max(initial=-1)) + 1 for part in parts)])
    return _Seen(
        since=np.concatenate([part.since for part in parts]),
        log=np.concatenate([part.log for part in parts]),
        group=np.concatenate([part.group + g for part, g in zip(parts, groups.tolist(), strict=False)]),
        time=np.concatenate([part.time + t for part, t in zip(parts, times.tolist(), strict=False)]),
    )


def _part(seen: _Seen, rows: Bool) -> _Seen:
    return _Seen(since=seen.since[rows], log=seen.log[rows], group=seen.group[rows], time=seen.time[rows])


def _slower(seen: _Seen, near: Bool) -> tuple[float, float, float]:
    """Return by how much slower kernels near company are, in logarithms, its standard error, and what that explains.

    Kernels of one time without company share its chances: errors are of such times.
    """
    if near.sum() < _FEW or (~near).sum() < _FEW:
        return 0.0, np.inf, 0.0
    group, groups = numbered(seen.group)
    z, y = centred(group, groups, near.astype(np.float64)), centred(group, groups, seen.log)
    moved = float(np.sum(z * z))
    time, times = numbered(seen.time)
    if moved < _FEW / 4 or times < _TIMES:
        return 0.0, np.inf, 0.0
    slower = float(np.sum(z * y)) / moved
    error = float(np.sqrt(np.sum(np.bincount(time, z * (y - slower * z), times) ** 2))) / moved
    return slower, error, slower**2 * moved


def shaded(work: SessionWork, exposure: Exposure, company: Intervals, shadow: Shadow | None) -> Exposure:
    """Count kernels in the shadow of company as touched: they do not show how long they take alone."""
    if shadow is None or not len(company):
        return exposure
    in_it = (lengthened(company, shadow).covered(work.start, work.end) > 0) & ~work.spin & ~work.copy
    return replace(
        exposure, touched=exposure.touched | in_it, undisturbed=exposure.undisturbed & ~in_it, slower=shadow.factor
    )


def with_shadow(work: SessionWork, bright: Exposure, own: Baseline, shadow: Shadow | None) -> Baseline:
    """Let kernels that are never far from company be told by those in its shadow, less what that costs. bright: exposure without it."""
    if shadow is None:
        return own
    rows = bright.undisturbed & ~work.copy
    near = baseline(work.key, work.keys, work.place, work.step, bright.duration / shadow.factor, rows)
    error = np.hypot(near.error, near.alone * shadow.error / shadow.factor)
    return preferring(own, replace(near, error=error))


def dimmed(stretch: Stretch | None, work: SessionWork, exposure: Exposure, shadow: Shadow | None) -> Stretch | None:
    """Take off as well what kernels lose that no company covers, where none of them is out of its shadow."""
    if stretch is None or shadow is None:
        return stretch
    part = stretch.covered / np.maximum(exposure.duration, 1.0)
    factor = np.where(work.copy, 1.0, shadow.factor)
    return replace(
        stretch,
        rate=1 - (1 - stretch.rate * part) / factor,
        error=np.hypot(stretch.error * part, shadow.error) / factor,
        covered=exposure.duration,
    )


def lengthened(running: Intervals, shadow: Shadow | None) -> Intervals:
    """Return when kernels that ran still slow others."""
    return running if shadow is None else Intervals.union_of(running.start, running.end + shadow.length)
