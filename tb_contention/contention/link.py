"""Copies between host and device: they share the bus with copies of others in the same direction, and with nothing else.

A copy is disturbed by foreign copies of its direction, not by foreign kernels, and kernels are not disturbed by copies. While copies share
the bus, each moves its bytes at a part of its own rate: the more of a copy met others, the longer the same bytes take.

H2D of one      |-----------|          takes 11: 5 alone, 6 beside the other at half the rate, so 8 by itself
H2D of another       |------|
"""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.alone import Alone
from tb_contention.contention.baseline import Baseline, group_means
from tb_contention.contention.exposure import Exposure, Link
from tb_contention.contention.interval_sets import widened
from tb_contention.contention.kernel_keys import numbered
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.model.trace import COPY_WORDS, KernelKind
from tb_contention.units import F64, I64, Bool, SessionId

#: Copies that take less than this part of a session's time on the device are left among its kernels: they cannot matter.
_NOTABLE = 0.03
#: Copies of one size that show how much of their rate they lose, and values that are tried for it.
_LEAST, _TRIED = 8, np.linspace(0.0, 0.9, 91)
#: How well equal shares of the bus are believed before the copies themselves show it, as an error of the part lost.
_PRIOR = 0.04
#: Error of the part lost that comes of long copies meeting more, too.
_CRUDE = 0.03
#: Up to so many standard errors from equal shares, what copies show is no reason against them.
_AGREES = 2.0
#: The part met varies what copies take by so many times the variance that is left.
_TELLING = 10.0
#: Variance of the logarithm below which copies are equally long.
_EQUAL = 1e-6
#: Copies in company for less than this part of their time are by themselves, beside kernels for more than that; how many of a size tell,
#: and how much longer is no chance.
_HARDLY, _BESIDE, _FEW, _MUCH_LONGER = 0.02, 0.3, 2, 1.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """A session's copies over the bus: direction of each row (0 to the device, 1 to the host, -1 no such copy), and when each was busy."""

    direction: I64
    busy: tuple[Intervals, Intervals]
    #: When it had work that is none of them.
    pending: Intervals

    @property
    def notable(self) -> bool:
        """Return whether the copies take a part of the session's time that can matter."""
        time = max(each.total for each in self.busy)
        return time > _NOTABLE * max(1, Intervals.union([*self.busy, self.pending]).total)


def on_bus(work: SessionWork) -> Bus:
    """Find a session's copies by the words of their names, one look per distinct name."""
    kernels, strings = work.session.trace.kernels, work.session.trace.strings
    of_name = np.full(len(strings) + 1, -1, np.int64)
    rows = np.flatnonzero(kernels.kind[work.rows] == KernelKind.COPY)
    names = kernels.name[work.rows]
    for name in np.unique(names[rows][names[rows] >= 0]).tolist():
        text = "".join(filter(str.isalnum, strings[name][:200].lower()))
        of_name[name] = next((k for k, words in enumerate(COPY_WORDS) if any(w in text for w in words)), -1)
    direction = np.full(len(names), -1, np.int64)
    direction[rows] = of_name[names[rows]]
    apart = [direction == k for k in (0, 1)]
    other = direction < 0
    return Bus(
        direction=direction,
        busy=(_union(work, apart[0]), _union(work, apart[1])),
        pending=Intervals.union_of(work.ready[other], work.end[other]),
    )


def _union(work: SessionWork, rows: Bool) -> Intervals:
    return Intervals.union_of(work.start[rows], work.end[rows])


def links_between(works: list[SessionWork], window: tuple[int, int], error: int) -> dict[SessionId, Link]:
    """Collect what can disturb each session's copies; nothing where no copies matter, or sessions of one process may queue in one stream.

    error: of the clocks, ns.
    """
    processes = {each.session.process or each.id for each in works}
    if len(works) < 2 or len(processes) < len(works) or not any(each.copy.any() for each in works):
        return {}
    buses = [on_bus(each) for each in works]
    if not any(each.notable for each in buses):
        return {}
    unseen, kernels = [each.unseen() for each in works], [each.kernels_pending() for each in works]
    links = [
        Link(
            direction=bus.direction,
            meets=(_meets(buses, k, 0, error), _meets(buses, k, 1, error)),
            unseen=widened(_of_others(unseen, k), error),
            apart=tuple(other.pending for other in buses if other is not bus),
        )
        for k, bus in enumerate(buses)
    ]
    pending = [each.pending for each in works]
    if any(
        _wait_for_kernels(work, _of_others(pending, k), _of_others(kernels, k), links[k], window)
        for k, work in enumerate(works)
    ):
        return {}
    # All sessions share the bus: what the copies of one show of it is true of all.
    shown = [_shown(each, link, window) for each, link in zip(works, links, strict=True)]
    size, sizes = numbered(np.concatenate([s[0] + (k << 40) for k, s in enumerate(shown)]))
    taken, met = (np.concatenate([s[column] for s in shown]) for column in (1, 2))
    lost, unsure = part_lost(size, sizes, taken, met, 1.0 - 1.0 / len(works))
    return {work.id: replace(link, lost=lost, error=unsure) for work, link in zip(works, links, strict=True)}


