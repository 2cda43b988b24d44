"""Judge contended time and free memory per device."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tb_contention.gate.judging import exactly, judged
from tb_contention.gate.scope import Scope, belongs_to_none
from tb_contention.model.gate import Gauge, Outcome, Unit, Verdict
from tb_contention.model.intervals import Intervals, at_depth
from tb_contention.model.memory import CombinedMemory
from tb_contention.model.report import DeviceReport

_ALONE = "only one session was captured, so there is no contention to measure"
_PERHAPS = "the clocks are too coarse to show whether other sessions ran at the same time"
_PARTLY = "the memory of a session was not captured, so less may be left"
_MISSING = "allocator events are missing, so less may be left"
_OTHERS = "the driver reports memory of processes without a capture, so less may be left"
_NOT_ONE = "the processes held more at once than one GPU has, so they were on several; state which with --gpu"
_NO_CAPACITY = "no capture states the device's memory capacity"


def judge_devices(scope: Scope) -> Iterator[Verdict]:
    """Judge all devices."""
    limits = scope.limits
    for device in scope.devices:
        if limits.max_contended is not None:
            yield _contended(scope, device, limits.max_contended)
        if limits.min_headroom_share is not None:
            yield _headroom(scope, device, limits.min_headroom_share, Unit.SHARE)
        if limits.min_headroom_bytes is not None:
            yield _headroom(scope, device, float(limits.min_headroom_bytes), Unit.BYTES)


def _contended(scope: Scope, device: DeviceReport, limit: float) -> Verdict:
    verdict = Verdict(
        gauge=Gauge.MAX_CONTENDED, outcome=Outcome.NOT_KNOWN, device=device.id, unit=Unit.SHARE, bound=limit
    )
    if len(device.sessions) < 2:
        if scope.perhaps_together(device):
            return replace(verdict, why=_PERHAPS)
        return replace(verdict, outcome=Outcome.NOT_APPLICABLE, why=_ALONE)
    window = device.time.window
    if window <= 0:
        return replace(verdict, why="the captures have no time in common")
    share = device.time.contended / window
    low, high = _ends(scope, device)
    filled = replace(verdict, figure=share, low=min(low / window, share), high=max(high / window, share))
    return judged(filled, confident=scope.limits.confident)


def _ends(scope: Scope, device: DeviceReport) -> tuple[int, int]:
    """Return the least and the most time in which two sessions can have had work at once, in ns.

    Each session's work is taken shorter, or longer, at both ends of every span by the clock error. Sessions of one process share a clock.
    Work that was put down to no session may have met others, or been a session's own.
    """
    here = [s for s in scope.report.sessions if s.id in set(device.sessions)]
    error = 0 if len({s.process or s.id for s in here}) < 2 else device.group.max_error
    if error is None:
        return 0, device.time.window
    busy = device.overlap.busy
    loose = [busy[s.id] for s in here if s.id in busy and belongs_to_none(s)]
    firm = [busy[s.id] for s in here if s.id in busy and not belongs_to_none(s)]
    least = at_depth([_longer(spans, -error) for spans in firm], 2)
    most = [at_depth([_longer(spans, error) for spans in firm], 2), *(_longer(spans, error) for spans in loose)]
    window = device.group.start, device.group.end
    return least.clip(*window).total, at_depth(most, 1).clip(*window).total


def _longer(spans: Intervals, by: int) -> Intervals:
    return Intervals.union_of(spans.start - by, spans.end + by)


def _headroom(scope: Scope, device: DeviceReport, limit: float, unit: Unit) -> Verdict:
    memory = device.memory
    verdict = Verdict(gauge=Gauge.MIN_HEADROOM, outcome=Outcome.NOT_KNOWN, device=device.id, unit=unit, bound=limit)
    if device.group.device.device.is_host:
        return replace(verdict, outcome=Outcome.NOT_APPLICABLE, why="a processor has no device memory")
    if memory is None:
        return replace(verdict, why=device.memory_note)
    if memory.capacity is None or memory.headroom is None or memory.capacity <= 0:
        return replace(verdict, why=_NO_CAPACITY)
    if device.cannot_be_one_gpu:
        return replace(verdict, why=_NOT_ONE)
    whole = memory.capacity if unit is Unit.SHARE else 1
    left, others = memory.headroom / whole, _held_by_others(device)
    doubt = _doubt(memory)
    if doubt:
        # What is not recorded takes memory too, so this is the most that can be left.
        return judged(replace(verdict, high=left, why=doubt), confident=False)
    if others:
        return judged(replace(verdict, low=(memory.headroom - others) / whole, high=left, why=_OTHERS), confident=False)
    return judged(exactly(verdict, left), confident=scope.limits.confident)


def _held_by_others(device: DeviceReport) -> int:
    """Return the peak memory of processes without a capture, in bytes; it need not coincide with the sessions' peak."""
    return 0 if device.driver is None else int(device.driver.untraced_peak or 0)


def _doubt(memory: CombinedMemory) -> str:
    if memory.sessions_without_data:
        return _PARTLY
    return _MISSING if any(np.array([a.gaps.missing for a in memory.allocators]) > 0) else ""
