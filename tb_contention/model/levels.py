"""Step functions of time, and the supremum of their sum."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from tb_contention.units import I64
from tb_contention.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """A step function: `value[0]` before `time[0]`, `value[i + 1]` from `time[i]` until `time[i + 1]`; time is sorted, ns.

    value   2 |     ==|
            1 |==|        ==
              0  t0   t1
    """

    time: I64
    value: I64

    def events_at(self, time: int) -> int:
        """Count the changes up to `time`, that instant included."""
        return int(np.searchsorted(self.time, time, side="right"))

    def at(self, time: int) -> int:
        """Return the value just after `time`."""
        return int(self.value[self.events_at(time)])

    def capped(self, cap: int) -> "Levels":
        """Return the smaller of the value and a bound, everywhere."""
        return Levels(time=self.time, value=np.minimum(self.value, cap))

    def time_above(self, bound: int, start: int, end: int) -> int:
        """Return for how long in [start, end) the value is larger than a bound."""
        first, last = self.events_at(start), self.events_at(end)
        edges = np.concatenate([np.array([start]), self.time[first:last], np.array([max(start, end)])])
        return int(np.diff(edges)[self.value[first : last + 1] > bound].sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """A step function of bytes without its steps of height 0: `bytes[0]` before `time_ns[0]`, `bytes[i + 1]` from `time_ns[i]`."""

    time: Annotated[I64, Wire("when it changes", key="time_ns", signed=True)]
    bytes: Annotated[I64, Wire("the value before the first change and after each", signed=True)]


def changes_of(levels: Levels) -> Changes:
    """Leave steps of height 0 out."""
    kept = np.flatnonzero(np.diff(levels.value))
    return Changes(time=levels.time[kept], bytes=levels.value[np.concatenate([np.zeros(1, np.int64), kept + 1])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The supremum of a sum of step functions, when it is first reached, and how many changes of each led up to it."""

    value: int
    at: int
    events: tuple[int, ...]


def sum_of(parts: list[Levels]) -> Levels:
    """Add step functions up."""
    if len(parts) == 1:
        return parts[0]
    time = np.concatenate([p.time for p in parts])
    change = np.concatenate([np.diff(p.value) for p in parts])
    order = np.argsort(time, kind="stable")
    before = sum(int(p.value[0]) for p in parts)
    return Levels(time=time[order], value=before + np.concatenate([np.zeros(1, np.int64), np.cumsum(change[order])]))


def peak_of_sum(parts: list[Levels], start: int, end: int) -> Peak:
    """Find where the sum of step functions is highest in [start, end]."""
    if len(parts) == 1:
        return _peak_of(parts[0], start, end)
    first = [p.events_at(start) for p in parts]
    last = [p.events_at(end) for p in parts]
    begin = sum(int(p.value[f]) for p, f in zip(parts, first, strict=True))
    change = [np.diff(p.value[f : e + 1]) for p, f, e in zip(parts, first, last, strict=True)]
    time = np.concatenate([p.time[f:e] for p, f, e in zip(parts, first, last, strict=True)])
    order = np.argsort(time, kind="stable")
    level = np.cumsum(np.concatenate(change)[order])
    if not len(level) or int(level.max()) <= 0:
        return Peak(value=begin, at=start, events=tuple(first))
    row = int(level.argmax())
    whose = np.repeat(np.arange(len(parts)), [len(c) for c in change])
    counts = np.bincount(whose[order[: row + 1]], minlength=len(parts)).tolist()
    return Peak(
        value=begin + int(level[row]),
        at=int(time[order[row]]),
        events=tuple(f + n for f, n in zip(first, counts, strict=True)),
    )


def _peak_of(part: Levels, start: int, end: int) -> Peak:
    first, last = part.events_at(start), part.events_at(end)
    events = first + int(part.value[first : last + 1].argmax())
    at = int(part.time[events - 1]) if events > first else start
    return Peak(value=int(part.value[events]), at=at, events=(events,))
