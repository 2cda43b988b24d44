"""What a session would do alone, as work that can be played again under another schedule: kernels, host instants and who waits for whom."""

from dataclasses import dataclass
from enum import IntEnum

from tb_contention.units import F64, I64, U8, Bool, Nanoseconds, SessionId


class Unit(IntEnum):
    """Which part of a device an item needs: the multiprocessors, or a copy engine of one direction."""

    COMPUTE = 0
    TO_DEVICE = 1
    TO_HOST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A session's work in [start, end), a part of its window; times in ns from `start`. Columns refer to each other by row, -1 = none.

    host      L L L . . . E        E waits_for k, then `lag`
    stream    |==| |==|=k=|        `after` + `extra` between
    """

    session: SessionId
    start: Nanoseconds
    end: Nanoseconds
    #: The part is the whole window.
    whole: bool

    # Kernels, by start.
    #: Rows of the trace's kernels.
    row: I64
    #: Durations alone, ns.
    duration: F64
    #: Dense number of the stream.
    stream: I64
    #: Earliest start where what the kernel waited for lies before the part, else -inf.
    earliest: F64
    #: Gap of its own before the kernel.
    extra: F64
    #: The kernel before it in its stream.
    previous: I64
    #: A kernel of another stream, which it started `behind` ns after.
    follows: I64
    behind: F64
    #: The host instant that launched it.
    launch: I64
    #: The part of the device that it needs, a `Unit`.
    unit: U8
    #: Its duration is waiting, not work.
    spin: Bool

    # Host instants, by time.
    #: Times as recorded.
    host: F64
    #: Time since the instant before.
    gap: F64
    #: The kernel that the host waited for, and the time from that kernel's end to the instant.
    waits_for: I64
    lag: F64
    #: The least gap where the host waits.
    pace: F64
    #: When the request arrived that a step begins with, and before which the instant cannot be; -inf where none starts it.
    arrival: F64

    #: Usual gap behind a kernel of the same stream.
    after: float
    #: Usual time from a launch on an idle stream to the kernel's start.
    latency: float
    #: Progress while other sessions had work, relative to alone; None without such time.
    rate: float | None
    #: Rows that end the session's periods: of host instants where `marks_host`, else of kernels.
    marks: I64
    marks_host: bool
    #: When those were recorded.
    recorded: F64
