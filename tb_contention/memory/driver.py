"""Samples of the driver in manifests -> what was taken of a GPU, by whom, and what of it no allocator accounts for."""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.driver_view import BesideAllocators, ClockRate, DriverProcess, DriverView
from tb_contention.model.levels import Levels, peak_of_sum, sum_of
from tb_contention.model.manifest import GpuProcess, GpuSamples, ManifestDevice
from tb_contention.model.memory import AllocatorCurve, CombinedMemory, sum_if_known
from tb_contention.model.trace import NONE
from tb_contention.units import F64, I64, NS_PER_S, Bytes, Nanoseconds, SessionId

#: A window without a sample takes the nearest one within this distance.
_NEAR = NS_PER_S
#: Samples that make a beginning and an end of the clock rate.
_FEW = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sampled:
    """One manifest's samples of the GPU within the window. time: ns from the report's origin."""

    session: Session
    device: ManifestDevice
    samples: GpuSamples
    rows: I64
    time: I64


def driver_view(
    processes: AlignedTraces, whole: DeviceGroup, memory: CombinedMemory | None = None
) -> DriverView | None:
    """Say what the driver saw of a group's GPU; None where no manifest holds samples of it. processes: whole ones, as they were aligned."""
    sampled = _best(processes, whole)
    if sampled is None:
        return None
    sessions = _by_process(processes, whole)
    used = sampled.samples.memory_used[sampled.rows]
    known = used != NONE
    fullest = int(np.where(known, used, -1).argmax())
    listed = tuple(
        _process(process, sampled, fullest, sessions, memory)
        for process in sampled.samples.processes
        if (process.memory[sampled.rows] != NONE).any() or process.process_id in sessions
    )
    unmatched = _unmatched(whole, sessions, {p.process_id for p in listed})
    untraced = None if unmatched or not listed else _untraced(sampled, set(sessions))
    most = None if untraced is None else peak_of_sum([untraced], whole.start, whole.end)
    capacity = sampled.device.memory_bytes or whole.device.device.memory_size
    peak = int(used[fullest]) if known.any() else None
    accounted = sum_if_known(p.at_fullest for p in listed)
    return DriverView(
        source=sampled.session.id,
        samples=len(sampled.rows),
        period=_period(sampled.time),
        capacity=None if capacity is None else Bytes(capacity),
        used_peak=None if peak is None else Bytes(peak),
        used_peak_at=None if peak is None else Nanoseconds(int(sampled.time[fullest])),
        free_least=None if peak is None or capacity is None else Bytes(capacity - peak),
        processes=tuple(sorted(listed, key=lambda p: (-(p.peak or 0), p.process_id))),
        unmatched=unmatched,
        untraced_peak=None if most is None else Bytes(most.value),
        untraced_peak_at=None if most is None else Nanoseconds(most.at),
        unlisted=None if peak is None or accounted is None or not listed else Bytes(max(0, peak - accounted)),
        used=_levels(sampled.time[known], used[known]) if known.any() else None,
        untraced=untraced,
        clock=_clock(sampled.samples.sm_clock[sampled.rows]),
        power=_mean(sampled.samples.power[sampled.rows]),
        utilisation=_mean(sampled.samples.utilisation[sampled.rows]),
    )


def _best(processes: AlignedTraces, whole: DeviceGroup) -> _Sampled | None:
    """Choose the manifest with most samples in the window: every process of the group may have watched the same GPU."""
    found = [s for plane in whole.planes if (s := _sampled(processes, whole, plane.session, plane.device)) is not None]
    return max(found, key=lambda s: len(s.rows), default=None)


