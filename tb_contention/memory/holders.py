"""Allocations that live at an instant -> who holds how much of what."""

from dataclasses import dataclass

import numpy as np

from tb_contention.memory.walk import TOO_MUCH
from tb_contention.model.alignment import AlignedTraces, Session
from tb_contention.model.memory import AllocatorCurve, Holder, Holders, Holding, ScopeHeld
from tb_contention.model.scopes import NO_SCOPE, Path, Split, cut_at_split, levels_of, scope_of
from tb_contention.model.trace import NONE
from tb_contention.units import I64, Bytes, Nanoseconds, SessionId

#: Rows of holders; the rest is one row.
MAX_ROWS = 60
#: Rows whose name scopes are looked at; a hostile file can make up any number of names.
_MOST_SCOPED = 20_000
#: tensorflow/core/framework/types.proto: DataType.
DATA_TYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64", 9: "int64", 10: "bool",
    11: "qint8", 12: "quint8", 13: "qint32", 14: "bfloat16", 15: "qint16", 16: "quint16", 17: "uint16", 18: "complex128",
    19: "float16", 20: "resource", 21: "variant", 22: "uint32", 23: "uint64", 24: "float8_e5m2", 25: "float8_e4m3fn",
    29: "int4", 30: "uint4", 31: "int2", 32: "uint2",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process and the sessions inside it: for each, its id and the ids of its runs, which allocations carry as step id."""

    session: Session
    parts: tuple[tuple[SessionId, I64], ...]

    @classmethod
    def of(cls, key: SessionId, aligned: AlignedTraces) -> "Process":
        """Find a process among sessions, with the sessions inside it."""
        inside = [s for s in aligned.sessions if s.process == key]
        runs = [(s.id, np.unique(s.trace.host_events.id)) for s in inside]
        return cls(
            session=aligned.session(key), parts=tuple((part, ids[(ids != NONE) & (ids != 0)]) for part, ids in runs)
        )

    def part_of(self, step_id: I64) -> I64:
        """Number the session whose run each step id is, from 1; 0 is the process itself."""
        part = np.zeros(len(step_id), np.int64)
        for number, (_, ids) in enumerate(self.parts, 1):
            part[np.isin(step_id, ids)] = number
        return part

    def name_of(self, part: int) -> SessionId:
        """Return the id behind a number of `part_of`."""
        return self.parts[part - 1][0] if part else self.session.id


def holders_at(held: list[tuple[AllocatorCurve, Process, int]], at: int) -> Holders:
    """List who holds what of several allocators, each after a number of its events; `at`: ns, for ages.

    The rows add up to the bytes in use: what was held before the capture, and what missing events changed, are rows of their own.
    """
    rows: list[Holder] = []
    for curve, process, events in held:
        mine = _allocated(curve, process, events, at)
        rows += mine + _rest(curve, events, sum(row.bytes for row in mine))
    rows.sort(key=lambda r: (-r.bytes, r.session, r.allocator, r.kind.value, r.op, r.shape or ""))
    total = sum(curve.after(events) for curve, _, events in held)
    return Holders(at=Nanoseconds(at), total=Bytes(total), rows=_bounded(rows), scopes=_by_scope(rows))


def _allocated(curve: AllocatorCurve, process: Process, events: int, at: int) -> list[Holder]:
    """Sum up live allocations that are equal but for their address and size."""
    live = curve.live(events)
    table = process.session.trace.allocations
    row = curve.row[live]
    columns = [
        process.part_of(table.step_id[row]),
        table.op[row].astype(np.int64),
        table.region[row].astype(np.int64),
        table.data_type[row],
        table.shape[row].astype(np.int64),
    ]
    first, group = _grouped(columns, len(row))
    count = np.bincount(group, minlength=len(first))
    size, oldest = np.zeros(len(first), np.int64), np.full(len(first), np.iinfo(np.int64).max)
    requested, unknown = np.zeros(len(first), np.int64), np.zeros(len(first), np.int64)
    np.add.at(size, group, curve.size[live])
    np.minimum.at(oldest, group, curve.time[live])
    np.add.at(requested, group, np.clip(table.requested[row], 0, TOO_MUCH))
    np.add.at(unknown, group, table.requested[row] == NONE)
    strings = process.session.trace.strings
    names = {op: _text(strings.get(op)) for op in np.unique(columns[1]).tolist()}
    operations = frozenset(levels_of(name) for name in names.values() if name)
    holders = []
    for number, k in enumerate(first.tolist()):
        part, op, region, data_type, shape = (int(column[k]) for column in columns)
        name = names[op]
        holders.append(
            Holder(
                session=process.name_of(part),
                allocator=curve.allocator,
                kind=Holding.OP,
                op=name or "",
                scope="/".join(scope_of(name, operations)) if name else "",
                bytes=Bytes(int(size[number])),
                requested=None if unknown[number] else Bytes(int(requested[number])),
                count=int(count[number]),
                region=_text(strings.get(region)),
                data_type=_data_type(data_type),
                shape=_text(strings.get(shape)),
                age=Nanoseconds(at - int(oldest[number])),
            )
        )
    return holders


def _grouped(columns: list[I64], rows: int) -> tuple[I64, I64]:
    """Number the distinct combinations of values: the first row of each, and the number of each row."""
    group = np.zeros(rows, np.int64)
    for column in columns:
        values, code = np.unique(column, return_inverse=True)
        _, group = np.unique(group * len(values) + code.reshape(-1), return_inverse=True)
        group = group.reshape(-1)
    first = np.unique(group, return_index=True)[1]
    return first, group


def _text(text: str | None) -> str | None:
    """Take what newer releases write for "none" as none."""
    return None if text is None or text in ("(null)", "") else text


def _data_type(number: int) -> str | None:
    return None if number in (NONE, 0) else DATA_TYPES.get(number, f"DataType {number}")


def _rest(curve: AllocatorCurve, events: int, explained: int) -> list[Holder]:
    """Name what no allocation in the capture explains."""
    rest = curve.after(events) - explained
    freed = (curve.is_allocation[:events] == 0) & (curve.ended[:events] < 0)
    kept = max(0, int(curve.before_capture) - int(curve.size[:events][freed].sum()))
    before = rest if not curve.gaps.missing else max(0, min(kept, rest))
    return [
        _total(curve.session, curve.allocator, kind, size)
        for kind, size in ((Holding.BEFORE_CAPTURE, before), (Holding.NOT_RECORDED, rest - before))
        if size
    ]


def _total(session: SessionId, allocator: str, kind: Holding, size: int, count: int = 0) -> Holder:
    """Make a row of bytes that no single operation stands for."""
    return Holder(
        session=session, allocator=allocator, kind=kind, op=kind.words, scope="", bytes=Bytes(size), requested=None, count=count,
        region=None, data_type=None, shape=None, age=None,
    )  # fmt: skip


def _bounded(rows: list[Holder]) -> tuple[Holder, ...]:
    """Keep the largest rows, and make one of the rest of each allocator; totals are always kept."""
    shown = [row for k, row in enumerate(rows) if k < MAX_ROWS or row.kind is not Holding.OP]
    rest: dict[tuple[SessionId, str], list[int]] = {}
    for row in (row for k, row in enumerate(rows) if k >= MAX_ROWS and row.kind is Holding.OP):
        sums = rest.setdefault((row.session, row.allocator), [0, 0])
        sums[0] += row.bytes
        sums[1] += row.count
    others = [_total(*whose, Holding.OTHERS, size, count) for whose, (size, count) in rest.items()]
    return (*shown, *others)


def _by_scope(rows: list[Holder]) -> tuple[ScopeHeld, ...]:
    """Sum up by the name scopes at which each session's bytes split."""
    sums: dict[tuple[SessionId, Holding, str], list[int]] = {}
    for session in dict.fromkeys(row.session for row in rows):
        mine = [row for row in rows if row.session == session]
        split = _split(mine[:_MOST_SCOPED])
        for k, row in enumerate(mine):
            label = split.label(row.op) if row.kind is Holding.OP and row.op and k < _MOST_SCOPED else NO_SCOPE
            held = sums.setdefault((session, row.kind, "" if label == NO_SCOPE else label), [0, 0])
            held[0] += row.bytes
            held[1] += row.count
    found = [
        ScopeHeld(session=session, kind=kind, scope=scope, bytes=Bytes(size), count=count)
        for (session, kind, scope), (size, count) in sums.items()
    ]
    found.sort(key=lambda s: (-s.bytes, s.session, s.kind.value, s.scope))
    return tuple(found[:MAX_ROWS]) if len(found) <= MAX_ROWS else _folded(found)


def _folded(found: list[ScopeHeld]) -> tuple[ScopeHeld, ...]:
    """Make one row per session of what is beyond the largest."""
    rest: dict[SessionId, list[int]] = {}
    for row in found[MAX_ROWS:]:
        sums = rest.setdefault(row.session, [0, 0])
        sums[0] += row.bytes
        sums[1] += row.count
    others = [
        ScopeHeld(session=session, kind=Holding.OTHERS, scope="", bytes=Bytes(size), count=count)
        for session, (size, count) in rest.items()
    ]
    return (*found[:MAX_ROWS], *others)


def _split(rows: list[Holder]) -> Split:
    operations = frozenset(levels_of(row.op) for row in rows if row.kind is Holding.OP)
    weights: dict[Path, int] = {}
    for row in rows:
        if row.kind is Holding.OP and row.op:
            path = scope_of(row.op, operations)
            weights[path] = weights.get(path, 0) + max(0, row.bytes)
    return Split(cuts=cut_at_split(weights), operations=operations)
