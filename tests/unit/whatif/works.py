"""Workloads for the device model, by hand: kernels one after the other on one stream, steps of so many, all launched ahead."""

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
        after=0.0,
        latency=0.0,
        rate=None,
        marks=ends,
        marks_host=True,
        recorded=np.arange(1, steps + 1, dtype=np.float64) * (kernels * length + pause),
    )
