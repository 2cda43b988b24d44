"""What the driver saw of a GPU while a group of sessions ran on it, as manifests hold it; times ns from the report's origin, bytes."""

from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.levels import Levels, changes_of
from tb_contention.units import Bytes, Nanoseconds, SessionId
from tb_contention.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideAllocators:
    """What of a process's memory its allocators do not account for, when most of the GPU was allocated.

    An allocator's pool is at least what it has in use, and at most its limit.
    """

    in_use: Annotated[
        Bytes | None, Wire("in use by its recorded allocators at that instant; null where no capture records it")
    ]
    least: Annotated[
        Bytes | None,
        Wire(
            "lower bound of what it had taken beside them: context, libraries, other allocations; null where the figures do not bound it",
            key="beside_least_bytes",
        ),
    ]
    most: Annotated[
        Bytes | None, Wire("upper bound of the same; null where the figures do not bound it", key="beside_most_bytes")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverProcess:
    """A process that the driver listed on the GPU."""

    process_id: Annotated[int, Wire("id of the process")]
    name: Annotated[str, Wire("name of its program")]
    session: Annotated[
        SessionId | None, Wire("id of the session that it is; null if it was not captured or cannot be matched")
    ]
    peak: Annotated[
        Bytes | None, Wire("the most that it had taken at a sample; null where the driver does not report it")
    ]
    at_fullest: Annotated[
        Bytes | None, Wire("what it had taken when most of the GPU was; null where the driver does not report it")
    ]
    beside: Annotated[BesideAllocators | None, Wire(flat=True)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRate:
    """SM clock, MHz."""

    first: Annotated[float, Wire("median of the first third of the samples")]
    last: Annotated[float, Wire("median of the last third")]
    lowest: Annotated[float, Wire("the lowest")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverView:
    """Samples of the driver within a group's window, from one session's manifest."""

    source: Annotated[SessionId, Wire("id of the session whose manifest holds the samples")]
    samples: Annotated[int, Wire("number of samples")]
    period: Annotated[Nanoseconds | None, Wire("their median distance; null for one sample")]
    capacity: Annotated[Bytes | None, Wire("memory of the GPU; null when unknown")]
    used_peak: Annotated[Bytes | None, Wire("the most of it that was taken by all; null when unknown")]
    used_peak_at: Annotated[Nanoseconds | None, Wire("when that was; null when unknown", signed=True)]
    free_least: Annotated[Bytes | None, Wire("what was left then; null when unknown", signed=True)]
    processes: Annotated[tuple[DriverProcess, ...], Wire("the processes that the driver listed, largest first")]
    unmatched: Annotated[
        tuple[SessionId, ...],
        Wire(
            "captured sessions that are not found among the listed processes, such as those in containers; then what is untraced is unknown"
        ),
    ]
    untraced_peak: Annotated[
        Bytes | None,
        Wire("the most that listed processes without a capture had taken together; null where that is unknown"),
    ]
    untraced_peak_at: Annotated[Nanoseconds | None, Wire("when that was; null when unknown", signed=True)]
    unlisted: Annotated[Bytes | None, Wire("taken at the fullest and by no listed process; null when unknown")]
    used: Annotated[Levels | None, Wire("what was taken by all, as a step function; null when unknown", via=changes_of)]
    untraced: Annotated[
        Levels | None,
        Wire("what processes without a capture had taken, as a step function; null when unknown", via=changes_of),
    ]
    clock: Annotated[ClockRate | None, Wire("SM clock in MHz; null below 6 samples", key="clock_mhz")]
    power: Annotated[float | None, Wire("mean power; null when unknown", key="power_w")]
    utilisation: Annotated[float | None, Wire("mean utilisation; null when unknown", key="utilisation_percent")]

    @property
    def has_counted(self) -> bool:
        """Return whether any sample states how much was allocated."""
        return self.used is not None and self.used_peak is not None

    @property
    def untraced_processes(self) -> tuple[DriverProcess, ...]:
        """Return the listed processes without a capture; none where that is unknown."""
        return () if self.unmatched else tuple(p for p in self.processes if p.session is None)
