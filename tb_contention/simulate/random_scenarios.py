"""Scenarios drawn at random, for measuring how well an analysis finds the truth: workloads unlike each other, and every way of sharing."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tb_contention.simulate.scenarios import Scenario
from tb_contention.simulate.sharing import Demands, Policy, Queue, Rates, TimeSlices
from tb_contention.simulate.workload import Item, ItemKind, SessionSpec, demand_of

_MS = 1e6
#: ms that a random scenario is captured for; each session does steps for a little longer.
_LENGTH = 600.0

Generator = np.random.Generator


def _kernels(rng: Generator, mean: float, count: int) -> tuple[Item, ...]:
    """Draw a step of kernels of a few types; some take longer at one place of the step than at another. mean: us."""
    types = int(rng.integers(2, min(count, 30) + 1))
    means = rng.lognormal(0, 0.6, types) * mean
    demand, width = rng.uniform(0.3, 1.0, types), rng.uniform(0.0, 0.7, types)
    uneven = rng.random(types) < 0.15
    chosen = rng.integers(0, types, count)
    return tuple(
        Item(
            name=f"kernel_{k}_of_{mean:g}us",
            op=f"model/layer_{place % 4}/op_{k}:MatMul",
            mean=float(means[k] * (1 + 0.5 * (place % 3) if uneven[k] else 1)),
            grid=(int(k) + 1, 1, 1),
            sm=float(demand[k]),
            bandwidth=float(width[k]),
        )
        for place, k in enumerate(chosen.tolist())
    )


def _copies(rng: Generator, work: float) -> tuple[Item, Item]:
    """Draw the copies at the two ends of a step. work: us of its kernels."""
    into = Item(name="MemcpyH2D", op="IteratorGetNext:IteratorGetNext", mean=float(work * rng.uniform(0.01, 0.1)),
                kind=ItemKind.TO_DEVICE, copied=1 << 22)  # fmt: skip
    return into, Item(name="MemcpyD2H", op="loss:Mean", mean=3.0, kind=ItemKind.TO_HOST, copied=4)


def random_session(rng: Generator, number: int, *, longest: float, saturated: bool) -> SessionSpec:
    """Draw a session whose step takes 4 to 25 ms of the device; saturated: hardly any pause. longest: kernels' mean, us."""
    mean = float(rng.choice([20, 60, 200, 600, 2000, 8000]))
    mean = min(mean, longest)
    work = float(rng.uniform(4, 25)) * 1000
    count = int(np.clip(work / mean, 2, 220))
    items = _kernels(rng, mean, count)
    total = sum(item.mean for item in items)
    if rng.random() < 0.5:
        into, out = _copies(rng, total)
        items = (into, *items, out)
    pause = 0.1 if saturated else float(rng.uniform(0.02, 0.8)) * total / 1000
    burst = 0 if saturated else int(rng.integers(3, 9))
    rest = 0.0 if saturated else float(rng.uniform(25, 90))
    cycle = total / 1000 + pause + (rest / burst if burst else 0.0)
    return SessionSpec(
        name=f"session_{'abcdefgh'[number]}",
        items=items,
        steps=int(_LENGTH * 1.1 / cycle) + 3,
        start=float(rng.uniform(0, 30)),
        window=(40.0 + float(rng.uniform(0, 30)), _LENGTH - float(rng.uniform(0, 30))),
        pause=pause,
        burst=burst,
        long_pause=rest,
        noise=float(rng.uniform(0.01, 0.06)),
        launch_cost=float(rng.choice([3.0, 6.0, 10.0])),
        queue_depth=int(rng.choice([24, 128, 1024])),
        process_id=1000 + 100 * number,
        copies_compete=False,
        tail=float(rng.choice([0.0, 900.0])),
    )


def _time_slices(rng: Generator) -> Callable[[], Policy]:
    length, switch = float(rng.choice([0.5, 1.0, 2.0, 2.3, 5.0])), float(rng.uniform(0.02, 0.15))
    return lambda: TimeSlices(length * _MS, switch * _MS)


