"""What the driver saw of a GPU while a group of sessions ran on it, as manifests hold it; times ns from the report's origin, bytes."""

from dataclasses import dataclass

from tb_contention.model.levels import Levels
from tb_contention.units import Bytes, Nanoseconds, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideAllocators:
    """What a process had taken of the GPU when most of the GPU was taken, and what of it its allocators do not account for.

    taken: as the driver says. in_use: of its allocators at that instant, None where no capture tells. least, most: bounds of what is the
    CUDA context's, the libraries' and other allocations outside the recorded allocators; an allocator's pool is what it has in use at
    least, and its limit at most. None where the figures do not bound it.
    """

    taken: Bytes
    in_use: Bytes | None
    least: Bytes | None
    most: Bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverProcess:
    """A process that the driver listed on the GPU. session: the captured one that it is, None if it is no captured one, or not known which.

    peak: the most it had taken at a sample; at_fullest: when most of the GPU was taken. None where the driver does not tell.
    """

    process_id: int
    name: str
    session: SessionId | None
    peak: Bytes | None
    at_fullest: Bytes | None
    beside: BesideAllocators | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRate:
    """SM clock, MHz: the median at the beginning and at the end of the window (a third each), and the lowest."""

    first: float
    last: float
    lowest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverView:
    """Samples of the driver within a group's window, from the manifest of `source`. processes: largest first.

    used_peak: the most that was taken of the GPU, by all, and when; free_least: what was left then. untraced_peak: the most that processes
    without a capture had taken together; None where it cannot be told, since a captured process is not found among the listed ones
    (`unmatched`), or the driver lists none. unlisted: what was taken at the fullest and belongs to no listed process. used, untraced: as
    step functions, for drawing. power: mean W; utilisation: mean percent.
    """

    source: SessionId
    samples: int
    period: Nanoseconds | None
    capacity: Bytes | None
    used_peak: Bytes | None
    used_peak_at: Nanoseconds | None
    free_least: Bytes | None
    processes: tuple[DriverProcess, ...]
    unmatched: tuple[SessionId, ...]
    untraced_peak: Bytes | None
    untraced_peak_at: Nanoseconds | None
    unlisted: Bytes | None
    used: Levels | None
    untraced: Levels | None
    clock: ClockRate | None
    power: float | None
    utilisation: float | None

    @property
    def has_counted(self) -> bool:
        """Tell whether any sample says how much was taken."""
        return self.used is not None and self.used_peak is not None

    @property
    def untraced_processes(self) -> tuple[DriverProcess, ...]:
        """Return the listed processes that no capture is of; nothing where that cannot be told."""
        return () if self.unmatched else tuple(p for p in self.processes if p.session is None)
