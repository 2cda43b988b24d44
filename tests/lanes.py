"""A drawing -> aligned traces. One character is one microsecond; equal neighbours are one kernel.

    a  |AAAA....BB|
    b  |..CCCC....|

Each row is a session of its own process on the same GPU; a capital letter is a kernel of that name, a dot is nothing.
"""

from dataclasses import fields, replace
from itertools import groupby
from typing import Any

import numpy as np

from tb_contention.attribution import roll_up
from tb_contention.contention.cost import measure_cost
from tb_contention.contention.overlap import measure_overlap
from tb_contention.memory.by_scope import with_peaks
from tb_contention.memory.highwater import combined_memory
from tb_contention.model.alignment import (
    AlignedTraces,
    ClockOffset,
    ClockSource,
    DeviceGroup,
    DeviceRef,
    Identity,
    PhysicalDevice,
    Session,
)
from tb_contention.model.driver_view import DriverView
from tb_contention.model.levels import Levels
from tb_contention.model.report import DeviceReport
from tb_contention.model.tables import StringTable
from tb_contention.model.trace import (
    NONE,
    AllocationTable,
    ClockEvidence,
    Device,
    Era,
    HostEventTable,
    KernelTable,
    LaunchTable,
    StepTable,
    Stream,
    Trace,
)
from tb_contention.units import Bytes, DeviceId, Nanoseconds, Picoseconds, SessionId

PS_PER_US = 1_000_000
NS_PER_US = 1_000

Allocation = tuple[int, int, int]  # (time in us, change in bytes, bytes in use afterwards)


def empty(table: type, rows: int = 0, **columns: object) -> object:
    """Make a table whose unnamed columns hold `rows` times -1, or 0 where they are unsigned."""
    made = {}
    for column in fields(table):
        dtype = next(t for t in (np.int64, np.int32, np.uint8, np.float64) if t.__name__ in str(column.type))
        made[column.name] = np.full(rows, 0 if dtype is np.uint8 else -1, dtype)
    return table(**{**made, **columns})


def kernels_of(row: str) -> tuple[KernelTable, StringTable]:
    """Read one drawn row."""
    spans, time = [], 0
    for letter, run in groupby(row):
        length = len(list(run))
        if letter != ".":
            spans.append((letter, time, length))
        time += length
    names = sorted({name for name, _, _ in spans})
    table = empty(
        KernelTable,
        len(spans),
        start=np.array([t * PS_PER_US for _, t, _ in spans], np.int64),
        duration=np.array([n * PS_PER_US for _, _, n in spans], np.int64),
        stream=np.zeros(len(spans), np.int32),
        name=np.array([names.index(name) for name, _, _ in spans], np.int32),
    )
    assert isinstance(table, KernelTable)
    return table, StringTable.of([*names, "GPU_0_bfc"])


def allocations_of(changes: list[Allocation], allocator: int, limit: int) -> AllocationTable:
    """Make allocator events out of (us, change, in use after)."""
    table = empty(
        AllocationTable,
        len(changes),
        start=np.array([t * PS_PER_US for t, _, _ in changes], np.int64),
        is_allocation=np.array([c > 0 for _, c, _ in changes], np.uint8),
        allocator=np.full(len(changes), allocator, np.int32),
        in_use=np.array([u for _, _, u in changes], np.int64),
        available=np.array([limit - u for _, _, u in changes], np.int64),
        reserved=np.zeros(len(changes), np.int64),
        size=np.array([abs(c) for _, c, _ in changes], np.int64),
        peak=np.full(len(changes), NONE, np.int64),
        address=np.full(len(changes), NONE, np.int64),
        requested=np.full(len(changes), NONE, np.int64),
        fragmentation=np.full(len(changes), np.nan),
    )
    assert isinstance(table, AllocationTable)
    return table


