"""The lanes of a device and the scales of their tiles: what the panel asks for before it draws."""

from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.driver_view import DriverView
from tb_contention.model.levels import Changes, changes_of, peak_of_sum
from tb_contention.model.memory import CombinedMemory
from tb_contention.timeline.lanes import DeviceTimeline, LaneKind
from tb_contention.timeline.tiles import MAX_LEVEL
from tb_contention.units import Bytes, DeviceId, Nanoseconds, SessionId
from tb_contention.wire import Wire
from tb_contention.words.scales import memory_axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span of time."""

    start: Annotated[Nanoseconds, Wire("start of the span", signed=True)]
    end: Annotated[Nanoseconds, Wire("end of the span", signed=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutSession:
    """A session on the device."""

    id: Annotated[SessionId, Wire("id of the session")]
    name: Annotated[str, Wire("short name")]
    window: Annotated[Span, Wire("when it was recorded")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutLane:
    """A lane of the timeline."""

    lane: Annotated[int, Wire("number of the lane")]
    session: Annotated[int, Wire("index into `sessions`")]
    kind: Annotated[LaneKind, Wire("what it shows; a `stream` on a device without GPU planes is a host thread")]
    label: Annotated[str, Wire("short label")]
    title: Annotated[str, Wire("full name")]
    rows: Annotated[int, Wire("number of sub-lanes, for events that overlap in time")]
    events: Annotated[int, Wire("number of events")]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPeak:
    """The most that one session held."""

    peak: Annotated[Bytes, Wire("peak in the analysed window")]
    peak_at: Annotated[Nanoseconds, Wire("when it was reached", signed=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverCurves:
    """What the driver counted on the whole GPU."""

    used: Annotated[Changes | None, Wire("memory in use on the GPU")]
    untraced: Annotated[Changes | None, Wire("the part that no capture explains")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLayout:
    """The scale of the memory track."""

    sessions: Annotated[
        tuple[int, ...],
        Wire(
            "indexes into the layout's `sessions`, bottom of the stack first; "
            "of the sessions inside one process the first stands for the process"
        ),
    ]
    capacity: Annotated[Bytes | None, Wire("memory of the GPU")]
    safe: Annotated[Bytes | None, Wire("capacity minus what the system and each process's context take")]
    limits: Annotated[tuple[Bytes | None, ...], Wire("allocator limits, in the order of `sessions`", key="limit_bytes")]
    peak: Annotated[Bytes, Wire("combined peak")]
    peak_at: Annotated[Nanoseconds | None, Wire("when it was reached; null where only the driver counted", signed=True)]
    own_peaks: Annotated[tuple[OwnPeak, ...], Wire("peak of each session, in the order of `sessions`")]
    driver: Annotated[DriverCurves | None, Wire("what the driver counted; null where it was not recorded")]
    axis_top: Annotated[Bytes, Wire("top of the axis: room for the capacity, the peak, and limits that are near")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRange:
    """The levels at which there are tiles."""

    min: Annotated[int, Wire("finest level")]
    max: Annotated[int, Wire("coarsest level")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The lanes of one device and the scales of their tiles."""

    device: Annotated[DeviceId, Wire("id of the device")]
    revision: Annotated[str, Wire("revision to ask tiles of")]
    window: Annotated[Span, Wire("the analysed window, in which all sessions were recorded")]
    extent: Annotated[Span, Wire("from the first session's start to the last one's end: the limits of the timeline")]
    sessions: Annotated[tuple[LayoutSession, ...], Wire("sessions on the device")]
    lanes: Annotated[tuple[LayoutLane, ...], Wire("lanes, top to bottom")]
    hidden_lanes: Annotated[int, Wire("number of streams left out; the busiest are shown")]
    memory: Annotated[MemoryLayout | None, Wire("scale of the memory track; null where memory is unknown")]
    lost: Annotated[
        tuple[int, ...], Wire("indexes of the sessions whose lost time is known; the others have no such track")
    ]
    levels: Annotated[LevelRange, Wire("levels of the tiles: one of level L has 512 buckets of 2^L ns")]


def layout(timeline: DeviceTimeline, revision: str) -> Layout:
    """Describe the lanes of a device."""
    report = timeline.report
    return Layout(
        device=report.id,
        revision=revision,
        window=_span(report.group.start, report.group.end),
        extent=_span(timeline.start, timeline.end),
        sessions=tuple(LayoutSession(id=s.id, name=s.name, window=_span(s.start, s.end)) for s in timeline.sessions),
        lanes=tuple(
            LayoutLane(
                lane=number,
                session=lane.session,
                kind=lane.kind,
                label=lane.label,
                title=lane.title,
                rows=lane.rows,
                events=len(lane.events.start),
            )
            for number, lane in enumerate(timeline.lanes)
        ),
        hidden_lanes=timeline.hidden_lanes,
        memory=_driver_alone(report.driver) if report.memory is None else _memory(timeline, report.memory),
        lost=tuple(session for session, lost in enumerate(timeline.lost) if lost is not None),
        levels=LevelRange(min=0, max=MAX_LEVEL),
    )


def _span(start: int, end: int) -> Span:
    return Span(start=Nanoseconds(start), end=Nanoseconds(end))


def _memory(timeline: DeviceTimeline, memory: CombinedMemory) -> MemoryLayout:
    window = timeline.report.group
    curves = {index: curve for index, curve in enumerate(timeline.memory) if curve is not None}
    owners = [timeline.sessions[index].process or timeline.sessions[index].id for index in curves]
    peaks = [peak_of_sum([curve], window.start, window.end) for curve in curves.values()]
    return MemoryLayout(
        sessions=tuple(curves),
        capacity=memory.capacity,
        safe=memory.safe,
        limits=tuple(_limit(memory, owner) for owner in owners),
        peak=memory.peak,
        peak_at=memory.peak_at,
        own_peaks=tuple(OwnPeak(peak=Bytes(p.value), peak_at=Nanoseconds(p.at)) for p in peaks),
        driver=_driver(timeline.report.driver),
        axis_top=memory_axis(memory.capacity, memory.peak, [a.limit for a in memory.allocators]),
    )


def _limit(memory: CombinedMemory, owner: SessionId) -> Bytes | None:
    """Add up the limits of a process's allocators; None where none states one."""
    stated = [a.limit for a in memory.allocators if a.session == owner and a.limit is not None]
    return Bytes(sum(stated)) if stated else None


def _driver_alone(view: DriverView | None) -> MemoryLayout | None:
    """Lay out what the driver counted where no allocator was recorded: no session's, with a peak that has no instant."""
    if view is None or not view.has_counted or view.used_peak is None:
        return None
    return MemoryLayout(
        sessions=(),
        capacity=view.capacity,
        safe=None,
        limits=(),
        peak=view.used_peak,
        peak_at=None,
        own_peaks=(),
        driver=_driver(view),
        axis_top=memory_axis(view.capacity, view.used_peak),
    )


def _driver(view: DriverView | None) -> DriverCurves | None:
    if view is None:
        return None
    used, untraced = (None if levels is None else changes_of(levels) for levels in (view.used, view.untraced))
    return DriverCurves(used=used, untraced=untraced)
