"""How fast a session's copies move their bytes beside copies of others in the same direction, against what they reach by themselves."""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.intervals import Intervals
from tb_contention.model.trace import TO_DEVICE, TO_HOST
from tb_contention.units import F64, I64, U8, Bool

#: A copy is by itself while others copy for less than this part of it, and beside them for more than that.
_FREE, _MET = 0.02, 0.3
#: A direction with less than this part of the time beside others is left out: a few bytes take what a copy takes to begin.
_NOTABLE = 0.02
#: Copies of about one size (factor 2) and direction that show the best rate, and the quantile that stands for it: a highest one is chance.
_FEW, _BEST, _SIZES = 5, 0.8, 64
#: Part of the time beside others of which such a rate must be known.
_KNOWN = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Copies over the bus whose bytes are known, by start: ns, bytes, and direction (TO_DEVICE, TO_HOST) of each."""

    start: I64
    end: I64
    bytes: I64
    direction: U8

    @classmethod
    def nothing(cls) -> "Moved":
        """Return no copies."""
        none = np.empty(0, np.int64)
        return cls(start=none, end=none, bytes=none, direction=np.empty(0, np.uint8))

    def busy(self, direction: int) -> Intervals:
        """Return when it copied in a direction."""
        rows = self.direction == direction
        return Intervals.union_of(self.start[rows], self.end[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Copies of one direction beside those of others. together, best: bytes per s, the latter of copies of their sizes.

    met: ns in sum. stretch: by how much longer they take, ns; None where hardly any copies are by themselves, so that even the best may
    meet others.
    """

    direction: int
    together: float
    best: float
    met: int
    stretch: int | None


def rates(own: Moved, others: list[Moved]) -> list[Rate]:
    """Compare the rates of a session's copies beside others' with the best of their size; none of a direction with hardly any."""
    found = [
        _rate(own, direction, Intervals.union([o.busy(direction) for o in others]))
        for direction in (TO_DEVICE, TO_HOST)
    ]
    met = sum(rate.met for rate in found if rate is not None)
    return [rate for rate in found if rate is not None and rate.met > _NOTABLE * met]


def _rate(own: Moved, direction: int, company: Intervals) -> Rate | None:
    rows = np.flatnonzero((own.direction == direction) & (own.end > own.start) & (own.bytes > 0))
    start, end, moved = own.start[rows], own.end[rows], own.bytes[rows].astype(np.float64)
    taken = (end - start).astype(np.float64)
    part = company.covered(start, end) / taken
    size, beside = np.floor(np.log2(moved)).astype(np.int64), part > _MET
    if not beside.any():
        return None
    rate = moved / taken
    best = _best(size, rate, part < _FREE)
    time, told = float(taken[beside].sum()), beside & np.isfinite(best)
    alone = float(taken[told].sum()) > _KNOWN * time
    best = np.where(np.isfinite(best), best, _highest(size, rate))
    amount, least = float(moved[beside].sum()), float((moved[beside] / best[beside]).sum())
    return Rate(
        direction=direction,
        together=amount / time * 1e9,
        best=amount / least * 1e9,
        met=round(time),
        stretch=max(0, round(time - least)) if alone else None,
    )


def _best(size: I64, rate: F64, free: Bool) -> F64:
    """Return for each copy the rate that those of its size reach by themselves; NaN where too few show it."""
    best = np.full(_SIZES, np.nan)
    for each in np.unique(size[free]).tolist():
        seen = rate[free & (size == each)]
        if len(seen) >= _FEW:
            best[each] = np.quantile(seen, _BEST)
    return best[size]


def _highest(size: I64, rate: F64) -> F64:
    """Return for each copy the highest rate of its size."""
    highest = np.zeros(_SIZES)
    np.maximum.at(highest, size, rate)
    return highest[size]
