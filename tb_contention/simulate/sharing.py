"""Policies: how sessions share the compute part of a device."""

from dataclasses import dataclass
from math import inf
from typing import Protocol


class Policy(Protocol):
    """How sessions share the device."""

    def rates(self, time: float, runnable: dict[int, float], items: dict[int, int]) -> tuple[dict[int, float], float]:
        """Give each runnable session (with its launch time, and the item of its step) a rate, and say until when that holds."""

    def finished(self, session: int) -> None:
        """Learn that a session's kernel ended."""


class Rates:
    """Sessions run at once, each at its own rate while another one has work; rates of 1 share nothing."""

    def __init__(self, shared: tuple[float, ...]) -> None:
        self._shared = shared

    def rates(self, time: float, runnable: dict[int, float], items: dict[int, int]) -> tuple[dict[int, float], float]:
        """Slow everybody down as soon as there are two."""
        del time, items
        if len(runnable) == 1:
            return dict.fromkeys(runnable, 1.0), inf
        return {session: self._shared[session] for session in runnable}, inf

    def finished(self, session: int) -> None:
        """Nothing to remember."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What the items of a session's step ask for, 0..1: multiprocessors and memory bandwidth; cap: share of the former it may have."""

    sm: tuple[float, ...]
    bandwidth: tuple[float, ...]
    cap: float = 1.0


class Demands:
    """Kernels run at once as far as multiprocessors and bandwidth go round: MPS.

    A kernel capped below its demand is slow alone too: its program's work is what it takes at its cap. interference: what every other
    session costs on top, as a part of the rate. first: sessions whose kernels have the multiprocessors before the others', once blocks of
    those that run have ended, `block` ns after one of them has work.
    """

    def __init__(
        self,
        demands: tuple[Demand, ...],
        interference: float = 0.0,
        *,
        first: frozenset[int] = frozenset(),
        block: float = 0.0,
    ) -> None:
        self._demands, self._interference, self._first, self._block = demands, interference, first, block
        self._due: float | None = None

    def rates(self, time: float, runnable: dict[int, float], items: dict[int, int]) -> tuple[dict[int, float], float]:
        """Divide the multiprocessors in proportion to the demands where these exceed them."""
        sm = {i: min(self._demands[i].sm[items[i]], self._demands[i].cap) for i in runnable}
        wide = {i: self._demands[i].bandwidth[items[i]] for i in runnable}
        flow = min(1.0, 1.0 / max(sum(wide.values()), 1e-9))
        kept = (1.0 - self._interference) ** (len(runnable) - 1)
        enough, until = self._enough(time, sm)
        # A kernel that hardly uses the memory does not feel that others do.
        return {i: kept * min(enough[i], 1.0 - wide[i] * (1.0 - flow)) for i in runnable}, until

    def _enough(self, time: float, sm: dict[int, float]) -> tuple[dict[int, float], float]:
        """Return which part of its demand for multiprocessors each session gets, and until when."""
        ahead = sum(demand for i, demand in sm.items() if i in self._first)
        total = sum(sm.values())
        if ahead == 0.0:
            self._due = None
            return dict.fromkeys(sm, min(1.0, 1.0 / max(total, 1e-9))), inf
        self._due = time + self._block if self._due is None else self._due
        if time < self._due:
            return dict.fromkeys(sm, min(1.0, 1.0 / max(total, 1e-9))), self._due
        left = max(0.0, 1.0 - ahead) / max(total - ahead, 1e-9)
        return {i: min(1.0, 1.0 / ahead if i in self._first else left) for i in sm}, inf

    def finished(self, session: int) -> None:
        """Nothing to remember."""


class Queue:
    """One queue for all, first launched first served, no preemption: sessions of one process with one compute stream."""

    def __init__(self) -> None:
        self._current: int | None = None

    def rates(self, time: float, runnable: dict[int, float], items: dict[int, int]) -> tuple[dict[int, float], float]:
        """Run what runs to its end, then what was launched first."""
        del time, items
        if self._current is None:
            self._current = min(runnable, key=lambda session: (runnable[session], session))
        return {self._current: 1.0}, inf

    def finished(self, session: int) -> None:
        """Free the queue."""
        del session
        self._current = None


class TimeSlices:
    """One session at a time, in turns of `length` ns; a change of turns costs `switch` ns in which no session runs.

    whole_kernels: a turn ends only with a kernel, as before preemption inside kernels.
    """

    def __init__(self, length: float, switch: float, *, whole_kernels: bool = False) -> None:
        self.length, self.switch, self._whole = length, switch, whole_kernels
        self._holder: int | None = None
        self._begin = self._end = 0.0
        self._inside = False

    def rates(self, time: float, runnable: dict[int, float], items: dict[int, int]) -> tuple[dict[int, float], float]:
        """Keep the holder until its turn is over or it has no work; a session alone goes on."""
        del items
        over = time >= self._end
        if over and self._whole and self._inside and self._holder in runnable:
            return {self._holder: 1.0}, inf
        if self._holder not in runnable or (over and len(runnable) > 1):
            self._turn(time, runnable)
        elif over:
            self._end = time + self.length
        if time < self._begin:
            return {}, self._begin
        holder = self._holder
        if holder is None:
            return {}, self._end
        self._inside = True
        return {holder: 1.0}, self._end

    def _turn(self, time: float, runnable: dict[int, float]) -> None:
        last = -1 if self._holder is None else self._holder
        chosen = min(runnable, key=lambda session: (session <= last, session))
        cost = self.switch if self._holder not in (None, chosen) else 0.0
        self._holder, self._begin = chosen, time + cost
        self._end = self._begin + self.length
        self._inside = False

    def finished(self, session: int) -> None:
        """Turns do not end with a kernel, unless they may end only with one."""
        if session == self._holder:
            self._inside = False
