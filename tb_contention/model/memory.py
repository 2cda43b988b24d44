"""Results of the memory stages for one device group; bytes, times ns from the report's origin."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from tb_contention.model.levels import Levels
from tb_contention.units import I64, U8, Bytes, Nanoseconds, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingGaps:
    """What is wrong with the events of one allocator. repeated: reported twice, left out.

    missing: changes of the bytes in use that no event explains. unpaired: frees of what the capture did not see allocated.
    """

    events: int
    repeated: int
    missing: int
    unpaired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorCurve:
    """Bytes in use of one allocator of one process, before its first event what it held before the capture.

    limit: the allocator's own, None if not stated. The columns are its events in order: row of the process's `Trace.allocations`,
    whether it allocates (1) or frees, its bytes as rounded; until: the event that ends an allocation, -1 while it lives and of frees;
    ended: the allocation that an event ends, -1 for none.
    """

    session: SessionId
    allocator: str
    levels: Levels
    limit: Bytes | None
    lifetime_peak: Bytes | None
    row: I64
    is_allocation: U8
    size: I64
    until: I64
    ended: I64
    gaps: RecordingGaps

    @property
    def time(self) -> I64:
        """Return when each event was."""
        return self.levels.time

    @property
    def before_capture(self) -> Bytes:
        """Return what was in use before the first event."""
        return Bytes(int(self.levels.value[0]))

    def after(self, events: int) -> int:
        """Return the bytes in use after so many events."""
        return int(self.levels.value[events])

    def live(self, events: int) -> I64:
        """Return the events, among so many first ones, whose allocations are still held."""
        until = self.until[:events]
        return np.flatnonzero((self.is_allocation[:events] == 1) & ((until < 0) | (until >= events)))


class Holding(str, Enum):
    """What a row of holders is.

    OP: allocations of one operation that the capture saw. BEFORE_CAPTURE: what was held when the capture began and is not seen to have
    been freed, known as a total only. NOT_RECORDED: what events that are missing from the capture gave (or, below 0, took). OTHERS: the
    rows beyond the largest.
    """

    OP = "op"
    BEFORE_CAPTURE = "before_capture"
    NOT_RECORDED = "not_recorded"
    OTHERS = "others"

    @property
    def words(self) -> str:
        """Return what a row is called that is no operation's."""
        return _WORDS[self]


_WORDS = {
    Holding.OP: "(no operation recorded)",
    Holding.BEFORE_CAPTURE: "(held before the capture)",
    Holding.NOT_RECORDED: "(events not recorded)",
    Holding.OTHERS: "(others)",
}


