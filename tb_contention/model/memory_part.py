"""Memory in a part of the window, at an instant, and under caps: what the tab asks for."""

from dataclasses import dataclass

from tb_contention.model.memory import Holders
from tb_contention.units import Bytes, Nanoseconds, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorPart:
    """The peak of one allocator in a part of the window, and what it held at the instant of the holders."""

    session: SessionId
    allocator: str
    peak: Bytes
    peak_at: Nanoseconds
    at: Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CappedSession:
    """A process under a cap (None: none): its own peak without it, and for how long it would be above."""

    session: SessionId
    cap: Bytes | None
    peak: Bytes
    over: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class CappedMemory:
    """Use if no process passed its cap. sum_of_limits: caps in the place of limits; None when one is not known."""

    peak: Bytes
    peak_at: Nanoseconds
    sum_of_limits: Bytes | None
    sessions: tuple[CappedSession, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPart:
    """Memory in a part of the window: the combined peak there, and the holders at one instant."""

    start: Nanoseconds
    end: Nanoseconds
    peak: Bytes
    peak_at: Nanoseconds
    allocators: tuple[AllocatorPart, ...]
    holders: Holders
    capped: CappedMemory | None
