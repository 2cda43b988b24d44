"""Contention in a part of the window: what the tab asks for."""

from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.contention import Blame, KernelCost, KernelPair, Overlap, PairOverlap, TimeSplit
from tb_contention.units import Nanoseconds, SessionId
from tb_contention.wire import Wire, wired


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPart:
    """One session in a part of the window.

    The host's slack may have hidden some of stretch and stall; then its steps lost less than both.
    """

    session: SessionId
    stretch: Annotated[
        Nanoseconds | None, Wire("by how much longer its kernels there took than alone; null where its loss is unknown")
    ]
    stall: Annotated[Nanoseconds | None, Wire("for how long its work there waited; null where its loss is unknown")]
    steps: int
    own: Nanoseconds
    host: Nanoseconds
    lost: Nanoseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentionPart:
    """Contention in [start, end) of the window."""

    start: Annotated[Nanoseconds, Wire("where the part begins", signed=True)]
    end: Annotated[Nanoseconds, Wire("where it ends", signed=True)]
    overlap: Overlap
    sessions: tuple[SessionPart, ...]
    kernels: tuple[KernelCost, ...]
    pairs: Annotated[
        tuple[KernelPair, ...],
        Wire("kernels that met there, at most 200: largest loss first, by overlap where it is unknown"),
    ]
    delays: Annotated[tuple[Blame, ...], Wire("stretch and stall of each victim by culprit")]

    @property
    @wired("how the part divides")
    def time(self) -> TimeSplit:
        """Return idle, exclusive and contended time."""
        return self.overlap.time

    @property
    @wired("overlap of each two sessions there")
    def overlaps(self) -> tuple[PairOverlap, ...]:
        """Return for how long two sessions had work at once."""
        return self.overlap.pairs
