"""Scripts of several sessions and a machine -> when each step and each piece of device work began and ended.

A session is a host that works and waits, and streams of device work in order of launch. The host fetches its input, launches the items of
a step one after the other, waits until all have ended, and pauses or waits for the next request. Times are ns.
"""

from collections import deque
from math import inf

from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.hard.clock import Clock
from tb_contention.simulate.hard.sessions import Machine, Script
from tb_contention.simulate.hard.sharing import Head

_DONE = 1e-3


class Host:
    """Where a session's host is: it works (`left` ns) or waits until `wake`; inf = for the device or for input."""

    def __init__(self, number: int, script: Script) -> None:
        self.number, self.script = number, script
        self.runs: list[StepRun] = []
        self.fetched: list[tuple[float, float]] = []
        self.streams: dict[int, deque[Head]] = {stream: deque() for stream in sorted(set(script.streams))}
        self.left = 0.0
        self.wake = script.start
        self.elements, self.made, self.producing = 0, 0, script.element
        self._next = "begin"
        self._item = self._open = 0
        self._launched = 0.0

    def step_begins(self, now: float, horizon: float) -> None:
        """Pause before the next step, or wait for its request."""
        script, number = self.script, len(self.runs)
        self.left, self.wake, self._next = 0.0, inf, "done"
        if now > horizon or number == len(script.work):
            return
        if script.arrivals is not None:
            self.wake, self._next = max(now, script.arrivals[number]), "fetch"
        else:
            self.left, self._next = script.pauses[number], "fetch"
            if not self.left:
                self.wake = now

    def act(self, now: float, horizon: float) -> None:
        """Go on after what it worked or waited for."""
        if self._next == "begin":
            self.step_begins(now, horizon)
        elif self._next == "fetch":
            self._fetch(now)
        elif self._next == "input":
            self._launch(now)
        elif self._next == "launched":
            self._enqueue(now)
        elif self._next == "end":
            self.runs[-1].end = now
            self.step_begins(now, horizon)

    def _fetch(self, now: float) -> None:
        work = self.script.work[len(self.runs)]
        blank = [0.0] * len(work)
        self.runs.append(StepRun(begin=now, launch=blank[:], start=blank[:], finish=blank[:]))
        self._item, self._open, self._next = 0, len(work), "input"
        self.wake, self._launched = inf, now
        if not self.script.element:
            self._launch(now)

    def fed(self, now: float) -> None:
        """Take an element of the input if the host waits for one."""
        if self._next == "input" and self.wake == inf and self.elements:
            self.elements -= 1
            self.fetched.append((self._launched, now))
            self.left = 0.0
            self._launch(now)

    def _launch(self, now: float) -> None:
        self._launched, self.wake, self._next = now, inf, "launched"
        self.left = self.script.launch + self.script.inside

    def _enqueue(self, now: float) -> None:
        script, run, item = self.script, self.runs[-1], self._item
        run.launch[item] = max(self._launched, now - script.launch)
        step = len(self.runs) - 1
        head = Head(
            self.number, script.streams[item], step, item, script.work[step][item], now, script.fill[item], script.copies[item], now
        )  # fmt: skip
        if script.follows:
            head.follows = script.follows[item]
        self.streams[head.stream].append(head)
        self._item += 1
        if self._item < len(run.launch):
            self._launch(now)
        else:
            self._next, self.left, self.wake = "sync", 0.0, inf

    def finished(self, head: Head, now: float) -> None:
        """Take a finished piece off its stream; the last of a step lets the host go on."""
        self.runs[head.step].finish[head.item] = now
        queue = self.streams[head.stream]
        queue.popleft()
        if queue:
            queue[0].since = now
        self._open -= 1
        if not self._open:
            self._next, self.left = "end", self.script.launch


def play(
    scripts: list[Script], machine: Machine, horizon: float, clock: list[tuple[float, float]] | None = None
) -> list[Host]:
    """Play the scripts; no step begins after the horizon. The result has one host per script.

    clock: takes down each change of the clock: when, ns, and by how much longer kernels take that follow it.
    """
    share = machine.policy().rates
    hosts = [Host(number, script) for number, script in enumerate(scripts)]
    queues = [queue for host in hosts for queue in host.streams.values()]
    fed, copies = [host for host in hosts if host.script.element], any(any(script.copies) for script in scripts)
    now, pace, speed = 0.0, 1.0, Clock(machine, clock) if machine.fall or machine.sags else None
    while True:
        heads = [queue[0] for queue in queues if queue]
        kernels = [head for head in heads if not head.copy] if copies else heads
        rates, then = share(now, kernels) if kernels else ([], inf)
        if speed is not None and (slower := speed.slower(now, kernels)) and kernels:
            rates = [rate / (1.0 + slower * head.follows) for rate, head in zip(rates, kernels, strict=True)]
        if speed is not None and kernels:
            then = min(then, speed.changes(now))
        moving = [(head, rate) for head, rate in zip(kernels, rates, strict=True) if rate > 0]
        for direction in (1, 2) if copies else ():
            on_bus = [head for head in heads if head.copy == direction]
            moving += [(head, 1.0 / len(on_bus) if machine.link else 1.0) for head in on_bus]
        making = [host for host in fed if _produces(host)]
        if machine.cpu != 1.0:
            pace = _host_pace(hosts, making, machine.cpu)
        for head, rate in moving:
            end = now + head.left / rate
            if end < then:
                then = end
        for host in hosts:
            end = now + host.left / pace if host.left > 0 else host.wake
            if end < then:
                then = end
        for host in making:
            then = min(then, now + host.producing / pace)
        if then == inf:
            if speed is not None:
                speed.slower(inf, [])
            return hosts
        then = max(now, then)
        _pass(hosts, fed, making, moving, now, then, pace, horizon)
        now = then


def _produces(host: Host) -> bool:
    return host.elements < host.script.buffer and host.made < len(host.script.work)


def _host_pace(hosts: list[Host], making: list[Host], cpu: float) -> float:
    """Return how fast hosts work: slower by a factor while more than one does."""
    return 1.0 / cpu if sum(host.left > 0 or host in making for host in hosts) > 1 else 1.0


def _pass(
    hosts: list[Host], fed: list[Host], making: list[Host], moving: list[tuple[Head, float]], now: float, then: float,
    pace: float, horizon: float,
) -> None:  # fmt: skip
    """Let everybody work until `then`, and go on where something ended. fed: hosts with input; making: whose input is being made."""
    length = then - now
    done = length * pace
    for host in making:
        host.producing -= done
    for host in hosts:
        if host.left > 0:
            host.left -= done
            if host.left <= _DONE:
                host.left = 0.0
                host.act(then, horizon)
        elif host.wake <= then:
            host.act(then, horizon)
    for host in making:
        if host.producing <= _DONE:
            host.elements, host.made, host.producing = host.elements + 1, host.made + 1, host.script.element
    for host in fed:
        host.fed(then)
    for head, rate in moving:
        if not head.begun:
            head.begun = True
            hosts[head.job].runs[head.step].start[head.item] = now
        head.left -= length * rate
        if head.left <= _DONE:
            hosts[head.job].finished(head, then)
