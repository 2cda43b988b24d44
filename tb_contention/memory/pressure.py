"""Kernels before and after a neighbour came -> operations that were changed to other kernels, as when workspace is denied."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.memory import KernelChange
from tb_contention.model.tables import rows_used
from tb_contention.model.trace import KernelKind
from tb_contention.units import I32, I64, PS_PER_NS, Bytes, Nanoseconds, SessionId

#: Kernels of a name that show that an operation uses it.
_LEAST = 3
#: Changes that are listed per session.
_MOST_LISTED = 50
#: A table of pairs up to this size is counted, a larger one sorted.
_MOST_PAIRS = 1 << 22

#: Captures of a session alone, each with the row of the device there.
Solos = Mapping[SessionId, "tuple[tuple[Session, int], ...]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """The kernels of one name of one operation: how many, their summed duration, and when the first and the last began, ns."""

    count: int
    total: int
    first: int
    last: int


#: By operation, without the type behind its colon, and kernel name.
_Uses = dict[tuple[str, str], _Use]


def kernel_changes(aligned: AlignedTraces, group: DeviceGroup, solos: Solos) -> tuple[KernelChange, ...]:
    """Find operations of which one kernel was seen only before another session's first work and another only after it.

    A step's worth of kernels may stand on the wrong side: they were launched ahead, or the neighbour took memory before it began. With
    captures of a session alone, the same between them and the window.
    """
    if len(group.planes) < 2 and not solos:
        return ()
    uses = {p.session: _uses(aligned.session(p.session), p.device) for p in group.planes}
    found: list[KernelChange] = []
    for plane in group.planes:
        mine = aligned.session(plane.session)
        changes: list[KernelChange] = []
        for other in group.planes:
            if other.session != plane.session and uses[other.session]:
                came = min(use.first for use in uses[other.session].values())
                slack = max(int(group.max_error or 0), _step_period(mine))
                changes += _since(mine, uses[plane.session], other.session, came, slack)
        for session, device in solos.get(plane.session, ()):
            inside = _uses(mine, plane.device, (group.start, group.end))
            changes += _changes(session, _uses(session, device), mine, inside, None, None)
        changes.sort(key=lambda c: (-c.cost, c.op, c.neighbour or ""))
        found += _once(changes)[:_MOST_LISTED]
    return tuple(found)


def _uses(session: Session, device: int, window: tuple[int, int] | None = None) -> _Uses:
    """Sum up a session's kernels on a device that name their operation, all or those that begin in a window (ns)."""
    trace = session.trace
    kernels = trace.kernels
    here = np.array([stream.device == device for stream in trace.streams], np.bool_)
    chosen = (kernels.kind == KernelKind.KERNEL) & (kernels.op >= 0) & (kernels.name >= 0)
    if len(kernels) and not here.all():
        chosen &= here[kernels.stream]
    start = kernels.start // PS_PER_NS + session.offset
    if window is not None:
        chosen &= (start >= window[0]) & (start < window[1])
    rows = slice(None) if chosen.all() else chosen
    start = start[rows]
    pairs, code = _pairs(kernels.op[rows], kernels.name[rows])
    count, total = np.bincount(code, minlength=len(pairs)), np.zeros(len(pairs), np.int64)
    np.add.at(total, code, kernels.duration[rows])
    first, last = np.zeros(len(pairs), np.int64), np.zeros(len(pairs), np.int64)
    first[code[::-1]], last[code] = start[::-1], start  # of equal places the last assignment stays
    found: _Uses = {}
    for number, (op, name) in enumerate(pairs):
        key = (trace.strings[op].partition(":")[0], trace.strings[name])
        use = _Use(
            count=int(count[number]), total=int(total[number]) // PS_PER_NS, first=int(first[number]), last=int(last[number])
        )  # fmt: skip
        found[key] = _joined(found[key], use) if key in found else use
    return found


