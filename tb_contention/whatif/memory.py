"""The combined memory under another schedule: its peak, how high it could rise, and whether that fits."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.model.levels import Levels, peak_of_sum
from tb_contention.model.memory import AllocatorPeak, CombinedMemory
from tb_contention.model.plan import Plan
from tb_contention.model.prediction import Prediction, Schedule
from tb_contention.units import DeviceId, SessionId
from tb_contention.whatif.question import Question
from tb_contention.whatif.scene import Scene
from tb_contention.words.numbers import size


@dataclass(frozen=True, slots=True, kw_only=True)
class _Peak:
    peak: int
    most: int


def with_memory(scene: Scene, question: Question, found: Prediction) -> Prediction:
    """Add what becomes of the combined memory; nothing where no allocator was recorded."""
    memory = scene.device.memory
    if memory is None or found.schedule is Schedule.MEMORY_LIMITS:
        return found
    if question.plan is not None:
        return _with_plan(scene, memory, question.plan, found)
    values = dict(found.parameters)
    session = SessionId(str(values["session"])) if "session" in values else None
    by = values.get("shift_ns")
    peak = _peak(scene, memory, found.schedule, session, int(by) if by is not None else None)
    if peak is None:
        return found
    fits = None if scene.device.cannot_be_one_gpu else _fits(memory, peak.peak, peak.most)
    return replace(found, memory_peak=peak.peak, memory_most=peak.most, memory_fits=fits)


def _peak(
    scene: Scene, memory: CombinedMemory, schedule: Schedule, session: SessionId | None, by: int | None
) -> _Peak | None:
    total = memory.sum_of_peaks
    if schedule is Schedule.AS_RECORDED:
        return _Peak(peak=memory.peak, most=memory.peak)
    if schedule is Schedule.ONE_AFTER_ANOTHER:
        own = _own(memory)
        most = max(own.values(), default=0)
        return _Peak(peak=most, most=most) if len(own) > 1 else None
    if schedule is Schedule.MOVED:
        return None if session is None else _without(scene, memory, session)
    if schedule is Schedule.SHIFTED:
        return None if session is None or by is None else _shifted(scene, memory, session, by, total)
    # A process of its own for each session holds more than they do in one; how much is not recorded.
    return None if scene.one_process else _Peak(peak=memory.peak, most=total)


def _without(scene: Scene, memory: CombinedMemory, session: SessionId) -> _Peak | None:
    """Leave a process out; the memory of a session inside a process cannot be separated from that of the process."""
    rest = [c for c in memory.curves if c.session != session]
    if len(rest) == len(memory.curves):
        return None
    if not rest:
        return _Peak(peak=0, most=0)
    group = scene.device.group
    peak = peak_of_sum([c.levels for c in rest], group.start, group.end).value
    return _Peak(peak=peak, most=sum(a.peak for a in memory.allocators if a.session != session))


def _shifted(scene: Scene, memory: CombinedMemory, session: SessionId, by: int, total: int) -> _Peak | None:
    """Move a process's curves, and look where all are then recorded."""
    if all(c.session != session for c in memory.curves):
        return None
    levels = [
        Levels(time=c.levels.time + by, value=c.levels.value) if c.session == session else c.levels
        for c in memory.curves
    ]
    windows = [
        (s.start + (by if s.id == session else 0), s.end + (by if s.id == session else 0))
        for s in (scene.aligned.session(plane.session) for plane in scene.device.group.planes)
    ]
    start, end = max(a for a, _ in windows), min(b for _, b in windows)
    if end <= start:
        return None
    return _Peak(
        peak=peak_of_sum(levels, start, end).value, most=int(np.sum([lv.value.max() for lv in levels])) if by else total
    )


def _with_plan(scene: Scene, memory: CombinedMemory, plan: Plan, found: Prediction) -> Prediction:
    """Add the memory of several changes at once: of the sessions that stay, and whether the others fit where they go."""
    if not found.sessions:  # the changes exclude each other
        return found
    peak = _planned(scene, memory, plan)
    if peak is None:
        return found
    fits = None if scene.device.cannot_be_one_gpu else _fits(memory, peak.peak, peak.most)
    short = [a for a in memory.allocators if dict(plan.limits).get(a.session, a.needed) < a.needed]
    theirs = [_fits_there(scene, memory, plan, gpu) for gpu in dict.fromkeys(gpu for _, gpu in plan.moves if gpu)]
    if short or False in theirs:
        fits = False
    elif None in theirs or _beyond_part(memory, plan):
        fits = None
    why = "".join(f" {scene.name(a.session)} needed {size(a.needed)}." for a in short)
    return replace(
        found,
        memory_peak=peak.peak,
        memory_most=peak.most,
        memory_fits=fits,
        assumes=f"{found.assumes}{why}".strip(),
    )


