"""One XSpace file -> Trace."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.model.span_passes import last_upto
from tb_contention.model.tables import blocks
from tb_contention.model.trace import (
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
from tb_contention.recorders.xspace.decoding import device_events, host_events, skeleton
from tb_contention.recorders.xspace.decoding.cut import cut_work
from tb_contention.recorders.xspace.decoding.head import messages_of, planes_of, structure_of, unix_times
from tb_contention.recorders.xspace.decoding.lines import RawEvents, read_lines
from tb_contention.recorders.xspace.decoding.losses import losses, profiler_problems, too_many_devices
from tb_contention.recorders.xspace.decoding.planes import Planes
from tb_contention.recorders.xspace.decoding.steps import find_steps, steps_of_lines
from tb_contention.recorders.xspace.decoding.strings import Interner, Strings
from tb_contention.recorders.xspace.decoding.structure import Structure, text
from tb_contention.units import U8, Picoseconds


def decode_xspace(data: bytes | memoryview | U8, *, file: str, steps: str = "") -> Trace:
    """Decode the bytes of an `.xplane.pb` file; `file` names it in messages, and `steps` what the user calls a step.

    Raises TraceFileError if nothing can be read; other losses become problems of the trace.
    """
    raw, structure = structure_of(data, file)
    return decode_structure(raw, structure, file, steps)


@dataclass(slots=True, kw_only=True)
class _Columns:
    """The raw columns of all events. on_host: `kernels` are operations of the host, because the file has no GPU work."""

    kernels: RawEvents
    kernel_kinds: U8
    streams: list[Stream]
    on_host: bool
    host: RawEvents
    host_kinds: U8
    memory: RawEvents
    marked: RawEvents


def decode_structure(raw: U8, structure: Structure, file: str, steps: str = "") -> Trace:
    """Decode the events of a file."""
    planes = planes_of(raw, structure, file)
    interner = Interner.of(raw, structure)
    columns = _columns(raw, structure, planes, interner, steps)
    messages = messages_of(raw, structure)
    trace = _trace(raw, structure, planes, columns, interner.finish(), messages)
    found = (
        *losses(file, structure, trace, (columns.kernels, columns.host, columns.memory)),
        *profiler_problems(file, trace.devices, len(trace.kernels), trace.events_in_file, messages),
    )
    return replace(trace, problems=(*found, *too_many_devices(file, planes.devices_left_out)))


def _columns(raw: U8, structure: Structure, planes: Planes, interner: Interner, steps: str) -> _Columns:
    kernels, kernel_kinds, streams = device_events.read_kernels(raw, structure, planes, interner)
    host, host_kinds = host_events.read_host(raw, structure, planes, interner, steps)
    memory = host_events.read_memory(raw, structure, planes, interner)
    # A cut file may have lost its GPU planes: showing the host's operations in their place would be a guess.
    on_host = not len(kernels.line) and structure.cut_at is None
    if on_host:
        kernels, kernel_kinds = device_events.read_host_operations(raw, structure, planes, interner)
    all_of_them = np.full(len(structure.events.keys), 2, np.uint8)
    marked = read_lines(raw, structure, planes.step_lines, (), all_of_them, default=2, origin_ns=planes.start_ns)
    interner.names(marked.name)
    return _Columns(
        kernels=kernels, kernel_kinds=kernel_kinds, streams=streams, on_host=on_host, host=host, host_kinds=host_kinds, memory=memory,
        marked=marked,
    )  # fmt: skip


def _trace(
    raw: U8,
    structure: Structure,
    planes: Planes,
    columns: _Columns,
    strings: Strings,
    messages: list[tuple[int, str]],
) -> Trace:
    table = device_events.host_op_table if columns.on_host else device_events.kernel_table
    threads = tuple(_thread(raw, structure, line) for line in planes.host_lines)
    devices, streams = tuple(planes.devices), columns.streams
    if columns.on_host and len(columns.kernels.line):
        devices = (*devices, Device(name="/host:CPU", ordinal=-1, is_host=True))
        streams = [Stream(device=len(devices) - 1, id=i, name=name) for i, name in enumerate(threads)]
    launches = host_events.launch_table(columns.host, strings)
    work = table(columns.kernels, columns.kernel_kinds, strings)
    events = host_events.host_table(columns.host, columns.host_kinds, strings)
    return Trace(
        era=Era.XSPACE,
        hostnames=tuple(t for number, t in messages if number == 4),
        process_id=planes.process_id,
        clock=_clock(structure, planes, columns, _negative_lag(work, launches)),
        span=_span(columns.kernels, columns.host, columns.memory),
        work_end=cut_work(structure, columns.kernels),
        strings=strings.table,
        devices=devices,
        streams=tuple(streams),
        threads=threads,
        kernels=work,
        launches=launches,
        host_events=events,
        allocations=host_events.allocation_table(columns.memory, strings, host_events.memory_kinds(raw, structure)),
        steps=_steps(events, columns.marked, strings),
        events_in_file=structure.event_count,
        complete=structure.cut_at is None and structure.bad_at is None,
        profiler_messages=tuple(t for number, t in messages if number in (2, 3)),
    )


def _clock(structure: Structure, planes: Planes, columns: _Columns, negative_lag: int) -> ClockEvidence:
    origin, estimates = host_events.tf_data_origin(columns.host, columns.host_kinds)
    return ClockEvidence(
        start_ns=planes.start_ns,
        stop_ns=planes.stop_ns,
        tf_data_origin_ns=origin,
        tf_data_events=estimates,
        negative_lag_ps=negative_lag,
        unix_lines=bool(len(unix_times(structure))),
    )


def _steps(events: HostEventTable, marked: RawEvents, strings: Strings) -> StepTable:
    """Take the steps of host events, or else those that the profiler wrote on lines of their own."""
    if (events.root > 0).any() or not len(marked.line):
        return find_steps(events)
    return steps_of_lines(marked, strings.of_names(marked.name))


def _thread(raw: U8, structure: Structure, line: int) -> str:
    record = structure.lines[line]
    return (
        text(raw, record[skeleton.LINE_NAME], min(int(record[skeleton.LINE_NAME_LEN]), 4096))
        or f"thread {int(record[skeleton.LINE_ID])}"
    )


def _span(*read: RawEvents) -> tuple[Picoseconds, Picoseconds]:
    """Return the first start and the last end."""
    full = [r for r in read if len(r.line)]
    if not full:
        return Picoseconds(0), Picoseconds(0)
    return Picoseconds(min(int(r.start[0]) for r in full)), Picoseconds(max(map(_end, full)))


def _end(read: RawEvents) -> int:
    """Find the latest end, block by block to save memory."""
    return max(int((read.start[block] + read.duration[block]).max()) for block in blocks(len(read.line)))


def _negative_lag(kernels: KernelTable, launches: LaunchTable) -> int:
    """Return the longest time, in ps, that a kernel starts before its launch: the skew of the clocks in the file."""
    if not len(kernels) or not len(launches):
        return 0
    if bool(np.all(kernels.correlation[1:] >= kernels.correlation[:-1])):
        # Kernels are sorted by correlation, so the first kernel of each launch is found by binary search.
        wanted = launches.correlation
        ascend = bool(np.all(wanted[1:] >= wanted[:-1]))
        first = (
            last_upto(kernels.correlation, wanted - 1) + 1 if ascend else np.searchsorted(kernels.correlation, wanted)
        )
        longest = 0
        for rows in blocks(len(launches)):
            row, of = np.minimum(first[rows], len(kernels) - 1), wanted[rows]
            early = (launches.start[rows] - kernels.start[row])[(kernels.correlation[row] == of) & (of > 0)]
            longest = max(longest, int(early.max(initial=0)))
        return longest
    correlation, start = launches.correlation, launches.start
    if np.any(correlation[1:] < correlation[:-1]):
        order = np.argsort(correlation, kind="stable")
        correlation, start = correlation[order], start[order]
    row = np.minimum(np.searchsorted(correlation, kernels.correlation), len(correlation) - 1)
    joined = (correlation[row] == kernels.correlation) & (kernels.correlation > 0)
    if not joined.any():
        return 0
    return max(0, int((start[row] - kernels.start)[joined].max()))
