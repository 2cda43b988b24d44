"""Where on the lanes of a device events with a wanted name are; bounded by lanes and buckets and never by the trace."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from tb_contention.timeline.lanes import DeviceTimeline, Events, Lane
from tb_contention.timeline.place import Place, place_at
from tb_contention.units import I64, Bool
from tb_contention.wire import Wire

#: Places of the window into which the hits of one lane are merged.
_PLACES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look for: a part of a name whatever its case, or with `exact` a whole name."""

    text: str
    exact: bool

    def meets(self, name: str) -> bool:
        """Return whether a name matches."""
        return name == self.text if self.exact else self.text.casefold() in name.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneHits:
    """The wanted events of one lane. Hits that start in the same 256th of the view are one place."""

    lane: Annotated[int, Wire("number of the lane in the layout")]
    count: Annotated[int, Wire("wanted events on the lane")]
    in_view: Annotated[int, Wire("those between start and end")]
    start: Annotated[I64, Wire("start of each place in view", key="start_ns", signed=True)]
    end: Annotated[I64, Wire("end of each place in view", key="end_ns", signed=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHits:
    """The wanted events of a device."""

    count: Annotated[int, Wire("wanted events on all lanes")]
    names: Annotated[int, Wire("distinct names among them")]
    lanes: Annotated[tuple[LaneHits, ...], Wire("lanes with hits")]


def search(timeline: DeviceTimeline, wanted: Wanted, start: int, end: int, *, launches: bool = False) -> SearchHits:
    """Count the wanted events of each lane and find where in [start, end) they are."""
    lanes: list[LaneHits] = []
    names: set[str] = set()
    for number, lane in _searched(timeline, launches):
        hits, met = _hits(lane, wanted)
        names |= met
        if not hits.any():
            continue
        events = lane.events
        inside = hits & (events.start < end) & (events.end > start)
        first, last = _places(events, np.flatnonzero(inside), start, end)
        lanes.append(LaneHits(lane=number, count=int(hits.sum()), in_view=int(inside.sum()), start=first, end=last))
    return SearchHits(count=sum(lane.count for lane in lanes), names=len(names), lanes=tuple(lanes))


def next_hit(
    timeline: DeviceTimeline, wanted: Wanted, after: int, direction: int, *, launches: bool = False
) -> Place | None:
    """Find the wanted event that starts next after (direction 1) or before (-1) an instant, ns; wraps around. None without any."""
    ahead: list[tuple[int, int, int]] = []
    around: list[tuple[int, int, int]] = []
    for number, lane in _searched(timeline, launches):
        rows = np.flatnonzero(_hits(lane, wanted)[0])
        if not len(rows):
            continue
        starts = lane.events.start[rows]
        at = int(np.searchsorted(starts, after, "right" if direction > 0 else "left")) - (direction < 0)
        if 0 <= at < len(rows):
            ahead.append((direction * int(starts[at]), number, int(rows[at])))
        edge = 0 if direction > 0 else len(rows) - 1
        around.append((direction * int(starts[edge]), number, int(rows[edge])))
    if not around:
        return None
    _, number, row = min(ahead or around)
    return place_at(timeline, number, row)


def _searched(timeline: DeviceTimeline, launches: bool) -> list[tuple[int, Lane]]:
    return [(n, lane) for n, lane in enumerate(timeline.lanes) if launches or lane.kind != "launch"]


def _hits(lane: Lane, wanted: Wanted) -> tuple[Bool, set[str]]:
    """Mark a lane's wanted events; each distinct name is looked at once."""
    distinct, back = _distinct(lane.events.name)
    names = [lane.name_of(number) for number in distinct.tolist()]
    met = np.array([wanted.meets(name) for name in names], np.bool_)
    found = {name for name, is_met in zip(names, met.tolist(), strict=True) if is_met}
    return (met[back] if len(distinct) else np.zeros(len(lane.events.name), np.bool_)), found


def _distinct(numbers: I64) -> tuple[I64, I64]:
    """As np.unique with its inverse; by counting where the numbers are rows of a table and not far apart."""
    if not len(numbers):
        return numbers, numbers
    low = int(numbers.min())
    span = int(numbers.max()) - low + 1
    if span > 4 * len(numbers) + 1024:
        distinct, back = np.unique(numbers, return_inverse=True)
        return distinct, back.reshape(-1)
    there = np.bincount(numbers - low, minlength=span) > 0
    place: I64 = np.cumsum(there) - 1
    return np.flatnonzero(there) + low, place[numbers - low]


def _places(events: Events, rows: I64, start: int, end: int) -> tuple[I64, I64]:
    """Merge hits that start in the same part of the window; return where each place begins and ends."""
    if not len(rows):
        return rows, rows
    size = max(1, -(-(end - start) // _PLACES))
    part = np.maximum(events.start[rows] - start, 0) // size
    first = np.flatnonzero(np.diff(part, prepend=-1))
    return events.start[rows][first], np.maximum.reduceat(events.end[rows], first)
