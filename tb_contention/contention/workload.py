"""A session's loss -> its work as it takes alone, cut to a part of the window that is short enough to be played many times."""

from dataclasses import replace

import numpy as np

from tb_contention.contention.loss import Loss, find_waits
from tb_contention.contention.replay import Gaps
from tb_contention.contention.work import STEP_END, SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.model.sampling import some
from tb_contention.model.side_by_side import each
from tb_contention.model.trace import KernelKind
from tb_contention.model.workload import Unit, Workload
from tb_contention.units import F64, I64, U8, Nanoseconds

#: Kernels of all sessions, and half as many as their host instants, that are played at most.
_MOST = 24_000
#: The longest part that is played, ns: turns of one another take time to play, too.
_LONGEST = 20_000_000_000
#: Parts in which a session without steps is looked at.
_PARTS = 20
#: Kernels that tell the gap between two of a stream, and how long one is at most where fewer do, ns.
_FEW, _USUAL = 5, 2_000.0


def workloads(losses: list[Loss], start: int, end: int) -> tuple[Workload, ...]:
    """Cut the same part of the window out of every session's work; start, end: of the window, ns."""
    most = _MOST // max(1, len(losses))
    last = min([end, start + _LONGEST, *(_full(loss.work, start, most) for loss in losses)])
    return tuple(each(lambda loss: _workload(loss, start, last, whole=last == end), losses))


def _full(work: SessionWork, start: int, most: int) -> int:
    """Return when a session has done as much as is played at most."""
    far = np.iinfo(np.int64).max
    kernel = int(np.searchsorted(work.start, start)) + most
    instant = int(np.searchsorted(work.host.time, start)) + 2 * most
    return min(
        int(work.start[kernel]) if kernel < len(work.start) else far,
        int(work.host.time[instant]) if instant < len(work.host.time) else far,
    )


def _workload(loss: Loss, start: int, end: int, *, whole: bool) -> Workload:
    work, pace = loss.work, loss.pace
    gaps, extra = _gaps(loss)
    kernels = slice(int(np.searchsorted(work.start, start)), int(np.searchsorted(work.start, end)))
    host = slice(int(np.searchsorted(work.host.time, start)), int(np.searchsorted(work.host.time, end, "right")))
    previous = _inside(work.previous[kernels], kernels)
    launch = _inside(work.launch[kernels], host)
    follows = _inside(gaps.follows[kernels], kernels)
    behind = gaps.behind[kernels].copy()
    earliest = _earliest(work, gaps, kernels, previous, launch, start)
    alone = np.flatnonzero((previous < 0) & (launch < 0) & (follows < 0) & np.isneginf(earliest))
    # Nothing is known of its cause: it moves with what came before.
    follows[alone] = alone - 1
    behind[alone] = (work.start[kernels][alone] - work.end[kernels][alone - 1]).astype(np.float64) if len(alone) else 0
    if len(alone) and alone[0] == 0:
        earliest[0] = float(work.start[kernels][0] - start)
    waits_for = _inside(pace.waits_for[host], kernels)
    known = waits_for >= 0
    known[known] = launch[waits_for[known]] < np.flatnonzero(known)
    marks, marks_host = _marks(loss, kernels, host)
    recorded = work.host.time[host][marks] if marks_host else work.end[kernels][marks]
    return Workload(
        session=work.id,
        start=Nanoseconds(start),
        end=Nanoseconds(end),
        whole=whole,
        row=work.rows[kernels].copy(),
        duration=np.maximum(loss.alone.estimate[kernels], 0.0),
        stream=work.stream[kernels].copy(),
        earliest=earliest,
        extra=extra[kernels].copy(),
        previous=previous,
        follows=follows,
        behind=behind,
        launch=launch,
        unit=_units(work, kernels),
        spin=work.spin[kernels].copy(),
        host=(work.host.time[host] - start).astype(np.float64),
        gap=pace.gap[host].copy(),
        waits_for=np.where(known, waits_for, -1),
        lag=pace.lag[host].copy(),
        pace=pace.pace[host].copy(),
        arrival=pace.arrival[host] - start,
        after=gaps.after,
        latency=gaps.latency,
        rate=_rate(loss),
        marks=marks,
        marks_host=marks_host,
        recorded=(recorded - start).astype(np.float64),
    )


