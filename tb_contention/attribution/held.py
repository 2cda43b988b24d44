"""Allocator events of a process -> the most bytes that each part of a session held at once."""

import numpy as np

from tb_contention.attribution.scopes import Split
from tb_contention.attribution.window import WindowWork
from tb_contention.model.alignment import Session
from tb_contention.model.trace import NONE, AllocationTable, Trace
from tb_contention.units import I64, PS_PER_NS, Bool

#: A hostile file can name any number of operations; the most frequent decide.
MAX_OPERATIONS = 20_000


def peak_by_label(work: WindowWork, process: Session, split: Split) -> "dict[str, int] | None":
    """Pair allocations with what frees them and find each part's peak in the window, bytes; None without allocator events.

    What was allocated before the capture is not known by part and counts to none.
    """
    table = process.trace.allocations
    kept = np.flatnonzero(_on_device(process.trace, work) & (table.address != NONE) & (table.size != NONE))
    if not len(kept):
        return None
    table = table.select(kept)
    rows, freed = _pairs(table)
    rows, freed = _of_session(work.session, process, table, rows, freed)
    count = np.bincount(table.op[rows][table.op[rows] >= 0], minlength=1)
    ops = np.argsort(-count, kind="stable")[: min(MAX_OPERATIONS, np.count_nonzero(count))]
    labels: dict[str, int] = {}
    place = np.full(len(process.trace.strings) + 1, -1, np.int64)
    for op in ops.tolist():
        place[op] = labels.setdefault(split.label(process.trace.strings[op]), len(labels))
    number = place[table.op[rows]]
    start = table.start[rows] // PS_PER_NS + process.offset
    return dict(
        zip(
            labels,
            _peaks(number, start, _until(freed, process), table.size[rows], work.window, len(labels)),
            strict=True,
        )
    )


def _on_device(trace: Trace, work: WindowWork) -> Bool:
    """Choose the allocators of the devices looked at: `GPU_0_bfc` serves ordinal 0, what names no GPU serves the host."""
    table = trace.allocations
    prefixes = tuple(f"GPU_{device.ordinal}_" for device in work.devices)
    wanted = np.zeros(len(trace.strings) + 1, np.bool_)
    for row in np.unique(table.allocator).tolist():
        name = trace.strings.get(row) or ""
        on_host = any(device.is_host for device in work.devices)
        wanted[row] = not name.startswith("GPU_") and "_host_" not in name if on_host else name.startswith(prefixes)
    return wanted[table.allocator]


def _pairs(table: AllocationTable) -> "tuple[I64, I64]":
    """Return the rows of allocations, and for each the time at which its address was freed; ps, the largest int when never."""
    order = np.lexsort((np.arange(len(table)), table.address, table.allocator))
    same = (np.diff(table.address[order]) == 0) & (np.diff(table.allocator[order]) == 0)
    freed = np.full(len(table), np.iinfo(np.int64).max)
    # Whatever comes next at an address ends what was there, also where the event that freed it is lost.
    freed[order[:-1][same]] = table.start[order[1:][same]]
    rows = np.flatnonzero(table.is_allocation == 1)
    return rows, freed[rows]


def _of_session(session: Session, process: Session, table: AllocationTable, rows: I64, freed: I64) -> "tuple[I64, I64]":
    """Keep the allocations of one session inside a process: their step id is that of one of its runs."""
    if session is process:
        return rows, freed
    ids = session.trace.host_events.id
    mine = np.isin(table.step_id[rows], np.unique(ids[ids != NONE]))
    return rows[mine], freed[mine]


def _until(freed: I64, process: Session) -> I64:
    never = freed == np.iinfo(np.int64).max
    return np.where(never, freed, freed // PS_PER_NS + process.offset)


def _peaks(number: I64, start: I64, end: I64, size: I64, window: "tuple[int, int]", labels: int) -> "list[int]":
    """Sweep the edges of each label's allocations inside the window; ends come before starts of the same instant."""
    keep = np.flatnonzero((number >= 0) & (start < window[1]) & (end > window[0]) & (end > start))
    label = np.concatenate([number[keep], number[keep]])
    time = np.concatenate([np.maximum(start[keep], window[0]), end[keep]])
    change = np.concatenate([size[keep], -size[keep]])
    order = np.lexsort((change, time, label))
    held = np.cumsum(change[order])
    peaks = np.zeros(labels, np.int64)
    # Every allocation ends, at the latest at infinity, so that each label begins again from nothing.
    np.maximum.at(peaks, label[order], held)
    listed: list[int] = peaks.tolist()
    return listed
