"""One XSpace file -> Trace."""

import secrets
from typing import Any, TypeAlias

import numpy as np

from tb_contention.model.findings import Severity
from tb_contention.model.tables import StringTable
from tb_contention.model.trace import (
    AllocationTable,
    ClockEvidence,
    Device,
    Era,
    HostEventTable,
    HostKind,
    KernelKind,
    KernelTable,
    LaunchTable,
    Stream,
    Trace,
)
from tb_contention.units import I32, I64, U8, Picoseconds
from tb_contention.xspace import events as ev
from tb_contention.xspace import wire as w
from tb_contention.xspace.names import EVENT_LIST, STAT_LIST, classify
from tb_contention.xspace.planes import Space, plan_lines, read_space
from tb_contention.xspace.problems import ProblemList, add_profiler_message
from tb_contention.xspace.sniff import refuse_by_start, refuse_unreadable
from tb_contention.xspace.steps import device_steps, host_steps
from tb_contention.xspace.strings import gather, intern

Columns: TypeAlias = I64
_SEED = secrets.randbits(62)  # so that no file can be made whose names collide


def decode_xspace(data: "bytes | memoryview | U8", *, file: str) -> Trace:
    """Read one XSpace file into columns.

    Raises TraceFileError when nothing can be read; what is lost in part becomes a problem of the trace.
    """
    view = np.frombuffer(data, np.uint8)
    view.flags.writeable = False
    refuse_by_start(view, file)
    space = read_space(view)
    if not len(space.planes) and not len(space.texts):
        refuse_unreadable(view, file, int(space.info[w.BAD_AT] or space.info[w.CUT_AT]))
    problems = ProblemList(file)
    return _Reading(space, problems).trace()