def _whole_slices(rng: Generator) -> Callable[[], Policy]:
    length = float(rng.choice([1.0, 2.3, 5.0]))
    return lambda: TimeSlices(length * _MS, 0.05 * _MS, whole_kernels=True)


def _rates(rng: Generator, sessions: int) -> Callable[[], Policy]:
    shared = tuple(rng.uniform(0.5, 0.95, sessions).tolist())
    return lambda: Rates(shared)


#: Ways to share: what the truth calls it, and the policy from a generator and the sessions.
_MODES: dict[str, tuple[str, Callable[[Generator, tuple[SessionSpec, ...]], Callable[[], Policy]]]] = {
    "time_slicing": ("time_slicing", lambda rng, specs: _time_slices(rng)),
    "whole_kernel_slices": ("time_slicing", lambda rng, specs: _whole_slices(rng)),
    "processor_sharing": ("concurrent", lambda rng, specs: lambda: Rates((1 / len(specs),) * len(specs))),
    "mps": ("concurrent", lambda rng, specs: _rates(rng, len(specs))),
    "mps_demand": ("concurrent", lambda rng, specs: lambda: Demands(tuple(map(demand_of, specs)), 0.05)),
    "single_stream": ("single_stream", lambda rng, specs: Queue),
    "in_process_stream": ("single_stream", lambda rng, specs: Queue),
    "streams": ("concurrent", lambda rng, specs: lambda: Demands(tuple(map(demand_of, specs)))),
    "unshared": ("none", lambda rng, specs: lambda: Rates((1.0,) * len(specs))),
    "disjoint": ("none", lambda rng, specs: _time_slices(rng)),
    "three_sessions": ("time_slicing", lambda rng, specs: _time_slices(rng)),
    "host_bound": ("time_slicing", lambda rng, specs: _time_slices(rng)),
    "asynchronous": ("concurrent", lambda rng, specs: _rates(rng, len(specs))),
}
RANDOM_MODES = tuple(_MODES)


def random_scenario(seed: int, mode: str, *, saturated: bool = False) -> Scenario:
    """Draw a scenario of a mode (one of RANDOM_MODES); equal arguments give equal scenarios. KeyError for an unknown mode."""
    mechanism, policy = _MODES[mode]
    rng = np.random.default_rng(np.random.SeedSequence([seed, *mode.encode()]))
    longest = 8000.0 if mechanism == "time_slicing" else 2000.0
    count = 3 if mode == "three_sessions" else 2
    specs = tuple(random_session(rng, k, longest=longest, saturated=saturated) for k in range(count))
    specs = _fitted(rng, mode, specs)
    chosen = policy(rng, specs)
    probe = chosen()
    return Scenario(
        name=f"{mode}_{seed}",
        summary=f"{count} random sessions, shared as in {mode}",
        sessions=specs,
        policy=chosen,
        mechanism=mechanism,
        slice_ns=probe.length if isinstance(probe, TimeSlices) and mechanism == "time_slicing" else None,
    )


def _fitted(rng: Generator, mode: str, specs: tuple[SessionSpec, ...]) -> tuple[SessionSpec, ...]:
    """Make the sessions what a mode is about."""
    if mode in ("single_stream", "in_process_stream", "streams"):
        stream = 10 if mode == "streams" else 0
        window = specs[0].window
        return tuple(
            replace(s, process="program", process_id=1000, stream=20 + k * stream, window=window, tail=0.0)
            for k, s in enumerate(specs)
        )
    if mode == "disjoint":
        first = replace(specs[0], steps=int(specs[0].steps * 0.3) or 1, burst=0)
        return first, replace(specs[1], start=first.start + _LENGTH * 0.5)
    if mode == "host_bound":
        # The host takes longer for a launch than the device for the kernel: stretch goes into its slack.
        items = tuple(replace(item, mean=min(item.mean, 60.0)) for item in specs[0].items)[:120]
        slow = replace(specs[0], items=items, launch_cost=float(rng.uniform(80, 150)), queue_depth=1024)
        return slow, *specs[1:]
    if mode == "asynchronous":
        return tuple(replace(s, sync_every=int(rng.choice([0, 4])), queue_depth=64) for s in specs)
    return specs