def _gaps(loss: Loss) -> tuple[Gaps, F64]:
    """Return the gaps of a session, and each kernel's own one (ns), from kernels that surely waited for the one before them.

    Where the host is slow a kernel is late by its own launch, which lies before the end of the one before it all the same.
    """
    work, gaps = loss.work, loss.gaps
    both = some(np.flatnonzero((work.launch >= 0) & (work.previous >= 0) & (loss.waits.stall <= 0)))
    before, launched = work.end[work.previous[both]], work.host.time[work.launch[both]] + gaps.latency
    behind = (work.start[both] - before).astype(np.float64)
    bound = behind[(before >= launched) & (behind >= 0)]
    after = float(np.median(bound)) if len(bound) >= _FEW else min(gaps.after, _USUAL)
    if after > gaps.after - _USUAL:
        return gaps, loss.waits.alone
    due = np.full(len(work.start), -np.inf)
    known = work.previous >= 0
    due[known] = work.end[work.previous[known]] + after
    known = work.launch >= 0
    due[known] = np.maximum(due[known], work.host.time[work.launch[known]] + gaps.latency)
    due = np.where(np.isfinite(due), due, work.start)
    found = replace(gaps, after=after, due=due, extra=work.start - due)
    return found, find_waits(work, loss.exposure, found, Intervals.empty()).alone


def _inside(rows: I64, part: slice) -> I64:
    """Count rows from the part's begin; those outside are none."""
    return np.where((rows >= part.start) & (rows < part.stop), rows - part.start, -1)


def _earliest(work: SessionWork, gaps: Gaps, kernels: slice, previous: I64, launch: I64, start: int) -> F64:
    """Return when kernels can start whose launch, or the kernel before them, lies before the part."""
    out = np.full(kernels.stop - kernels.start, -np.inf)
    rows = np.flatnonzero((previous < 0) & (work.previous[kernels] >= 0))
    out[rows] = work.end[work.previous[kernels][rows]] + gaps.after - start
    rows = np.flatnonzero((launch < 0) & (work.launch[kernels] >= 0))
    out[rows] = np.maximum(out[rows], work.host.time[work.launch[kernels][rows]] + gaps.latency - start)
    return out


def _units(work: SessionWork, kernels: slice) -> U8:
    """Mark copies to and from the device; copies inside it and memsets count as kernels."""
    trace = work.session.trace
    rows = work.rows[kernels]
    units = np.full(len(rows), Unit.COMPUTE, np.uint8)
    copies = np.flatnonzero(trace.kernels.kind[rows] == KernelKind.COPY)
    name = trace.kernels.name[rows[copies]]
    for one in np.unique(name[name >= 0]).tolist():
        text = trace.strings[one][:100].lower()
        if "h2d" in text or "htod" in text:
            units[copies[name == one]] = Unit.TO_DEVICE
        elif "d2h" in text or "dtoh" in text:
            units[copies[name == one]] = Unit.TO_HOST
    return units


def _rate(loss: Loss) -> float | None:
    """Measure how fast kernels went on while others had work, against alone."""
    work, exposure = loss.work, loss.exposure
    rows = np.flatnonzero(exposure.touched & exposure.inside & ~work.copy)
    met = float(exposure.foreign.covered(work.start[rows], work.end[rows]).sum())
    if met <= 0:
        return None
    stretch = float((exposure.duration - loss.alone.estimate)[rows].sum())
    return float(np.clip(1.0 - stretch / met, 0.02, 1.0))


def _marks(loss: Loss, kernels: slice, host: slice) -> tuple[I64, bool]:
    """Choose what ends a period: the ends of steps that count, else kernels here and there."""
    instants = loss.work.host
    if loss.has_steps:
        ends = instants.kind[host] == STEP_END
        counted = (instants.time[host] >= loss.exposure.start) & (instants.time[host] <= loss.exposure.end)
        return np.flatnonzero(ends & counted), True
    count = kernels.stop - kernels.start
    return np.unique(np.linspace(0, count - 1, min(count, _PARTS + 1)).astype(np.int64)) if count else np.empty(
        0, np.int64
    ), False
