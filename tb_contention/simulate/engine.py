"""Programs of several sessions and a sharing policy -> when each kernel was launched, began and ended on one device.

A session is one host thread and one chain of device work: the host launches ahead of the device, at most `queue_depth` items, waits for the
last one every `sync_every` steps, and pauses before the next step. Each session has at most one item under way. Kernels get a rate between
0 and 1 from the policy; copies run on engines of their own, which copies of one direction share equally. Times are ns from the start of
the simulation.

    time slices      A |AAAA..AAAA..AA|     a kernel's span holds the slices of the other
                     B |..BBBB..BBBB  |
"""

from dataclasses import dataclass, field
from enum import IntEnum
from math import inf

from tb_contention.simulate.sharing import Policy

_DONE = 1e-3  # ns of work that count as none: far below the resolution of 1 ns, above the rounding of sums


class Unit(IntEnum):
    """Which part of the device an item needs."""

    COMPUTE = 0
    COPY_IN = 1
    COPY_OUT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgram:
    """One step: pause of the host before it, and the device work of its items alone, in ns."""

    pause: float
    work: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What the items of every step are; an empty tuple is the default for all of them.

    unit: which part of the device (default COMPUTE). spin: it ends after its time whether it runs or not. graph: items of equal numbers
    >= 0 in a row share one launch.
    """

    unit: tuple[Unit, ...] = ()
    spin: tuple[bool, ...] = ()
    graph: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What one session does, whatever the others do. sync_every: steps after which the host waits for the device; 0 = never."""

    start: float
    steps: tuple[StepProgram, ...]
    launch_cost: float = 0.0
    queue_depth: int = 1024
    sync_every: int = 1
    traits: Traits = field(default_factory=Traits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The device's clock: from `at` on everything takes `factor` times as long."""

    at: float = inf
    factor: float = 1.0


@dataclass(slots=True)
class StepRun:
    """One step as it went: host span; launch, start, end of each item; ns that its work was held up by each session, by number."""

    begin: float
    end: float = 0.0
    launch: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    finish: list[float] = field(default_factory=list)
    waited: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """How it went. waits[i][j]: ns for which work of session i was held up while session j had the device."""

    runs: tuple[tuple[StepRun, ...], ...]
    waits: tuple[tuple[float, ...], ...]


class _Cursor:
    """Where a session is in its program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.runs: list[StepRun] = []
        self.ready = inf
        self.left = 0.0
        self.item = 0
        self._finished: list[float] = []
        self._host = program.start
        traits = program.traits
        count = len(program.steps[0].work) if program.steps else 0
        self.unit = traits.unit or (Unit.COMPUTE,) * count
        self.spin = traits.spin or (False,) * count
        self._graph = traits.graph or (-1,) * count
        self._next_step()

    @property
    def launch(self) -> float:
        return self.runs[-1].launch[-1]

    @property
    def spins(self) -> bool:
        """Return whether a spin kernel has begun: it ends after its time, so nothing delays it."""
        run = self.runs[-1]
        return self.spin[self.item] and len(run.start) == len(run.launch)

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
            self._end_step(run)
            return
        self.item, self.left = item, work[item]
        if item and self._graph[item] >= 0 and self._graph[item] == self._graph[item - 1]:
            run.launch.append(run.launch[-1])
            self.ready = max(self._host, run.finish[-1])
            return
        ahead = len(self._finished) - self.program.queue_depth
        launch = max(self._host, self._finished[ahead] if ahead >= 0 else 0.0)
        self._host = launch + self.program.launch_cost
        run.launch.append(launch)
        self.ready = max(self._host, self._finished[-1] if self._finished else 0.0)

    def _end_step(self, run: StepRun) -> None:
        every = self.program.sync_every
        if every and len(self.runs) % every == 0:
            self._host = max(self._host, run.finish[-1] + self.program.launch_cost)
        run.end = self._host
        self._next_step()

    def advance(self, time: float, until: float, progress: float) -> bool:
        """Let the item go on; say whether it ended."""
        run = self.runs[-1]
        if len(run.start) < len(run.launch):
            run.start.append(time)
        self.left -= progress
        if self.left > _DONE:
            return False
        run.finish.append(until)
        self._finished.append(until)
        self._next_item()
        return True


def run(programs: tuple[Program, ...], policy: Policy, clock: Clock | None = None) -> tuple[tuple[StepRun, ...], ...]:
    """Play the programs on one device; the result has one row of steps per program."""
    return simulate(programs, policy, clock).runs


def simulate(programs: tuple[Program, ...], policy: Policy, clock: Clock | None = None) -> Simulation:
    """Play the programs on one device, and note who waited for whom."""
    clock = clock or Clock()
    cursors = [_Cursor(program) for program in programs]
    seen = [-inf] * len(programs)
    time = 0.0
    while True:
        busy = [i for i, c in enumerate(cursors) if c.ready <= time]
        arrival = min((c.ready for c in cursors if c.ready > time), default=inf)
        if not busy:
            if arrival == inf:
                return Simulation(runs=tuple(tuple(c.runs) for c in cursors), waits=_waits(cursors))
            time = arrival
            continue
        rates, holds = _rates(cursors, busy, policy, time)
        speed = 1.0 if time < clock.at else 1.0 / clock.factor
        until = min(arrival, holds, clock.at if time < clock.at else inf)
        for i, rate in rates.items():
            pace = 1.0 if cursors[i].spin[cursors[i].item] else rate * speed
            until = min(until, time + cursors[i].left / pace)
        _note_waits(cursors, rates, busy, until - time, seen)
        for i, rate in rates.items():
            cursor = cursors[i]
            pace = 1.0 if cursor.spin[cursor.item] else rate * speed
            compute = cursor.unit[cursor.item] is Unit.COMPUTE
            if rate > 0:
                seen[i] = until
            if cursor.advance(time, until, (until - time) * pace) and compute:
                policy.finished(i)
        time = until


def _rates(cursors: list[_Cursor], busy: list[int], policy: Policy, time: float) -> tuple[dict[int, float], float]:
    """Ask the policy for the kernels, and share the copy engines equally; spin kernels that do not run go on all the same."""
    kernels = {i: cursors[i].launch for i in busy if cursors[i].unit[cursors[i].item] is Unit.COMPUTE}
    holds = inf
    rates: dict[int, float] = {}
    if kernels:
        given, holds = policy.rates(time, kernels, {i: cursors[i].item for i in kernels})
        rates.update(given)
        for i in kernels:
            if i not in rates and cursors[i].spins:
                rates[i] = 0.0
    for unit in (Unit.COPY_IN, Unit.COPY_OUT):
        copies = [i for i in busy if cursors[i].unit[cursors[i].item] is unit]
        rates.update(dict.fromkeys(copies, 1.0 / max(1, len(copies))))
    return rates, holds


def _note_waits(
    cursors: list[_Cursor], rates: dict[int, float], busy: list[int], length: float, seen: list[float]
) -> None:
    """Put what each session did not get down to those that had the device, else to all that wanted it, else to who had it last."""
    for i in busy:
        missed = (1.0 - rates.get(i, 0.0)) * length
        if missed <= 0 or cursors[i].spins or len(cursors) < 2:
            continue
        others = [j for j in busy if j != i and rates.get(j, 0.0) > 0] or [j for j in busy if j != i]
        # Alone but not running: the device still changes over from a session that has just left.
        others = others or [max((j for j in range(len(cursors)) if j != i), key=seen.__getitem__)]
        waited = cursors[i].runs[-1].waited
        for j in others:
            waited[j] = waited.get(j, 0.0) + missed / len(others)


def _waits(cursors: list[_Cursor]) -> tuple[tuple[float, ...], ...]:
    """Sum who waited for whom over all steps."""
    return tuple(tuple(sum(r.waited.get(j, 0.0) for r in c.runs) for j in range(len(cursors))) for c in cursors)
