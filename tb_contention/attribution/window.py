"""One session's work on a device, clipped to the window of a group."""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.alignment import DeviceGroup, Session
from tb_contention.model.trace import Device
from tb_contention.units import I64, PS_PER_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowWork:
    """The kernels of a session that touch a window. rows: of its kernels; start, end: ns from the report's origin, clipped.

    window: (start, end) in the same ns.
    """

    session: Session
    devices: tuple[Device, ...]
    window: tuple[int, int]
    rows: I64
    start: I64
    end: I64


def work_in_window(session: Session, devices: set[int], group: DeviceGroup) -> WindowWork:
    """Cut a session's kernels on some device rows of its trace to the group's window."""
    trace = session.trace
    kernels = trace.kernels
    here = np.array([stream.device in devices for stream in trace.streams], np.bool_)
    start, end = kernels.start // PS_PER_NS, kernels.start + kernels.duration
    start += session.offset
    end //= PS_PER_NS
    end += session.offset
    inside = (start < group.end) & ((end > group.start) | ((end == start) & (start >= group.start)))
    if len(kernels) and not here.all():
        inside &= here[kernels.stream]
    rows = np.flatnonzero(inside)
    if len(rows) < len(inside):
        start, end = start[rows], end[rows]
    return WindowWork(
        session=session,
        devices=tuple(trace.devices[row] for row in sorted(devices)),
        window=(group.start, group.end),
        rows=rows,
        start=np.maximum(start, group.start, out=start),
        end=np.minimum(end, group.end, out=end),
    )
