"""What happens to kernels that find their own session idle and another one running: do they start at once, or wait, and for what?

at once       start as soon as in an empty device: there was room, so the device was shared
in turns      wait for the device to change hands, and start in the middle of a kernel of the other session
left over     some start at once, the others when a kernel of the other session ends and leaves them room
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.model.side_by_side import each
from tb_contention.units import F64, I64, Bool

#: A session is idle that ran nothing for so long, and another one is there that ran for so long before and after, ns.
_IDLE_NS, _THERE_NS = 20_000, 10_000
#: A start is late by more than this, and at once within twice how far launches scatter, in these bounds, ns: a change of context takes
#: 20 to 300 us.
_LATE_NS, _SOON_NS = 25_000.0, (8_000.0, 25_000.0)
#: Launches without company that show how long one takes; a longer one than this may contain a change of context, ns.
_ENOUGH, _LAUNCH_NS = 3, 15_000.0
#: So many arrivals leave no doubt where all but the first part starts at once, or more than the second.
_MANY, _HARDLY, _SOME = 10, 0.05, 0.15
#: Part of a session's arrivals that must be either late or at once for any to count.
_MOSTLY = 0.5
#: A kernel that runs for less than this around an instant has just begun or ended there, ns.
_AMID_NS = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """How many kernels arrived in company, and the shares that waited and that started at once.

    amid: share of those that waited which then started amid a foreign kernel. astray: share of those without company that waited,
    though nothing is seen that they waited for; apart: how many those without company are.
    """

    count: int
    waited: float
    at_once: float
    amid: float
    astray: float
    apart: int

    @property
    def clear(self) -> bool:
        """Return whether they leave no doubt that kernels start at once: nearly all, or some though none waits without company."""
        if self.count < _MANY or self.astray >= _HARDLY:
            return False
        return self.at_once > 1 - _HARDLY or (self.at_once > _SOME and self.apart >= _MANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chains:
    """Items that found their session idle, up to the first kernel: it alone, or the copies that it needs and it.

    first, kernel: rows of the work; delay: for how long they were ready and did not start, in sum, ns.
    """

    first: I64
    kernel: I64
    delay: F64


def arrivals(works: list[SessionWork], error: int) -> Arrivals:
    """Observe the kernels that came when their session was idle and another one ran; error: of the clocks between sessions, ns."""
    found = each(lambda work: _of_one(work, [other for other in works if other is not work], error), works)
    waited, soon, amid, astray = (np.concatenate([of_one[part] for of_one in found]) for part in range(4))
    return Arrivals(
        count=len(waited),
        waited=float(waited.mean()) if len(waited) else 0.0,
        at_once=float(soon.mean()) if len(soon) else 0.0,
        amid=float(amid[waited].mean()) if waited.any() else 0.0,
        astray=float(astray.mean()) if len(astray) else 0.0,
        apart=len(astray),
    )


def _of_one(work: SessionWork, others: list[SessionWork], error: int) -> tuple[Bool, Bool, Bool, Bool]:
    """Return of arrivals in company whether they waited, began at once, and began amid a foreign kernel; of others, the first."""
    chains = _chains(work)
    if not len(chains.first):
        return (np.zeros(0, np.bool_),) * 4
    arrived, start = work.ready[chains.first], work.start[chains.kernel]
    running, copying = (
        Intervals.union([_running(other, copies=copies) for other in others]) for copies in (False, True)
    )
    margin = error + _THERE_NS
    company = np.ones(len(start), np.bool_)
    for ready in (arrived, work.ready[chains.kernel]):
        company &= running.covered(ready - margin, ready + margin) > 0.98 * 2 * margin
    alone = running.covered(arrived - margin - _THERE_NS, start + margin) == 0
    short, usual = _usual(chains.delay, alone)
    waited, soon = chains.delay > usual + _LATE_NS, chains.delay <= short
    # A copy may have waited for another copy, which has nothing to do with kernels.
    behind = copying.covered(arrived - error, work.start[chains.first] + error) > 0
    company &= ~behind
    if (waited | soon)[company].sum() < _MOSTLY * company.sum():
        company[:] = False
    amid = np.zeros(len(start), np.bool_)
    for other in others:
        amid |= _amid(other, start) | _amid(other, work.start[chains.first])
    return waited[company], soon[company], amid[company], waited[alone]


def _chains(work: SessionWork) -> _Chains:
    """Find the items that found nothing of their own session on the device, with the first kernel from there on."""
    nothing = np.zeros(0, np.int64)
    kernels = np.flatnonzero(~work.copy)
    if not work.launches_known or not len(kernels):
        return _Chains(first=nothing, kernel=nothing, delay=np.zeros(0))
    before = np.concatenate([[np.iinfo(np.int64).min // 2], np.maximum.accumulate(work.end)[:-1]])
    first = np.flatnonzero((work.launch >= 0) & (before + _IDLE_NS < work.ready))
    at = np.searchsorted(kernels, first)
    first, kernel = first[at < len(kernels)], kernels[at[at < len(kernels)]]
    # Where the session was idle again before the kernel, that is an arrival of its own.
    last = np.append(first[1:], len(work.start))
    whole = (kernel < last) & ~work.spin[kernel] & (work.launch[kernel] >= 0)
    first, kernel = first[whole], kernel[whole]
    waits = np.concatenate([[0], np.cumsum(work.start - work.ready)])
    return _Chains(first=first, kernel=kernel, delay=(waits[kernel + 1] - waits[first]).astype(np.float64))


def _running(work: SessionWork, *, copies: bool) -> Intervals:
    rows = work.copy == copies
    return Intervals.union_of(work.start[rows], work.end[rows])


def _usual(delay: F64, alone: Bool) -> tuple[float, float]:
    """Return what a kernel takes at the most to start at once, and what it takes to start on a device that nobody else uses, ns.

    A context that takes the idle device over from another one starts late without waiting for a kernel, so a long start is not at once.
    """
    if alone.sum() < _ENOUGH:
        return _SOON_NS[0], float(np.percentile(delay, 10))
    usual, most = (float(each) for each in np.percentile(delay[alone], (50, 90)))
    return min(usual, _LAUNCH_NS) + float(np.clip(2 * (most - usual), *_SOON_NS)), usual


def _amid(other: SessionWork, time: I64) -> Bool:
    """Select the instants in the middle of a kernel of another session."""
    rows = np.flatnonzero(~other.copy)
    if not len(rows):
        return np.zeros(len(time), np.bool_)
    longest = np.maximum.accumulate(other.end[rows])
    at = np.searchsorted(other.start[rows], time - _AMID_NS, "right") - 1
    inside: Bool = (at >= 0) & (longest[np.maximum(at, 0)] > time + _AMID_NS)
    return inside
