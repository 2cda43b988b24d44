"""Kinds of hard scenarios that are about the machine and about what was recorded. A new one is an entry of MACHINE_KINDS."""

from dataclasses import replace
from typing import Any

import numpy as np

from tb_contention.simulate.hard.draw import LENGTH, Generator, copies, kernels, pair, plain, server, session, with_spec
from tb_contention.simulate.hard.sessions import HardSession
from tb_contention.simulate.hard.sharing import Slices
from tb_contention.simulate.hard.ways import LEFT, MPS, MS, SHARE, SLICES, Draw, shared
from tb_contention.simulate.workload import Era


def _clock_falls(rng: Generator, drawn: tuple[HardSession, ...] | None = None) -> dict[str, Any]:
    """Let all kernels take longer by one factor while two sessions have work."""
    mode = str(rng.choice([SLICES, SHARE, LEFT]))
    fall, recover = float(rng.uniform(0.03, 0.15)), float(rng.choice([0.0, 2.0, 10.0, 50.0])) * MS
    return {
        **shared(rng, mode, pair(rng) if drawn is None else drawn, fall=fall, recover=recover),
        "facts": {"clockfall": fall, "recover": recover},
    }


def _following(rng: Generator, one: HardSession) -> HardSession:
    """Let kernels of each kind follow the clock as far as they compute; the rest of their time they wait for memory."""
    part = {item.name: float(rng.choice([1.0, rng.uniform(0.2, 1.0)])) for item in one.spec.items}
    return replace(one, follows=tuple(part[item.name] for item in one.spec.items))


def _clock_falls_sampled(rng: Generator) -> dict[str, Any]:
    """Let the clock fall in company while the driver's samples are recorded."""
    length = float(rng.choice([1.0, 3.0])) * LENGTH
    found = _clock_falls(rng, tuple(_following(rng, one) for one in pair(rng, length=length)))
    return {**found, "length": length, "sampled": True}


def _clock_sags_sampled(rng: Generator) -> dict[str, Any]:
    """Let the clock fall by itself, as at a limit of temperature, while the driver's samples are recorded."""
    length = float(rng.choice([1.0, 3.0])) * LENGTH
    drawn = tuple(_following(rng, one) for one in pair(rng, length=length))
    sag, at, takes = float(rng.uniform(0.04, 0.15)), float(rng.uniform(0.2, 0.7)), float(rng.choice([0.0, 0.1, 0.3]))
    sags = tuple(((at + takes * part) * length * MS, sag * part) for part in (0.2, 0.4, 0.6, 0.8, 1.0))
    found = shared(rng, str(rng.choice([SLICES, SHARE, LEFT])), drawn, sags=sags)
    return {**found, "facts": {"clockfall": sag}, "length": length, "sampled": True}


def _cold_caches(rng: Generator) -> dict[str, Any]:
    """Let work take longer at the start of a turn."""
    length = float(rng.choice([1.5, 2.0, 2.3])) * MS
    cold, decay = float(rng.uniform(0.2, 0.8)), float(rng.uniform(100, 500)) * 1000
    found = shared(rng, SLICES, pair(rng), policy=lambda: Slices(length, 0.05 * MS, cold, decay))
    return {**found, "slice_ns": length, "facts": {"cold": cold, "decay": decay}}


def _recorded(one: HardSession, **changes: Any) -> HardSession:
    """Change what a session's profiler gets wrong."""
    return with_spec(one, recorder=replace(one.spec.recorder, **changes))


def _clock_offset(rng: Generator) -> dict[str, Any]:
    """State a clock of one capture that is wrong by 0.2 to 20 ms."""
    mode = str(rng.choice([SLICES, SLICES, SHARE, MPS]))
    offset = float(np.exp(rng.uniform(np.log(0.2), np.log(20)))) * float(rng.choice([-1, 1])) * MS
    first, second = pair(rng)
    found = shared(rng, mode, (first, _recorded(second, offset=offset)))
    return {**found, "facts": {"clock_off": offset / 1000}, "stated_clocks": bool(rng.random() < 0.5)}


def _file_times(rng: Generator) -> dict[str, Any]:
    """Leave out all that says when a capture began: only the files' times do, which are those of their writing."""
    length = 12_000.0
    drawn = []
    for number in range(2):
        items = kernels(rng, float(rng.uniform(1500, 4000)), float(rng.uniform(10_000, 30_000)))
        one = session(rng, number, items, rests=number == 1 or bool(rng.random() < 0.3), length=length)
        drawn.append(_recorded(one, era=Era.TF_2_14, dated=False, collection=float(rng.uniform(0.05, 1.5)) * 1000 * MS))
    found = shared(rng, str(rng.choice([SLICES, SHARE, MPS])), tuple(drawn))
    return {**found, "length": length, "facts": {"file_time": True}, "manifest": bool(rng.random() < 0.5)}


def _cut_plane(rng: Generator) -> dict[str, Any]:
    """End the device plane of one capture early, as where a buffer is full."""
    cut = float(rng.uniform(0.4, 0.8))
    first, second = pair(rng)
    found = shared(rng, str(rng.choice([SLICES, SHARE, MPS])), (_recorded(first, cut=cut), second))
    return {**found, "facts": {"cut": cut}}


