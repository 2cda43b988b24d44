"""Allocator curves of a device -> the most bytes that each part of a session held at once."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tb_contention.memory.holders import Process
from tb_contention.memory.walk import peaks_by_label
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.attribution import RollUp
from tb_contention.model.memory import AllocatorCurve, CombinedMemory
from tb_contention.model.scopes import Split
from tb_contention.units import I32, I64, Bytes, SessionId

#: A hostile file can name any number of operations; the most frequent decide.
MAX_OPERATIONS = 20_000


def with_peaks(parts: RollUp, memory: CombinedMemory | None, aligned: AlignedTraces, group: DeviceGroup) -> RollUp:
    """Fill in what each part held at most inside the window; it stays None where there are no allocator events.

    Memory allocated before the capture is unknown by part and counts towards none.
    """
    if memory is None:
        return parts
    peaks = {key: _peaks_of(key, split, memory, aligned, group) for key, split in parts.splits.items()}
    scopes = tuple(
        replace(s, peak=Bytes(found.get(s.scope, 0))) if (found := peaks.get(s.session)) and not s.is_rest else s
        for s in parts.scopes
    )
    return replace(parts, scopes=scopes)


def _peaks_of(
    key: SessionId, split: Split, memory: CombinedMemory, aligned: AlignedTraces, group: DeviceGroup
) -> Mapping[str, int]:
    session = aligned.session(key)
    process = Process.of(session.process or key, aligned)
    curves = [c for c in memory.curves if c.session == process.session.id]
    if not curves:
        return {}
    part = [part for part, _ in process.parts].index(key) + 1 if session.process else None
    labels: dict[str, int] = {}
    columns = [_columns(curve, process, part, split, labels) for curve in curves]
    time, label, size, ended = columns[0] if len(columns) == 1 else _merged(columns)
    peaks = np.zeros(len(labels), np.int64)
    peaks_by_label(time, label, size, ended, group.start, group.end, np.zeros(len(labels), np.int64), peaks)
    return dict(zip(labels, peaks.tolist(), strict=True))


#: Of each event: its ns, the part that it allocates for (-1: none), bytes, and the event whose allocation it ends (-1: none).
_Columns = tuple[I64, I64, I64, I64]


def _columns(
    curve: AllocatorCurve, process: Process, part: int | None, split: Split, labels: dict[str, int]
) -> _Columns:
    """Lay out one allocator's events; `part` counts alone where the process holds several sessions."""
    table = process.session.trace.allocations
    made = np.flatnonzero(curve.is_allocation == 1)
    if part is not None:
        made = made[process.part_of(table.step_id[curve.row[made]]) == part]
    label = np.full(len(curve.time), -1, np.int64)
    label[made] = _labelled(table.op[curve.row[made]], process, split, labels)
    return curve.time, label, curve.size, curve.ended


def _labelled(op: I32, process: Process, split: Split, labels: dict[str, int]) -> I64:
    """Number the part that each operation belongs to; -1 = none."""
    strings = process.session.trace.strings
    count = np.bincount(op + 1, minlength=1)[1:]
    ops = np.argsort(-count, kind="stable")[: min(MAX_OPERATIONS, np.count_nonzero(count))]
    place = np.full(len(strings) + 1, -1, np.int64)
    for row in ops.tolist():
        place[row] = labels.setdefault(split.label(strings[row]), len(labels))
    return place[op]


def _merged(columns: list[_Columns]) -> _Columns:
    """Put the events of several allocators of one device in the order of time."""
    lengths = [len(time) for time, _, _, _ in columns]
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    time, label, size = (np.concatenate([column[k] for column in columns]) for k in range(3))
    ended = np.concatenate([np.where(c[3] >= 0, c[3] + at, -1) for c, at in zip(columns, first, strict=False)])
    order = np.argsort(time, kind="stable")
    place = np.empty(len(order) + 1, np.int64)
    place[order], place[-1] = np.arange(len(order)), -1
    return time[order], label[order], size[order], place[ended[order]]
