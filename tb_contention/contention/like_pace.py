"""Do the kernels of a session take as long as in a capture that may show its work alone? Where they do not, why not.

Clocks make all kernels longer by one factor, another batch size changes most of them, each by its own, and turns of a program that was not
captured make a few longer here and leave the others as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tb_contention.contention.baseline import centred, group_means, group_quantiles, scatter
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.kernel_keys import numbered, numbered_places
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.model.trace import Device
from tb_contention.units import F64, I64, Bool
from tb_contention.words.numbers import number, times

#: Numbers of the kernels of a session, and of those of the capture that it is compared with.
Numbers = tuple[I64, I64]

#: Instances of a kernel that show its pace; a lower quantile, since turns of company and waits only make kernels longer.
_LEAST_PACE, _PACE = 5, 0.3
#: How much slower a baseline's kernels may be than undisturbed ones here; how much faster, where a clock that falls in company explains it.
_SLOWER, _FASTER, _FALLS = 0.97, 1.03, 1.2
#: A kernel that takes longer here by so many ns, and by this part of its time, is interrupted by what was not captured, where this part of
#: the kernel time is as there: another batch size changes more of it.
_LEAST_TURN, _LONGER, _AS_FAST = 250_000.0, 0.5, 0.7
#: The same against all kernels here, which are disturbed.
_SLOWER_THAN_ALL = 0.95
#: Time since the last company after which a kernel shows the clock that a session has alone, ns, and kernels that show it.
_FAR, _LEAST_FAR = 50_000_000, 20
#: Stretch per covered part of a kernel from which on company matters.
_MATTERS = 0.05
#: Part of the kernel time that company may cover without a closer look.
_HARDLY = 0.01
#: Factor beyond which it is hardly a clock, since those of a GPU under load do not lie so far apart.
_NO_CLOCK = 1.8
#: Kernels that take quite another time are at most this part of the time where works are the same.
_STRANGE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Durations here against there. usual: their ratio; apart: how far the middle half of the kernels lie apart; error: of the ratio.

    strange: share of the time in kernels with quite another ratio; interrupted: of it, in those that take longer here by what turns of
    somebody else take, while most take as long as there. count: kernels here that were compared.
    """

    usual: float
    apart: float
    error: float
    strange: float
    interrupted: float
    count: int


def device_of(work: SessionWork) -> Device | None:
    """Return the device of a session's kernels."""
    trace = work.session.trace
    if not len(work.rows):
        return None
    return trace.devices[trace.streams[int(trace.kernels.stream[work.rows[0]])].device]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPace:
    """Why kernels do not take as long as there, "" where they do.

    faster: by which factor those there take less time, at the most, where another clock does not explain it; else 1.
    """

    reason: str = ""
    faster: float = 1.0


def other_pace(work: SessionWork, seen: Exposure, solo: SessionWork, kinds: Numbers, pace: Pace | None) -> OtherPace:
    """Say that kernels take another time there than undisturbed ones do here (pace), all of them alike or each its own."""
    if pace is None:
        pace = paces(work, seen.inside, solo, kinds)
        if pace is not None and pace.usual < _SLOWER_THAN_ALL - 2 * pace.error:
            return _slow(1 / pace.usual)
        return OtherPace(reason=_clocks(work, solo))
    if pace.usual < min(_SLOWER, 1 - 2 * pace.error):
        return _slow(1 / pace.usual)
    if pace.usual > max(_FASTER, 1 + 2 * pace.error):
        far = paces(work, seen.undisturbed & _far_from(work, seen.foreign), solo, kinds)
        is_far = far is not None and far.count >= _LEAST_FAR and far.usual > max(_FASTER, 1 + 2 * far.error)
        common = pace.apart < 0.5 * (pace.usual - 1)
        if common and (is_far or pace.usual > _FALLS):
            return OtherPace(
                reason=f"undisturbed kernels here take {times(pace.usual)} as long as there, as at another clock or beside other programs",
                faster=float(pace.usual + 2 * pace.error) if pace.usual > _NO_CLOCK or pace.strange > _STRANGE else 1.0,
            )
    if pace.strange - pace.interrupted > _STRANGE:
        return OtherPace(reason="undisturbed kernels here take other times than there, as with another batch size")
    return OtherPace(reason=_clocks(work, solo))


def _slow(factor: float) -> OtherPace:
    reason = f"its kernels take {times(factor)} as long as undisturbed ones here, as at another clock or beside other programs"
    return OtherPace(reason=reason)


