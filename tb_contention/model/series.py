"""Durations that follow each other -> how much they say about the one that is typical."""

import numpy as np

from tb_contention.units import F64, I64

#: With fewer, even the interval from the least to the largest would hold the median less often than 90 %.
LEAST = 5
_SIGMA_90 = 1.6449
#: Length to which longer series are thinned evenly.
_MOST = 1000


def median_interval(series: I64) -> tuple[float, float] | None:
    """Return the 90 % interval of the median from ranks; None with fewer than LEAST.

    It takes no shape for granted. Neighbours that are alike say less, and the interval is wider for it.
    """
    if len(series) < LEAST:
        return None
    values = series.astype(np.float64)
    if len(values) > _MOST:
        values = values[np.linspace(0, len(values) - 1, _MOST).round().astype(np.int64)]
    ordered, number = np.sort(values), len(values)
    out = int((number - _SIGMA_90 * np.sqrt(number * likeness(values))) / 2) - 1
    out = min(max(out, 0), (number - 1) // 2)
    middle = float(np.median(series))
    return min(middle, float(ordered[out])), max(middle, float(ordered[number - 1 - out]))


def likeness(series: F64) -> float:
    """Return how many neighbours in a series say together what one says: 1 where none is like the next.

    1 + 2 x the sum of the autocorrelations of the ranks, in pairs of lags as long as a pair's sum is positive (Geyer 1992).
    """
    ranks = _ranks(series)
    ranks -= ranks.mean()
    power = float(ranks @ ranks)
    if power <= 0:
        return 1.0
    lags = np.correlate(ranks, ranks, "full")[len(ranks) :] / power
    pairs = lags[: len(lags) // 2 * 2].reshape(-1, 2).sum(1)
    stop = int(np.argmax(pairs <= 0)) if (pairs <= 0).any() else len(pairs)
    return max(1.0, 1.0 + 2.0 * float(pairs[:stop].sum()))


def _ranks(series: F64) -> F64:
    """Rank values; equal ones share their mean rank."""
    ordered = np.sort(series)
    ranks: F64 = (np.searchsorted(ordered, series, "left") + np.searchsorted(ordered, series, "right")) / 2.0
    return ranks