def sum_if_known(amounts: Iterable[int | None]) -> Bytes | None:
    """Add up bytes; None when one of them is not known."""
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return Bytes(total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Bytes that one operation holds at an instant, equal allocations (region, type, shape) in one row.

    session: the process, or the session inside it whose run allocated. op: as recorded, "" where it is not; scope: its name scope.
    bytes: as the allocator rounds them; requested: as asked for, None where not recorded. age: since the oldest was allocated, None for
    what is known as a total only.
    """

    session: SessionId
    allocator: str
    kind: Holding
    op: str
    scope: str
    bytes: Bytes
    requested: Bytes | None
    count: int
    region: str | None
    data_type: str | None
    shape: str | None
    age: Nanoseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeHeld:
    """Bytes that the operations of one name scope hold at an instant; "" for what has no scope, or is no operation's."""

    session: SessionId
    kind: Holding
    scope: str
    bytes: Bytes
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Who holds what at an instant: rows, largest first, that add up to `total` exactly; the same by name scope."""

    at: Nanoseconds
    total: Bytes
    rows: tuple[Holder, ...] = ()
    scopes: tuple[ScopeHeld, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorPeak:
    """The window peak of one allocator, when it was, who held it, and what it held when the sum of all was highest.

    lifetime_peak: the highest since the process began, which may lie before the capture. rounding_at_peak: what rounding added to the
    requests of what was held at the peak, as far as recorded; None where not at all. fragmentation: the allocator's own figure, share of
    its free pool outside the largest free block, at the peak and at most.
    """

    session: SessionId
    allocator: str
    peak: Bytes
    peak_at: Nanoseconds
    at_combined_peak: Bytes
    limit: Bytes | None
    before_capture: Bytes
    lifetime_peak: Bytes | None
    rounding_at_peak: Bytes | None
    fragmentation_at_peak: float | None
    fragmentation_most: float | None
    gaps: RecordingGaps
    holders: Holders

    @property
    def needed(self) -> Bytes:
        """Return the most that it is known to have held, before the capture or in it."""
        return Bytes(max(self.peak, self.lifetime_peak or 0))

    @property
    def suggested_limit(self) -> Bytes:
        """Return a limit that leaves a tenth more than it needed, for fragmentation, in round steps of 16 or 256 MiB.

        It is never above the present limit, which is known to do.
        """
        wanted = self.needed + self.needed // 10
        step = (256 if wanted > 2 << 30 else 16) << 20
        rounded = -(-wanted // step) * step
        return Bytes(rounded if self.limit is None else max(self.needed, min(rounded, self.limit)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What an operation holds at the ends of a session's steps, rising to the last: perhaps a leak.

    op: "" is the sum of all, with what no event explains. first, last: bytes at the end of the first step that counts and of the last;
    steps: how many lie between; rising: share of the steps at whose end it holds more than at the step's before.
    """

    session: SessionId
    allocator: str
    op: str
    first: Bytes
    last: Bytes
    steps: int
    rising: float

    @property
    def per_step(self) -> float:
        """Return the bytes gained per step."""
        return (self.last - self.first) / self.steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Temporary:
    """The largest allocation that was freed within the step in which it was made."""

    bytes: Bytes
    op: str
    shape: str | None
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMemory:
    """How a session's allocator is used per step, over the whole steps of the window.

    allocations, allocated: mean number and bytes per step. rise: the largest rise within a step above its beginning. temporary_median: of
    the steps' largest temporaries.
    """

    session: SessionId
    allocator: str
    steps: int
    allocations: float
    allocated: float
    rise: Bytes
    temporary: Temporary | None
    temporary_median: Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelChange:
    """An operation that runs other kernels since a neighbour came, or other ones than when captured alone.

    neighbour: None in comparison with a capture alone. before, after: kernel names; count and mean duration of each. workspace: the
    largest temporary of the operation before and after, None where it has none. at: when the neighbour came.
    """

    session: SessionId
    neighbour: SessionId | None
    op: str
    before: str
    after: str
    count_before: int
    count_after: int
    mean_before: Nanoseconds
    mean_after: Nanoseconds
    workspace_before: Bytes | None
    workspace_after: Bytes | None
    at: Nanoseconds | None

    @property
    def cost(self) -> Nanoseconds:
        """Return by how much longer the kernels of the window took than those before, in sum."""
        return Nanoseconds((self.mean_after - self.mean_before) * self.count_after)


class StallKind(str, Enum):
    """DRIVER: calls that take memory from the driver or give it back. ROOM: an allocation that came only after another was freed."""

    DRIVER = "driver"
    ROOM = "room"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationStall:
    """Time that a session spent getting memory. total, longest: of ROOM an upper bound, from the thread's last allocator event."""

    session: SessionId
    kind: StallKind
    count: int
    total: Nanoseconds
    longest: Nanoseconds
    longest_at: Nanoseconds
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedMemory:
    """Memory of all sessions of a group together. peak: supremum of the sum over the window (not the sum of peaks).

    safe: capacity less what the system and each process's context take. sum_of_limits: of the allocators, None unless all state theirs.
    host: allocators of pinned host memory, which are not part of the sums; their `at_combined_peak` is at the same instant.
    """

    capacity: Bytes | None
    safe: Bytes | None
    peak: Bytes
    peak_at: Nanoseconds
    headroom: Bytes | None
    allocators: tuple[AllocatorPeak, ...]
    host: tuple[AllocatorPeak, ...]
    curves: tuple[AllocatorCurve, ...]
    sum_of_peaks: Bytes
    sum_of_limits: Bytes | None
    sessions_without_data: tuple[SessionId, ...]
    holders: Holders
    growth: tuple[Growth, ...] = ()
    steps: tuple[StepMemory, ...] = ()
    kernel_changes: tuple[KernelChange, ...] = ()
    stalls: tuple[AllocationStall, ...] = ()