def _of_others(sets: list[Intervals], own: int) -> Intervals:
    return Intervals.union(sets[:own] + sets[own + 1 :])


def _meets(buses: list[Bus], own: int, direction: int, error: int) -> Intervals:
    return widened(_of_others([bus.busy[direction] for bus in buses], own), error)


def _wait_for_kernels(
    work: SessionWork, company: Intervals, kernels: Intervals, link: Link, window: tuple[int, int]
) -> bool:
    """Return whether copies take much longer beside kernels of others alone: then they take turns with them, as switched contexts do.

    company: when others had work; kernels: when that was kernels.
    """
    rows = np.flatnonzero((link.direction >= 0) & (work.start >= window[0]) & (work.end <= window[1]))
    duration = (work.end - work.start)[rows].astype(np.float64)
    size, sizes = numbered(work.key[rows])
    in_company, beside, met = (
        where.covered(work.start[rows], work.end[rows]) / np.maximum(duration, 1.0)
        for where in (company, kernels, Intervals.union(list(link.meets)))
    )
    by_itself, with_kernels = in_company < _HARDLY, (beside > _BESIDE) & (met < _HARDLY)
    apart = group_means(size[by_itself], sizes, duration[by_itself])
    together = group_means(size[with_kernels], sizes, duration[with_kernels])
    told = (apart.count >= _FEW) & (together.count >= _FEW)
    weight = together.count[told]
    usual = float(np.sum(weight * apart.mean[told]))
    return bool(usual > 0 and float(np.sum(weight * together.mean[told])) > _MUCH_LONGER * usual)


def _shown(work: SessionWork, link: Link, window: tuple[int, int]) -> tuple[I64, F64, F64]:
    """Return key, duration and part met of a session's copies in the window."""
    seen = link.unseen.covered(work.start, work.end) == 0
    rows = np.flatnonzero((link.direction >= 0) & (work.start >= window[0]) & (work.end <= window[1]) & seen)
    taken = np.maximum((work.end - work.start)[rows].astype(np.float64), 1.0)
    return work.key[rows], taken, link.met(work.start, work.end)[rows] / taken


def with_copies(work: SessionWork, exposure: Exposure, own: Baseline, link: Link | None) -> Baseline:
    """Complete a baseline: what copies take alone that always met others, from how much longer those take that met more."""
    if link is None:
        return own
    rows = np.flatnonzero(exposure.touched & (link.direction >= 0) & ~np.isfinite(own.alone) & exposure.inside)
    met = link.met(work.start, work.end)[rows]
    alone, deviation, off, group = (each.copy() for each in (own.alone, own.deviation, own.error, own.group))
    alone[rows] = exposure.duration[rows] - link.lost * met
    deviation[rows] = 0.0
    off[rows] = link.error * met
    group[rows] = int(own.group.max(initial=0)) + 1
    return replace(own, alone=alone, deviation=deviation, error=off, group=group)


def but_for_copies(recorded: Alone, alone: Alone, link: Link | None) -> Alone:
    """Take durations as recorded, those of copies apart: a GPU that nobody is slowed on tells nothing of the bus."""
    if link is None:
        return recorded
    estimate = np.where(link.direction >= 0, alone.estimate, recorded.estimate)
    return replace(recorded, estimate=estimate, shortest=estimate)


def part_lost(size: I64, sizes: int, duration: F64, met: F64, equal: float) -> tuple[float, float]:
    """Find the part of its rate that a copy loses while it meets others, and its error.

    The right part leaves copies of one size equally long whatever part of each met others. equal: what equal shares of the bus would take,
    which decides where the copies show little.
    """
    enough = (np.bincount(size, minlength=sizes) >= _LEAST)[size]
    if not enough.any():
        return equal, _PRIOR
    rows, count = np.flatnonzero(enough), int(enough.sum())
    spread = np.empty(len(_TRIED))
    for k, lost in enumerate(_TRIED.tolist()):
        logs = np.log(duration[rows] * (1.0 - lost * met[rows]))
        spread[k] = float(np.sum((logs - group_means(size[rows], sizes, logs).mean[size[rows]]) ** 2))
    spread += _EQUAL * count
    differ = np.log(1.0 - equal * met[rows])
    differ -= group_means(size[rows], sizes, differ).mean[size[rows]]
    # A copy that is long by itself meets more: only where the part met differs by more than that does it tell.
    if float(np.sum(differ**2)) < _TELLING * spread.min():
        return equal, _PRIOR
    likely = -0.5 * count * np.log(spread / spread.min())
    weight = np.exp(likely - likely.max())
    weight /= weight.sum()
    mean = float((weight * _TRIED).sum())
    variance = float((weight * (_TRIED - mean) ** 2).sum()) + _CRUDE**2
    if abs(mean - equal) > _AGREES * np.sqrt(variance + _PRIOR**2):
        return mean, float(np.sqrt(variance))
    # Both tell: the copies, and that a bus which two fill gives each its share.
    both = 1.0 / variance + 1.0 / _PRIOR**2
    return (mean / variance + equal / _PRIOR**2) / both, float(np.sqrt(1.0 / both))