class _Reading:
    """What the steps of reading one file share."""

    def __init__(self, space: Space, problems: ProblemList) -> None:
        self.space, self.problems = space, problems
        self.plan = plan_lines(space, problems)
        self.complete = not space.info[w.IS_CUT] and not space.info[w.BAD_COUNT]
        self.texts = _Texts(space)
        self.kernels, self.launches, self.hosts, self.allocations, self.counts = self._walk()

    def _walk(self) -> "tuple[Columns, Columns, Columns, Columns, I64]":
        space = self.space
        classes, roles = np.zeros(len(space.event_names), np.int64), np.zeros(len(space.stat_names), np.int64)
        classify(space.data, space.event_names, *EVENT_LIST, int(HostKind.TF_OP), classes)
        classify(space.data, space.stat_names, *STAT_LIST, 0, roles)
        first, mask, table = _hashed(space, w.PLANE_EVENTS, space.event_names)
        stat_first, stat_mask, stat_table = _hashed(space, w.PLANE_STATS, space.stat_names)
        counts = np.zeros(ev.COUNTS, np.int64)
        none = np.empty((0, 0), np.int64)
        shared = (self.plan.rows, space.event_names, classes, first, mask, roles, table, space.stat_names)
        shared += (stat_first, stat_mask, stat_table, _SEED)  # type: ignore[assignment]
        ev.walk(space.data, 0, *shared, none, none, none, none, counts)
        kernels = np.empty((ev.KERNEL_WIDTH, self.plan.device_events), np.int64)
        launches = np.empty((ev.LAUNCH_WIDTH, counts[ev.C_LAUNCHES]), np.int64)
        hosts = np.empty((ev.HOST_WIDTH, counts[ev.C_HOST]), np.int64)
        allocations = np.empty((ev.ALLOCATION_WIDTH, counts[ev.C_ALLOCATIONS]), np.int64)
        ev.walk(space.data, 1, *shared, kernels, launches, hosts, allocations, counts)
        return kernels[:, : counts[ev.C_KERNELS]], launches, hosts, allocations, counts

    def trace(self) -> Trace:
        """Put the tables together."""
        self._tell_reading()
        steps_on_device, hosts = self._split_steps()
        host_table = _host_events(hosts, self.texts)
        kernels = _kernels(_without_graph_duplicates(self.kernels), self.texts)
        devices, streams = self.plan.devices, self.plan.streams
        # A cut may have taken the GPU planes, which can come last: host ops must not stand in for kernels then.
        gpu_capture = len(kernels) > 0 or bool(self.space.info[w.IS_CUT])
        gpu_capture |= not self.complete and bool(devices or self.launches.shape[1])
        threads = self.plan.threads
        if not gpu_capture and np.any(host_table.kind == HostKind.TF_OP):
            devices, streams, kernels = _host_device(host_table, threads)
        launches = _launches(self.launches, self.texts)
        steps = host_steps(host_table)
        if not len(steps):
            steps = device_steps(_host_events(steps_on_device, self.texts), self.texts.text)
        allocations = _allocations(self.allocations, self.texts)
        self._tell_recording(devices)
        return Trace(
            era=Era.XSPACE,
            hostnames=tuple(self._texts(4)),
            process_id=self.plan.process_id,
            clock=self._clock(kernels, launches),
            span=self._span(),
            strings=self.texts.table(),
            devices=devices,
            streams=streams,
            threads=threads,
            kernels=kernels,
            launches=launches,
            host_events=host_table,
            allocations=allocations,
            steps=steps,
            events_in_file=int(self.space.info[w.EVENTS]),
            complete=self.complete,
            profiler_messages=tuple(self._texts(2) + self._texts(3)),
            problems=tuple(self.problems.found),
        )

    def _split_steps(self) -> "tuple[Columns, Columns]":
        on_device = self.hosts[2] < 0
        return self.hosts[:, on_device], self.hosts[:, ~on_device]

    def _texts(self, number: int) -> "list[str]":
        rows = self.space.texts[self.space.texts[:, w.TEXT_FIELD] == number]
        return [self.space.text(int(start), int(length)) for _, start, length in rows]

    def _span(self) -> "tuple[Picoseconds, Picoseconds]":
        first, last = int(self.counts[ev.C_FIRST]), int(self.counts[ev.C_LAST])
        return (Picoseconds(first), Picoseconds(last)) if first < ev.LIMIT else (Picoseconds(0), Picoseconds(0))

    def _clock(self, kernels: KernelTable, launches: LaunchTable) -> ClockEvidence:
        anchors = int(self.counts[ev.C_ANCHORS])
        return ClockEvidence(
            start_ns=self.plan.start_ns,
            stop_ns=self.plan.stop_ns,
            tf_data_origin_ns=int(self.counts[ev.C_ANCHOR]) if anchors else None,
            tf_data_events=anchors,
            negative_lag_ps=negative_lag(kernels, launches),
        )

    def _tell_reading(self) -> None:
        info, counts, problems = self.space.info, self.counts, self.problems
        if info[w.IS_CUT]:
            problems.reading(
                "truncated-xspace",
                f"the file ends inside a message that starts at byte {info[w.CUT_AT]}; what was whole before is read.",
                "Copy the file again, or wait until the profiler has written it; otherwise record again.",
                offset=int(info[w.CUT_AT]),
            )
        bad = int(info[w.BAD_COUNT] + counts[ev.C_WIRE])
        if bad:
            at = int(info[w.BAD_AT] if info[w.BAD_COUNT] else counts[ev.C_WIRE_AT])
            message = f"{bad} messages are malformed, the first at byte {at}; they are left out."
            problems.reading("bad-wire-data", message, "Get the original file.", count=bad, offset=at)
        if counts[ev.C_UNNAMED]:
            problems.reading(
                "names-lost",
                f"{counts[ev.C_UNNAMED]} events have no name in the file; on devices they are kept without one.",
                "Their time counts, their kind is unknown." if info[w.IS_CUT] else "The writer left their names out.",
                count=int(counts[ev.C_UNNAMED]),
                offset=int(counts[ev.C_UNNAMED_AT]),
            )
        if counts[ev.C_BAD_TIME]:
            problems.reading(
                "bad-timestamp",
                f"{counts[ev.C_BAD_TIME]} events have negative or impossible times and are left out.",
                "The clock of the recording may have been set back; record again.",
                count=int(counts[ev.C_BAD_TIME]),
                offset=int(counts[ev.C_BAD_AT]),
            )

    def _tell_recording(self, devices: "tuple[Device, ...]") -> None:
        for text in self._texts(2):
            add_profiler_message(self.problems, text, True)
        for text in self._texts(3):
            add_profiler_message(self.problems, text, False)
        if not self.space.info[w.EVENTS]:
            advice = "Start the profiler before the work and stop it after."
            self.problems.recording("no-events", "the file holds no event.", advice)
        elif not self.plan.devices and self.complete:
            message = "no GPU is in this capture."
            advice = "On a machine with a GPU, check that the framework sees it."
            self.problems.recording("no-gpu-plane", message, advice, Severity.INFO)
        elif not self.plan.device_events and self.complete:
            message = "GPUs are listed, but no work on them was recorded."
            advice = "Check the profiler's messages about CUPTI, and that the GPU was used in the window."
            self.problems.recording("empty-gpu-planes", message, advice)


