"""Sessions and machines of hard scenarios, and what a session does step by step, by seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tb_contention.simulate.hard.sharing import Policy
from tb_contention.simulate.workload import ItemKind, SessionSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class HardSession:
    """A session beyond its specification; of the latter, item.sm is the part of the multiprocessors that a kernel can fill.

    sizes: factors of which every instance of an item has one (empty = one size). heavy: the tail of its durations, "" = log-normal by
    spec.noise, "lognormal" or "pareto" (shape `tail`). every: ms between requests, 0 = the next step begins when the last has ended;
    rhythm: "poisson", "regular" or "jittered". streams: stream of each item. inside: us of the host before each launch. element: ms of
    the host for one element of the input pipeline, 0 = none; at most `buffer` wait. captured: it has a file. vary: how steps differ in
    the length of all their kernels, "" = not: "batches" by chance, "grows" over the run, "every" few steps are short; by the part `varies`.
    follows: of each item, the part that takes longer at a lower clock of the multiprocessors (empty = all of it); the rest waits for
    memory.
    """

    spec: SessionSpec
    sizes: tuple[tuple[float, ...], ...] = ()
    heavy: str = ""
    tail: float = 0.0
    every: float = 0.0
    rhythm: str = "poisson"
    streams: tuple[int, ...] = ()
    inside: float = 0.0
    element: float = 0.0
    buffer: int = 2
    captured: bool = True
    vary: str = ""
    varies: float = 0.0
    follows: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What sessions share. policy: of the multiprocessors.

    cpu: by how much longer hosts take while another works. link: copies of one direction share the link. fall: by how much longer
    kernels take while two sessions have work, and for `recover` ns after. sags: when the clock changes by itself, ns, and by how much
    longer kernels take from then on.
    """

    policy: Callable[[], Policy]
    cpu: float = 1.0
    link: bool = True
    fall: float = 0.0
    recover: float = 0.0
    sags: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HardScenario:
    """mechanisms: acceptable ones, the true one first. facts: what was varied, for the truth. length: ms.

    stated_clocks: manifests state when captures began, to 5 us. manifest: there are any. sampled: they hold the driver's samples.
    """

    name: str
    kind: str
    summary: str
    sessions: tuple[HardSession, ...]
    machine: Machine
    mechanisms: tuple[str, ...]
    length: float
    slice_ns: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    stated_clocks: bool = False
    manifest: bool = True
    sampled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a session does, ns: device work by step and item, host before steps and before launches, arrivals of requests."""

    start: float
    work: list[list[float]]
    pauses: list[float]
    arrivals: list[float] | None
    launch: float
    inside: float
    element: float
    buffer: int
    streams: tuple[int, ...]
    fill: tuple[float, ...]
    copies: tuple[int, ...]
    follows: tuple[float, ...] = ()


_COPIES = {ItemKind.KERNEL: 0, ItemKind.TO_DEVICE: 1, ItemKind.TO_HOST: 2}


def script_of(session: HardSession, seed: int) -> Script:
    """Draw the durations of a session; equal for equal seeds, together or alone."""
    spec = session.spec
    rng = np.random.default_rng(np.random.SeedSequence([seed, *spec.name.encode()]))
    shape = (spec.steps, len(spec.items))
    work = np.array([item.mean for item in spec.items]) * 1000.0 * _noise(rng, session, shape)
    work *= _varied(session, seed)[:, None]
    for place, sizes in enumerate(session.sizes):
        if sizes:
            work[:, place] *= rng.choice(sizes, spec.steps)
    pauses = spec.pause * 1e6 * rng.lognormal(0.0, 2 * min(spec.noise, 0.2) + 0.01, spec.steps)
    if spec.burst:
        pauses[spec.burst :: spec.burst] += spec.long_pause * 1e6
    pauses[0] = 0.0
    return Script(
        start=spec.start * 1e6,
        work=np.maximum(work, 300.0).round().tolist(),
        pauses=pauses.tolist(),
        arrivals=_arrivals(rng, session).tolist() if session.every else None,
        launch=spec.launch_cost * 1000.0,
        inside=session.inside * 1000.0,
        element=session.element * 1e6,
        buffer=session.buffer,
        streams=session.streams or (0,) * len(spec.items),
        fill=tuple(item.sm for item in spec.items),
        copies=tuple(_COPIES[item.kind] for item in spec.items),
        follows=session.follows,
    )


def _noise(rng: np.random.Generator, session: HardSession, shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Draw factors of mean 1."""
    if session.heavy == "pareto":
        factors: np.ndarray[Any, Any] = (rng.pareto(session.tail, shape) + 1) * (session.tail - 1) / session.tail
        return factors
    sigma = session.tail if session.heavy else session.spec.noise
    return rng.lognormal(-sigma * sigma / 2, sigma, shape)


def _varied(session: HardSession, seed: int) -> np.ndarray[Any, Any]:
    """Draw a factor for all kernels of each step; the same data in another run."""
    steps, by = session.spec.steps, session.varies
    if session.vary == "batches":
        rng = np.random.default_rng(np.random.SeedSequence([seed, len(session.spec.items)]))
        return rng.lognormal(-by * by / 2, by, steps)
    if session.vary == "grows":
        return np.linspace(1 - by, 1 + by, steps)
    if session.vary == "every":
        return np.where(np.arange(steps) % 5 == 4, 1 - by, 1.0)
    return np.ones(steps)


def _arrivals(rng: np.random.Generator, session: HardSession) -> np.ndarray[Any, Any]:
    steps, every = session.spec.steps, session.every * 1e6
    first = session.spec.start * 1e6
    if session.rhythm == "poisson":
        return first + np.cumsum(rng.exponential(every, steps))
    jitter = rng.uniform(-0.3, 0.3, steps) * every if session.rhythm == "jittered" else np.zeros(steps)
    return first + (np.arange(steps) + 0.4) * every + jitter
