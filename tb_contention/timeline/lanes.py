"""The lanes of one device group: each session's steps and streams, sorted, with sub-lanes for what overlaps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.launching import launch_rows
from tb_contention.model.levels import Levels, sum_of
from tb_contention.model.report import DeviceReport
from tb_contention.model.trace import KernelKind, Trace
from tb_contention.timeline import fill
from tb_contention.units import I64, PS_PER_NS, U8, U16, Bool, SessionId

#: Spans of steps, events of a stream (or host thread), or the launches of a thread.
LaneKind: TypeAlias = Literal["steps", "stream", "launch"]
#: Sub-lanes of one stream at most; what overlaps deeper shares the last.
MAX_ROWS = 8
#: Kinds of lost time: inside kernels, and before them.
STRETCHED, STALLED = 0, 1
#: Streams shown per device at most, and launching threads per session; the busiest are.
MAX_STREAMS, MAX_THREADS = 64, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Spans sorted by start, ns from the report's origin. name: what `name_of` takes. reach: running maximum of end. row: sub-lane.

    source: row of the trace's kernels (steps, launches) behind each event.
    """

    start: I64
    end: I64
    reach: I64
    name: I64
    kind: U8
    row: U16
    source: I64


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One lane of the panel. session: index into the group's sessions."""

    session: int
    kind: LaneKind
    label: str
    title: str
    rows: int
    events: Events
    name_of: Callable[[int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTimeline:
    """Everything the tiles of one device group are cut from. memory: bytes in use per session index, or None.

    lost: per session index what it lost to others, row and kind 0 stretched, 1 stalled; None where that is not identifiable.
    """

    report: DeviceReport
    sessions: tuple[Session, ...]
    start: int
    end: int
    lanes: tuple[Lane, ...]
    hidden_lanes: int
    contended: Events
    memory: tuple[Levels | None, ...]
    lost: tuple[Events | None, ...]


def build_timeline(aligned: AlignedTraces, report: DeviceReport) -> DeviceTimeline:
    """Sort the events of a device group into lanes."""
    group = report.group
    sessions = tuple(aligned.session(s) for s in report.sessions)
    lanes: list[Lane] = []
    hidden = 0
    for index, session in enumerate(sessions):
        lanes += _steps_lane(index, session)
        streams, left_out = _stream_lanes(index, session, group, max(1, MAX_STREAMS // len(sessions)))
        lanes += [*streams, *_launch_lanes(index, session, group)]
        hidden += left_out
    return DeviceTimeline(
        report=report,
        sessions=sessions,
        start=min(s.start for s in sessions),
        end=max(s.end for s in sessions),
        lanes=tuple(lanes),
        hidden_lanes=hidden,
        contended=_contended(report),
        memory=tuple(_memory(report, owner) for owner in _owners(sessions)),
        lost=tuple(_lost(report, session) for session in sessions),
    )


def _events(start: I64, end: I64, name: I64, kind: U8, source: I64, rows: int) -> Events:
    row = np.zeros(len(start), np.uint16)
    if rows > 1 and len(start) > 1 and bool(np.any(start[1:] < np.maximum.accumulate(end)[:-1])):
        fill.assign_rows(start, end, np.full(rows, -(1 << 62)), row)
    reach = np.maximum.accumulate(end) if len(end) else end
    return Events(start=start, end=end, reach=reach, name=name, kind=kind, row=row, source=source)


def _steps_lane(index: int, session: Session) -> list[Lane]:
    steps = session.trace.steps
    if not len(steps):
        return []
    start = steps.start // PS_PER_NS + session.offset
    end = (steps.start + steps.duration) // PS_PER_NS + session.offset
    rows = np.arange(len(steps), dtype=np.int64)
    kind = np.full(len(steps), KernelKind.STEP, np.uint8)
    events = _events(start, end, steps.number.copy(), kind, rows, 4)
    return [_lane(index, "steps", "steps", "host spans of the steps", events, lambda number: f"step {number}")]


def _lane(index: int, kind: LaneKind, label: str, title: str, events: Events, name_of: Callable[[int], str]) -> Lane:
    rows = int(events.row.max()) + 1 if len(events.row) else 1
    return Lane(session=index, kind=kind, label=label, title=title, rows=rows, events=events, name_of=name_of)


def _stream_lanes(index: int, session: Session, group: DeviceGroup, most: int) -> tuple[list[Lane], int]:
    """Make lanes of the busiest streams, in the file's order; return with them how many streams had to be left out."""
    trace = session.trace
    here = _streams_here(session, group)
    events = np.bincount(trace.kernels.stream, minlength=len(here)) * here
    used = np.flatnonzero(events)
    shown = np.sort(used[np.argsort(-events[used], kind="stable")[:most]])
    order = np.argsort(trace.kernels.stream, kind="stable")
    sorted_streams = trace.kernels.stream[order]
    lanes = []
    for number in shown.tolist():
        low, high = np.searchsorted(sorted_streams, [number, number + 1])
        lanes.append(_stream_lane(index, session, number, order[low:high]))
    return lanes, len(used) - len(shown)


def _streams_here(session: Session, group: DeviceGroup) -> Bool:
    """Mark the streams of a session that are on the device."""
    devices = {p.device for p in group.planes if p.session == session.id}
    return np.array([s.device in devices for s in session.trace.streams], np.bool_)


def _launch_lanes(index: int, session: Session, group: DeviceGroup) -> list[Lane]:
    """Make lanes of the threads whose calls launched this device's kernels, in the trace's order; the busiest where there are many."""
    trace = session.trace
    here = _streams_here(session, group)
    if not len(trace.launches) or not here.any():
        return []
    kernels = trace.kernels if here.all() else trace.kernels.select(np.flatnonzero(here[trace.kernels.stream]))
    found = launch_rows(kernels, trace.launches)
    used = np.zeros(len(trace.launches), np.bool_)
    used[found[found >= 0]] = True
    thread = np.where(used, trace.launches.thread, -1)
    calls = np.bincount(thread[used], minlength=1)
    busiest = np.sort(np.argsort(-calls, kind="stable")[:MAX_THREADS])
    return [_launch_lane(index, session, t, np.flatnonzero(thread == t)) for t in busiest.tolist() if calls[t]]


def _launch_lane(index: int, session: Session, thread: int, rows: I64) -> Lane:
    trace, launches = session.trace, session.trace.launches
    start = launches.start[rows]
    end = (start + launches.duration[rows]) // PS_PER_NS + session.offset
    kind = np.full(len(rows), KernelKind.HOST_OP, np.uint8)
    name = launches.name[rows].astype(np.int64)
    events = _events(start // PS_PER_NS + session.offset, end, name, kind, rows, MAX_ROWS)
    label = trace.threads[thread] or f"thread {thread}"
    return _lane(index, "launch", label, label, events, _kernel_name(trace))


def _stream_lane(index: int, session: Session, number: int, rows: I64) -> Lane:
    trace = session.trace
    stream, kernels = trace.streams[number], trace.kernels
    start = kernels.start[rows]
    end = (start + kernels.duration[rows]) // PS_PER_NS + session.offset
    events = _events(
        start // PS_PER_NS + session.offset,
        end,
        kernels.name[rows].astype(np.int64),
        kernels.kind[rows],
        rows,
        MAX_ROWS,
    )
    label = stream.name if trace.devices[stream.device].is_host else f"stream {stream.id}"
    return _lane(index, "stream", label, stream.name, events, _kernel_name(trace))


def _kernel_name(trace: Trace) -> Callable[[int], str]:
    return lambda row: trace.strings.get(row) or "(name lost)"


def _contended(report: DeviceReport) -> Events:
    """Give each contended interval the largest number of sessions inside it as its name."""
    intervals = report.overlap.contended
    kind = np.zeros(len(intervals), np.uint8)
    rows = np.arange(len(intervals), dtype=np.int64)
    return _events(intervals.start, intervals.end, report.overlap.depth, kind, rows, 1)


def _lost(report: DeviceReport, session: Session) -> Events | None:
    """Put a session's stretched parts into row 0 and its stalls into row 1: slices of one row never hold both."""
    found = next((lost for lost in report.cost.lost if lost.session == session.id), None)
    if found is None or (not len(found.stretched) and not len(found.stalled) and not _is_known(report, session)):
        return None
    start = np.concatenate([found.stretched.start, found.stalled.start])
    end = np.concatenate([found.stretched.end, found.stalled.end])
    row = np.repeat(np.array([STRETCHED, STALLED], np.uint16), [len(found.stretched), len(found.stalled)])
    order = np.argsort(start, kind="stable")
    start, end, row = start[order], end[order], row[order]
    reach = np.maximum.accumulate(end) if len(end) else end
    name = np.zeros(len(start), np.int64)
    return Events(start=start, end=end, reach=reach, name=name, kind=row.astype(np.uint8), row=row, source=order)


def _is_known(report: DeviceReport, session: Session) -> bool:
    """Whether a session's loss is known: no span is then no loss."""
    return any(loss.session == session.id and loss.lost is not None for loss in report.cost.losses)


def _owners(sessions: tuple[Session, ...]) -> list[SessionId | None]:
    """Name whose allocators each session stands for: its own; the first of several inside a process for the process, the rest for none."""
    owners = [session.process or session.id for session in sessions]
    return [owner if owner not in owners[:index] else None for index, owner in enumerate(owners)]


def _memory(report: DeviceReport, owner: SessionId | None) -> Levels | None:
    """Add up the allocators of a process."""
    memory = report.memory
    curves = [c for c in memory.curves if c.session == owner] if memory is not None else []
    if not curves:
        return None
    return sum_of([c.levels for c in curves])