def paces(work: SessionWork, rows: Bool, solo: SessionWork, of: Numbers) -> Pace | None:
    """Compare a low quantile of each kind of kernel at its place in the step; None without enough of them."""
    here, there = of
    kept, others = np.flatnonzero(rows & ~work.spin), np.flatnonzero(~solo.spin)
    if not len(kept) or not len(others):
        return None
    both, kinds = numbered_places(
        np.concatenate([here[kept], there[others]]), np.concatenate([work.place[kept], solo.place[others]])
    )
    a, b = both[: len(kept)], both[len(kept) :]
    mine = (work.end - work.start)[kept].astype(np.float64)
    theirs = (solo.end - solo.start)[others].astype(np.float64)
    low, base = (group_quantiles(part, kinds, taken, _PACE)[0] for part, taken in ((a, mine), (b, theirs)))
    many, seen = np.bincount(a, minlength=kinds), np.bincount(b, minlength=kinds)
    known = (many >= _LEAST_PACE) & (seen >= _LEAST_PACE) & (low > 0) & (base > 0)
    if not known.any():
        return None
    weight = (np.bincount(b, theirs, kinds) / theirs.sum())[known]
    if weight.sum() < 0.3:
        return None
    ratio = low[known] / base[known]
    spread = group_means(b, kinds, theirs).deviation[known] / base[known]
    usual = _weighted(ratio, weight, 0.5)
    error = float(np.median(1.25 * spread * np.sqrt(1 / many[known] + 1 / seen[known]))) / np.sqrt(known.sum())
    error = float(np.hypot(error, _by_step(work.step[kept], mine, base[a], known[a])))
    apart = _weighted(ratio, weight, 0.75) - _weighted(ratio, weight, 0.25)
    far = np.abs(np.log(ratio / usual)) > np.maximum(0.25, 4 * spread)
    turns = far & (low[known] - base[known] > _LEAST_TURN) & (ratio > 1 + _LONGER)
    as_fast = abs(usual - 1) < _FASTER - 1 and weight[~far].sum() > _AS_FAST * weight.sum()
    return Pace(
        usual=usual,
        apart=apart,
        error=error + 0.5 * apart / np.sqrt(known.sum()),
        strange=float(weight[far].sum() / weight.sum()),
        interrupted=float(weight[turns].sum() / weight.sum()) if as_fast else 0.0,
        count=int(many[known].sum()),
    )


def _by_step(step: I64, took: F64, usual: F64, known: Bool) -> float:
    """Return the standard error of a ratio of durations that comes of steps which are long or short as a whole."""
    rows = known & (step >= 0)
    number, steps = numbered(step[rows])
    if steps < _LEAST_PACE:
        return 0.0
    ratio = np.bincount(number, took[rows], steps) / np.bincount(number, usual[rows], steps)
    return 1.25 * scatter(ratio - np.median(ratio)) / float(np.sqrt(steps))


def _weighted(value: F64, weight: F64, part: float) -> float:
    """Return a weighted quantile."""
    order = np.argsort(value)
    total = np.cumsum(weight[order])
    return float(value[order][min(int(np.searchsorted(total, part * total[-1])), len(value) - 1)])


def _far_from(work: SessionWork, foreign: Intervals) -> Bool:
    """Mark kernels that start long after others last had work."""
    if not len(foreign):
        return np.ones(len(work.start), np.bool_)
    near = foreign.covered(work.start - _FAR, work.start) > 0
    return ~near


def _clocks(work: SessionWork, solo: SessionWork) -> str:
    """Say that the driver reports other clocks of the multiprocessors; in company they may fall, but no further than `_FALLS`."""
    here, there = _sm_clock(work), _sm_clock(solo)
    if here is None or there is None:
        return ""
    if np.quantile(there, 0.9) * _FASTER < np.quantile(here, 0.1) or np.quantile(here, 0.9) * _FALLS < np.median(there):
        return f"its SM clock was {number(round(float(np.median(there))))} MHz, and {number(round(float(np.median(here))))} MHz here"
    return ""


def _sm_clock(work: SessionWork) -> F64 | None:
    """Return the clocks, MHz, that the driver reported of the device while it had work."""
    device, manifest = device_of(work), work.session.manifest
    stated = manifest.devices.get(device.ordinal) if device is not None and manifest is not None else None
    samples = stated.samples if stated is not None else None
    if samples is None:
        return None
    busy = np.isfinite(samples.sm_clock) & ~(samples.utilisation == 0)
    found: F64 = samples.sm_clock[busy]
    return found if len(found) else None


def in_company(solo: SessionWork, company: Sequence[SessionWork], neighbours: str) -> str:
    """Say that it was slowed by captures beside it: kernels that those cover take longer than others of their kind."""
    if not neighbours:
        return ""
    unknown = f"it ran beside {neighbours}, and whether that slowed it is unknown"
    if not company:
        return unknown
    cover = Intervals.union([each.pending for each in company]).covered(solo.start, solo.end)
    duration = (solo.end - solo.start).astype(np.float64)
    rows = np.flatnonzero(~solo.spin & (duration > 0))
    if cover[rows].sum() <= _HARDLY * duration[rows].sum():
        return ""
    kind, kinds = numbered_places(solo.key[rows], solo.place[rows])
    (usual,) = group_quantiles(kind, kinds, duration[rows], _PACE)
    stretch, part = duration[rows] / usual[kind], cover[rows] / duration[rows]
    many = np.bincount(kind, minlength=kinds)[kind] >= _LEAST_PACE
    if many.sum() < _LEAST_FAR:
        return unknown
    kind, stretch, part = kind[many], stretch[many], part[many]
    x, y = (centred(kind, kinds, v) for v in (part, stretch))
    square = float(np.sum(x * x))
    if square < 1e-6 * len(x):
        return unknown
    slope = float(np.sum(x * y)) / square
    error = float(np.sqrt(np.sum((y - slope * x) ** 2) / max(1, len(x) - kinds) / square))
    if slope - 2 * error > 0 and slope > _MATTERS:
        return f"it ran beside {neighbours}, which slowed it"
    return "" if slope + 2 * error < 2 * _MATTERS else unknown
