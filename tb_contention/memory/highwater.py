"""Allocator curves of all sessions on a device -> the highest point of their sum inside the window."""

import numpy as np

from tb_contention.memory.timeline import allocator_curves
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.memory import AllocatorCurve, AllocatorPeak, CombinedMemory
from tb_contention.units import I64, Bytes, Nanoseconds


def combined_memory(aligned: AlignedTraces, group: DeviceGroup) -> "CombinedMemory | None":
    """Add up all sessions' bytes in use over the window; None when no capture holds an allocator event of this device.

    The peak is the supremum of the sum, at its earliest instant; the sum of the sessions' own peaks is what it would be if they
    coincided.
    """
    curves = tuple(c for c in allocator_curves(aligned, group) if len(c.time))
    if not curves:
        return None
    peak, peak_at = _peak_of_sum(curves, group.start, group.end)
    peaks = tuple(_allocator_peak(c, group.start, group.end, peak_at) for c in curves)
    capacity = group.device.device.memory_size
    with_data = {c.session for c in curves}
    return CombinedMemory(
        capacity=None if capacity is None else Bytes(capacity),
        peak=Bytes(peak),
        peak_at=Nanoseconds(peak_at),
        headroom=None if capacity is None else Bytes(capacity - peak),
        allocators=peaks,
        curves=curves,
        sum_of_peaks=Bytes(sum(p.peak for p in peaks)),
        sessions_without_data=tuple(dict.fromkeys(p.session for p in group.planes if p.session not in with_data)),
    )


def in_use_at(curve: AllocatorCurve, time: int) -> int:
    """Return the bytes in use just after `time` (ns)."""
    row = int(np.searchsorted(curve.time, time, side="right")) - 1
    return int(curve.in_use[row]) if row >= 0 else int(curve.before_capture)


def _peak_of_sum(curves: "tuple[AllocatorCurve, ...]", start: int, end: int) -> "tuple[int, int]":
    time = np.concatenate([c.time for c in curves])
    change = np.concatenate([np.diff(c.in_use, prepend=np.int64(c.before_capture)) for c in curves])
    order = np.argsort(time, kind="stable")
    time = time[order]
    total = sum(int(c.before_capture) for c in curves) + np.cumsum(change[order])
    return _peak_in_window(time, total, sum(in_use_at(c, start) for c in curves), start, end)


def _peak_in_window(time: I64, value: I64, at_start: int, start: int, end: int) -> "tuple[int, int]":
    first = int(np.searchsorted(time, start, side="right"))
    last = int(np.searchsorted(time, end, side="right"))
    inside = value[first:last]
    if len(inside) and int(inside.max()) > at_start:
        row = int(inside.argmax())
        return int(inside[row]), int(time[first + row])
    return at_start, start


def _allocator_peak(curve: AllocatorCurve, start: int, end: int, combined_at: int) -> AllocatorPeak:
    peak, peak_at = _peak_in_window(curve.time, curve.in_use, in_use_at(curve, start), start, end)
    return AllocatorPeak(
        session=curve.session,
        allocator=curve.allocator,
        peak=Bytes(peak),
        peak_at=Nanoseconds(peak_at),
        at_combined_peak=Bytes(in_use_at(curve, combined_at)),
        limit=curve.limit,
        before_capture=curve.before_capture,
    )
