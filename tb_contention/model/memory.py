"""Results of the memory stages for one device group; bytes, times ns from the report's origin."""

from dataclasses import dataclass

from tb_contention.units import I64, Bytes, Nanoseconds, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorCurve:
    """Bytes in use of one allocator of one session: a step function, `in_use[i]` from `time[i]` until `time[i + 1]`.

    time[0] is the first event; before it, in_use is `before_capture`. limit: the allocator's own, None if not stated.
    """

    session: SessionId
    allocator: str
    time: I64
    in_use: I64
    before_capture: Bytes
    limit: "Bytes | None"
    lifetime_peak: "Bytes | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorPeak:
    """The window peak of one allocator, when it was, and what it held when the sum of all was highest."""

    session: SessionId
    allocator: str
    peak: Bytes
    peak_at: Nanoseconds
    at_combined_peak: Bytes
    limit: "Bytes | None"
    before_capture: Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedMemory:
    """Memory of all sessions of a group together. peak: supremum of the sum over the window (not the sum of peaks)."""

    capacity: "Bytes | None"
    peak: Bytes
    peak_at: Nanoseconds
    headroom: "Bytes | None"
    allocators: "tuple[AllocatorPeak, ...]"
    curves: "tuple[AllocatorCurve, ...]"
    sum_of_peaks: Bytes
    sessions_without_data: "tuple[SessionId, ...]"
