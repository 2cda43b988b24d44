"""How long kernels take alone, from undisturbed instances.

A key's baseline is the mean of its undisturbed instances, outliers apart: never a minimum, which noise makes too short, and not a ratio of
medians, which under time slicing misses the few instances that carry all of the loss.
"""

from dataclasses import dataclass

import numpy as np
from numba import types

from tb_contention._compiled import compiled
from tb_contention.contention.kernel_keys import numbered, numbered_places
from tb_contention.units import F64, I64, Bool

_II = types.Array(types.int64, 1, "C", readonly=True)
_IF = types.Array(types.float64, 1, "C", readonly=True)
_II2 = types.Array(types.int64, 2, "C", readonly=True)
_OI = types.Array(types.int64, 1, "C")
_OF = types.Array(types.float64, 1, "C")
_OF2 = types.Array(types.float64, 2, "C")

#: Instances, and steps they come from, that make a baseline.
LEAST_INSTANCES, LEAST_STEPS = 2, 2
#: Work that comes at several places of a step may differ between them: with fewer instances each place counts for itself, and so many
#: are needed to speak for all.
_SURE, _SEVERAL = 20, 8
_PLACE_TELLS = 3
#: A deviation from few instances is pulled towards the session's, as if that had been seen in so many.
_PRIOR = 4.0
#: Of instances that nobody is seen to disturb, a part as large as this that is unusual is another size that the name hides.
SIZES = 0.2
#: Steps that show whether their kernels are long together.
_STEPS_TELL = 8
#: An instance is an outlier beyond so many robust standard deviations of the logarithm, and never within half to twice the median.
_OUTLIER = 5.0
_ALWAYS_IN = np.log(1.6)
#: Durations depend on the place in the step where places explain so much of their variance.
_PLACES_MATTER = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Mean, standard deviation and count of a quantity per group; NaN and 0 where there are none."""

    mean: F64
    deviation: F64
    count: I64


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """For each kernel of a session: its expected duration alone (NaN = unknown), the deviation of one instance, the mean's error.

    group: number of the baseline that it uses, for errors that instances share. together: how many times the variance of a step is that of
    its kernels, summed: more than once where those of a step are long or short together, as with batches of another size.
    """

    alone: F64
    deviation: F64
    error: F64
    group: I64
    together: float = 1.0


def group_means(group: I64, groups: int, value: F64) -> Means:
    """Average per group."""
    count = np.bincount(group, minlength=groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group, value, groups) / count
        square = np.bincount(group, (value - mean[group]) ** 2, groups)
        deviation = np.sqrt(square / np.maximum(count - 1, 1))
    return Means(mean=mean, deviation=deviation, count=count)


def centred(group: I64, groups: int, value: F64) -> F64:
    """Take off the mean of each value's group: what is left is not of the group (fixed effects)."""
    count = np.bincount(group, minlength=groups)
    rest: F64 = value - (np.bincount(group, value, groups) / np.maximum(count, 1))[group]
    return rest


def group_quantiles(group: I64, groups: int, value: F64, *parts: float) -> list[F64]:
    """Return quantiles per group, an array per part: the instance at or below it; NaN for empty groups."""
    out = np.full((len(parts), groups), np.nan)
    count = np.bincount(group, minlength=groups)
    last = np.cumsum(count)
    sorted_in, held = last - count, np.empty(len(value))
    ranks = np.floor(np.multiply.outer(parts, np.maximum(count - 1, 0))).astype(np.int64)
    _select(np.ascontiguousarray(group), np.ascontiguousarray(value), sorted_in, last, ranks, held, out)
    return list(out)


def group_medians(group: I64, groups: int, value: F64) -> F64:
    """Return the (lower) median per group, NaN for empty groups."""
    return group_quantiles(group, groups, value, 0.5)[0]


def off_medians(group: I64, groups: int, value: F64) -> F64:
    """Take off the median of each value's group."""
    return value - group_medians(group, groups, value)[group]


def scatter(away: F64) -> float:
    """Return the standard deviation of values that most of these deviations are like (1.4826 times the median of their amounts)."""
    return 1.4826 * float(np.median(np.abs(away)))


def group_scatter(group: I64, groups: int, away: F64) -> F64:
    """Return the same of each group; away: distances from what is usual there, not negative."""
    return 1.4826 * group_medians(group, groups, away)


