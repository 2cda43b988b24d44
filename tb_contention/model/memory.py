"""Results of the memory stages for one device group; bytes, times ns from the report's origin."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from tb_contention.model.levels import Levels
from tb_contention.units import I64, U8, Bytes, Nanoseconds, SessionId
from tb_contention.wire import Choice, Wire, wired


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingGaps:
    """What is wrong with the events of one allocator."""

    events: Annotated[int, Wire("allocator events that are used")]
    repeated: Annotated[int, Wire("events that are left out because they were reported twice", key="repeated_events")]
    missing: Annotated[int, Wire("changes of the bytes in use that no event explains", key="missing_events")]
    unpaired: Annotated[
        int, Wire("frees of what was allocated before the capture or by a missing event", key="unpaired_frees")
    ]


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
        """Return the bytes in use after a number of events."""
        return int(self.levels.value[events])

    def live(self, events: int) -> I64:
        """Return the events, among the first ones, whose allocations are still held."""
        until = self.until[:events]
        return np.flatnonzero((self.is_allocation[:events] == 1) & ((until < 0) | (until >= events)))


class Holding(Choice):
    """What a row of holders is."""

    OP = "op", "allocations of one operation that the capture recorded"
    BEFORE_CAPTURE = "before_capture", "held when the capture began and not freed since, known as a total only"
    NOT_RECORDED = "not_recorded", "what missing events gave, or took if negative"
    OTHERS = "others", "the rows beyond the largest"

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
    """Add up bytes; None when one of them is unknown."""
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return Bytes(total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Bytes that one operation holds at an instant, equal allocations (region, type, shape) in one row."""

    session: Annotated[SessionId, Wire("id of the process, or of the session inside it whose run allocated")]
    allocator: Annotated[str, Wire("name of the allocator")]
    kind: Annotated[Holding, Wire("what the row is")]
    op: Annotated[
        str, Wire("the operation as recorded, empty where it is not; of totals what they are, in parentheses")
    ]
    scope: Annotated[str, Wire("name scope of the operation")]
    bytes: Annotated[Bytes, Wire("as the allocator rounds them", signed=True)]
    requested: Annotated[Bytes | None, Wire("as asked for; null where that is not recorded")]
    count: Annotated[int, Wire("allocations in this row")]
    region: Annotated[str | None, Wire("`output`, `temp`, `persist` or `dynamic`; null where it is not recorded")]
    data_type: Annotated[str | None, Wire("such as `float32`; null where it is not recorded")]
    shape: Annotated[str | None, Wire("such as `[300,300]`; null where it is not recorded")]
    age: Annotated[Nanoseconds | None, Wire("since the oldest of them was allocated; null for totals", signed=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeHeld:
    """Bytes that the operations of one name scope hold at an instant."""

    session: Annotated[SessionId, Wire("id of the session")]
    kind: Annotated[Holding, Wire("what the row is")]
    scope: Annotated[str, Wire("name scope; empty where there is none")]
    bytes: Annotated[Bytes, Wire("as the allocator rounds them", signed=True)]
    count: Annotated[int, Wire("number of allocations")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Who holds what at an instant: rows, largest first, that add up to `total` exactly; the same by name scope."""

    at: Annotated[Nanoseconds, Wire("the instant", signed=True)]
    total: Annotated[Bytes, Wire("what is held in all", signed=True)]
    rows: Annotated[
        tuple[Holder, ...], Wire("who held it, largest first; the rows add up to the total", key="holders")
    ] = ()
    scopes: Annotated[
        tuple[ScopeHeld, ...], Wire("the same summed by name scope, as far down as the scopes share it out")
    ] = ()


def rows_of(holders: Holders) -> tuple[Holder, ...]:
    """Return the rows of holders without their total."""
    return holders.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorPeak:
    """The window peak of one allocator, when it was, who held it, and what it held when the sum of all was highest."""

    session: Annotated[SessionId, Wire("id of the process")]
    allocator: Annotated[str, Wire("name of the allocator")]
    peak: Annotated[Bytes, Wire("its own peak in the window", signed=True)]
    peak_at: Annotated[Nanoseconds, Wire("when that was first reached", signed=True)]
    at_combined_peak: Annotated[Bytes, Wire("what it held when the sum was highest", signed=True)]
    limit: Annotated[Bytes | None, Wire("limit of the allocator; null if it states none")]
    before_capture: Annotated[Bytes, Wire("held when the capture began, known as a total only")]
    lifetime_peak: Annotated[
        Bytes | None, Wire("the highest since the process began, perhaps before the capture; null if not stated")
    ]
    rounding_at_peak: Annotated[
        Bytes | None,
        Wire("what rounding to chunks added to the requests held at its peak, as far as recorded; null if none is"),
    ]
    fragmentation_at_peak: Annotated[
        float | None,
        Wire(
            "share of its free memory that is outside its largest free block, at the peak; the allocator's own figure, null if not stated"
        ),
    ]
    fragmentation_most: Annotated[float | None, Wire("the same at its highest")]
    gaps: Annotated[RecordingGaps, Wire(flat=True)]
    holders: Annotated[Holders, Wire("who held its own peak, largest first", key="holders", via=rows_of)]

    @property
    def needed(self) -> Bytes:
        """Return the most that it is known to have held, before the capture or in it."""
        return Bytes(max(self.peak, self.lifetime_peak or 0))

    @property
    @wired(
        "the higher of `peak_bytes` and `lifetime_peak_bytes`, and a tenth more for fragmentation, rounded up to 16 MiB (256 MiB above "
        "2 GiB), at most the present limit. A rule of thumb: what the process did not do while it was captured is not in it"
    )
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
    """What an operation holds at the ends of a session's steps, rising to the last: perhaps a leak."""

    session: Annotated[SessionId, Wire("id of the process")]
    allocator: Annotated[str, Wire("name of the allocator")]
    op: Annotated[str, Wire("the operation; empty for the sum of all, with what no event explains")]
    first: Annotated[Bytes, Wire("held at the end of the first step that counts", signed=True)]
    last: Annotated[Bytes, Wire("held at the end of the last step", signed=True)]
    steps: Annotated[int, Wire("number of steps between the two")]
    rising: Annotated[float, Wire("share of the steps at whose end it holds more than at the end of the step before")]

    @property
    @wired("gain per step", key="bytes_per_step", signed=True)
    def per_step(self) -> float:
        """Return the bytes gained per step."""
        return (self.last - self.first) / self.steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Temporary:
    """The largest allocation that was freed within the step in which it was made."""

    bytes: Annotated[Bytes, Wire("its size")]
    op: Annotated[str, Wire("the operation")]
    shape: Annotated[str | None, Wire("its shape; null where it is not recorded")]
    step: Annotated[int, Wire("number of the step", signed=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMemory:
    """How a session's allocator is used per step, over the whole steps of the window."""

    session: Annotated[SessionId, Wire("id of the session")]
    allocator: Annotated[str, Wire("name of the allocator")]
    steps: Annotated[int, Wire("number of whole steps")]
    allocations: Annotated[float, Wire("mean number of allocations per step")]
    allocated: Annotated[float, Wire("mean number of bytes allocated per step", key="allocated_bytes")]
    rise: Annotated[Bytes, Wire("the largest rise within a step above its beginning")]
    temporary: Annotated[
        Temporary | None, Wire("the largest allocation that was freed in the step that made it; null if none was")
    ]
    temporary_median: Annotated[Bytes, Wire("median over the steps of the largest such allocation")]


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelChange:
    """An operation that runs other kernels since a neighbour came, or other ones than when captured alone."""

    session: Annotated[SessionId, Wire("id of the session")]
    neighbour: Annotated[SessionId | None, Wire("id of the session that came; null in comparison with a capture alone")]
    op: Annotated[str, Wire("the operation")]
    before: Annotated[str, Wire("name of the kernel before")]
    after: Annotated[str, Wire("name of the kernel after")]
    count_before: Annotated[int, Wire("instances before")]
    count_after: Annotated[int, Wire("instances after")]
    mean_before: Annotated[Nanoseconds, Wire("mean duration before")]
    mean_after: Annotated[Nanoseconds, Wire("mean duration after")]
    workspace_before: Annotated[
        Bytes | None, Wire("the largest temporary of the operation before; null if it has none")
    ]
    workspace_after: Annotated[Bytes | None, Wire("the largest temporary of the operation after; null if it has none")]
    at: Annotated[
        Nanoseconds | None, Wire("when the neighbour came; null in comparison with a capture alone", signed=True)
    ]

    @property
    @wired("how much longer in total the kernels in the window took than those before", signed=True)
    def cost(self) -> Nanoseconds:
        """Return how much longer in total the kernels of the window took than those before."""
        return Nanoseconds((self.mean_after - self.mean_before) * self.count_after)


class StallKind(Choice):
    """How a session lost time getting memory."""

    DRIVER = "driver", "calls that take memory from the driver or give it back"
    ROOM = "room", "an allocation that came only after another was freed; its times are upper bounds"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationStall:
    """Time that a session spent getting memory. Of ROOM, times run from the thread's last allocator event."""

    session: Annotated[SessionId, Wire("id of the session")]
    kind: Annotated[StallKind, Wire("how time was lost")]
    count: Annotated[int, Wire("how often")]
    total: Annotated[Nanoseconds, Wire("time lost in all")]
    longest: Annotated[Nanoseconds, Wire("the longest")]
    longest_at: Annotated[Nanoseconds, Wire("when the longest began", signed=True)]
    what: Annotated[str, Wire("the call or operation")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A request for memory that an allocator refused: the program ran out of memory."""

    session: Annotated[SessionId, Wire("id of the process")]
    at: Annotated[Nanoseconds, Wire("the instant", signed=True)]
    count: Annotated[int, Wire("how many requests of the process were refused in all")]
    asked: Annotated[Bytes, Wire("what was asked for")]
    in_use: Annotated[Bytes | None, Wire("what the allocator had given away then; null where it is not recorded")]
    reserved: Annotated[Bytes | None, Wire("what the allocator held of the GPU then; null where it is not recorded")]
    holders: Annotated[Holders, Wire("who held what then, largest first", key="holders", via=rows_of)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedMemory:
    """Memory of all sessions of a group together."""

    capacity: Annotated[Bytes | None, Wire("memory of the GPU; null when it is unknown")]
    safe: Annotated[
        Bytes | None,
        Wire(
            "the capacity less 5 % (at least 300 MiB) for the system and 500 MiB for each process's context and libraries, together a "
            "quarter at most; null when the capacity is"
        ),
    ]
    peak: Annotated[
        Bytes, Wire("the highest sum over all allocators in the window", key="combined_peak_bytes", signed=True)
    ]
    peak_at: Annotated[Nanoseconds, Wire("when that was first reached", key="combined_peak_at_ns", signed=True)]
    headroom: Annotated[
        Bytes | None,
        Wire("what is left of the capacity at the combined peak, may be negative; null when unknown", signed=True),
    ]
    allocators: Annotated[tuple[AllocatorPeak, ...], Wire("one entry per process and allocator", key="per_session")]
    host: Annotated[
        tuple[AllocatorPeak, ...],
        Wire("the same for pinned host memory, which is not part of the sums", key="host_allocators"),
    ]
    curves: tuple[AllocatorCurve, ...]
    sum_of_peaks: Annotated[
        Bytes,
        Wire("sum of the allocators' own peaks, which is not reached when they peak at different times", signed=True),
    ]
    sum_of_limits: Annotated[
        Bytes | None, Wire("what the allocators may take together; null when one does not state its limit")
    ]
    sessions_without_data: Annotated[
        tuple[SessionId, ...], Wire("sessions whose memory is not in their capture: then the sums are lower bounds")
    ]
    holders: Annotated[
        Holders,
        Wire(
            "who held the combined peak, largest first; the rows add up to `combined_peak_bytes`",
            key="holders",
            via=rows_of,
        ),
    ]
    growth: Annotated[tuple[Growth, ...], Wire("operations that hold more from step to step, largest gain first")] = ()
    steps: Annotated[tuple[StepMemory, ...], Wire("use per step, over whole steps in the window")] = ()
    kernel_changes: Annotated[
        tuple[KernelChange, ...],
        Wire("operations that run other kernels since a neighbour came, or than in a capture alone"),
    ] = ()
    stalls: Annotated[tuple[AllocationStall, ...], Wire("time spent getting memory")] = ()
    refused: Annotated[
        tuple[Refused, ...], Wire("requests that an allocator refused, the largest of each session first")
    ] = ()

    @property
    @wired("the holders of the combined peak, summed by name scope, as far down as the scopes share it out")
    def holder_scopes(self) -> tuple[ScopeHeld, ...]:
        """Return the holders of the combined peak by name scope."""
        return self.holders.scopes
