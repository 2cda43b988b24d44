"""Programs of several sessions and a sharing policy -> when each kernel was launched, began and ended on one device.

A session is one host thread and one stream: the host launches a step's work ahead of the device, at most `queue_depth` items, waits for
the last one, and pauses before the next step. Each session has at most one item under way; the policy gives it a rate between 0 and 1.
Times are ns from the start of the simulation.

    time slices      A |AAAA..AAAA..AA|     a kernel's span holds the slices of the other
                     B |..BBBB..BBBB  |
"""

from dataclasses import dataclass, field
from math import inf
from typing import Protocol

_DONE = 1e-3  # ns of work that count as none: far below the resolution of 1 ns, above the rounding of sums


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgram:
    """One step: pause of the host before it, and the device work of its items alone, in ns."""

    pause: float
    work: "tuple[float, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What one session does, whatever the others do."""

    start: float
    steps: "tuple[StepProgram, ...]"
    launch_cost: float = 0.0
    queue_depth: int = 1024


@dataclass(slots=True)
class StepRun:
    """One step as it went: host span, and launch, start, end of each item."""

    begin: float
    end: float = 0.0
    launch: "list[float]" = field(default_factory=list)
    start: "list[float]" = field(default_factory=list)
    finish: "list[float]" = field(default_factory=list)


class Policy(Protocol):
    """How sessions share the device."""

    def rates(self, time: float, runnable: "dict[int, float]") -> "tuple[dict[int, float], float]":
        """Give each runnable session (with its launch time) a rate, and say until when that holds."""

    def finished(self, session: int) -> None:
        """Learn that a session's item ended."""


class Rates:
    """Sessions run at once, each at its own rate while another one has work: MPS; rates of 1 share nothing."""

    def __init__(self, shared: "tuple[float, ...]") -> None:
        self._shared = shared

    def rates(self, time: float, runnable: "dict[int, float]") -> "tuple[dict[int, float], float]":
        """Slow everybody down as soon as there are two."""
        del time
        if len(runnable) == 1:
            return dict.fromkeys(runnable, 1.0), inf
        return {session: self._shared[session] for session in runnable}, inf

    def finished(self, session: int) -> None:
        """Nothing to remember."""


class Queue:
    """One queue for all, first launched first served, no preemption: sessions of one process with one compute stream."""

    def __init__(self) -> None:
        self._current: int | None = None

    def rates(self, time: float, runnable: "dict[int, float]") -> "tuple[dict[int, float], float]":
        """Run what runs to its end, then what was launched first."""
        del time
        if self._current is None:
            self._current = min(runnable, key=lambda session: (runnable[session], session))
        return {self._current: 1.0}, inf

    def finished(self, session: int) -> None:
        """Free the queue."""
        del session
        self._current = None


class TimeSlices:
    """One session at a time, in turns of `length` ns; a change of turns costs `switch` ns in which nobody runs."""

    def __init__(self, length: float, switch: float) -> None:
        self._length, self._switch = length, switch
        self._holder: int | None = None
        self._begin = self._end = 0.0

    def rates(self, time: float, runnable: "dict[int, float]") -> "tuple[dict[int, float], float]":
        """Keep the holder until its turn is over or it has no work; a session alone goes on."""
        over = time >= self._end
        if self._holder not in runnable or (over and len(runnable) > 1):
            self._turn(time, runnable)
        elif over:
            self._end = time + self._length
        if time < self._begin:
            return {}, self._begin
        holder = self._holder
        return ({} if holder is None else {holder: 1.0}), self._end

    def _turn(self, time: float, runnable: "dict[int, float]") -> None:
        last = -1 if self._holder is None else self._holder
        chosen = min(runnable, key=lambda session: (session <= last, session))
        cost = self._switch if self._holder not in (None, chosen) else 0.0
        self._holder, self._begin = chosen, time + cost
        self._end = self._begin + self._length

    def finished(self, session: int) -> None:
        """Turns do not end with an item."""


class _Cursor:
    """Where a session is in its program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.runs: list[StepRun] = []
        self.ready = inf
        self.left = 0.0
        self._host = program.start
        self._next_step()

    @property
    def launch(self) -> float:
        return self.runs[-1].launch[-1]

    def _next_step(self) -> None:
        if len(self.runs) == len(self.program.steps):
            self.ready = inf
            return
        self._host += self.program.steps[len(self.runs)].pause
        self.runs.append(StepRun(begin=self._host))
        self._next_item()

    def _next_item(self) -> None:
        run, work = self.runs[-1], self.program.steps[len(self.runs) - 1].work
        item = len(run.launch)
        if item == len(work):
            run.end = self._host = run.finish[-1] + self.program.launch_cost
            self._next_step()
            return
        ahead = item - self.program.queue_depth
        launch = max(self._host, run.finish[ahead] if ahead >= 0 else 0.0)
        self._host = launch + self.program.launch_cost
        run.launch.append(launch)
        self.ready = max(self._host, run.finish[-1] if run.finish else 0.0)
        self.left = work[item]

    def advance(self, time: float, until: float, rate: float) -> bool:
        """Run the item at a rate; say whether it ended."""
        run = self.runs[-1]
        if len(run.start) < len(run.launch):
            run.start.append(time)
        self.left -= (until - time) * rate
        if self.left > _DONE:
            return False
        run.finish.append(until)
        self._next_item()
        return True


def run(programs: "tuple[Program, ...]", policy: Policy) -> "tuple[tuple[StepRun, ...], ...]":
    """Play the programs on one device; the result has one row of steps per program."""
    cursors = [_Cursor(program) for program in programs]
    time = 0.0
    while True:
        runnable = {i: c.launch for i, c in enumerate(cursors) if c.ready <= time}
        arrival = min((c.ready for c in cursors if c.ready > time), default=inf)
        if not runnable:
            if arrival == inf:
                return tuple(tuple(c.runs) for c in cursors)
            time = arrival
            continue
        rates, holds = policy.rates(time, runnable)
        ends = (time + cursors[i].left / rate for i, rate in rates.items())
        until = min(arrival, holds, *ends)
        for i, rate in rates.items():
            if cursors[i].advance(time, until, rate):
                policy.finished(i)
        time = until