def _hashed(space: Space, column: int, metas: I64) -> "tuple[I64, I64, I32]":
    """Build one hash table per plane, laid behind each other; mask -1 for planes without entries."""
    bounds = np.append(space.planes[:, column], len(metas))
    sizes = np.diff(bounds)
    slots = np.where(sizes > 0, 1 << np.ceil(np.log2(np.maximum(2 * sizes, 2))).astype(np.int64), 0)
    first = np.cumsum(slots) - slots
    table = np.full(int(slots.sum()), -1, np.int32)
    ev.index(bounds, metas, first, slots - 1, table, _SEED)
    return first, slots - 1, table


class _Texts:
    """The string table while it grows."""

    def __init__(self, space: Space) -> None:
        self.space = space
        both = (space.event_names, space.stat_names)
        self.start = np.concatenate([m[:, w.META_NAME] for m in both])
        self.length = np.concatenate([m[:, w.META_NAME_LENGTH] for m in both])
        self.row = np.full(len(self.start), -1, np.int32)
        self.at, self.size, self.state = np.empty(0, np.int64), np.empty(0, np.int64), np.zeros(1, np.int64)

    def rows(self, tokens: I64) -> I32:
        """Return the rows of tokens."""
        tokens = np.ascontiguousarray(tokens)
        known = int(self.state[0])
        room = known + len(self.start) - int((self.row >= 0).sum()) + int((tokens < -1).sum()) + 1
        self.at, self.size = _grown(self.at, room), _grown(self.size, room)
        out = np.empty(len(tokens), np.int32)
        table = np.full(1 << (2 * room).bit_length(), -1, np.int32)
        state = np.zeros(1, np.int64)
        if known:
            # What is known goes in first, at the rows it has: as texts in place they are read at their own positions.
            scratch, none = np.empty(known, np.int32), np.full(known, -1, np.int32)
            spans = np.arange(known, dtype=np.int64)
            starts, sizes = self.at[:known].copy(), self.size[:known].copy()
            intern(self.space.data, spans, starts, sizes, none, table, self.at, self.size, state, _SEED, scratch)
        intern(
            self.space.data, tokens, self.start, self.length, self.row, table, self.at, self.size, state, _SEED, out
        )
        self.state = state
        return out

    def text(self, row: int) -> str:
        """Return the text of one row."""
        return self.space.text(int(self.at[row]), int(self.size[row]))

    def table(self) -> StringTable:
        """Copy the texts into a table of their own."""
        count = int(self.state[0])
        offsets = np.zeros(count + 1, np.int64)
        np.cumsum(self.size[:count], out=offsets[1:])
        blob = np.empty(int(offsets[-1]), np.uint8)
        gather(self.space.data, self.at[:count], offsets, blob)
        return StringTable(blob=blob, offsets=offsets)


def _grown(column: I64, room: int) -> I64:
    out = np.empty(max(room, len(column)), np.int64)
    out[: len(column)] = column
    return out


def _ordered(start: I64, second: "I64 | None" = None) -> "slice | I64":
    """Return what sorts rows by start, then by the second column; files are sorted mostly, so look before sorting."""
    step = np.diff(start)
    if np.all(step > 0) or (second is None and np.all(step >= 0)):
        return slice(None)
    if second is None:
        return np.argsort(start, kind="stable")
    return np.lexsort((second, start))


def _without_graph_duplicates(kernels: Columns) -> Columns:
    """Drop a CUDA graph's own event where its kernels are there too; 16 in the kind marks it."""
    graphs = np.flatnonzero(kernels[ev.K_KIND] >= 16)
    if not len(graphs):
        return kernels
    single = np.flatnonzero(kernels[ev.K_KIND] < 16)
    kernels[ev.K_KIND, graphs] -= 16
    drop = np.zeros(kernels.shape[1], np.bool_)
    for stream in np.unique(kernels[ev.K_STREAM, graphs]):
        mine = graphs[kernels[ev.K_STREAM, graphs] == stream]
        starts = np.sort(kernels[ev.K_START, single[kernels[ev.K_STREAM, single] == stream]])
        begin, duration = kernels[ev.K_START, mine], kernels[ev.K_DURATION, mine]
        inside = np.searchsorted(starts, begin + np.maximum(duration, 1)) > np.searchsorted(starts, begin)
        drop[mine] = inside
    return kernels[:, ~drop]


