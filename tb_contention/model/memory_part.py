"""Memory in a part of the window, at an instant, and under caps: what the tab asks for."""

from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.memory import Holders
from tb_contention.units import Bytes, Nanoseconds, SessionId
from tb_contention.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorPart:
    """The peak of one allocator in a part of the window, and what it held at the instant of the holders."""

    session: Annotated[SessionId, Wire("id of the process")]
    allocator: Annotated[str, Wire("name of the allocator")]
    peak: Annotated[Bytes, Wire("its own peak in the part", signed=True)]
    peak_at: Annotated[Nanoseconds, Wire("when that was first reached", signed=True)]
    at: Annotated[Bytes, Wire("what it held at `at_ns`", signed=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CappedSession:
    """A process under a cap (None: none): its own peak without it, and for how long it would be above."""

    session: Annotated[SessionId, Wire("id of the process")]
    cap: Annotated[Bytes | None, Wire("its cap; null for none")]
    peak: Annotated[Bytes, Wire("its own peak without the cap", signed=True)]
    over: Annotated[Nanoseconds, Wire("for how long it would be above its cap")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CappedMemory:
    """Use if no process passed its cap."""

    peak: Annotated[Bytes, Wire("the combined peak then", signed=True)]
    peak_at: Annotated[Nanoseconds, Wire("when that would be first reached", signed=True)]
    sum_of_limits: Annotated[
        Bytes | None, Wire("sum of the limits, with caps in their place; null when one is unknown")
    ]
    sessions: Annotated[tuple[CappedSession, ...], Wire("each process")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPart:
    """Memory in a part of the window: the combined peak there, and the holders at one instant."""

    start: Annotated[Nanoseconds, Wire("where the part begins", signed=True)]
    end: Annotated[Nanoseconds, Wire("where it ends", signed=True)]
    peak: Annotated[Bytes, Wire("the combined peak in the part", signed=True)]
    peak_at: Annotated[Nanoseconds, Wire("when that was first reached", signed=True)]
    allocators: Annotated[tuple[AllocatorPart, ...], Wire("each process and allocator", key="per_session")]
    holders: Annotated[Holders, Wire(flat=True)]
    capped: Annotated[CappedMemory | None, Wire("the same under caps; null without any")]
