"""Contention in a part of the window: what the tab asks for."""

from dataclasses import dataclass

from tb_contention.model.contention import Blame, KernelCost, KernelPair, Overlap
from tb_contention.units import Nanoseconds, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPart:
    """One session in a part of the window. stretch, stall: of its kernels there, None where its loss is not known; ns.

    steps: whole step periods inside the part; own, host and lost add up to their length, all 0 without any. The host's slack may have
    hidden stretch and stall: then less than both was lost.
    """

    session: SessionId
    stretch: Nanoseconds | None
    stall: Nanoseconds | None
    steps: int
    own: Nanoseconds
    host: Nanoseconds
    lost: Nanoseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentionPart:
    """[start, end) of the window: overlap as over the whole; costs and pairs of the kernels there; delays: stretch and stall by culprit."""

    start: Nanoseconds
    end: Nanoseconds
    overlap: Overlap
    sessions: tuple[SessionPart, ...]
    kernels: tuple[KernelCost, ...]
    pairs: tuple[KernelPair, ...]
    delays: tuple[Blame, ...]
