"""Allocator events of a process -> a step function of bytes in use per allocator, with every free paired."""

from dataclasses import replace

import numpy as np

from tb_contention.memory.instants import in_order
from tb_contention.memory.walk import TOO_MUCH, follow, known, pairs
from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.allocators import device_ordinal
from tb_contention.model.levels import Levels
from tb_contention.model.memory import AllocatorCurve, RecordingGaps
from tb_contention.model.tables import rows_used
from tb_contention.model.trace import AllocationTable, Device, Trace
from tb_contention.units import I64, PS_PER_NS, Bytes

#: Pinned host memory, which is on no device and not what the process computes with.
_PINNED_HOST = frozenset({"gpu_host_bfc", "xla_gpu_host_bfc", "cuda_host_bfc"})
#: Allocators of one process that are looked at; a hostile file can name any number.
_MOST = 64


def device_curves(aligned: AlignedTraces, group: DeviceGroup) -> tuple[AllocatorCurve, ...]:
    """Return the curve of each allocator that serves this device, sessions in the group's order."""
    found: list[AllocatorCurve] = []
    for plane in group.planes:
        session = aligned.session(plane.session)
        device = session.trace.devices[plane.device]
        found += [_curve(session, row, name) for row, name in _named(session) if _serves(name, device, session.trace)]
    return tuple(curve for curve in found if len(curve.time))


def pinned_curves(aligned: AlignedTraces, group: DeviceGroup) -> tuple[AllocatorCurve, ...]:
    """Return the curves of the group's processes for pinned host memory."""
    if group.device.device.is_host:
        return ()
    sessions = [aligned.session(key) for key in dict.fromkeys(plane.session for plane in group.planes)]
    found = [_curve(s, row, name) for s in sessions for row, name in _named(s) if name in _PINNED_HOST]
    return tuple(curve for curve in found if len(curve.time))


def _named(session: Session) -> list[tuple[int, str]]:
    trace = session.trace
    return [(row, trace.strings[row]) for row in rows_used(trace.allocations.allocator)[:_MOST]]


def _serves(allocator: str, device: Device, trace: Trace) -> bool:
    ordinal = device_ordinal(allocator)
    if device.is_host:
        return ordinal is None and allocator not in _PINNED_HOST
    if ordinal is None:
        return False
    ordinals = {d.ordinal for d in trace.devices if not d.is_host}
    # Several logical devices of one GPU: GPU_1_bfc beside a single plane /device:GPU:0 can only be on it.
    return ordinal == device.ordinal or (ordinal not in ordinals and len(ordinals) == 1)


def _curve(session: Session, allocator: int, name: str) -> AllocatorCurve:
    table = session.trace.allocations
    mine = table.allocator == allocator
    rows = np.arange(len(table)) if mine.all() else np.flatnonzero(mine)
    events = table if len(rows) == len(table) else table.select(rows)
    # A column that no event of the file has is one value seen at every row, which compiled code does not take.
    events = replace(
        events,
        address=np.ascontiguousarray(events.address),
        size=np.ascontiguousarray(events.size),
        in_use=np.ascontiguousarray(events.in_use),
    )
    order = in_order(events.is_allocation, events.thread, events.start, events.address, events.size, events.in_use)
    kept, repeated = len(order), len(events) - len(order)
    if repeated or bool((order[1:] < order[:-1]).any()):
        rows, events = rows[order], events.select(order)
    size, value = events.size.copy(), np.concatenate(([0], events.in_use))
    until, ended = pairs(events.is_allocation, events.address)
    missing = follow(events.is_allocation, ended, size, value)
    unpaired = int(((events.is_allocation != 1) & (ended < 0)).sum())
    return AllocatorCurve(
        session=session.id,
        allocator=name,
        levels=Levels(time=events.start // PS_PER_NS + session.offset, value=value),
        limit=_limit(events),
        lifetime_peak=_largest(events.peak),
        row=rows,
        is_allocation=events.is_allocation,
        size=size,
        until=until,
        ended=ended,
        gaps=RecordingGaps(events=kept, repeated=repeated, missing=missing, unpaired=unpaired),
    )


def _limit(events: AllocationTable) -> Bytes | None:
    """Return in_use + available + reserved, constant per allocator in every file seen; the largest, should it grow."""
    is_told = known(events.in_use) & (events.available > -TOO_MUCH) & (events.available < TOO_MUCH)
    reserved = np.where(known(events.reserved), events.reserved, 0)
    return _largest((events.in_use + events.available + reserved)[is_told])


def _largest(values: I64) -> Bytes | None:
    """Return the largest value that can be true, None without one."""
    values = values[known(values)]
    return Bytes(int(values.max())) if len(values) else None
