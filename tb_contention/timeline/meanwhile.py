"""What the other sessions ran during an event."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from tb_contention.timeline.lanes import DeviceTimeline, Events, Lane
from tb_contention.units import Nanoseconds, SessionId
from tb_contention.wire import Wire

_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile:
    """The kernels of one name that another session ran during an event."""

    session: Annotated[SessionId, Wire("session that ran them")]
    name: Annotated[str, Wire("name of the kernels")]
    overlap: Annotated[Nanoseconds, Wire("time for which they overlapped the event, summed")]
    count: Annotated[int, Wire("number of kernels")]


def meanwhile(timeline: DeviceTimeline, lane: Lane, start: int, end: int) -> tuple[Meanwhile, ...]:
    """Sum what the streams of other sessions ran between two instants, by name, longest first; the first few of them."""
    sums: dict[tuple[SessionId, str], list[int]] = {}
    for other in timeline.lanes:
        if other.session == lane.session or other.kind != "stream":
            continue
        for name, total, count in _overlaps(other.events, start, end):
            held = sums.setdefault((timeline.sessions[other.session].id, other.name_of(name)), [0, 0])
            held[0] += total
            held[1] += count
    rows = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))[:_MOST]
    return tuple(
        Meanwhile(session=session, name=name, overlap=Nanoseconds(total), count=count)
        for (session, name), (total, count) in rows
    )


def _overlaps(events: Events, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return (name, ns of overlap, count) of the longest of a lane's names inside a span."""
    first = int(np.searchsorted(events.reach, start, "right"))
    last = int(np.searchsorted(events.start, end, "left"))
    if last <= first:
        return []
    length = np.minimum(events.end[first:last], end) - np.maximum(events.start[first:last], start)
    names, code = np.unique(events.name[first:last][length > 0], return_inverse=True)
    total, count = np.zeros(len(names), np.int64), np.bincount(code.reshape(-1), minlength=len(names))
    np.add.at(total, code.reshape(-1), length[length > 0])
    most = np.argsort(-total, kind="stable")[:_MOST].tolist()
    return [(int(names[k]), int(total[k]), int(count[k])) for k in most]