def session_of(name: str, row: str, changes: list[Allocation] | None = None, offset_us: int = 0) -> Session:
    """Make a session whose capture window is the drawn row."""
    kernels, strings = kernels_of(row)
    launches, host, steps = (empty(t) for t in (LaunchTable, HostEventTable, StepTable))
    assert isinstance(launches, LaunchTable)
    assert isinstance(host, HostEventTable)
    assert isinstance(steps, StepTable)
    trace = Trace(
        era=Era.XSPACE,
        hostnames=("host0",),
        process_id=None,
        clock=ClockEvidence(),
        span=(Picoseconds(0), Picoseconds(len(row) * PS_PER_US)),
        strings=strings,
        devices=(Device(name="/device:GPU:0", ordinal=0, memory_size=1000),),
        streams=(Stream(device=0, id=7, name="Stream #7(Compute)"),),
        threads=(),
        kernels=kernels,
        launches=launches,
        host_events=host,
        allocations=allocations_of(changes or [], len(strings) - 1, 500),
        steps=steps,
        events_in_file=len(kernels),
        complete=True,
    )
    clock = ClockOffset(
        source=ClockSource.TASK_ENVIRONMENT,
        origin_ns=offset_us * NS_PER_US,
        error=Nanoseconds(10),
        absolute_error=Nanoseconds(10),
    )
    return Session(
        id=SessionId(f"{name}/host0"),
        name=name,
        run=name,
        file=f"{name}/host0.xplane.pb",
        host="host0",
        process_id=None,
        kind="process",
        clock=clock,
        offset=Nanoseconds(offset_us * NS_PER_US),
        start=Nanoseconds(offset_us * NS_PER_US),
        end=Nanoseconds((offset_us + len(row)) * NS_PER_US),
        trace=trace,
    )


def group_of(sessions: list[Session]) -> tuple[AlignedTraces, DeviceGroup]:
    """Put sessions on one GPU, in one group over the intersection of their windows."""
    planes = tuple(DeviceRef(session=s.id, device=0) for s in sessions)
    device = PhysicalDevice(
        id=DeviceId("host0/GPU:0"),
        host="host0",
        identity=Identity.ASSUMED,
        device=sessions[0].trace.devices[0],
        planes=planes,
    )
    group = DeviceGroup(
        id=device.id,
        device=device,
        planes=planes,
        start=Nanoseconds(max(s.start for s in sessions)),
        end=Nanoseconds(min(s.end for s in sessions)),
        max_error=Nanoseconds(10),
    )
    return AlignedTraces(origin_ns=0, sessions=tuple(sessions), groups=(group,)), group


def drawn(drawing: str) -> tuple[AlignedTraces, DeviceGroup]:
    """Read a whole drawing; leading blanks of a row before its bar shift nothing, dots are time."""
    rows = [line.split("|") for line in drawing.strip().splitlines()]
    return group_of([session_of(head.strip(), row) for head, row, _ in rows])


def device_report(aligned: AlignedTraces, group: DeviceGroup, *, note: str = "") -> DeviceReport:
    """Run the stages of one device group, as the pipeline does."""
    memory = combined_memory(aligned, group)
    overlap = measure_overlap(aligned, group)
    cost = measure_cost(aligned, group)
    parts = with_peaks(roll_up(aligned, group), memory, aligned, group)
    return DeviceReport(group=group, overlap=overlap, cost=cost, memory=memory, memory_note=note, parts=parts)


def driver_view(session: SessionId, **changes: Any) -> DriverView:
    """What a driver saw of 1000 B: 900 taken at the most, not known by whom."""
    view = DriverView(
        source=session, samples=10, period=Nanoseconds(2_000), capacity=Bytes(1_000), used_peak=Bytes(900), used_peak_at=Nanoseconds(5),
        free_least=Bytes(100), processes=(), unmatched=(), untraced_peak=None, untraced_peak_at=None, unlisted=None,
        used=Levels(time=np.array([5]), value=np.array([700, 900])), untraced=None, clock=None, power=None, utilisation=None,
    )  # fmt: skip
    return replace(view, **changes)