def _truncated(rng: Generator) -> dict[str, Any]:
    """Let one capture stop early, or begin late."""
    first, second = pair(rng)
    at = float(rng.uniform(0.4, 0.7)) * LENGTH
    begin, end = second.spec.window
    window = (begin, at) if rng.random() < 0.5 else (LENGTH - at, end)
    return shared(rng, str(rng.choice([SLICES, SHARE, MPS])), (first, with_spec(second, window=window)))


def _untraced_pair(rng: Generator) -> dict[str, Any]:
    """Capture one of two processes."""
    first, second = pair(rng)
    found = shared(rng, str(rng.choice([SLICES, SLICES, SHARE])), (first, replace(second, captured=False)))
    return {**found, "mechanisms": (*found["mechanisms"], "none"), "facts": {"untraced": "beta"}}


def _untraced_third(rng: Generator) -> dict[str, Any]:
    """Capture two of three processes."""
    third = replace(plain(rng, 2, rests=bool(rng.random() < 0.5)), captured=False)
    return {**shared(rng, SLICES, (*pair(rng), third)), "facts": {"untraced": "gamma"}}


def _untraced_beside_server(rng: Generator) -> dict[str, Any]:
    """Capture a trainer and a server, of three processes."""
    third = replace(plain(rng, 2, rests=bool(rng.random() < 0.5)), captured=False)
    found = shared(rng, str(rng.choice([SLICES, SHARE])), (plain(rng, 0, rests=True), server(rng, 1), third))
    return {**found, "facts": {"untraced": "gamma"}}


def _clock_drifts(rng: Generator) -> dict[str, Any]:
    """Let the clock of one capture run fast or slow by 20 to 600 ns per ms."""
    length, drawn = 3000.0, []
    for number in range(2):
        items = kernels(rng, float(rng.choice([1500.0, 3000.0])), float(rng.uniform(10_000, 30_000)))
        drawn.append(session(rng, number, items, rests=number == 1 or bool(rng.random() < 0.3), length=length))
    drift = float(rng.choice([-1, 1])) * float(np.exp(rng.uniform(np.log(20), np.log(600))))
    found = shared(rng, str(rng.choice([SLICES, SHARE, MPS])), (drawn[0], _recorded(drawn[1], drift=drift)))
    stated = bool(rng.random() < 0.5)
    return {**found, "length": length, "facts": {"drift": drift}, "stated_clocks": stated}


def _host_meets(rng: Generator) -> dict[str, Any]:
    """Let hosts that work all the time take longer while the other works; the device is hardly used."""
    drawn = []
    for number in range(2):
        items = kernels(rng, float(rng.choice([10.0, 25.0])), float(rng.uniform(300, 900)))
        one = session(rng, number, items, rests=False)
        pause, inside = float(rng.uniform(1.5, 4.0)), float(rng.uniform(5, 40))
        cycle = pause + len(items) * (inside + one.spec.launch_cost) / 1000
        drawn.append(replace(with_spec(one, pause=pause, steps=int(LENGTH * 1.15 / cycle) + 4), inside=inside))
    found = shared(rng, str(rng.choice([SLICES, SHARE])), tuple(drawn), cpu=float(rng.uniform(1.3, 2.0)))
    return {**found, "mechanisms": (*found["mechanisms"], "none", "single_stream"), "facts": {"host": True}}


def _link_meets(rng: Generator) -> dict[str, Any]:
    """Let sessions whose steps are mostly copies share the link; kernels hardly cost each other anything."""
    drawn = []
    for number in range(2):
        items = kernels(rng, float(rng.choice([60.0, 120.0])), float(rng.uniform(400, 1500)), fill=(0.2, 0.5))
        first, last = copies(float(rng.uniform(2500, 6000)), float(rng.choice([3.0, 500.0])))
        drawn.append(session(rng, number, (first, *items, last), rests=False))
    return {**shared(rng, SHARE, tuple(drawn)), "mechanisms": ("concurrent", "none"), "facts": {"pcie": True}}


def _input_starves(rng: Generator) -> dict[str, Any]:
    """Let steps wait for input that the host prepares, the more slowly while the other host works."""
    cpu = float(rng.uniform(1.3, 2.0))
    drawn = []
    for number in range(2):
        items = kernels(rng, float(rng.choice([60.0, 120.0])), float(rng.uniform(800, 2000)))
        one = session(rng, number, items, rests=False, gap=(0.02, 0.06))
        work = sum(item.mean for item in items) / 1000
        element = work * float(rng.uniform(1.3, 2.5)) if number == 0 or rng.random() < 0.7 else 0.0
        one = _recorded(one, era=Era.TF_2_20)
        drawn.append(replace(one, element=element, buffer=int(rng.integers(1, 4))))
    found = shared(rng, str(rng.choice([SLICES, SHARE])), tuple(drawn), cpu=cpu)
    return {**found, "mechanisms": (*found["mechanisms"], "none", "single_stream"), "facts": {"input": True}}


MACHINE_KINDS: dict[str, Draw] = {
    "clock_falls": _clock_falls,
    "clock_falls_sampled": _clock_falls_sampled,
    "clock_sags_sampled": _clock_sags_sampled,
    "cold_caches": _cold_caches,
    "clock_offset": _clock_offset,
    "file_times": _file_times,
    "cut_plane": _cut_plane,
    "truncated": _truncated,
    "untraced_pair": _untraced_pair,
    "untraced_third": _untraced_third,
    "untraced_beside_server": _untraced_beside_server,
    "clock_drifts": _clock_drifts,
    "host_meets": _host_meets,
    "link_meets": _link_meets,
    "input_starves": _input_starves,
}