def _sampled(processes: AlignedTraces, whole: DeviceGroup, key: SessionId, row: int) -> _Sampled | None:
    session = processes.session(key)
    ordinal = session.trace.devices[row].ordinal
    device = None if session.manifest is None else session.manifest.devices.get(ordinal)
    if device is None or device.samples is None or processes.origin_ns is None:
        return None
    time = device.samples.time - processes.origin_ns
    rows = np.flatnonzero((time >= whole.start) & (time <= whole.end))
    if not len(rows):
        away = np.maximum(whole.start - time, time - whole.end)
        nearest = int(away.argmin())
        rows = np.array([nearest] if away[nearest] <= _NEAR else [], np.int64)
    if not len(rows):
        return None
    return _Sampled(session=session, device=device, samples=device.samples, rows=rows, time=time[rows])


def _by_process(processes: AlignedTraces, whole: DeviceGroup) -> dict[int, Session]:
    """Return the group's processes by the id that the driver knows them by; one in a container has another id there."""
    found = {}
    for plane in whole.planes:
        session = processes.session(plane.session)
        inside = session.manifest is not None and session.manifest.container is not None
        if session.process_id is not None and not inside:
            found[session.process_id] = session
    return found


def _unmatched(whole: DeviceGroup, sessions: dict[int, Session], listed: set[int]) -> tuple[SessionId, ...]:
    matched = {s.id for pid, s in sessions.items() if pid in listed}
    return tuple(dict.fromkeys(p.session for p in whole.planes if p.session not in matched))


def _process(
    process: GpuProcess,
    sampled: _Sampled,
    fullest: int,
    sessions: dict[int, Session],
    memory: CombinedMemory | None,
) -> DriverProcess:
    taken = process.memory[sampled.rows]
    session, then = sessions.get(process.process_id), int(taken[fullest])
    known = taken != NONE
    beside = None
    if session is not None and then != NONE:
        beside = _beside(session.id, then, int(sampled.time[fullest]), memory)
    return DriverProcess(
        process_id=process.process_id,
        name=process.name,
        session=None if session is None else session.id,
        peak=Bytes(int(taken[known].max())) if known.any() else None,
        at_fullest=None if then == NONE else Bytes(then),
        beside=beside,
    )


def _beside(session: SessionId, taken: int, at: int, memory: CombinedMemory | None) -> BesideAllocators:
    curves = [c for c in memory.curves if c.session == session] if memory is not None else []
    if not curves:
        return BesideAllocators(in_use=None, least=None, most=None)
    needed = sum(_pool_at_least(c, at) for c in curves)
    limit = sum_if_known(c.limit for c in curves)
    most = taken - needed
    return BesideAllocators(
        in_use=Bytes(sum(c.after(c.levels.events_at(at)) for c in curves)),
        least=None if most < 0 else Bytes(0 if limit is None else max(0, taken - limit)),
        most=None if most < 0 else Bytes(most),
    )


def _pool_at_least(curve: AllocatorCurve, at: int) -> int:
    """Return the most that an allocator had in use so far: it gives nothing back to the driver as a rule."""
    return int(curve.levels.value[: curve.levels.events_at(at) + 1].max())


def _untraced(sampled: _Sampled, sessions: set[int]) -> Levels:
    """Add up what processes without a capture had taken; one that is not listed at a sample has nothing."""
    others = [
        _levels(sampled.time, np.maximum(p.memory[sampled.rows], 0))
        for p in sampled.samples.processes
        if p.process_id not in sessions
    ]
    nothing = _levels(sampled.time, np.zeros(len(sampled.time), np.int64))
    return sum_of(others) if others else nothing


def _levels(time: I64, value: I64) -> Levels:
    """Hold each sample until the next; the first also before it."""
    return Levels(time=time[1:], value=value)


def _period(time: I64) -> Nanoseconds | None:
    return Nanoseconds(int(np.median(np.diff(time)))) if len(time) > 1 else None


def _clock(rate: F64) -> ClockRate | None:
    rate = rate[np.isfinite(rate)]
    third = len(rate) // 3
    if len(rate) < _FEW:
        return None
    return ClockRate(
        first=float(np.median(rate[:third])), last=float(np.median(rate[-third:])), lowest=float(rate.min())
    )


def _mean(values: F64) -> float | None:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else None
