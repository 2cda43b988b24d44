"""Allocator curves of a device -> the most bytes that each part of a session held at once."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tb_contention.memory.holders import Process
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.attribution import RollUp
from tb_contention.model.memory import AllocatorCurve, CombinedMemory
from tb_contention.model.scopes import Split
from tb_contention.units import I64, Bytes, SessionId

#: A hostile file can name any number of operations; the most frequent decide.
MAX_OPERATIONS = 20_000
_NEVER = np.iinfo(np.int64).max


def with_peaks(parts: RollUp, memory: "CombinedMemory | None", aligned: AlignedTraces, group: DeviceGroup) -> RollUp:
    """Fill in what each part held at most inside the window; it stays None where there are no allocator events.

    What was allocated before the capture is not known by part and counts to none.
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
) -> "Mapping[str, int]":
    session = aligned.session(key)
    process = Process.of(session.process or key, aligned)
    curves = [c for c in memory.curves if c.session == process.session.id]
    wanted = [part for part, _ in process.parts].index(key) + 1 if session.process else 0
    rows, start, end, size = _spans(curves, process, wanted, group)
    label, labels = _labels(process.session.trace.allocations.op[rows], process, split)
    found = _peaks(label, np.maximum(start, group.start), end, size, len(labels))
    return dict(zip(labels, found, strict=True)) if curves else {}


def _spans(
    curves: "list[AllocatorCurve]", process: Process, wanted: int, group: DeviceGroup
) -> "tuple[I64, I64, I64, I64]":
    """List the allocations of a session that live in the window: table row, begin and end in ns, bytes."""
    columns: list[list[I64]] = [[np.zeros(0, np.int64)] for _ in range(4)]
    for curve in curves:
        made = np.flatnonzero(curve.is_allocation == 1)
        other = curve.other[made]
        end = np.where(other >= 0, curve.time[other], _NEVER)
        keep = (curve.time[made] < group.end) & (end > group.start) & (end > curve.time[made])
        made, end = made[keep], end[keep]
        if process.parts:
            mine = process.part_of(process.session.trace.allocations.step_id[curve.row[made]]) == wanted
            made, end = made[mine], end[mine]
        for column, values in zip(columns, (curve.row[made], curve.time[made], end, curve.size[made]), strict=True):
            column.append(values)
    rows, start, end, size = (np.concatenate(column) for column in columns)
    return rows, start, end, size


def _labels(
    op: "np.ndarray[tuple[int], np.dtype[np.int32]]", process: Process, split: Split
) -> "tuple[I64, list[str]]":
    """Number the part that each operation belongs to; -1 = none."""
    strings = process.session.trace.strings
    count = np.bincount(op + 1, minlength=1)[1:]
    ops = np.argsort(-count, kind="stable")[: min(MAX_OPERATIONS, np.count_nonzero(count))]
    labels: dict[str, int] = {}
    place = np.full(len(strings) + 1, -1, np.int64)
    for row in ops.tolist():
        place[row] = labels.setdefault(split.label(strings[row]), len(labels))
    return place[op], list(labels)


def _peaks(label: I64, start: I64, end: I64, size: I64, labels: int) -> "list[int]":
    """Sweep the edges of each label's allocations; ends come before starts of the same instant."""
    keep = np.flatnonzero(label >= 0)
    label = np.concatenate([label[keep], label[keep]])
    time = np.concatenate([start[keep], end[keep]])
    change = np.concatenate([size[keep], -size[keep]])
    order = np.lexsort((change, time, label))
    held = np.cumsum(change[order])
    peaks = np.zeros(labels, np.int64)
    # Every allocation ends, at the latest at infinity, so that each label begins again from nothing.
    np.maximum.at(peaks, label[order], held)
    listed: list[int] = peaks.tolist()
    return listed
