"""Divide the window of a device group into idle, exclusive and contended time.

Work is the span of a kernel, copy or memset as the profiler wrote it. Under time slicing such a span contains other sessions' slices, so
two sessions' spans can coincide although the device ran them in turns: what is measured here is *overlap in time*, not concurrency.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tb_contention.contention.sweep import Swept, swept_together
from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.contention import (
    KernelTotal,
    Overlap,
    PairOverlap,
    SessionShare,
    TimeSplit,
)
from tb_contention.model.intervals import Intervals
from tb_contention.model.side_by_side import each, together
from tb_contention.model.tables import StringTable, rows_used
from tb_contention.model.trace import KernelKind, is_collective
from tb_contention.units import I64, PS_PER_NS, Nanoseconds, SessionId

#: Kernel names listed per session; beyond it the rest is one row, so that a hostile trace cannot make the report grow without bound.
MAX_KERNEL_NAMES = 1000

#: How a kernel is listed whose name was lost with the end of a cut file.
NAME_LOST = "(name lost with the end of the file)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One session's events on the device that touch the window: ns, clipped to it; name and kind per event."""

    session: Session
    start: I64
    end: I64
    name: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]


def measure_overlap(aligned: AlignedTraces, group: DeviceGroup) -> Overlap:
    """Measure idle, exclusive and contended time of a group, each pair's overlap, and the kernels of each session in the window."""
    planes = planes_by_session(group)
    works = each(lambda s: _work_in_window(aligned.session(s), planes[s], group), list(planes))
    unions = each(lambda work: Intervals.union_of(work.start, work.end), works)
    busy = {work.session.id: union for work, union in zip(works, unions, strict=True)}
    swept, kernels = together(lambda: swept_together(tuple(busy.values())), lambda: each(_kernel_totals, works))
    return Overlap(
        time=_split(group, swept),
        shares=tuple(_share(work, busy[work.session.id], int(swept.pairs[i, i])) for i, work in enumerate(works)),
        pairs=_pairs(tuple(busy), swept.pairs),
        kernels=tuple(total for totals in kernels for total in totals),
        busy=busy,
        contended=swept.contended,
        depth=swept.depth,
    )


def planes_by_session(group: DeviceGroup) -> dict[SessionId, list[int]]:
    """List the device rows that each session has on this device; one, unless a process sees the same GPU twice."""
    rows: dict[SessionId, list[int]] = {}
    for plane in group.planes:
        rows.setdefault(plane.session, []).append(plane.device)
    return rows


def _work_in_window(session: Session, devices: list[int], group: DeviceGroup) -> _Work:
    kernels = session.trace.kernels
    on_device = np.array([s.device in devices for s in session.trace.streams], np.bool_)
    rows: npt.NDArray[np.intp] | slice = slice(None)
    if not on_device.all():
        rows = np.flatnonzero(on_device[kernels.stream]) if len(kernels) else slice(0, 0)
    start, end = kernels.start[rows] // PS_PER_NS, kernels.start[rows] + kernels.duration[rows]
    start += session.offset
    end //= PS_PER_NS
    end += session.offset
    # An event of no length still happened if it lies inside; one that only touches an edge from outside did not.
    inside = (start < group.end) & ((end > group.start) | ((end == start) & (start >= group.start)))
    keep: npt.NDArray[np.bool_] | slice = slice(None) if inside.all() else inside
    start, end = start[keep], end[keep]
    return _Work(
        session=session,
        start=np.maximum(start, group.start, out=start),
        end=np.minimum(end, group.end, out=end),
        name=kernels.name[rows][keep],
        kind=kernels.kind[rows][keep],
    )


def _split(group: DeviceGroup, swept: Swept) -> TimeSplit:
    window = max(0, group.end - group.start)
    return TimeSplit(
        window=Nanoseconds(window),
        idle=Nanoseconds(window - swept.used),
        exclusive=Nanoseconds(swept.used - swept.shared),
        contended=Nanoseconds(swept.shared),
    )


def _share(work: _Work, busy: Intervals, shared: int) -> SessionShare:
    is_copy = np.isin(work.kind, (KernelKind.COPY, KernelKind.MEMSET))
    copies = int(is_copy.sum())
    in_kernels, computing = _in_kernels(work, is_copy, busy)
    return SessionShare(
        session=work.session.id,
        kernels=len(work.kind) - copies,
        copies=copies,
        busy=Nanoseconds(busy.total),
        exclusive=Nanoseconds(busy.total - shared),
        contended=Nanoseconds(shared),
        computing=Nanoseconds(computing),
        collective=Nanoseconds(in_kernels - computing),
        copying=Nanoseconds(busy.total - in_kernels),
    )


def _in_kernels(work: _Work, is_copy: npt.NDArray[np.bool_], busy: Intervals) -> tuple[int, int]:
    """Return for how long kernels had the device, and for how long those that are no collectives had it, ns."""
    in_kernels = Intervals.union_of(work.start[~is_copy], work.end[~is_copy]).total if is_copy.any() else busy.total
    strings = work.session.trace.strings
    named = [row for row in rows_used(work.name) if is_collective(strings[row].lower())]
    if not named:
        return in_kernels, in_kernels
    computes = ~is_copy & ~np.isin(work.name, named)
    return in_kernels, Intervals.union_of(work.start[computes], work.end[computes]).total


def _pairs(sessions: tuple[SessionId, ...], overlap: I64) -> tuple[PairOverlap, ...]:
    return tuple(
        PairOverlap(a=a, b=b, overlap=Nanoseconds(int(overlap[i, j])))
        for i, a in enumerate(sessions)
        for j, b in enumerate(sessions)
        if i < j
    )


def _kernel_totals(work: _Work) -> list[KernelTotal]:
    """Total each kernel name, longest first; names beyond MAX_KERNEL_NAMES share the last row."""
    if not len(work.name):
        return []
    strings = work.session.trace.strings
    slots = work.name + 1  # -1, a lost name, becomes 0
    count = np.bincount(slots)
    total = np.zeros(len(count), np.int64)
    np.add.at(total, slots, work.end - work.start)
    used = np.flatnonzero(count)
    order = used[np.argsort(-total[used], kind="stable")]
    listed, rest = order[:MAX_KERNEL_NAMES], order[MAX_KERNEL_NAMES:]
    rows = _merge_equal_names(strings, listed, count, total)
    if len(rest):
        rows.append((f"({len(rest)} more names)", int(count[rest].sum()), int(total[rest].sum())))
    return [KernelTotal(session=work.session.id, name=name, count=n, total=Nanoseconds(ns)) for name, n, ns in rows]


def _merge_equal_names(
    strings: StringTable, slots: npt.NDArray[np.intp], count: I64, total: I64
) -> list[tuple[str, int, int]]:
    merged: dict[str, tuple[int, int]] = {}
    for slot in slots.tolist():
        name = strings[slot - 1] if slot else NAME_LOST
        n, ns = merged.get(name, (0, 0))
        merged[name] = (n + int(count[slot]), ns + int(total[slot]))
    rows = [(name, n, ns) for name, (n, ns) in merged.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))