def _kernels(columns: Columns, texts: _Texts) -> KernelTable:
    order = _ordered(columns[ev.K_START], columns[ev.K_STREAM])
    c: list[Any] = [column[order] for column in columns]
    return KernelTable(
        start=c[0],
        duration=c[1],
        stream=c[2].astype(np.int32),
        kind=c[3].astype(np.uint8),
        name=texts.rows(c[4]),
        correlation=c[5],
        bytes=c[6],
        op=texts.rows(c[7]),
        details=texts.rows(c[8]),
        module=texts.rows(c[9]),
        group=c[10],
        graph=c[11],
    )


def _launches(columns: Columns, texts: _Texts) -> LaunchTable:
    c = columns[:, _ordered(columns[0])]
    return LaunchTable(
        start=c[0],
        duration=c[1],
        thread=c[2].astype(np.int32),
        name=texts.rows(c[3]),
        correlation=c[4],
        device=c[5].astype(np.int32),
    )


def _host_events(columns: Columns, texts: _Texts) -> HostEventTable:
    c = columns[:, _ordered(columns[0], -columns[1])]
    # The slots follow the roles: id, _p, _pt, _c, _ct, _r, step_num, iter_num, group_id.
    ids = ("id", "producer", "producer_type", "consumer", "consumer_type", "root", "step", "iteration", "group")
    named = dict(zip(ids, c[5:14], strict=True))
    return HostEventTable(
        start=c[0],
        duration=c[1],
        thread=c[2].astype(np.int32),
        kind=c[3].astype(np.uint8),
        name=texts.rows(c[4]),
        model=texts.rows(c[14]),
        **named,
    )


def _allocations(columns: Columns, texts: _Texts) -> AllocationTable:
    c = columns[:, _ordered(columns[0])]
    return AllocationTable(
        start=c[0],
        is_allocation=c[1].astype(np.uint8),
        thread=c[2].astype(np.int32),
        allocator=texts.rows(c[3]),
        in_use=c[4],
        available=c[5],
        reserved=c[6],
        size=c[7],
        requested=c[8],
        peak=c[9],
        address=c[10],
        step_id=c[11],
        data_type=c[12],
        fragmentation=np.ascontiguousarray(c[13]).view(np.float64),
        op=texts.rows(c[14]),
        region=texts.rows(c[15]),
        shape=texts.rows(c[16]),
    )


def _host_device(
    host: HostEventTable, threads: "tuple[str, ...]"
) -> "tuple[tuple[Device, ...], tuple[Stream, ...], KernelTable]":
    """Show a capture without GPU work by its host: threads as streams, framework ops as work."""
    ops = host.select(host.kind == HostKind.TF_OP)
    used, stream = np.unique(ops.thread, return_inverse=True)
    streams = tuple(Stream(device=0, id=int(row), name=threads[row]) for row in used)
    order = np.lexsort((stream, ops.start))
    rows, none = len(ops), np.full(len(ops), -1, np.int64)
    absent = np.full(rows, -1, np.int32)
    kernels = KernelTable(
        start=ops.start[order],
        duration=ops.duration[order],
        stream=stream[order].astype(np.int32),
        kind=np.full(rows, KernelKind.HOST_OP, np.uint8),
        name=ops.name[order],
        correlation=none,
        bytes=none,
        op=ops.name[order],
        details=absent,
        module=absent,
        group=np.maximum(ops.group[order], -1),
        graph=none,
    )
    return (Device(name="/host:CPU", ordinal=-1, is_host=True),), streams, kernels


def negative_lag(kernels: KernelTable, launches: LaunchTable) -> int:
    """Return by how much a kernel starts before its launch at most, in ps; 0 if none does."""
    if not len(launches) or not len(kernels):
        return 0
    order = np.argsort(launches.correlation, kind="stable")
    ids = launches.correlation[order]
    at = np.minimum(np.searchsorted(ids, kernels.correlation), len(ids) - 1)
    lag = launches.start[order][at] - kernels.start
    lag[ids[at] != kernels.correlation] = 0
    return max(0, int(lag.max()))
