"""Kernels before and after a neighbour came -> operations that were changed to other kernels, as when workspace is denied."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.memory import KernelChange
from tb_contention.model.trace import KernelKind
from tb_contention.units import I64, PS_PER_NS, Bool, Bytes, Nanoseconds, SessionId

#: Kernels of a name that show that an operation uses it; more than that before, none after, and the other way round.
_LEAST = 3
#: Changes that are listed per session.
_MOST_LISTED = 50

#: Captures of a session alone, each with the row of the device there.
Solos = Mapping[SessionId, "tuple[tuple[Session, int], ...]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kernels:
    """A session's kernels on one device: ns from the report's origin; op and name are texts' numbers, shared by what is compared."""

    session: Session
    start: I64
    duration: I64
    op: I64
    name: I64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """Numbers for texts of several traces."""

    numbers: "dict[str, int]"

    def number(self, session: Session, column: "np.ndarray[tuple[int], np.dtype[np.int32]]", *, is_op: bool) -> I64:
        """Number the texts of a column; -1 = none. Of an operation's name the type behind the colon does not count."""
        strings = session.trace.strings
        rows, code = np.unique(column, return_inverse=True)
        made = []
        for row in rows.tolist():
            text = strings.get(row)
            key = (text.partition(":")[0] if is_op else text) if text else None
            made.append(-1 if not key else self.numbers.setdefault(key, len(self.numbers)))
        return np.array(made, np.int64)[code.reshape(-1)]

    def text(self, number: int) -> str:
        """Return the text of a number."""
        return list(self.numbers)[number]


def kernel_changes(aligned: AlignedTraces, group: DeviceGroup, solos: Solos) -> "tuple[KernelChange, ...]":
    """Find operations of which one kernel was seen only before another session's first work and another only after it.

    With captures of a session alone, the same between them and the window.
    """
    texts = _Texts(numbers={})
    known = {p.session: _kernels(aligned.session(p.session), p.device, texts) for p in group.planes}
    found: list[KernelChange] = []
    for key, mine in known.items():
        changes = [c for other, theirs in known.items() if other != key for c in _since(mine, theirs, texts)]
        for session, device in solos.get(key, ()):
            alone = _kernels(session, device, texts)
            changes += _compared(alone, mine, _all(alone), _inside(mine, group), texts, None, None)
        changes.sort(key=lambda c: (-c.cost, c.op, c.neighbour or ""))
        found += _once(changes)[:_MOST_LISTED]
    return tuple(found)


def _kernels(session: Session, device: int, texts: _Texts) -> _Kernels:
    trace = session.trace
    kernels = trace.kernels
    here = np.array([stream.device == device for stream in trace.streams], np.bool_)
    rows = np.flatnonzero((kernels.kind == KernelKind.KERNEL) & (kernels.op >= 0))
    rows = rows[here[kernels.stream[rows]]] if len(rows) else rows
    return _Kernels(
        session=session,
        start=kernels.start[rows] // PS_PER_NS + session.offset,
        duration=kernels.duration[rows] // PS_PER_NS,
        op=texts.number(session, kernels.op[rows], is_op=True),
        name=texts.number(session, kernels.name[rows], is_op=False),
    )


def _all(kernels: _Kernels) -> Bool:
    return np.ones(len(kernels.start), np.bool_)


def _inside(kernels: _Kernels, group: DeviceGroup) -> Bool:
    return (kernels.start >= group.start) & (kernels.start < group.end)


def _since(mine: _Kernels, theirs: _Kernels, texts: _Texts) -> "Iterator[KernelChange]":
    """Compare a session's kernels before and after another's first one."""
    if not len(theirs.start):
        return
    came = int(theirs.start.min())
    after = mine.start >= came
    yield from _compared(mine, mine, ~after, after, texts, theirs.session.id, came)


def _compared(
    first: _Kernels, second: _Kernels, before: Bool, after: Bool, texts: _Texts, neighbour: "SessionId | None", came: "int | None"
) -> "Iterator[KernelChange]":  # fmt: skip
    """Pair, per operation, the kernel with most time that is gone with the one with most time that is new."""
    old, new = _uses(first, before), _uses(second, after)
    ops_before, ops_after = {op for op, _ in old}, {op for op, _ in new}
    gone = _heaviest({use: v for use, v in old.items() if use not in new and use[0] in ops_after})
    come = _heaviest({use: v for use, v in new.items() if use not in old and use[0] in ops_before})
    for op in sorted(gone.keys() & come.keys()):
        (name_before, count_before, total_before), (name_after, count_after, total_after) = gone[op], come[op]
        if min(count_before, count_after) < _LEAST:
            continue
        workspace_before = _workspace(first.session, texts.text(op), None, came)
        workspace_after = _workspace(second.session, texts.text(op), came, None)
        yield KernelChange(
            session=second.session.id,
            neighbour=neighbour,
            op=texts.text(op),
            before=texts.text(name_before),
            after=texts.text(name_after),
            count_before=count_before,
            count_after=count_after,
            mean_before=Nanoseconds(round(total_before / count_before)),
            mean_after=Nanoseconds(round(total_after / count_after)),
            workspace_before=workspace_before,
            workspace_after=workspace_after,
            at=None if came is None else Nanoseconds(came),
        )


def _uses(kernels: _Kernels, chosen: Bool) -> "dict[tuple[int, int], tuple[int, int]]":
    """Count and sum up kernels by operation and name."""
    keep = chosen & (kernels.op >= 0) & (kernels.name >= 0)
    width = int(kernels.name.max(initial=0)) + 1
    key, code = np.unique(kernels.op[keep] * width + kernels.name[keep], return_inverse=True)
    count = np.bincount(code.reshape(-1), minlength=len(key))
    total = np.zeros(len(key), np.int64)
    np.add.at(total, code.reshape(-1), kernels.duration[keep])
    return {
        (k // width, k % width): (c, t) for k, c, t in zip(key.tolist(), count.tolist(), total.tolist(), strict=True)
    }


def _heaviest(uses: "dict[tuple[int, int], tuple[int, int]]") -> "dict[int, tuple[int, int, int]]":
    """Keep each operation's kernel with most time: (name, count, total)."""
    best: dict[int, tuple[int, int, int]] = {}
    for (op, name), (count, total) in uses.items():
        if op not in best or total > best[op][2]:
            best[op] = (name, count, total)
    return best


def _workspace(session: Session, op: str, since: "int | None", until: "int | None") -> "Bytes | None":
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


def _rows_of(
    session: Session, column: "np.ndarray[tuple[int], np.dtype[np.int32]]", fits: "Callable[[str], bool]"
) -> "list[int]":
    """Find the rows of the texts of a column that fit."""
    used = (np.flatnonzero(np.bincount(column + 1)) - 1).tolist()
    return [row for row in used if row >= 0 and fits(session.trace.strings[row])]


def _once(changes: "list[KernelChange]") -> "list[KernelChange]":
    """Keep one row for each change, as several neighbours may have come before it."""
    seen: dict[tuple[str, str, str], KernelChange] = {}
    for change in changes:
        key = (change.op, change.before, change.after)
        if key not in seen or (change.at or 0) > (seen[key].at or 0):
            seen[key] = change
    return list(seen.values())
