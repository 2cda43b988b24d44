"""Device time and memory of a session by name scope, and by the thread that drives it."""

from tb_contention.attribution.by_scope import scope_totals
from tb_contention.attribution.by_thread import thread_totals
from tb_contention.attribution.window import work_in_window
from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.attribution import RollUp, ScopeTotal, ThreadTotal
from tb_contention.units import SessionId


def roll_up(aligned: AlignedTraces, group: DeviceGroup) -> RollUp:
    """Sum up the parts of each session of a group."""
    devices: dict[SessionId, set[int]] = {}
    for plane in group.planes:
        devices.setdefault(plane.session, set()).add(plane.device)
    by_id = {session.id: session for session in aligned.sessions}
    scopes: list[ScopeTotal] = []
    threads: list[ThreadTotal] = []
    for key, rows in devices.items():
        session = by_id[key]
        work = work_in_window(session, rows, group)
        scopes += scope_totals(work, _allocations_of(session, by_id))
        threads += thread_totals(work)
    return RollUp(scopes=tuple(scopes), threads=tuple(threads))


def _allocations_of(session: Session, by_id: "dict[SessionId, Session]") -> Session:
    """Return the process of a session: only a process has allocator events."""
    return session if session.process is None else by_id[session.process]
