"""Requests for memory that were refused -> what was asked, and who held what at that instant."""

from collections.abc import Mapping

from tb_contention.memory.holders import Process, holders_at
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.memory import AllocatorCurve, Refused
from tb_contention.units import PS_PER_NS, Bytes, Nanoseconds, SessionId

#: Refusals of a session that are shown; a program that catches the error may try again and again.
_MOST = 20


def refused(
    aligned: AlignedTraces, group: DeviceGroup, curves: tuple[AllocatorCurve, ...], known: Mapping[SessionId, Process]
) -> tuple[Refused, ...]:
    """List what the allocators of a device refused, by session, the largest request first."""
    found = []
    for plane in group.planes:
        session = aligned.session(plane.session)
        table = session.trace.refusals
        mine = table.select(table.device == session.trace.devices[plane.device].ordinal)
        for row in (-mine.asked).argsort(kind="stable")[:_MOST].tolist():
            at = int(mine.start[row]) // PS_PER_NS + session.offset
            held = [(c, known[c.session], c.levels.events_at(at)) for c in curves]
            found.append(
                Refused(
                    session=session.id,
                    at=Nanoseconds(at),
                    count=len(mine),
                    asked=Bytes(int(mine.asked[row])),
                    in_use=_stated(int(mine.in_use[row])),
                    reserved=_stated(int(mine.reserved[row])),
                    holders=holders_at(held, at),
                )
            )
    return tuple(found)


def _stated(value: int) -> Bytes | None:
    return Bytes(value) if value >= 0 else None
