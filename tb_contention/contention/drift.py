"""Does a session's own pace change over the capture: warm-up, a clock that falls? Measured on undisturbed kernels.

What slows undisturbed kernels slows the disturbed ones beside them as well, and is no loss to others. Where the driver's samples show the
clock, they say more (`sm_clock.py`).
"""

import numpy as np

from tb_contention.contention.baseline import group_medians, group_scatter
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.kernel_keys import numbered
from tb_contention.contention.work import SessionWork
from tb_contention.units import F64, I64, Bool

#: Undisturbed kernels that show the pace of a stretch of time, and such stretches at most.
_LEAST, _MOST_STRETCHES = 20, 200
#: Undisturbed kernels of a step, and such steps, that show whether it has a pace of its own; then steps differ from those before by most of
#: what any two differ by.
_SHOW_STEP, _STEPS_TELL, _BY_ITSELF = 5, 8, 0.6
#: A change of pace counts beyond this, and beyond so many standard errors.
_CHANGE, _SURE = 0.03, 4.0


def stretched(duration: F64, alone: F64) -> F64:
    """Divide durations by what they take alone; NaN where that is unknown or nothing: kernels of no length show no pace."""
    ratio = np.full(len(alone), np.nan)
    np.divide(duration, alone, out=ratio, where=(alone > 0) & (duration > 0))
    return ratio


def pace(time: I64, ratio: F64, learn: Bool) -> F64:
    """Return by which factor kernels take longer than their baseline around each instant; 1 where nothing stands out.

    ratio: duration / baseline of the kernels to learn from (NaN is left out).
    """
    factor = np.ones(len(time))
    rows = np.flatnonzero(learn & np.isfinite(ratio))
    if len(rows) < 2 * _LEAST:
        return factor
    count = min(_MOST_STRETCHES, len(rows) // _LEAST)
    # As `np.array_split` would: the first ones have one more where they cannot be equal.
    lengths = len(rows) // count + (np.arange(count) < len(rows) % count)
    part, values = np.repeat(np.arange(count), lengths), ratio[rows]
    centres = np.bincount(part, time[rows], count) / lengths
    # Of an even number there are a lower and an upper median, and stretches are short enough for that to matter.
    middle = (group_medians(part, count, values) - group_medians(part, count, -values)) / 2
    error = 1.25 * group_scatter(part, count, np.abs(values - middle[part])) / np.sqrt(lengths)
    medians = np.where(np.abs(middle - 1) > np.maximum(_CHANGE, _SURE * error), middle, 1.0)
    if not (medians != 1.0).any():
        return factor
    nearest: F64 = medians[np.abs(np.searchsorted((centres[1:] + centres[:-1]) / 2, time))]
    return nearest


def differs_by_step(step: I64, ratio: F64, learn: Bool) -> bool:
    """Return whether each step has a pace of its own, which that of its neighbours says nothing of; arguments as of `pace`."""
    rows = np.flatnonzero(learn & np.isfinite(ratio) & (step >= 0))
    number, steps = numbered(step[rows])
    known = np.bincount(number, minlength=steps) >= _SHOW_STEP
    if known.sum() < _STEPS_TELL:
        return False
    middle = group_medians(number, steps, ratio[rows])[known]
    spread = float(middle.std(ddof=1))
    return spread > _CHANGE and float(np.mean(np.diff(middle) ** 2)) > _BY_ITSELF * 2 * spread**2


#: Steps at the begin are warm-up while they take this much longer than later ones under the same conditions.
_WARM, _LEAST_STEPS = 1.2, 6
#: Part of a kernel's time in which another has work that counts as all of it.
_BESIDE = 0.8


def warm_up_end(work: SessionWork, exposure: Exposure, alone: F64, others: list[SessionWork]) -> int:
    """Return when the session's warm-up ends (ns), the window's start where there is none.

    Kernels of the first steps are compared with those of later ones that had as many others beside them, each against its baseline
    (`alone`, ns, NaN = unknown).
    """
    steps = np.flatnonzero(np.bincount(work.step[exposure.inside & (work.step >= 0)]))
    if len(steps) < _LEAST_STEPS:
        return exposure.start
    ratio = stretched(exposure.duration, alone)
    company = _in_company(work, exposure, others)
    usable = exposure.inside & np.isfinite(ratio) & (work.step >= 0) & ~work.spin
    conditions = [usable & exposure.undisturbed, *(usable & (company == count + 1) for count in range(len(others)))]
    longer = np.full((len(conditions), len(steps)), np.nan)
    for condition, rows in enumerate(conditions):
        at = np.searchsorted(steps, work.step[rows])
        longer[condition] = group_medians(at, len(steps), ratio[rows]) if rows.any() else np.nan
        later = longer[condition, len(steps) // 2 :]
        if np.isfinite(later).sum() >= 3:
            longer[condition] /= np.nanmedian(later)
        else:
            longer[condition] = np.nan
    known = np.isfinite(longer).any(0)
    least = np.where(known, np.where(np.isfinite(longer), longer, np.inf).min(0), 0.0)
    usual = np.flatnonzero(least <= _WARM)
    count = int(usual[0]) if len(usual) else 0
    return int(work.step_end[steps[count - 1]]) if 0 < count <= len(steps) // 2 else exposure.start


def _in_company(work: SessionWork, exposure: Exposure, others: list[SessionWork]) -> I64:
    """Return how many others each kernel had beside it nearly all the time; -1 where one came or left meanwhile."""
    count, changing = np.zeros(len(work.start), np.int64), np.zeros(len(work.start), np.bool_)
    for other in others:
        share = other.running.covered(work.start, work.end) / np.maximum(exposure.duration, 1.0)
        count += share > _BESIDE
        changing |= (share <= _BESIDE) & (share >= 1 - _BESIDE)
    return np.where(changing, -1, count)
