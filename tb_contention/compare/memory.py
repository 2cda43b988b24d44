"""Compare memory: the allocators of a pair, and all of a device together. Bytes are exact unless events are missing."""

from tb_contention.compare.judging import exact, neutral, unclear, unknown
from tb_contention.model.alignment import Session
from tb_contention.model.comparison import AllocatorComparison, Change
from tb_contention.model.memory import AllocatorPeak, CombinedMemory
from tb_contention.model.report import DeviceReport

_MISSING = "allocator events are missing, so the peak may be higher than recorded"
_PARTLY = "the memory of a session was not captured, so the sum is a lower bound"


def allocators_of(
    before: DeviceReport, after: DeviceReport, pair: tuple[Session, Session]
) -> tuple[AllocatorComparison, ...]:
    """Compare allocators of one name, or the only ones of both sides; none for a session inside a process, which owns the memory."""
    one, two = (_own(device.memory, session) for device, session in zip((before, after), pair, strict=True))
    if len(one) == 1 and len(two) == 1:
        return (_allocator(next(iter(one.values())), next(iter(two.values()))),)
    return tuple(_allocator(one[name], two[name]) for name in sorted(one) if name in two)


def _own(memory: CombinedMemory | None, session: Session) -> dict[str, AllocatorPeak]:
    if memory is None or session.process is not None:
        return {}
    return {found.allocator: found for found in memory.allocators if found.session == session.id}


def _allocator(before: AllocatorPeak, after: AllocatorPeak) -> AllocatorComparison:
    missing = before.gaps.missing > 0 or after.gaps.missing > 0
    return AllocatorComparison(
        before=before.allocator,
        after=after.allocator,
        peak=exact(before.peak, after.peak, doubt=_MISSING if missing else ""),
        limit=neutral(before.limit, after.limit),
        suggested_limit=_suggested(before, after, doubt=_MISSING if missing else ""),
    )


def _suggested(before: AllocatorPeak, after: AllocatorPeak, doubt: str) -> Change:
    """Judge a suggestion by what it rests on: one that moved with the present limit alone, or by rounding, is the same."""
    needed = exact(before.needed, after.needed, doubt=doubt)
    return Change(
        before=before.suggested_limit, after=after.suggested_limit, judgement=needed.judgement, why=needed.why
    )


def combined_peak(before: CombinedMemory | None, after: CombinedMemory | None) -> Change:
    """Compare the highest sums over all sessions."""
    if before is None or after is None:
        return unclear(
            None if before is None else before.peak, None if after is None else after.peak, unknown(before, after)
        )
    return exact(before.peak, after.peak, doubt=_doubt(before, after))


def headroom(before: CombinedMemory | None, after: CombinedMemory | None) -> Change:
    """Compare the memory left at the combined peak; a change below 1 % of the capacity is none."""
    left = [None if memory is None else memory.headroom for memory in (before, after)]
    if before is None or after is None or before.capacity is None or after.capacity is None:
        return unclear(left[0], left[1], unknown(*left))
    scale = max(before.capacity, after.capacity)
    return exact(left[0], left[1], scale=scale, less_is_better=False, doubt=_doubt(before, after))


def _doubt(before: CombinedMemory, after: CombinedMemory) -> str:
    if before.sessions_without_data or after.sessions_without_data:
        return _PARTLY
    events = [found.gaps for memory in (before, after) for found in memory.allocators]
    return _MISSING if any(gaps.missing > 0 for gaps in events) else ""
