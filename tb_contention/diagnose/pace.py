"""Does the device slow down during a window? Kernels of equal work show it where most of them agree on one factor."""

import numpy as np

from tb_contention.model.intervals import Intervals
from tb_contention.model.sampling import some
from tb_contention.units import F64, I64

#: Within a shorter window, ns, no change is worth a word.
WINDOW = 100_000_000
#: Kernels of equal work in each third of the window, and groups of such kernels, that show a pace.
_LEAST_EACH, _GROUPS = 5, 3
#: That part of the groups, and of their time, must change by the common factor, within half of the change or this much.
AGREE, _NOISE = 2 / 3, 0.02
#: A kernel that differs more from what it takes alone is no repetition of the same work; nor are kernels whose middle half spreads more.
_SAME = 0.25
#: A slower device shifts all of these quantiles; another mix of shapes under one name leaves some.
_QUANTILES = (0.1, 0.5, 0.9)


def pace(
    work: I64, start: I64, duration: I64, alone: F64, window: tuple[int, int], others: list[Intervals]
) -> float | None:
    """Compare undisturbed kernels in the last third of the window with equal ones in the first; None unless they agree.

    work: kernels with the same number do the same work; below 0 they show nothing. alone: what each takes alone, NaN = unknown.
    """
    begin, end = window
    if end - begin < WINDOW:
        return None
    third = (end - begin) / 3
    free = np.isfinite(alone) & (alone > 0) & (np.abs(duration - alone) <= _SAME * alone) & (work >= 0)
    first, last = (
        _Spread(work, duration, _undisturbed(np.flatnonzero(free & part), start, duration, others))
        for part in (start < begin + third, start >= end - third)
    )
    common, a, b = np.intersect1d(first.work, last.work, return_indices=True)
    if len(common) < _GROUPS:
        return None
    ratio, weight = _shift(last.at[:, b] / first.at[:, a]), last.time[b]
    order = np.argsort(ratio)
    reach = np.cumsum(weight[order])
    usual = float(ratio[order][np.searchsorted(reach, reach[-1] / 2)])
    agree = np.abs(ratio - usual) <= max(_NOISE, abs(usual - 1) / 2)
    return usual if min(agree.mean(), weight[agree].sum() / weight.sum()) >= AGREE else None


def _shift(ratios: F64) -> F64:
    """Return by how much all quantiles shift: the least of their changes, 1 where they differ in direction."""
    low, high = ratios.min(0), ratios.max(0)
    return np.where(low > 1, low, np.where(high < 1, high, 1.0))


class _Spread:
    """The quantiles of the duration and the summed time of each work with enough kernels that are alike."""

    def __init__(self, work: I64, duration: I64, rows: I64) -> None:
        work, duration = work[rows], duration[rows]
        order = np.lexsort((duration, work))
        found, begin, count = np.unique(work[order], return_index=True, return_counts=True)
        ordered = duration[order].astype(np.float64)

        def at(quantile: float) -> F64:
            return ordered[begin + np.round(quantile * (count - 1)).astype(np.int64)]

        kept = (count >= _LEAST_EACH) & (at(0.75) - at(0.25) <= _SAME * at(0.5))
        self.work = found[kept]
        self.at = np.array([at(quantile)[kept] for quantile in _QUANTILES])
        self.time = (at(0.5) * count)[kept]


def _undisturbed(rows: I64, start: I64, duration: I64, others: list[Intervals]) -> I64:
    """Keep kernels, not all of very many, that overlap no work of other sessions."""
    rows = some(rows)
    for busy in others:
        rows = rows[busy.covered(start[rows], start[rows] + duration[rows]) == 0]
    return rows
