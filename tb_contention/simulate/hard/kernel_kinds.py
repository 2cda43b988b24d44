"""Kinds of hard scenarios that are about kernels and about who runs when. A new one is an entry of KERNEL_KINDS."""

from dataclasses import replace
from typing import Any

from tb_contention.simulate.hard.draw import LENGTH, Generator, kernels, pair, plain, server, session, with_spec
from tb_contention.simulate.hard.sharing import Bandwidth, Priority, Slices
from tb_contention.simulate.hard.ways import LEFT, MPS, MS, QUEUE, SHARE, SLICES, Draw, shared


def _shapes(rng: Generator, mode: str) -> dict[str, Any]:
    """Hide several sizes behind one name, grid and block: by place in the step, or at random."""
    drawn = []
    for one in pair(rng):
        factors = [tuple(rng.uniform(0.3, 3.0, int(rng.integers(2, 4))).tolist()) for _ in range(3)]
        by_place = rng.random() < 0.5
        items = tuple(
            replace(item, mean=item.mean * factors[k % 3][k // 3 % len(factors[k % 3])]) if by_place else item
            for k, item in enumerate(one.spec.items)
        )
        some = tuple(() if by_place or rng.random() < 0.3 else factors[k % 3] for k in range(len(items)))
        drawn.append(replace(with_spec(one, items=items), sizes=some))
    return shared(rng, mode, tuple(drawn))


def _heavy(rng: Generator, mode: str) -> dict[str, Any]:
    drawn = tuple(
        replace(one, heavy="pareto", tail=float(rng.uniform(2.2, 4.0)))
        if rng.random() < 0.5
        else replace(one, heavy="lognormal", tail=float(rng.uniform(0.4, 0.9)))
        for one in pair(rng)
    )
    return shared(rng, mode, drawn)


def _few_steps(rng: Generator) -> dict[str, Any]:
    """Draw two sessions with 2 to 6 periods in the window."""
    mode = str(rng.choice([SLICES, SHARE, MPS]))
    drawn = []
    for number in range(2):
        work = LENGTH / float(rng.uniform(3.5, 10)) * 1000
        items = kernels(rng, float(rng.choice([500.0, 1500.0])), work)
        drawn.append(session(rng, number, items, rests=False, gap=(0.1, 0.5)))
    return shared(rng, mode, tuple(drawn))


def _nobody(rng: Generator, mode: str) -> dict[str, Any]:
    """Draw sessions without pauses; in half of the cases one pauses, so that the other is known."""
    known = rng.random() < 0.5
    first, second = plain(rng, 0, rests=False), plain(rng, 1, rests=bool(known))
    first = with_spec(first, pause=0.02)
    second = second if known else with_spec(second, pause=0.02)
    found = shared(rng, mode, (first, second))
    return {**found, "facts": {"known": "alpha" if known else None}}


def _long(
    rng: Generator, mode: str, sizes: tuple[float, float], *, per_step: int, length: float, name: str = ""
) -> dict[str, Any]:
    """Draw sessions of long kernels. sizes: of their mean, us; per_step: at most so many; name: of all, if any."""
    drawn = []
    for number in range(2):
        mean = float(rng.uniform(*sizes))
        items = kernels(rng, mean, mean * int(rng.integers(1, per_step + 1)), spread=0.3)
        if name:
            items = tuple(replace(item, name=name, grid=(1, 1, 1), graph=0) for item in items)
        drawn.append(session(rng, number, items, rests=number == 1 or bool(rng.random() < 0.3), length=length))
    return {**shared(rng, mode, tuple(drawn)), "length": length}


def _served(rng: Generator, mode: str) -> dict[str, Any]:
    trainer, serving = plain(rng, 0, rests=bool(rng.random() < 0.3)), server(rng, 1)
    found = shared(rng, mode, (trainer, serving))
    return {**found, "facts": {"server": "beta", "rhythm": serving.rhythm}}


def _several(rng: Generator, mode: str, count: int) -> dict[str, Any]:
    """Draw sessions of which one joins late or leaves early."""
    drawn = [plain(rng, number, rests=number != 1 or bool(rng.random() < 0.5)) for number in range(count)]
    late = int(rng.integers(0, count))
    spec = drawn[late].spec
    part = float(rng.uniform(0.3, 0.6))
    joins = rng.random() < 0.5
    drawn[late] = with_spec(
        drawn[late], **({"start": part * LENGTH} if joins else {"steps": max(5, int(spec.steps * part * 0.6))})
    )
    return {**shared(rng, mode, tuple(drawn)), "facts": {"joins" if joins else "leaves": spec.name}}


def _streams(rng: Generator, mode: str) -> dict[str, Any]:
    """Spread the kernels of a step over 2 to 4 streams."""
    drawn = []
    for number in range(2):
        items = kernels(rng, float(rng.choice([60.0, 120.0, 300.0])), float(rng.uniform(3000, 8000)), fill=(0.15, 0.8))
        many = int(rng.integers(2, 5))
        one = session(rng, number, items, rests=number == 1 or bool(rng.random() < 0.3))
        drawn.append(replace(one, streams=tuple(rng.integers(0, many, len(items)).tolist())))
    return shared(rng, mode, tuple(drawn))


def _noisy_queue(rng: Generator) -> dict[str, Any]:
    drawn = tuple(with_spec(one, noise=float(rng.uniform(0.1, 0.4))) for one in pair(rng))
    return shared(rng, QUEUE, drawn)


def _uneven_slices(rng: Generator) -> dict[str, Any]:
    """Let turns be of different lengths by session, or by chance; in half of the cases nobody ever pauses."""
    length, switch = float(rng.choice([0.8, 1.5, 2.0, 2.3, 3.0])) * MS, float(rng.uniform(0.02, 0.15)) * MS
    by_session = rng.random() < 0.6
    parts = (1.0, float(rng.choice([0.4, 0.5, 1.5, 2.0, 2.5]))) if by_session else ()
    jitter = 0.0 if by_session else float(rng.uniform(0.2, 0.6))
    drawn = (
        pair(rng) if rng.random() < 0.5 else tuple(with_spec(plain(rng, k, rests=False), pause=0.02) for k in (0, 1))
    )
    found = shared(rng, SLICES, drawn, policy=lambda: Slices(length, switch, jitter=jitter, parts=parts))
    return {**found, "slice_ns": length, "facts": {"parts": list(parts), "jitter": jitter}}


def _steps_vary(rng: Generator) -> dict[str, Any]:
    """Let all kernels of a step be longer or shorter than those of others: by batch, growing over the run, or every few steps."""
    how = [str(rng.choice(["batches", "grows", "every"])), str(rng.choice(["batches", "every"]))]
    by = rng.uniform(0.15, 0.4, 2).tolist()
    drawn = tuple(replace(one, vary=h, varies=b) for one, h, b in zip(pair(rng), how, by, strict=True))
    return {**shared(rng, str(rng.choice([SLICES, SHARE, MPS, LEFT])), drawn), "facts": {"steps": how}}


def _bandwidth(rng: Generator) -> dict[str, Any]:
    """Let what a kernel loses depend on the kernel beside it."""
    drawn = pair(rng)
    used = []
    for one in drawn:
        part = {item.name: float(rng.uniform(0.1, 0.95)) for item in one.spec.items}
        used.append(tuple(part[item.name] for item in one.spec.items))
    return shared(rng, SHARE, drawn, policy=lambda: Bandwidth(tuple(used)))


KERNEL_KINDS: dict[str, Draw] = {
    "shapes_slices": lambda rng: _shapes(rng, SLICES),
    "shapes_share": lambda rng: _shapes(rng, SHARE),
    "shapes_mps": lambda rng: _shapes(rng, MPS),
    "heavy_slices": lambda rng: _heavy(rng, SLICES),
    "heavy_mps": lambda rng: _heavy(rng, MPS),
    "heavy_queue": lambda rng: _heavy(rng, QUEUE),
    "few_steps": _few_steps,
    "nobody_slices": lambda rng: _nobody(rng, SLICES),
    "nobody_share": lambda rng: _nobody(rng, SHARE),
    "nobody_left": lambda rng: _nobody(rng, LEFT),
    "nobody_queue": lambda rng: _nobody(rng, QUEUE),
    "huge_slices": lambda rng: _long(rng, SLICES, (10_000, 50_000), per_step=6, length=6000),
    "huge_share": lambda rng: _long(rng, SHARE, (10_000, 50_000), per_step=6, length=6000),
    "graph_slices": lambda rng: _long(rng, SLICES, (30_000, 70_000), per_step=1, length=6000, name="CudaGraphExec:0"),
    "graph_share": lambda rng: _long(rng, SHARE, (30_000, 70_000), per_step=1, length=6000, name="CudaGraphExec:0"),
    "middle_slices": lambda rng: _long(rng, SLICES, (400, 2000), per_step=10, length=1500),
    "server_slices": lambda rng: _served(rng, SLICES),
    "server_mps": lambda rng: _served(rng, MPS),
    "server_queue": lambda rng: _served(rng, QUEUE),
    "left_over": lambda rng: shared(rng, LEFT, pair(rng)),
    "left_over_three": lambda rng: shared(
        rng, LEFT, (*pair(rng, longest=300), plain(rng, 2, rests=bool(rng.random() < 0.5), longest=300))
    ),
    "three_slices": lambda rng: _several(rng, SLICES, 3),
    "three_share": lambda rng: _several(rng, SHARE, 3),
    "four_slices": lambda rng: _several(rng, SLICES, 4),
    "streams_left": lambda rng: _streams(rng, LEFT),
    "streams_share": lambda rng: _streams(rng, SHARE),
    "noisy_queue": _noisy_queue,
    "uneven_slices": _uneven_slices,
    "steps_vary": _steps_vary,
    "priority": lambda rng: shared(rng, SHARE, pair(rng), policy=Priority),
    "bandwidth": _bandwidth,
}
