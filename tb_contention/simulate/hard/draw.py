"""Sessions of hard scenarios drawn at random: kernels, steps, and what a session does between steps."""

from dataclasses import replace

import numpy as np

from tb_contention.simulate.hard.sessions import HardSession
from tb_contention.simulate.workload import Era, Item, ItemKind, Recorder, SessionSpec

Generator = np.random.Generator

#: ms that most hard scenarios last.
LENGTH = 600.0
_NAMES = ("alpha", "beta", "gamma", "delta")
_KERNEL = "void {}_kernel_{}<float>(Params)"
_WORDS = ("gemm", "fused", "softmax", "conv", "norm", "update")


def kernels(
    rng: Generator, mean: float, work: float, *, spread: float = 0.5, fill: tuple[float, float] = (0.3, 1.0)
) -> tuple[Item, ...]:
    """Draw a step of kernels of a few types. mean, work: us of one and of all; fill: part of the multiprocessors that one can take."""
    count = int(np.clip(round(work / mean), 1, 250))
    types = int(rng.integers(1, min(count, 12) + 1))
    means = rng.lognormal(0, spread, types)
    fills = rng.uniform(*fill, types)
    fills[rng.random(types) < 0.3] = fill[1]
    chosen = np.concatenate([np.arange(types), rng.integers(0, types, count - types)])
    rng.shuffle(chosen)
    scale = work / means[chosen].sum()
    number = int(rng.integers(100_000, 999_999))
    return tuple(
        Item(
            name=_KERNEL.format(_WORDS[k % len(_WORDS)], number + k),
            op=f"model/layer_{place % 5}/op_{k}:MatMul",
            mean=float(means[k] * scale),
            grid=(max(1, int(132 * fills[k])) if fills[k] < 1 else int(132 * (2 + k)), 1, 1),
            registers=128,
            sm=float(fills[k]),
        )
        for place, k in enumerate(chosen.tolist())
    )


def copies(into: float, out: float = 3.0) -> tuple[Item, Item]:
    """Make the copies at the two ends of a step. into, out: us at the full rate of the link, 24 bytes per ns."""
    first = Item(
        name="MemcpyH2D",
        op="IteratorGetNext:IteratorGetNext",
        mean=into,
        kind=ItemKind.TO_DEVICE,
        copied=int(into * 24_000),
    )
    last = Item(
        name="MemcpyD2H",
        op="loss:Mean",
        mean=out,
        kind=ItemKind.TO_HOST,
        copied=max(4, int(out * 24_000) if out > 10 else 4),
    )
    return first, last


def session(
    rng: Generator, number: int, items: tuple[Item, ...], *, rests: bool, gap: tuple[float, float] = (0.03, 0.2),
    length: float = LENGTH, noise: float | None = None,
) -> HardSession:  # fmt: skip
    """Draw a session of closed steps. rests: it pauses for long after every few steps; gap: short pauses, as parts of a step."""
    work = sum(item.mean for item in items) / 1000
    pause = float(rng.uniform(*gap)) * work
    burst = int(rng.integers(3, 9)) if rests else 0
    rest = burst * work * float(rng.uniform(0.6, 1.6)) if rests else 0.0
    cycle = work + pause + (rest / burst if burst else 0.0)
    era = Era.JAX if rng.random() < 0.3 else Era.TF_2_20
    spec = SessionSpec(
        name=_NAMES[number], items=items, steps=int(length * 1.15 / cycle) + 4, start=float(rng.uniform(0, 2 * work)),
        window=(float(rng.uniform(0, 12)), length - float(rng.uniform(0, 8))), pause=pause, burst=burst, long_pause=rest,
        noise=float(rng.uniform(0.01, 0.05)) if noise is None else noise, launch_cost=float(rng.choice([3.0, 6.0])),
        process_id=4000 + 100 * number, tail=float(rng.choice([0.0, 800.0])), recorder=Recorder(era=era),
    )  # fmt: skip
    return HardSession(spec=spec)


def plain(rng: Generator, number: int, *, rests: bool, length: float = LENGTH, longest: float = 700.0) -> HardSession:
    """Draw a session of small and middle kernels whose step takes 3 to 9 ms of the device."""
    mean = float(rng.choice([m for m in (60.0, 120.0, 300.0, 700.0) if m <= longest]))
    items = kernels(rng, mean, float(rng.uniform(3000, 9000)))
    if rng.random() < 0.5:
        first, last = copies(float(rng.uniform(20, 200)))
        items = (first, *items, last)
    return session(rng, number, items, rests=rests, length=length)


def pair(rng: Generator, *, length: float = LENGTH, longest: float = 700.0) -> tuple[HardSession, ...]:
    """Draw two sessions, of which one or both pause for long."""
    both = rng.random() < 0.4
    return (
        plain(rng, 0, rests=bool(both), length=length, longest=longest),
        plain(rng, 1, rests=True, length=length, longest=longest),
    )


def server(rng: Generator, number: int, *, load: float | None = None, length: float = LENGTH) -> HardSession:
    """Draw a server whose requests come by a rhythm of their own. load: share of the device that it needs alone."""
    work = float(rng.uniform(500, 2500))
    items = kernels(rng, float(rng.choice([40.0, 100.0, 250.0])), work)
    load = float(rng.uniform(0.1, 0.35)) if load is None else load
    every = work / 1000 / load
    drawn = session(rng, number, items, rests=False, length=length)
    rhythm = str(rng.choice(["poisson", "regular", "jittered"]))
    steps = int(length * 1.3 / every) + 4
    spec = replace(drawn.spec, steps=steps, step_name="serve", pause=0.0)
    return replace(drawn, spec=spec, every=every, rhythm=rhythm)


def with_spec(drawn: HardSession, **changes: object) -> HardSession:
    """Change fields of a session's specification."""
    return replace(drawn, spec=replace(drawn.spec, **changes))  # type: ignore[arg-type]


def one_process(sessions: tuple[HardSession, ...], apart: int = 0) -> tuple[HardSession, ...]:
    """Put sessions into one process with one window; apart: between their streams, 0 = one stream."""
    window = sessions[0].spec.window
    return tuple(
        with_spec(
            s, process="program", process_id=4000, stream=20 + k * apart, window=window, tail=0.0, recorder=Recorder()
        )
        for k, s in enumerate(sessions)
    )
