"""How the kernels at the heads of all streams share the multiprocessors of one device."""

from dataclasses import dataclass
from math import exp, inf
from random import Random
from typing import Protocol


@dataclass(slots=True, eq=False)
class Head:
    """A launched kernel or copy at the head of its stream. left: ns of work; order: of its launch; copy: direction, 0 = a kernel.

    follows: part of it that takes longer at a lower clock of the multiprocessors.
    """

    job: int
    stream: int
    step: int
    item: int
    left: float
    order: float
    fill: float
    copy: int
    since: float = 0.0
    begun: bool = False
    follows: float = 1.0


class Policy(Protocol):
    """How kernels share the device."""

    def rates(self, time: float, heads: list[Head]) -> tuple[list[float], float]:
        """Give each kernel a rate, and say until when that holds."""


def _divided(heads: list[Head]) -> list[float]:
    """Let kernels run at once, each as fast as its part of the multiprocessors."""
    asked = sum(head.fill for head in heads)
    return [1.0 if asked <= 1 else 1.0 / asked] * len(heads)


class Slices:
    """Sessions take turns; kernels of one session run at once.

    cold: how much longer work takes at the start of a turn; decays in `decay` ns. jitter: part by which turns are longer or shorter by
    chance; parts: of the length, by session.
    """

    _PARTS = 8

    def __init__(
        self,
        length: float,
        switch: float,
        cold: float = 0.0,
        decay: float = 1.0,
        *,
        jitter: float = 0.0,
        parts: tuple[float, ...] = (),
    ) -> None:
        self.length, self._switch, self._cold, self._decay = length, switch, cold, decay
        self._jitter, self._parts, self._rng = jitter, parts, Random(0)
        self._holder = -1
        self._begin = self._end = 0.0

    def rates(self, time: float, heads: list[Head]) -> tuple[list[float], float]:
        """Keep the holder until its turn is over or it has no work."""
        jobs = {head.job for head in heads}
        if self._holder not in jobs or (time >= self._end and len(jobs) > 1):
            chosen = min(jobs, key=lambda job: (job <= self._holder, job))
            self._begin = time + (self._switch if self._holder not in (-1, chosen) else 0.0)
            self._holder, self._end = chosen, self._begin + self._turn(chosen)
        elif time >= self._end:
            self._end = time + self._turn(self._holder)
        if time < self._begin:
            return [0.0] * len(heads), self._begin
        mine = [head for head in heads if head.job == self._holder]
        speed, until = self._warmth(time)
        rate = _divided(mine)[0] * speed
        return [rate if head.job == self._holder else 0.0 for head in heads], min(self._end, until)

    def _turn(self, job: int) -> float:
        part = self._parts[job] if self._parts else 1.0
        return self.length * part * self._rng.uniform(1 - self._jitter, 1 + self._jitter)

    def _warmth(self, time: float) -> tuple[float, float]:
        age = time - self._begin
        if not self._cold or age >= 4 * self._decay:
            return 1.0, inf
        part = self._decay / self._PARTS * 4
        number = int((age + 1e-3) / part)
        return 1.0 / (1.0 + self._cold * exp(-(number + 0.5) * part / self._decay)), self._begin + (number + 1) * part


class Share:
    """Kernels run at once, and each session costs the others a part of their rate on top (interference)."""

    def __init__(self, interference: float = 0.0) -> None:
        self._kept = 1.0 - interference

    def rates(self, time: float, heads: list[Head]) -> tuple[list[float], float]:
        """Divide the multiprocessors in proportion to what kernels can fill."""
        del time
        kept = self._kept ** (len({head.job for head in heads}) - 1)
        return [kept * rate for rate in _divided(heads)], inf


class Fixed:
    """Each session has a rate of its own while another has work."""

    def __init__(self, shared: tuple[float, ...]) -> None:
        self._shared = shared

    def rates(self, time: float, heads: list[Head]) -> tuple[list[float], float]:
        """Slow everybody down as soon as there are two."""
        del time
        if len({head.job for head in heads}) == 1:
            return _divided(heads), inf
        return [self._shared[head.job] for head in heads], inf


class LeftOver:
    """The kernel that came first takes the multiprocessors that it can fill, the next what is left, and so on."""

    def rates(self, time: float, heads: list[Head]) -> tuple[list[float], float]:
        """Serve in order of coming."""
        del time
        left, found = 1.0, [0.0] * len(heads)
        for number in sorted(range(len(heads)), key=lambda k: (heads[k].since, heads[k].order)):
            got = min(heads[number].fill, left)
            found[number] = got / heads[number].fill
            left -= got
            if left <= 1e-9:
                break
        return found, inf


class Priority:
    """Sessions of higher priority (the first ones) take what they can fill, the others what is left."""

    def rates(self, time: float, heads: list[Head]) -> tuple[list[float], float]:
        """Serve in order of the sessions."""
        del time
        left, found = 1.0, [0.0] * len(heads)
        for job in sorted({head.job for head in heads}):
            mine = [k for k, head in enumerate(heads) if head.job == job]
            asked = sum(heads[k].fill for k in mine)
            got = min(asked, left)
            for k in mine:
                found[k] = got / asked
            left -= got
        return found, inf


class Bandwidth:
    """Kernels run at once, and lose to others the more, the more of the memory's bandwidth each uses. used: part, by session and item."""

    def __init__(self, used: tuple[tuple[float, ...], ...]) -> None:
        self._used = used

    def rates(self, time: float, heads: list[Head]) -> tuple[list[float], float]:
        """Divide the multiprocessors in proportion to what kernels can fill, and the bandwidth likewise."""
        del time
        used = [self._used[head.job][head.item] for head in heads]
        total = sum(used)
        short = max(0.0, 1.0 - 1.0 / total) if total > 0 else 0.0
        return [rate * (1.0 - short * use) for rate, use in zip(_divided(heads), used, strict=True)], inf


class OneQueue:
    """One queue for all, first launched first served, no preemption."""

    def __init__(self) -> None:
        self._current: Head | None = None

    def rates(self, time: float, heads: list[Head]) -> tuple[list[float], float]:
        """Run what runs to its end, then what was launched first."""
        del time
        if self._current not in heads:
            self._current = min(heads, key=lambda head: (head.order, head.job))
        return [float(head is self._current) for head in heads], inf
