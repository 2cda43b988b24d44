"""Memory of a device -> its peak in a part of the window, holders at an instant, and use under caps."""

from tb_contention.memory.holders import Process, holders_at
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.levels import peak_of_sum, sum_of
from tb_contention.model.memory import AllocatorCurve, CombinedMemory, sum_if_known
from tb_contention.model.memory_part import AllocatorPart, CappedMemory, CappedSession, MemoryPart
from tb_contention.units import Bytes, Nanoseconds, SessionId

#: Bytes that a process must not pass, in the order of its first allocator; None leaves it as it was.
Caps = tuple["int | None", ...]


def memory_within(
    memory: CombinedMemory,
    aligned: AlignedTraces,
    start: int,
    end: int,
    at: int | None = None,
    caps: Caps | None = None,
) -> MemoryPart:
    """Find the peaks in [start, end] (ns) and the holders at an instant, by default the combined peak there."""
    curves = memory.curves
    peak = peak_of_sum([c.levels for c in curves], start, end)
    events = peak.events if at is None else tuple(c.levels.events_at(at) for c in curves)
    known = {key: Process.of(key, aligned) for key in processes_of(memory)}
    held = [(c, known[c.session], n) for c, n in zip(curves, events, strict=True)]
    return MemoryPart(
        start=Nanoseconds(start),
        end=Nanoseconds(end),
        peak=Bytes(peak.value),
        peak_at=Nanoseconds(peak.at),
        allocators=tuple(_part(c, start, end, n) for c, n in zip(curves, events, strict=True)),
        holders=holders_at(held, peak.at if at is None else at),
        capped=None if caps is None else under_caps(memory, start, end, caps),
    )


def processes_of(memory: CombinedMemory) -> tuple[SessionId, ...]:
    """Name the processes with allocators, in the order of caps."""
    return tuple(dict.fromkeys(curve.session for curve in memory.curves))


def _part(curve: AllocatorCurve, start: int, end: int, events: int) -> AllocatorPart:
    peak = peak_of_sum([curve.levels], start, end)
    return AllocatorPart(
        session=curve.session,
        allocator=curve.allocator,
        peak=Bytes(peak.value),
        peak_at=Nanoseconds(peak.at),
        at=Bytes(curve.after(events)),
    )


def under_caps(memory: CombinedMemory, start: int, end: int, caps: Caps) -> CappedMemory:
    """Cut each process's use at its cap, and find the highest sum of what is left."""
    keys = processes_of(memory)
    levels = [sum_of([c.levels for c in memory.curves if c.session == key]) for key in keys]
    cut = [whole if cap is None else whole.capped(cap) for whole, cap in zip(levels, caps, strict=True)]
    peak = peak_of_sum(cut, start, end)
    limits = [sum_if_known(c.limit for c in memory.curves if c.session == key) for key in keys]
    return CappedMemory(
        peak=Bytes(peak.value),
        peak_at=Nanoseconds(peak.at),
        sum_of_limits=sum_if_known(limit if cap is None else cap for limit, cap in zip(limits, caps, strict=True)),
        sessions=tuple(
            CappedSession(
                session=key,
                cap=None if cap is None else Bytes(cap),
                peak=Bytes(peak_of_sum([whole], start, end).value),
                over=Nanoseconds(0 if cap is None else whole.time_above(cap, start, end)),
            )
            for key, cap, whole in zip(keys, caps, levels, strict=True)
        ),
    )
