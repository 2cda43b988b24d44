"""What of the contention of a device group lies in a part of its window: overlap, kernels, pairs of kernels, delays by culprit.

Kernels that an edge of the part cuts count by their share inside it, as does the wait before them; over the whole window the sums are
those of the report.
"""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.blame import KernelRuns, kernel_pairs
from tb_contention.contention.measured import divided
from tb_contention.contention.overlap import measure_overlap, planes_by_session
from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.contention import Cost, KernelCost, KernelLosses, PairOverlap, StepTimes, TimeSplit
from tb_contention.model.contention_part import ContentionPart, SessionPart
from tb_contention.units import F64, I64, PS_PER_NS, Bool, Nanoseconds, SessionId

#: Pairs of kernels listed per part.
_MOST_PAIRS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """A session's kernels in the part. alone, stretch, stall: ns inside it per kernel, None where unknown.

    counted: in whole step periods, whose loss alone is blamed and summed for a session, as in the report.
    """

    runs: KernelRuns
    alone: F64 | None
    stretch: F64 | None
    stall: F64 | None
    counted: Bool


def contention_within(aligned: AlignedTraces, group: DeviceGroup, cost: Cost, start: int, end: int) -> ContentionPart:
    """Measure [start, end) of a group's window (ns, inside it)."""
    part = replace(group, start=Nanoseconds(start), end=Nanoseconds(end))
    overlap = measure_overlap(aligned, part)
    losses = {found.session: found for found in cost.kernel_losses}
    cuts = [
        _cut(aligned.session(session), devices, losses.get(session), start, end)
        for session, devices in planes_by_session(group).items()
    ]
    steps = {times.session: times for times in cost.steps}
    runs = [cut.runs for cut in cuts]
    pairs = [p for run in runs for p in kernel_pairs(run, [r for r in runs if r is not run], _MOST_PAIRS)]
    pairs.sort(key=lambda p: (-(p.lost or 0), -p.overlap, p.victim, p.culprit, p.victim_kernel, p.culprit_kernel))
    return ContentionPart(
        start=Nanoseconds(start),
        end=Nanoseconds(end),
        overlap=overlap,
        sessions=tuple(_session(cut, steps.get(cut.runs.session), start, end) for cut in cuts),
        kernels=tuple(row for cut in cuts for row in _costs(cut)),
        pairs=tuple(pairs[:_MOST_PAIRS]),
        delays=tuple(
            row
            for run in runs
            if run.lost is not None and (len(runs) > 1 or cost.had)
            for row in divided(run, max(0, round(float(run.lost.sum()))), overlap.busy, cost.had)
        ),
    )


def overlap_shifted(
    aligned: AlignedTraces, group: DeviceGroup, session: str, by: int
) -> tuple[TimeSplit, tuple[PairOverlap, ...]]:
    """Measure overlap as it is when a session, and with it its process, is moved by so many ns.

    The window is that in which all are then recorded; empty when the move leaves none.
    """
    process = aligned.session(SessionId(session)).process or session
    sessions = tuple(s.moved(by) if (s.process or s.id) == process else s for s in aligned.sessions)
    members = {plane.session for plane in group.planes}
    start = max(s.start for s in sessions if s.id in members)
    end = max(start, min(s.end for s in sessions if s.id in members))
    moved = replace(group, start=Nanoseconds(start), end=Nanoseconds(end))
    overlap = measure_overlap(replace(aligned, sessions=sessions), moved)
    return overlap.time, overlap.pairs


def _cut(session: Session, devices: list[int], losses: KernelLosses | None, start: int, end: int) -> _Cut:
    """Find the kernels that run or wait in [start, end), and how much of each does."""
    kernels = session.trace.kernels
    if losses is not None:
        rows, stall = losses.rows, np.maximum(losses.stall, 0.0).astype(np.int64)
    else:
        here = np.array([s.device in devices for s in session.trace.streams], np.bool_)
        rows = np.flatnonzero(here[kernels.stream]) if len(kernels) else np.empty(0, np.int64)
        stall = np.zeros(len(rows), np.int64)
    begin = kernels.start[rows] // PS_PER_NS + session.offset
    done = (kernels.start[rows] + kernels.duration[rows]) // PS_PER_NS + session.offset
    inside = np.flatnonzero((begin - stall < end) & (done > start))
    rows, begin, done, stall = rows[inside], begin[inside], done[inside], stall[inside]
    low, high = np.clip(begin, start, end), np.clip(done, start, end)
    waited = low - np.clip(begin - stall, start, end)
    alone = stretch = lost = stalled = None
    counted = np.zeros(len(rows), np.bool_)
    if losses is not None:
        length = done - begin
        known = losses.inside[inside]
        share = np.where(known & (length > 0), (high - low) / np.maximum(length, 1), 0.0)
        alone = losses.alone[inside] * share
        stretch = length * share - alone
        # Noise below zero counts whole where nothing was cut, so that sums over the window are those of the report.
        noise = np.minimum(losses.stall[inside], 0.0)
        stalled = np.where(known, waited + noise, 0.0)
        counted = losses.counted[inside]
        lost = np.where(counted, stretch + stalled, 0.0)
    return _Cut(
        runs=KernelRuns(
            session=session.id,
            strings=session.trace.strings,
            name=kernels.name[rows].astype(np.int64),
            start=low,
            end=high,
            stall=waited,
            lost=lost,
        ),
        alone=alone,
        stretch=stretch,
        stall=stalled,
        counted=counted,
    )


def _session(cut: _Cut, steps: StepTimes | None, start: int, end: int) -> SessionPart:
    rows = np.empty(0, np.int64)
    if steps is not None:
        rows = np.flatnonzero((steps.start >= start) & (steps.end <= end))
    is_lost_known = steps is not None and steps.known
    return SessionPart(
        session=cut.runs.session,
        stretch=_sum(cut.stretch, cut.counted),
        stall=_sum(cut.stall, cut.counted),
        steps=len(rows),
        own=Nanoseconds(int(steps.own[rows].sum()) if steps is not None else 0),
        host=Nanoseconds(int(steps.host[rows].sum()) if steps is not None else 0),
        lost=Nanoseconds(int(steps.lost[rows].sum())) if steps is not None and is_lost_known else None,
    )


def _sum(parts: F64 | None, rows: Bool) -> Nanoseconds | None:
    return None if parts is None else Nanoseconds(max(0, round(float(parts[rows].sum()))))


def _costs(cut: _Cut) -> list[KernelCost]:
    """Sum per kernel name: time alone and loss inside the part."""
    if cut.alone is None or cut.stretch is None or cut.stall is None or not len(cut.runs.name):
        return []
    slots: I64 = cut.runs.name + 1
    alone, lost = np.bincount(slots, cut.alone), np.bincount(slots, cut.stretch + cut.stall)
    return [
        KernelCost(
            session=cut.runs.session,
            name=cut.runs.strings.get(slot - 1) or "",
            alone=Nanoseconds(round(float(alone[slot]))),
            lost=Nanoseconds(round(float(lost[slot]))),
        )
        for slot in np.flatnonzero(np.bincount(slots)).tolist()
    ]
