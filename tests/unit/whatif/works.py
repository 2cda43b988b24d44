"""Workloads for the device model, by hand: kernels one after the other on one stream, steps of so many, all launched ahead."""

from dataclasses import replace
from random import Random

import numpy as np

from tb_contention.model.workload import Workload
from tb_contention.units import Nanoseconds, SessionId

US = 1_000.0


def work_of(
    name: str, *, steps: int = 20, kernels: int = 50, length: float = 20 * US, pause: float = 0.0, unit: int = 0
) -> Workload:
    """Each step waits for the one before it, pauses, launches its kernels at once, and ends with the last one. Lengths: ns."""
    count, per = steps * kernels, kernels + 1
    launch = np.arange(count) // kernels * per + np.arange(count) % kernels
    host = steps * per
    ends = np.arange(steps) * per + kernels
    waits_for = np.full(host, -1, np.int64)
    waits_for[ends] = np.arange(steps) * kernels + kernels - 1
    gap = np.zeros(host)
    gap[ends[:-1] + 1] = pause
    return Workload(
        session=SessionId(name),
        start=Nanoseconds(0),
        end=Nanoseconds(round(count * length + steps * pause)),
        whole=True,
        row=np.arange(count),
        duration=np.full(count, length),
        stream=np.zeros(count, np.int64),
        earliest=np.full(count, -np.inf),
        extra=np.zeros(count),
        previous=np.arange(count) - 1,
        follows=np.full(count, -1, np.int64),
        behind=np.zeros(count),
        launch=launch,
        unit=np.full(count, unit, np.uint8),
        spin=np.zeros(count, np.bool_),
        host=np.zeros(host),
        gap=gap,
        waits_for=waits_for,
        lag=np.zeros(host),
        pace=np.zeros(host),
        arrival=np.full(host, -np.inf),
        after=0.0,
        latency=0.0,
        rate=None,
        marks=ends,
        marks_host=True,
        recorded=np.arange(1, steps + 1, dtype=np.float64) * (kernels * length + pause),
    )


def uneven_work(name: str, seed: int, *, steps: int = 12, kernels: int = 24) -> Workload:
    """Return steps of uneven kernels on two streams that wait for each other, with copies, spins, pauses and launches of their own pace."""
    draw = Random(seed)
    work = work_of(name, steps=steps, kernels=kernels)
    count, hosts = len(work.duration), len(work.host)
    stream = np.array([int(draw.random() < 0.3) for _ in range(count)])
    previous, follows = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    last = [-1, -1]
    for k, s in enumerate(stream.tolist()):
        previous[k] = last[s]
        if last[1 - s] >= 0 and draw.random() < 0.2:
            follows[k] = last[1 - s]
        last[s] = k
    gap = np.array([draw.random() * 8 * US for _ in range(hosts)])
    pauses = work.marks[:-1] + 1
    gap[pauses] += np.array([draw.random() * 300 * US for _ in pauses])
    return replace(
        work,
        duration=np.array([(0.2 + draw.random() ** 3) * 60 * US for _ in range(count)]),
        stream=stream,
        previous=previous,
        follows=follows,
        behind=np.array([draw.random() * 3 * US for _ in range(count)]),
        extra=np.array([draw.random() * 2 * US for _ in range(count)]),
        unit=np.array([draw.choice((0, 0, 0, 0, 1, 2)) for _ in range(count)], np.uint8),
        spin=np.array([draw.random() < 0.05 for _ in range(count)]),
        gap=gap,
        lag=np.array([draw.random() * 5 * US for _ in range(hosts)]),
        pace=gap / 2,
        after=1.2 * US,
        latency=6.0 * US,
    )
