"""A capture without its events: what places it beside others, and what a list shows of it."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tb_contention.model.allocators import device_ordinal
from tb_contention.model.findings import Problem
from tb_contention.model.tables import rows_used
from tb_contention.model.trace import ClockEvidence, Device, Era, KernelKind, Trace
from tb_contention.units import Bool, Picoseconds

#: Problems that a sketch keeps; the others are found when the capture is looked at.
MOST_PROBLEMS = 5
#: Hashes of kernel names that a sketch keeps.
MOST_NAMES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUse:
    """How much ran on one device of a capture. device: row of its devices; copies: copies and memsets."""

    device: int
    kernels: int
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What is known of one process's capture without its events; the fields of the same name mean what they mean in a `Trace`.

    names: the smallest hashes of the distinct kernel names, at most MOST_NAMES, so that captures of one program have them in common; only
    of XSpace files, where counting goes by names anyway. use: the devices on which anything ran, or whose allocator was used. steps,
    allocations: how many rows the trace's tables have. A skim measures neither
    `clock.negative_lag_ps` nor `work_end`.
    """

    era: Era
    hostnames: tuple[str, ...]
    process_id: int | None
    clock: ClockEvidence
    span: tuple[Picoseconds, Picoseconds]
    devices: tuple[Device, ...]
    use: tuple[DeviceUse, ...]
    steps: int
    allocations: int
    events_in_file: int
    complete: bool
    problems: tuple[Problem, ...] = ()
    file_bytes: int | None = None
    sha256: str | None = None
    names: tuple[int, ...] = ()
    work_end: Picoseconds | None = None


def sketch_of(trace: Trace) -> Sketch:
    """Reduce a decoded trace to its sketch."""
    return Sketch(
        era=trace.era,
        hostnames=trace.hostnames,
        process_id=trace.process_id,
        clock=trace.clock,
        span=trace.span,
        devices=trace.devices,
        use=_use(trace),
        steps=len(trace.steps),
        allocations=len(trace.allocations),
        events_in_file=trace.events_in_file,
        complete=trace.complete,
        work_end=trace.work_end,
        problems=trace.problems[:MOST_PROBLEMS],
        file_bytes=trace.file_bytes,
        sha256=trace.sha256,
        names=signature(trace.strings[row] for row in rows_used(trace.kernels.name[_is_kernel(trace)]))
        if trace.era is Era.XSPACE
        else (),
    )


def signature(names: Iterable[str]) -> tuple[int, ...]:
    """Return the smallest hashes of some names, in order: equal parts of two sets of names give equal parts of these."""
    hashes = {zlib.crc32(name.encode("utf-8", "surrogateescape")) for name in names}
    return tuple(sorted(hashes)[:MOST_NAMES])


def _is_kernel(trace: Trace) -> Bool:
    """Mark what ran on a GPU and is no copy."""
    on_host = np.array([s.device < 0 or trace.devices[s.device].is_host for s in trace.streams], np.bool_)
    kind = trace.kernels.kind
    if not len(on_host):
        return np.zeros(len(kind), np.bool_)
    work: Bool = (kind != KernelKind.COPY) & (kind != KernelKind.MEMSET) & ~on_host[trace.kernels.stream]
    return work


def _use(trace: Trace) -> tuple[DeviceUse, ...]:
    streams = np.array([stream.device for stream in trace.streams], np.int64)
    kind = trace.kernels.kind
    is_copy = (kind == KernelKind.COPY) | (kind == KernelKind.MEMSET)
    device = streams[trace.kernels.stream] if len(streams) else np.empty(0, np.int64)
    known = device >= 0  # a trace lists a bounded number of devices
    kernels = np.bincount(device[known & ~is_copy], minlength=len(trace.devices))
    copies = np.bincount(device[known & is_copy], minlength=len(trace.devices))
    names = (trace.strings[row] for row in rows_used(trace.allocations.allocator))
    return uses(trace.devices, kernels.tolist(), copies.tolist(), {device_ordinal(name) for name in names})


def uses(
    devices: tuple[Device, ...], kernels: list[int], copies: list[int], allocators: set[int | None]
) -> tuple[DeviceUse, ...]:
    """List the devices that were used: something ran on them, or an allocator of their ordinal gave out memory."""
    return tuple(
        DeviceUse(device=row, kernels=kernels[row], copies=copies[row])
        for row, device in enumerate(devices)
        if kernels[row] or copies[row] or (not device.is_host and device.ordinal in allocators)
    )