def _pairs(op: I32, name: I32) -> tuple[list[tuple[int, int]], I64]:
    """Number the distinct pairs of two columns: the pairs, and the number of each row."""
    width = int(name.max(initial=0)) + 1
    key = op.astype(np.int64) * width + name
    if len(key) and int(key.max()) < _MOST_PAIRS:
        used = np.flatnonzero(np.bincount(key))
        place = np.zeros(int(key.max()) + 1, np.int64)
        place[used] = np.arange(len(used))
        code = place[key]
    else:
        used, code = np.unique(key, return_inverse=True)
    return [divmod(k, width) for k in used.tolist()], code.reshape(-1)


def _joined(a: _Use, b: _Use) -> _Use:
    return _Use(count=a.count + b.count, total=a.total + b.total, first=min(a.first, b.first), last=max(a.last, b.last))


def _step_period(session: Session) -> int:
    """Return the median step period of a session, ns; 0 without steps."""
    steps = session.trace.steps
    periods = np.diff(np.sort(steps.start + steps.duration)) // PS_PER_NS
    return round(float(np.median(periods))) if len(periods) else 0


def _since(session: Session, uses: _Uses, neighbour: SessionId, came: int, slack: int) -> Iterator[KernelChange]:
    """Compare a session's kernels before and after another's first one, give or take `slack` ns."""
    gone = {key: use for key, use in uses.items() if use.first < came and use.last < came + slack}
    come = {key: use for key, use in uses.items() if use.last >= came and use.first >= came - slack}
    # A kernel in both appears only around that instant, and shows nothing.
    both = gone.keys() & come.keys()
    before = {key: use for key, use in gone.items() if key not in both}
    after = {key: use for key, use in come.items() if key not in both}
    yield from _changes(session, before, session, after, neighbour, came)


def _changes(
    first: Session, before: _Uses, second: Session, after: _Uses, neighbour: SessionId | None, came: int | None
) -> Iterator[KernelChange]:
    """Pair, per operation, the kernel with most time that is gone with the one with most time that is new."""
    gone = _heaviest({key: use for key, use in before.items() if key not in after})
    come = _heaviest({key: use for key, use in after.items() if key not in before})
    for op in sorted(gone.keys() & come.keys()):
        (name_before, old), (name_after, new) = gone[op], come[op]
        if min(old.count, new.count) < _LEAST:
            continue
        yield KernelChange(
            session=second.id,
            neighbour=neighbour,
            op=op,
            before=name_before,
            after=name_after,
            count_before=old.count,
            count_after=new.count,
            mean_before=Nanoseconds(round(old.total / old.count)),
            mean_after=Nanoseconds(round(new.total / new.count)),
            workspace_before=_workspace(first, op, None, came),
            workspace_after=_workspace(second, op, came, None),
            at=None if came is None else Nanoseconds(came),
        )


def _heaviest(uses: _Uses) -> dict[str, tuple[str, _Use]]:
    """Keep each operation's kernel with most time."""
    best: dict[str, tuple[str, _Use]] = {}
    for (op, name), use in uses.items():
        if op not in best or use.total > best[op][1].total:
            best[op] = (name, use)
    return best


def _workspace(session: Session, op: str, since: int | None, until: int | None) -> Bytes | None:
    """Return the largest temporary of an operation in a part of the capture (ns)."""
    table = session.trace.allocations
    mine = _rows_of(session, table.op, lambda text: text.partition(":")[0] == op)
    temporary = _rows_of(session, table.region, lambda text: text == "temp")
    chosen = (table.is_allocation == 1) & np.isin(table.op, mine) & np.isin(table.region, temporary)
    time = table.start // PS_PER_NS + session.offset
    if since is not None:
        chosen &= time >= since
    if until is not None:
        chosen &= time < until
    return Bytes(int(table.size[chosen].max())) if chosen.any() else None


def _rows_of(session: Session, column: I32, fits: Callable[[str], bool]) -> list[int]:
    """Find the rows of the texts of a column that fit."""
    return [row for row in rows_used(column) if fits(session.trace.strings[row])]


def _once(changes: list[KernelChange]) -> list[KernelChange]:
    """Keep one row for each change, as several neighbours may have come before it: the last of them."""
    seen: dict[tuple[str, str, str], KernelChange] = {}
    for change in changes:
        key = (change.op, change.before, change.after)
        if key not in seen or (change.at or 0) > (seen[key].at or 0):
            seen[key] = change
    return list(seen.values())