@compiled(types.void(_II, _IF, _OI, _II, _II2, _OF, _OF2))
def _select(group, value, place, last, ranks, held, out):
    """Sort values into their groups, and select those of each group that have the ranks; `place` begins as the first row of each."""
    for i in range(value.shape[0]):
        held[place[group[i]]] = value[i]
        place[group[i]] += 1
    for g in range(last.shape[0]):
        first = last[g - 1] if g > 0 else 0
        for part in range(ranks.shape[0]):
            low, high = first, last[g] - 1
            wanted = low + ranks[part, g]
            while low < high:
                pivot = held[(low + high) // 2]
                i, j = low, high
                while i <= j:
                    while held[i] < pivot:
                        i += 1
                    while held[j] > pivot:
                        j -= 1
                    if i <= j:
                        held[i], held[j] = held[j], held[i]
                        i += 1
                        j -= 1
                if wanted <= j:
                    high = j
                elif wanted >= i:
                    low = i
                else:
                    break
            if last[g] > first:
                out[part, g] = held[wanted]


def usual(group: I64, groups: int, value: F64, sizes: float = 1.0) -> Bool:
    """Mark the instances within the ordinary spread of their group: within 5 robust deviations of its median, in logarithms.

    sizes: the part of a group from which on those beyond are another size of the same work, and as usual.
    """
    logs = np.log(np.maximum(value, 1.0))
    away = np.abs(logs - group_medians(group, groups, logs)[group])
    spread = group_scatter(group, groups, away)
    within: Bool = away <= np.maximum(_OUTLIER * spread, _ALWAYS_IN)[group]
    many = np.bincount(group[~within], minlength=groups) > sizes * np.bincount(group, minlength=groups)
    within |= many[group]
    return within


def baseline(
    key: I64, keys: int, place: I64, step: I64, duration: F64, undisturbed: Bool, *, sizes: float = SIZES
) -> Baseline:
    """Estimate each kernel's duration alone; key and place tell which instances are the same work, `undisturbed` which to learn from.

    sizes: as in `usual`; 0 where nothing can disturb any, 1 where something may have disturbed most.
    """
    fine, fines = numbered_places(key, place)
    coarse_of = np.zeros(fines, np.int64)
    coarse_of[fine] = key
    rows = np.flatnonzero(undisturbed)
    fine_usual = usual(fine[rows], fines, duration[rows], sizes)
    fine_kept = rows[fine_usual]
    # Where places differ, an instance is odd against its own place; a place seen once or twice says nothing of what is odd.
    seen = np.bincount(fine[rows], minlength=fines) >= _PLACE_TELLS
    kept = rows[fine_usual & (usual(key[rows], keys, duration[rows], sizes) | seen[fine[rows]])]
    by_key = group_means(key[kept], keys, duration[kept])
    by_place = group_means(fine[fine_kept], fines, duration[fine_kept])
    within = _within(by_place, coarse_of, keys)
    with np.errstate(invalid="ignore"):
        depends = by_key.deviation > np.sqrt(_PLACES_MATTER) * within
    several = np.bincount(coarse_of, minlength=keys) > 1
    unsure = depends | (several & (by_key.count < _SURE))
    use_fine = unsure[coarse_of] & (by_place.count >= LEAST_INSTANCES)
    enough = (by_key.count >= np.where(several, _SEVERAL, LEAST_INSTANCES)) & (
        _steps_seen(key[kept], step[kept], keys) >= LEAST_STEPS
    )
    mean = np.where(use_fine, by_place.mean, np.where(enough[coarse_of], by_key.mean[coarse_of], np.nan))
    spread = np.where(use_fine, by_place.deviation, by_key.deviation[coarse_of])
    count = np.where(use_fine, by_place.count, by_key.count[coarse_of])
    group = np.where(use_fine, keys + np.arange(fines), coarse_of)
    spread = _steadied(spread, mean, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = spread / np.sqrt(count)
    rest = (duration - mean[fine])[kept]
    return Baseline(
        alone=mean[fine],
        deviation=spread[fine],
        error=error[fine],
        group=group[fine],
        together=_together(step[kept], np.nan_to_num(rest)),
    )


def _together(step: I64, rest: F64) -> float:
    """Return how many times the variance of a step's sum is that of its parts, summed; 1 where steps are not known."""
    known = step >= 0
    number, steps = numbered(step[known])
    square = float(np.sum(rest[known] ** 2))
    if steps < _STEPS_TELL or square <= 0:
        return 1.0
    return max(1.0, float(np.sum(np.bincount(number, rest[known], steps) ** 2)) / square)


def _steadied(spread: F64, mean: F64, count: I64) -> F64:
    """Pull deviations that few instances gave towards the usual relative one."""
    known = np.isfinite(mean) & (count >= LEAST_INSTANCES)
    weight = np.where(known, count - 1, 0).astype(np.float64)
    if not weight.any():
        return spread
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(known, spread / mean, 0.0)
    usual_share = np.sum(relative**2 * weight) / weight.sum()
    pulled: F64 = np.sqrt((weight * spread**2 + _PRIOR * usual_share * mean**2) / (weight + _PRIOR))
    return pulled


def _within(by_place: Means, coarse_of: I64, keys: int) -> F64:
    """Pool the deviation inside places per key."""
    weight = np.maximum(by_place.count - 1, 0).astype(np.float64)
    square = np.where(weight > 0, np.nan_to_num(by_place.deviation) ** 2 * weight, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled: F64 = np.sqrt(np.bincount(coarse_of, square, keys) / np.bincount(coarse_of, weight, keys))
    return pooled


def _steps_seen(key: I64, step: I64, keys: int) -> I64:
    """Count the distinct steps per key; outside steps every instance counts as one."""
    known = step >= 0
    both = np.unique(key[known] * np.int64(1 << 32) + step[known])
    seen: I64 = np.bincount(both >> 32, minlength=keys) + np.bincount(key[~known], minlength=keys)
    return seen


def preferring(first: Baseline, second: Baseline) -> Baseline:
    """Take the second where the first has nothing."""
    use = np.isfinite(first.alone)
    last = int(first.group.max(initial=0)) + 1
    return Baseline(
        alone=np.where(use, first.alone, second.alone),
        deviation=np.where(use, first.deviation, second.deviation),
        error=np.where(use, first.error, second.error),
        group=np.where(use, first.group, last + second.group),
        together=max(first.together, second.together),
    )