def _planned(scene: Scene, memory: CombinedMemory, plan: Plan) -> _Peak | None:
    """Leave out the processes that move, and move the curves of those that are shifted."""
    gone, shifts = {s for s, _ in plan.moves}, dict(plan.shifts)
    curves = [c for c in memory.curves if c.session not in gone]
    changed = gone | set(shifts)
    if changed - {c.session for c in memory.curves}:
        return None  # the memory of a session inside a process cannot be separated from that of the process
    limits = dict(plan.limits)
    needs = [(a.session, limits.get(a.session, a.peak)) for a in memory.allocators if a.session not in gone]
    if plan.policy is Schedule.ONE_AFTER_ANOTHER:
        own = {s: sum(peak for who, peak in needs if who == s) for s, _ in needs}
        most = max(own.values(), default=0)
        return _Peak(peak=most, most=most)
    if scene.one_process and (plan.policy or plan.caps or plan.partition or plan.first):
        return None  # a process of its own for each holds more than they do in one
    most = sum(peak for _, peak in needs)
    if not shifts:
        group = scene.device.group
        return _Peak(
            peak=peak_of_sum([c.levels for c in curves], group.start, group.end).value if curves else 0, most=most
        )
    sessions = [scene.aligned.session(p.session) for p in scene.device.group.planes if p.session not in gone]
    start = max(s.start + shifts.get(s.id, 0) for s in sessions)
    end = min(s.end + shifts.get(s.id, 0) for s in sessions)
    if end <= start:
        return None
    levels = [Levels(time=c.levels.time + shifts.get(c.session, 0), value=c.levels.value) for c in curves]
    most = max(most, int(np.sum([lv.value.max() for lv in levels])))
    return _Peak(peak=peak_of_sum(levels, start, end).value, most=most)


def _fits_there(scene: Scene, memory: CombinedMemory, plan: Plan, gpu: DeviceId) -> bool | None:
    """Return whether those that come fit beside what is on another GPU."""
    there = scene.gpu(gpu).memory
    if there is None:
        return None
    coming = {s for s, to in plan.moves if to == gpu}
    theirs = [a for a in memory.allocators if a.session in coming]
    if there.safe is None or there.capacity is None or not coming <= {a.session for a in theirs}:
        return None
    # At its own peak, what comes may meet little of what is there.
    most = there.sum_of_peaks + sum(a.peak for a in theirs)
    if max(a.peak for a in theirs) > there.capacity:
        return False
    return True if most <= there.safe and not there.sessions_without_data else None


def _beyond_part(memory: CombinedMemory, plan: Plan) -> bool:
    """Return whether a session needs more memory than its part of the GPU, which MIG would not give it."""
    parts = dict(plan.partition)
    return memory.capacity is not None and any(
        peak > memory.capacity * parts.get(s, 100 - sum(parts.values())) / 100
        for s, peak in _own(memory).items()
        if parts
    )


def _own(memory: CombinedMemory) -> dict[SessionId, int]:
    """Sum the peaks of each process's allocators."""
    own: dict[SessionId, int] = {}
    for allocator in memory.allocators:
        own[allocator.session] = own.get(allocator.session, 0) + allocator.peak
    return own


def _fits(memory: CombinedMemory, peak: int, most: int) -> bool | None:
    """Return whether it fits; None where capacity or a session's memory is unknown, or it fits unless the peaks coincide."""
    if memory.safe is None or memory.capacity is None:
        return None
    if peak > memory.capacity:
        return False
    return True if most <= memory.safe and not memory.sessions_without_data else None


def memory_limits(scene: Scene, question: Question) -> Prediction:
    """Limit every allocator to what it needed and a tenth more, or some to given sizes."""
    memory = scene.device.memory
    setting = "limit each process's allocator to 10 % more than it needed"
    if memory is None:
        return Prediction(schedule=Schedule.MEMORY_LIMITS, setting=setting, unknown=scene.device.memory_note)
    if question.limits:
        setting = "limit " + ", ".join(f"{scene.name(s)} to {size(limit)}" for s, limit in question.limits)
    limits = [(a, _limit(a, question)) for a in memory.allocators]
    total = sum(limit for _, limit in limits)
    short = [a for a, limit in limits if limit < a.needed]
    parameters = [(f"{a.session} {a.allocator}", limit) for a, limit in limits]
    fits: bool | None = None
    if short:
        fits = False
    elif scene.device.cannot_be_one_gpu:
        fits = None
    elif memory.safe is not None and not memory.sessions_without_data:
        fits = total <= memory.safe
    why = "".join(f" {scene.name(a.session)} needed {size(a.needed)}." for a in short)
    return Prediction(
        schedule=Schedule.MEMORY_LIMITS,
        setting=setting,
        parameters=(("sum_of_limits_bytes", total), *parameters),
        memory_peak=None if short else memory.peak,
        memory_most=total,
        memory_fits=fits,
        assumes="What a process does outside the capture needs no more memory, and step times do not change." + why,
    )


def _limit(allocator: AllocatorPeak, question: Question) -> int:
    """Return the limit asked for, else one that suits; others keep theirs when some are asked about."""
    for session, limit in question.limits:
        if allocator.session == session:
            return limit
    return allocator.limit if question.limits and allocator.limit is not None else allocator.suggested_limit
