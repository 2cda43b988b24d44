"""What a session lost, kernel by kernel and wait by wait: what others must have had work for, if they were the cause.

A kernel can take longer than its undisturbed level by at most as long as others had work meanwhile, and so can a wait for the device.
That holds however the device is shared, and only where the clocks of the sessions agree.
"""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.baseline import group_quantiles
from tb_contention.contention.kernel_keys import numbered_places
from tb_contention.contention.work import SessionWork
from tb_contention.units import F64, I64, Bool

#: Places of a step count for themselves with so many instances; a key with fewer shows no level.
_PLACES, _LEAST = 12, 6
#: The undisturbed level lies at this quantile and a standard deviation above it; the spread shows between it and the lower quantile.
_QUANTILE, _LOWER, _APART = 0.15, 0.04, 0.7
#: An instance was held up beyond so many deviations and such a part of its level; a wait beyond so many ns.
_DEVIATIONS, _PART, _LEAST_EXCESS, _LEAST_WAIT = 4.0, 0.12, 3_000, 50_000
#: Longest wait for the device that is a session's own, ns.
_OWN_WAIT = 20_000
#: Of a loss, what a change of turns or the noise of the level may be: others need not have had work for it.
_SLACK, _MOST_SLACK, _LEAST_SLACK = 0.1, 100_000, 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldUp:
    """Spans in which a session did less than it can, sorted by start: kernels or waits.

    excess: ns that it lost in each span; owed: how much of it others must have had work for.
    """

    start: I64
    end: I64
    excess: F64
    owed: F64

    def __len__(self) -> int:
        return len(self.start)

    def picked(self, rows: I64 | Bool) -> "HeldUp":
        """Return some of the spans."""
        return HeldUp(start=self.start[rows], end=self.end[rows], excess=self.excess[rows], owed=self.owed[rows])

    def without_slack(self) -> "HeldUp":
        """Let others owe all of each loss that they owe a part of."""
        return replace(self, owed=np.where(self.owed > 0, self.excess, 0.0))

    def at_most(self, count: int) -> "HeldUp":
        """Keep so many spans, evenly, of those that hold most of the loss."""
        if len(self) <= count:
            return self
        order = np.argsort(-self.excess, kind="stable")
        most = int(np.searchsorted(np.cumsum(self.excess[order]), 0.8 * self.excess.sum())) + 1
        rows = np.sort(order[: max(most, count)])
        return self.picked(rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)])


def held_up(work: SessionWork) -> tuple[HeldUp, HeldUp]:
    """Find the kernels that took longer than their undisturbed level, and the waits for the device."""
    duration = np.maximum(work.end - work.start, 1).astype(np.float64)
    wait = (work.start - work.ready).astype(np.float64)
    level, spread, known = _levels(work, duration)
    usable = known & ~work.copy & ~work.spin
    excess = duration - level
    kernels = np.flatnonzero(
        usable & (excess > np.maximum(_DEVIATIONS * spread, _PART * level)) & (excess > _LEAST_EXCESS)
    )
    own = np.minimum(_levels(work, wait)[0], _OWN_WAIT)
    waits = np.flatnonzero(usable & (wait - own > _LEAST_WAIT) & (wait > 1.5 * own))
    return (
        _spans(work.start[kernels], work.end[kernels], excess[kernels]),
        _spans(work.ready[waits], work.start[waits], (wait - own)[waits]),
    )


def _spans(start: I64, end: I64, excess: F64) -> HeldUp:
    slack = np.minimum(_SLACK * excess, _MOST_SLACK) + _LEAST_SLACK
    return HeldUp(start=start, end=end, excess=excess, owed=np.maximum(excess - slack, 0.0))


def _levels(work: SessionWork, value: F64) -> tuple[F64, F64, Bool]:
    """Return each kernel's undisturbed level, its spread, and whether enough instances show it.

    By its place in the step where that has enough instances, else by its key.
    """
    if not len(value):
        return value, value, np.zeros(0, np.bool_)
    place, places = numbered_places(work.key, work.place)
    count, level, spread = _low(place, places, value)
    by_key_count, by_key, by_key_spread = _low(work.key, work.keys, value)
    fine = count[place] >= _PLACES
    return (
        np.where(fine, level[place], by_key[work.key]),
        np.where(fine, spread[place], by_key_spread[work.key]),
        np.where(fine, count[place], by_key_count[work.key]) >= _LEAST,
    )


def _low(group: I64, groups: int, value: F64) -> tuple[I64, F64, F64]:
    """Return per group the count, the level of what nothing held up, and its spread, from low quantiles."""
    low, lower = group_quantiles(group, groups, value, _QUANTILE, _LOWER)
    spread = np.maximum((low - lower) / _APART, 0.015 * np.abs(low))
    return np.bincount(group, minlength=groups), low + spread, spread
