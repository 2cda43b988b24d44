"""Which kernels of a session others can have touched, and what that says about the rest."""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.interval_sets import widened
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64, Bool

#: Less co-pending time than this share of a kernel's duration leaves it undisturbed.
_TOUCHED = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """For each kernel of a session: whether it lies in the window, and whether others may have had work during it.

    foreign: when others had work, widened by the clock error, so that a wrong clock within its bound cannot make a disturbed kernel look
    undisturbed. undisturbed: in the window, not touched, no spin kernel. duration: ns.
    """

    start: int
    end: int
    duration: F64
    inside: Bool
    touched: Bool
    undisturbed: Bool
    foreign: Intervals
    #: By which factor company slows kernels for some time after it as well, where they show it.
    slower: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What can disturb copies over the bus: direction of each row (-1 = no such copy), and when others copy in either direction.

    unseen: when others may have copied without a record. apart: when each of the others had work that is no such copy. lost: the part of
    its rate that a copy loses meanwhile, and its error.
    """

    direction: I64
    meets: tuple[Intervals, Intervals]
    unseen: Intervals
    apart: tuple[Intervals, ...]
    lost: float = 0.0
    error: float = 0.0

    def met(self, start: I64, end: I64) -> I64:
        """Return for how long each row met copies of its own direction, 0 for what is no copy."""
        met = np.zeros(len(start), np.int64)
        for k, where in enumerate(self.meets):
            rows = np.flatnonzero(self.direction == k)
            met[rows] = where.covered(start[rows], end[rows])
        return met


def expose(
    work: SessionWork, others: Intervals, start: int, end: int, error: int, link: Link | None = None
) -> Exposure:
    """Compare a session's kernels with the others' pending time in the window [start, end); error: of the clocks, ns.

    link: what disturbs its copies, where those are compared with copies of others instead.
    """
    foreign = widened(others, error).clip(start, end)
    duration = (work.end - work.start).astype(np.float64)
    inside = (work.start >= start) & (work.end <= end)
    meets = foreign.covered(work.start, work.end)
    if link is not None:
        meets = np.where(
            link.direction >= 0,
            link.met(work.start, work.end) + link.unseen.covered(work.start, work.end),
            meets,
        )
    touched = (meets > _TOUCHED * duration) & ~work.spin
    near = (work.start < start + error) | (work.end > end - error)
    return Exposure(
        start=start,
        end=end,
        duration=duration,
        inside=inside,
        touched=touched,
        undisturbed=inside & ~touched & ~near & ~work.spin,
        foreign=foreign,
    )
