"""A capture without its events: what places it beside others, and what a list shows of it."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tb_contention.model.allocators import device_ordinal
from tb_contention.model.findings import Problem
from tb_contention.model.tables import rows_used
from tb_contention.model.trace import ClockEvidence, Device, Era, KernelKind, Trace
from tb_contention.units import I64, PS_PER_NS, Bool, Picoseconds

#: Problems that a sketch keeps; the others are found when the capture is looked at.
MOST_PROBLEMS = 5
#: Hashes of kernel names that a sketch keeps.
MOST_NAMES = 16
#: Pieces of work whose marks a sketch keeps, and what mixes the marks.
MOST_MARKS = 64
_ENOUGH = 4 * MOST_MARKS
_MIXING, _NS_PER_US = np.uint64(0x9E3779B97F4A7C15), 1_000


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
    of XSpace files, where counting goes by names anyway. marks: of some pieces of work the hash of instant and duration, and the instant in
    microseconds from the start of the window; those with the smallest hashes, so that recordings of the same work have them in common; only
    of Kineto files, whose skim comes past all instants. use: the devices on which anything ran, or whose allocator was used. steps,
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
    marks: tuple[tuple[int, int], ...] = ()
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
        marks=marks(trace.kernels.start, trace.kernels.duration, trace.clock, trace.span[0])
        if trace.era is Era.KINETO and not all(device.is_host for device in trace.devices)
        else (),
    )


def marks(start: I64, duration: I64, clock: ClockEvidence, begin: int) -> tuple[tuple[int, int], ...]:
    """Return the marks of a sketch for work with these times, ps; `begin` is the start of the window."""
    if clock.start_ns is None or not len(start):
        return ()
    wall = (clock.start_ns + start // PS_PER_NS + _NS_PER_US // 2) // _NS_PER_US
    with np.errstate(over="ignore"):
        mixed = (wall.astype(np.uint64) * _MIXING ^ (duration // PS_PER_NS).astype(np.uint64)) * _MIXING
    mixed >>= np.uint64(32)
    least = np.argpartition(mixed, _ENOUGH)[:_ENOUGH] if len(mixed) > _ENOUGH else np.arange(len(mixed))
    hashes, first = np.unique(mixed[least], return_index=True)
    if len(hashes) < MOST_MARKS and len(mixed) > _ENOUGH:
        least = np.arange(len(mixed))
        hashes, first = np.unique(mixed, return_index=True)
    places = (start[least[first[:MOST_MARKS]]] - begin) // (PS_PER_NS * _NS_PER_US)
    return tuple(zip(hashes[:MOST_MARKS].tolist(), places.tolist(), strict=True))


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
