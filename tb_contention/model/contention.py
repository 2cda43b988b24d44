"""Results of the contention stages for one device group; all times ns, lengths ns."""

from dataclasses import dataclass

from tb_contention.model.intervals import Intervals
from tb_contention.units import I64, Nanoseconds, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSplit:
    """How the window of a group divides: idle + exclusive + contended = window, exactly."""

    window: Nanoseconds
    idle: Nanoseconds
    exclusive: Nanoseconds
    contended: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShare:
    """One session's part of a device's time. busy: union of its work in the window; exclusive + contended = busy."""

    session: SessionId
    kernels: int
    copies: int
    busy: Nanoseconds
    exclusive: Nanoseconds
    contended: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOverlap:
    """For how long two sessions had work on the device at the same instants: co-pending in time, which is not concurrency."""

    a: SessionId
    b: SessionId
    overlap: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTotal:
    """All instances of one kernel name of a session inside the window. total: summed durations clipped to the window."""

    session: SessionId
    name: str
    count: int
    total: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Who had work on the device when. `contended` holds the intervals with two or more sessions, `busy` each session's own.

    depth: per contended interval, the largest number of sessions at once.
    """

    time: TimeSplit
    shares: "tuple[SessionShare, ...]"
    pairs: "tuple[PairOverlap, ...]"
    kernels: "tuple[KernelTotal, ...]"
    busy: "dict[SessionId, Intervals]"
    contended: Intervals
    depth: I64
