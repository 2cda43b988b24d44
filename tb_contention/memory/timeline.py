"""Allocator events of one device -> a step function of bytes in use per session and allocator."""

import re

import numpy as np

from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.memory import AllocatorCurve
from tb_contention.model.trace import NONE, AllocationTable, Device, Trace
from tb_contention.units import PS_PER_NS, Bytes

#: BFC allocators of device memory, named by TensorFlow's virtual or JAX's real device ordinal.
_DEVICE_ALLOCATOR = re.compile(r"GPU_(?:collectivememory_)?(\d{1,6})_bfc")
#: Pinned host memory, which is on no device and not what the process computes with.
_PINNED_HOST = frozenset({"gpu_host_bfc", "xla_gpu_host_bfc", "cuda_host_bfc"})


def allocator_curves(aligned: AlignedTraces, group: DeviceGroup) -> "tuple[AllocatorCurve, ...]":
    """Return the curve of each allocator that serves this device, sessions in the group's order."""
    curves: list[AllocatorCurve] = []
    for plane in group.planes:
        session = aligned.session(plane.session)
        device = session.trace.devices[plane.device]
        for row in np.unique(session.trace.allocations.allocator).tolist():
            name = session.trace.strings.get(row)
            if name is not None and _serves(name, device, session.trace):
                curves.append(_curve(session, row, name))
    return tuple(curves)


def _serves(allocator: str, device: Device, trace: Trace) -> bool:
    match = _DEVICE_ALLOCATOR.fullmatch(allocator)
    if device.is_host:
        return match is None and allocator not in _PINNED_HOST
    if match is None:
        return False
    ordinals = {d.ordinal for d in trace.devices if not d.is_host}
    ordinal = int(match.group(1))
    # Several logical devices of one GPU: GPU_1_bfc beside a single plane /device:GPU:0 can only be on it.
    return ordinal == device.ordinal or (ordinal not in ordinals and len(ordinals) == 1)


def _curve(session: Session, allocator: int, name: str) -> AllocatorCurve:
    table = session.trace.allocations
    events = table.select(np.flatnonzero((table.allocator == allocator) & (table.in_use != NONE)))
    return AllocatorCurve(
        session=session.id,
        allocator=name,
        time=events.start // PS_PER_NS + session.offset,
        in_use=events.in_use,
        before_capture=_before(events),
        limit=_limit(events),
        lifetime_peak=_largest(events),
    )


def _before(events: AllocationTable) -> Bytes:
    """Undo the first event: what was in use when the capture began, known as a total only."""
    if not len(events):
        return Bytes(0)
    size = int(events.size[0])
    if size == NONE:
        size = 0
    in_use = int(events.in_use[0])
    return Bytes(max(0, in_use - size if events.is_allocation[0] else in_use + size))


def _limit(events: AllocationTable) -> "Bytes | None":
    """Return in_use + available + reserved, constant per allocator in every file seen; the largest, should it grow."""
    known = events.available != NONE
    if not known.any():
        return None
    reserved = np.where(events.reserved == NONE, 0, events.reserved)
    return Bytes(int((events.in_use + events.available + reserved)[known].max()))


def _largest(events: AllocationTable) -> "Bytes | None":
    known = events.peak[events.peak != NONE]
    return Bytes(int(known.max())) if len(known) else None
