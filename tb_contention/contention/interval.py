"""How sure a slowdown is: a 90 % interval from resampled steps, from the noise of baselines, and from what the model leaves out."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.loss import Loss, Periods
from tb_contention.model.contention import Evidence
from tb_contention.units import F64

_RESAMPLES = 1000
#: Periods beyond this are resampled in bunches.
_MOST_BLOCKS = 1000
SIGMA_90 = 1.6449
#: Of fewer steps resampling says nothing: the error is at least this part of the loss, by their number.
_FEW, _FEW_ERROR = 4, 0.3
#: What the replay leaves out, as part of the loss, and of the period; checked against simulated truth (tests/ground_truth).
_MODEL = {Evidence.A: 0.05, Evidence.B: 0.03, Evidence.C: 0.10, Evidence.D: 0.0}
_MEASURED = 0.03
FLOOR = 0.0015
#: Error for each part of the kernels that the profiler says it dropped.
_MISSING = 1.5
#: Bounds leave that much room for what the replay leaves out.
_LOOSE = 1.02
#: Error where two ways to tell the durations differ, as part of the difference.
_DOUBT = 0.5
#: Error of a borrowed stretch, as part of it.
_BORROWED = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A ratio with its 90 % interval."""

    value: float
    low: float
    high: float


def estimate(loss: Loss, clock: float) -> Estimate | None:
    """Estimate the slowdown of a session; clock: by how much it changes within the clock error. None without a period."""
    shared, alone = float(loss.periods.shared.sum()), float(loss.periods.alone.sum())
    if shared <= 0 or alone <= 0:
        return None
    value = shared / alone
    possible = float(loss.waits.possible[loss.counted].sum())
    if loss.alone.evidence is Evidence.D:
        least = max(float(loss.shortest.alone.sum()) - possible, 0.1 * shared)
        low = max(1.0, value / _LOOSE) if loss.alone.bounded else 1.0
        return Estimate(value=value, low=low, high=max(low, shared / least) * _LOOSE)
    below, above = _resampled(loss.periods)
    left_out = _MEASURED if loss.alone.measured else _MODEL[loss.alone.evidence]
    model = left_out * abs(value - 1) + FLOOR + _MISSING * loss.work.missing * value + loss.alone.unresolved
    rest = np.hypot(SIGMA_90 * value * _noise(loss) / alone, np.hypot(model, clock))
    return Estimate(
        value=value, low=value - float(np.hypot(value - below, rest)), high=value + float(np.hypot(above - value, rest))
    )


def at_a_higher_clock(found: Estimate, loss: Loss, factor: float) -> Estimate:
    """Let the interval allow for a clock that is higher alone by a factor, which the kernels of the session follow at most."""
    alone = float(loss.periods.alone.sum())
    if factor <= 1 or loss.alone.evidence is Evidence.A or alone <= 0:
        return found
    rows = loss.counted & ~loss.work.copy & ~loss.work.spin
    kernels = min(alone, float(loss.alone.estimate[rows].sum()))
    return replace(found, high=found.high * alone / (alone - kernels * (1 - 1 / factor)))


def _noise(loss: Loss) -> float:
    """Return the standard deviation (ns) of the summed alone durations: each instance's own, and what those of one baseline share."""
    rows = np.flatnonzero(loss.counted & loss.exposure.touched)
    alone = loss.alone
    single = float(np.sum(alone.deviation[rows] ** 2))
    shared = np.bincount(alone.group[rows], alone.error[rows]) if len(rows) else np.zeros(1)
    stretch = (loss.exposure.duration - alone.estimate)[rows]
    borrowed = _BORROWED * abs(float(stretch[alone.borrowed[rows]].sum()))
    return float(
        np.sqrt(alone.together * (single + float(np.sum(shared**2))) + borrowed**2 + (_DOUBT * alone.doubt) ** 2)
    )


def _resampled(periods: Periods) -> tuple[float, float]:
    """Return the 5th and 95th percentile of the ratio over resampled blocks of consecutive periods."""
    shared, alone = periods.shared, periods.alone
    count = len(shared)
    value = float(shared.sum() / alone.sum())
    if count < _FEW:
        error = _FEW_ERROR * abs(value - 1) / max(count, 1)
        return value - error, value + error
    length = max(1, round(count ** (1 / 3)), -(-count // _MOST_BLOCKS))
    starts = np.arange(0, count - length + 1)
    shared_blocks, alone_blocks = _moving_sums(shared, length), _moving_sums(alone, length)
    draws = max(1, round(count / length))
    rng = np.random.default_rng(0)
    ratios = np.empty(_RESAMPLES)
    for part in np.array_split(np.arange(_RESAMPLES), max(1, _RESAMPLES * draws // 1_000_000)):
        picked = rng.integers(0, len(starts), (len(part), draws))
        ratios[part] = shared_blocks[picked].sum(1) / np.maximum(alone_blocks[picked].sum(1), 1.0)
    low, high = np.percentile(ratios, [5, 95])
    return min(float(low), value), max(float(high), value)


def _moving_sums(values: F64, length: int) -> F64:
    total = np.concatenate([[0.0], np.cumsum(values)])
    sums: F64 = total[length:] - total[:-length]
    return sums
