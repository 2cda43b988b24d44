"""Device time of a session by name scope, and by the thread that drives it."""

from tb_contention.attribution.by_scope import scope_totals
from tb_contention.attribution.by_thread import thread_totals
from tb_contention.attribution.window import work_in_window
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.attribution import RollUp, ScopeTotal, ThreadTotal
from tb_contention.model.scopes import Split
from tb_contention.model.side_by_side import each
from tb_contention.units import SessionId


def roll_up(aligned: AlignedTraces, group: DeviceGroup) -> RollUp:
    """Sum up the parts of each session of a group."""
    devices: dict[SessionId, set[int]] = {}
    for plane in group.planes:
        devices.setdefault(plane.session, set()).add(plane.device)
    by_id = {session.id: session for session in aligned.sessions}
    scopes: list[ScopeTotal] = []
    threads: list[ThreadTotal] = []
    splits: dict[SessionId, Split] = {}

    def part(item: tuple[SessionId, set[int]]) -> tuple[list[ScopeTotal], Split, list[ThreadTotal]]:
        work = work_in_window(by_id[item[0]], item[1], group)
        return (*scope_totals(work), thread_totals(work))

    for key, (totals, split, by_thread) in zip(devices, each(part, list(devices.items())), strict=True):
        scopes += totals
        if totals:
            splits[key] = split
        threads += by_thread
    return RollUp(scopes=tuple(scopes), threads=tuple(threads), splits=splits)
