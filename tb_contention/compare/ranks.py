"""By which factor one series of durations is longer than another: a 90 % interval from ranks, widened where neighbours are alike.

The interval is the one that belongs to the rank sum test (Hodges and Lehmann 1963): of all ratios after / before of one duration each,
leave out as many at either end as chance allows. It takes no shape for granted, and a few very long steps do not move it. Durations that
follow each other are often alike, as when a co-runner comes and goes; such periods carry less information, so the interval is wider.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.series import likeness
from tb_contention.units import F64, I64

#: With fewer on either side the interval would hold less than 90 %, even if it ran from the least ratio to the largest.
LEAST = 5
_SIGMA_90 = 1.6449
#: Length to which longer series are thinned evenly, which bounds the number of ratios.
_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """The median of all ratios after / before, with its 90 % interval."""

    value: float
    low: float
    high: float


def factor(before: I64, after: I64) -> Factor | None:
    """Estimate by which factor durations changed; None with fewer than LEAST positive ones on a side. Swapping the sides inverts it."""
    first, second = _logarithms(before), _logarithms(after)
    if min(len(first), len(second)) < LEAST:
        return None
    ratios = np.sort((second[:, None] - first[None, :]).ravel())
    middle = float(np.median(ratios))
    out = int(len(ratios) / 2 - _SIGMA_90 * _deviation(first + middle, second) - 0.5)
    out = min(max(out, 0), (len(ratios) - 1) // 2)
    low, high = float(ratios[out]), float(ratios[len(ratios) - 1 - out])
    return Factor(value=float(np.exp(middle)), low=float(np.exp(low)), high=float(np.exp(high)))


def _logarithms(durations: I64) -> F64:
    positive = durations[durations > 0]
    if len(positive) > _MOST:
        positive = positive[np.linspace(0, len(positive) - 1, _MOST).round().astype(np.int64)]
    made: F64 = np.log(positive.astype(np.float64))
    return made


def _deviation(first: F64, second: F64) -> float:
    """Return the standard deviation of the number of pairs in which the second is larger, where there is no difference.

    At least that of two equal distributions; more where one scatters more than the other, or where neighbours are alike.
    """
    n, m = len(first), len(second)
    one = max(1 / 12, _scatter(first, second)) * likeness(first)
    two = max(1 / 12, _scatter(second, first)) * likeness(second)
    return float(np.sqrt(n * m * m * one + n * n * m * two + n * m / 12))


def _scatter(values: F64, among: F64) -> float:
    """Return the variance of the places, 0 to 1, that values take among others."""
    ordered = np.sort(among)
    places = (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / (2 * len(among))
    return float(places.var())
