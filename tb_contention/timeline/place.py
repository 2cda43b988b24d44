"""Where the timeline shows an event."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from tb_contention.timeline.lanes import DeviceTimeline, LaneKind
from tb_contention.units import Nanoseconds
from tb_contention.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An event as the timeline shows it."""

    lane: Annotated[int, Wire("number of the lane in the layout")]
    row: Annotated[int, Wire("sub-lane")]
    name: Annotated[str, Wire("name of the event")]
    start: Annotated[Nanoseconds, Wire("start of the event", signed=True)]
    end: Annotated[Nanoseconds, Wire("end of the event", signed=True)]


def place_at(timeline: DeviceTimeline, number: int, at: int) -> Place:
    """Return the place of the at-th event of a lane."""
    lane = timeline.lanes[number]
    return Place(
        lane=number,
        row=int(lane.events.row[at]),
        name=lane.name_of(int(lane.events.name[at])),
        start=Nanoseconds(int(lane.events.start[at])),
        end=Nanoseconds(int(lane.events.end[at])),
    )


def place_of(timeline: DeviceTimeline, session: int, kind: LaneKind, source: int) -> Place | None:
    """Find the event that shows a row of the trace's kernels or launches; None where its lane is left out."""
    for number, lane in enumerate(timeline.lanes):
        if lane.session != session or lane.kind != kind:
            continue
        found = np.flatnonzero(lane.events.source == source)
        if len(found):
            return place_at(timeline, number, int(found[0]))
    return None
