"""Host events and allocator curves -> time that a process spent getting memory."""

import re

import numpy as np

from tb_contention.memory.holders import Process
from tb_contention.memory.walk import known
from tb_contention.model.alignment import DeviceGroup
from tb_contention.model.intervals import Intervals
from tb_contention.model.memory import AllocationStall, AllocatorCurve, StallKind
from tb_contention.model.tables import rows_used
from tb_contention.units import I32, I64, PS_PER_NS, Nanoseconds

#: Calls of the CUDA and HIP drivers and runtimes that take device memory or give it back.
_CALL = re.compile(
    r"(?:cu|cuda|hip)(?:Mem)?(?:Alloc|Malloc|Free|Create|Map|Unmap|Release|AddressReserve|AddressFree|PoolTrim)"
    r"(?:Pitch|Managed|Async|FromPoolAsync|To)?(?:_v\d+)?(?:_ptsz)?"
)
_MOST_NAMES = 3
#: Waits for room whose length is looked at.
_MOST_EXAMINED = 1000


def allocation_stalls(
    process: Process, curves: tuple[AllocatorCurve, ...], group: DeviceGroup
) -> list[AllocationStall]:
    """Sum up calls of the driver, and allocations that had to wait until something was freed."""
    found = [_driver_calls(process, group)]
    found += [_without_room(process, c, group) for c in curves if c.session == process.session.id]
    return [stall for stall in found if stall is not None]


def _driver_calls(process: Process, group: DeviceGroup) -> AllocationStall | None:
    launches, strings = process.session.trace.launches, process.session.trace.strings
    names = [row for row in rows_used(launches.name) if _CALL.fullmatch(strings[row])]
    chosen = np.flatnonzero(np.isin(launches.name, names)) if names else np.zeros(0, np.int64)
    start = launches.start[chosen] // PS_PER_NS + process.session.offset
    end = (launches.start[chosen] + launches.duration[chosen]) // PS_PER_NS + process.session.offset
    what = ", ".join(sorted(strings[row] for row in names)[:_MOST_NAMES])
    return _stall(process, StallKind.DRIVER, what, start, end, group)


def _without_room(process: Process, curve: AllocatorCurve, group: DeviceGroup) -> AllocationStall | None:
    """Find allocations right after a free without which they had not fitted; the wait is at most the time since the thread's last event."""
    table = process.session.trace.allocations
    room, size, made = table.available[curve.row][:-1], curve.size, curve.is_allocation == 1
    fitted_by_it = (size[1:] <= room) & (size[1:] > room - size[:-1]) & known(room)
    at = 1 + np.flatnonzero(made[1:] & ~made[:-1] & fitted_by_it)[:_MOST_EXAMINED]
    begin = np.array([_last_of_thread(curve, table.thread, row) for row in at.tolist()], np.int64)
    end = curve.time[at]
    return _stall(process, StallKind.ROOM, curve.allocator, begin, end, group)


def _last_of_thread(curve: AllocatorCurve, thread: I32, row: int) -> int:
    """Return when the thread of an event had its event before, at most 1000 events ago; else that of the event itself."""
    first = max(0, row - 1000)
    mine = np.flatnonzero(thread[curve.row[first:row]] == thread[curve.row[row]])
    return int(curve.time[first + mine[-1]]) if len(mine) else int(curve.time[row])


def _stall(
    process: Process, kind: StallKind, what: str, start: I64, end: I64, group: DeviceGroup
) -> AllocationStall | None:
    inside = (start <= group.end) & (end >= group.start)
    start, end = np.maximum(start[inside], group.start), np.minimum(end[inside], group.end)
    if not len(start):
        return None
    longest = int((end - start).argmax())
    return AllocationStall(
        session=process.session.id,
        kind=kind,
        what=what,
        count=len(start),
        total=Nanoseconds(Intervals.union_of(start, end).total),
        longest=Nanoseconds(int(end[longest] - start[longest])),
        longest_at=Nanoseconds(int(start[longest])),
    )
