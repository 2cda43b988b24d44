"""Allocator curves of all sessions on a device -> the highest point of their sum inside the window, and who holds it."""

from collections.abc import Mapping

import numpy as np

from tb_contention.memory.allocators import device_curves, pinned_curves
from tb_contention.memory.growth import growth_of, step_memory
from tb_contention.memory.holders import Process, holders_at
from tb_contention.memory.pressure import Solos, kernel_changes
from tb_contention.memory.refusals import refused
from tb_contention.memory.stalls import allocation_stalls
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.levels import Peak, peak_of_sum
from tb_contention.model.memory import AllocatorCurve, AllocatorPeak, CombinedMemory, Holders, sum_if_known
from tb_contention.model.trace import NONE
from tb_contention.units import F64, Bytes, Nanoseconds, SessionId

#: What the system keeps of a GPU's memory (TensorFlow leaves 5 %, at least 300 MiB), and what a process takes outside its allocators
#: for its CUDA context and libraries (about 500 MB are reported). On small GPUs both take less, a quarter at most.
SYSTEM_SHARE, SYSTEM_LEAST, CONTEXT = 0.05, 300 << 20, 500 << 20


def combined_memory(
    processes: AlignedTraces,
    whole: DeviceGroup,
    aligned: AlignedTraces | None = None,
    solos: Solos | None = None,
) -> CombinedMemory | None:
    """Add up all processes' bytes in use over the window; None when no capture holds an allocator event of this device.

    The peak is the supremum of the sum, at its earliest instant; the sum of the allocators' own peaks is what it would be if they
    coincided. aligned: the same traces with the sessions inside processes, if there are. solos: captures of a session alone.
    """
    curves = device_curves(processes, whole)
    if not curves:
        return None
    known = {p.session: Process.of(p.session, aligned or processes) for p in whole.planes}
    peak = peak_of_sum([c.levels for c in curves], whole.start, whole.end)
    allocators = tuple(
        _allocator_peak(curve, known[curve.session], whole, events)
        for curve, events in zip(curves, peak.events, strict=True)
    )
    pinned = pinned_curves(processes, whole)
    capacity = whole.device.device.memory_size
    with_data = {c.session for c in curves}
    return CombinedMemory(
        capacity=None if capacity is None else Bytes(capacity),
        safe=None if capacity is None else safe_capacity(capacity, len(known)),
        peak=Bytes(peak.value),
        peak_at=Nanoseconds(peak.at),
        headroom=None if capacity is None else Bytes(capacity - peak.value),
        allocators=allocators,
        host=tuple(_allocator_peak(c, known[c.session], whole, c.levels.events_at(peak.at)) for c in pinned),
        curves=curves,
        sum_of_peaks=Bytes(sum(a.peak for a in allocators)),
        sum_of_limits=sum_if_known(c.limit for c in curves),
        sessions_without_data=tuple(key for key in known if key not in with_data),
        holders=_holders(curves, known, peak),
        growth=tuple(g for c in curves for g in growth_of(c, known[c.session], whole)),
        steps=tuple(m for c in curves for m in step_memory(c, known[c.session], whole)),
        kernel_changes=kernel_changes(processes, whole, solos or {}),
        refused=refused(processes, whole, curves, known),
        stalls=tuple(stall for process in known.values() for stall in allocation_stalls(process, curves, whole)),
    )


def safe_capacity(capacity: int, processes: int) -> Bytes:
    """Return what of a GPU's memory its processes' allocators can have together."""
    kept = max(round(capacity * SYSTEM_SHARE), SYSTEM_LEAST) + processes * CONTEXT
    return Bytes(capacity - min(kept, capacity // 4))


def _holders(curves: tuple[AllocatorCurve, ...], known: Mapping[SessionId, Process], peak: Peak) -> Holders:
    return holders_at([(c, known[c.session], n) for c, n in zip(curves, peak.events, strict=True)], peak.at)


def _allocator_peak(curve: AllocatorCurve, process: Process, group: DeviceGroup, at_combined: int) -> AllocatorPeak:
    peak = peak_of_sum([curve.levels], group.start, group.end)
    inside = slice(curve.levels.events_at(group.start), curve.levels.events_at(group.end))
    fragmentation = process.session.trace.allocations.fragmentation[curve.row]
    return AllocatorPeak(
        session=curve.session,
        allocator=curve.allocator,
        peak=Bytes(peak.value),
        peak_at=Nanoseconds(peak.at),
        at_combined_peak=Bytes(curve.after(at_combined)),
        limit=curve.limit,
        before_capture=curve.before_capture,
        lifetime_peak=curve.lifetime_peak,
        rounding_at_peak=_rounding(curve, process, peak.events[0]),
        fragmentation_at_peak=_figure(fragmentation[: peak.events[0]][-1:]),
        fragmentation_most=_figure(fragmentation[inside]),
        gaps=curve.gaps,
        holders=holders_at([(curve, process, peak.events[0])], peak.at),
    )


def _rounding(curve: AllocatorCurve, process: Process, events: int) -> Bytes | None:
    live = curve.live(events)
    requested = process.session.trace.allocations.requested[curve.row[live]]
    known = requested != NONE
    return Bytes(int((curve.size[live] - requested)[known].sum())) if known.any() else None


def _figure(fragmentation: F64) -> float | None:
    known = fragmentation[np.isfinite(fragmentation)]
    return float(known.max()) if len(known) else None
