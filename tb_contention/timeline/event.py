"""One event of the timeline in full: what the trace holds of it, how others of its name did, and who worked during it."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from tb_contention.model.alignment import Session
from tb_contention.model.launch_config import LaunchConfig, parse_launch_config
from tb_contention.model.launching import launch_rows
from tb_contention.timeline.distribution import Distribution, distribution
from tb_contention.timeline.lanes import DeviceTimeline, Lane
from tb_contention.timeline.meanwhile import Meanwhile, meanwhile
from tb_contention.timeline.place import Place, place_of
from tb_contention.units import PS_PER_NS, Bytes, Nanoseconds, SessionId
from tb_contention.wire import Wire

#: Kernels of one launch call among which the first that is shown is looked for.
_MOST_LAUNCHED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelDetail:
    """What only kernels have; nothing for other events."""

    correlation_id: Annotated[int | None, Wire("number by which the profiler pairs launch and kernel")] = None
    op: Annotated[str | None, Wire("operation of the framework that it belongs to")] = None
    bytes: Annotated[Bytes | None, Wire("size of a copy or memset")] = None
    details: Annotated[str | None, Wire("launch or copy as the profiler wrote it")] = None
    launch: Annotated[LaunchConfig | None, Wire("launch configuration; null where the profiler wrote none")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchCall:
    """The call that launched a kernel; nothing where it is unknown."""

    start: Annotated[Nanoseconds | None, Wire("start of the launch call", key="launch_ns", signed=True)] = None
    duration: Annotated[Nanoseconds | None, Wire("length of the launch call", key="launch_duration_ns")] = None
    thread: Annotated[str | None, Wire("thread that made the launch call", key="launch_thread")] = None
    place: Annotated[Place | None, Wire("where the timeline shows the launch call", key="launch_place")] = None
    queue: Annotated[Nanoseconds | None, Wire("time from the end of the launch call to the kernel's start")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLoss:
    """What other sessions cost an event; nothing where that is unknown."""

    stretched: Annotated[Nanoseconds | None, Wire("time that other sessions added to it; null where unknown")] = None
    stalled: Annotated[Nanoseconds | None, Wire("time it was stalled before its start; null where unknown")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDetail:
    """One event in full. What is unknown is null, and so is all that only kernels have for other events."""

    name: Annotated[str, Wire("name of the event")]
    start: Annotated[Nanoseconds, Wire("start of the event", signed=True)]
    duration: Annotated[Nanoseconds, Wire("length of the event")]
    kind: Annotated[int, Wire("0 kernel, 1 copy, 2 memset, 3 step, 4 host operation, 5 unknown (name lost)")]
    stream: Annotated[str, Wire("stream or thread on which it ran")]
    session: Annotated[SessionId, Wire("session that ran it")]
    step: Annotated[int | None, Wire("number of the step during which it started")]
    kernel: Annotated[KernelDetail, Wire("what only kernels have", flat=True)]
    call: Annotated[LaunchCall, Wire("the call that launched it", flat=True)]
    launched: Annotated[Place | None, Wire("of a launch call: the first kernel shown that it launched")]
    loss: Annotated[EventLoss, Wire("what other sessions cost it", flat=True)]
    distribution: Annotated[Distribution | None, Wire("all kernels of its name and operation in the analysed window")]
    meanwhile: Annotated[
        tuple[Meanwhile, ...], Wire("what other sessions ran during it, at most 8, longest overlap first")
    ]


def event_at(timeline: DeviceTimeline, lane: Lane, row: int, time: int) -> EventDetail | None:
    """Find the event of a sub-lane at an instant; None where there is none."""
    events = lane.events
    first = int(np.searchsorted(events.reach, time, "left"))
    last = int(np.searchsorted(events.start, time, "right"))
    inside = np.flatnonzero(
        (events.row[first:last] == row) & ((events.end[first:last] > time) | (events.start[first:last] == time))
    )
    if not len(inside):
        return None
    at = first + int(inside[-1])
    start, end, source = int(events.start[at]), int(events.end[at]), int(events.source[at])
    session, is_kernel = timeline.sessions[lane.session], lane.kind == "stream"
    return EventDetail(
        name=lane.name_of(int(events.name[at])),
        start=Nanoseconds(start),
        duration=Nanoseconds(end - start),
        kind=int(events.kind[at]),
        stream=lane.title,
        session=session.id,
        step=_step(session, start),
        kernel=_kernel(session, source) if is_kernel else KernelDetail(),
        call=_call(timeline, lane, source) if is_kernel else LaunchCall(),
        launched=_launched(timeline, lane, source) if lane.kind == "launch" else None,
        loss=_loss(timeline, session, start, end) if is_kernel else EventLoss(),
        distribution=distribution(timeline, lane, source) if is_kernel else None,
        meanwhile=meanwhile(timeline, lane, start, end),
    )


def _step(session: Session, start: int) -> int | None:
    """Return the number of the step whose span holds an instant; the latest where several do."""
    steps = session.trace.steps
    begin = steps.start // PS_PER_NS + session.offset
    end = (steps.start + steps.duration) // PS_PER_NS + session.offset
    inside = np.flatnonzero((begin <= start) & (end > start))
    return int(steps.number[inside[-1]]) if len(inside) else None


def _kernel(session: Session, row: int) -> KernelDetail:
    kernels, strings = session.trace.kernels, session.trace.strings
    correlation, size = int(kernels.correlation[row]), int(kernels.bytes[row])
    details = strings.get(int(kernels.details[row]))
    return KernelDetail(
        correlation_id=correlation if correlation > 0 else None,
        op=strings.get(int(kernels.op[row])),
        bytes=Bytes(size) if size >= 0 else None,
        details=details,
        launch=parse_launch_config(details),
    )


def _call(timeline: DeviceTimeline, lane: Lane, row: int) -> LaunchCall:
    """Find the call that launched a kernel."""
    session = timeline.sessions[lane.session]
    launches, one = session.trace.launches, session.trace.kernels.select(np.array([row]))
    same = np.flatnonzero(launches.correlation == one.correlation[0])
    found = int(launch_rows(one, launches.select(same))[0])
    if found < 0:
        return LaunchCall()
    at = int(same[found])
    start, length = int(launches.start[at]), int(launches.duration[at])
    return LaunchCall(
        start=Nanoseconds(start // PS_PER_NS + session.offset),
        duration=Nanoseconds(length // PS_PER_NS),
        thread=session.trace.threads[int(launches.thread[at])] or None,
        place=place_of(timeline, lane.session, "launch", at),
        queue=Nanoseconds(max(0, int(one.start[0]) - start - length) // PS_PER_NS),
    )


def _launched(timeline: DeviceTimeline, lane: Lane, launch: int) -> Place | None:
    """Find the first kernel shown that a call launched."""
    trace = timeline.sessions[lane.session].trace
    same = np.flatnonzero(trace.kernels.correlation == trace.launches.correlation[launch])
    rows = same[launch_rows(trace.kernels.select(same), trace.launches) == launch]
    places = (place_of(timeline, lane.session, "stream", int(row)) for row in rows[:_MOST_LAUNCHED].tolist())
    return next((place for place in places if place is not None), None)


def _loss(timeline: DeviceTimeline, session: Session, start: int, end: int) -> EventLoss:
    """Return by how much others stretched a kernel, and for how long it was stalled before."""
    cost = timeline.report.cost
    found = next((lost for lost in cost.lost if lost.session == session.id), None)
    known = any(loss.session == session.id and loss.lost is not None for loss in cost.losses)
    if found is None or not known:
        return EventLoss()
    # A stall that belongs to this kernel ends where it begins.
    at = int(np.searchsorted(found.stalled.end, start, "left"))
    ends_here = at < len(found.stalled) and int(found.stalled.end[at]) == start
    stalled = int(found.stalled.end[at] - found.stalled.start[at]) if ends_here else 0
    return EventLoss(stretched=Nanoseconds(found.stretched.clip(start, end).total), stalled=Nanoseconds(stalled))
