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
    """A session's work in [start, end), a part of its window, in ns from `start`; columns refer to each other by row, -1 = none.

    Kernels by start. row: of the trace's kernels. duration: alone. stream: dense number. earliest: not before, where what it waited for
    lies before the part (-inf: no such bound). extra: gap of its own before it. previous: the one before it in its stream, follows: one of
    another stream that it started `behind` ns after. launch: its host instant. spin: its duration is waiting, not work.

    Host instants by time. gap: to the one before. waits_for: kernel that it waited for, `lag` before; pace: what the gap is at least then.

    after, latency: usual gap behind a kernel of the same stream, and behind a launch on an idle one. rate: progress while others had work,
    as a part of that alone; None without such time. marks: rows of host instants (`marks_host`), else of kernels, that end its periods;
    recorded: when those were. whole: the part is the whole window.

        host      L L L . . . E        E waits_for k, then `lag`
        stream    |==| |==|=k=|        `after` + `extra` between
    """

    session: SessionId
    start: Nanoseconds
    end: Nanoseconds
    whole: bool
    row: I64
    duration: F64
    stream: I64
    earliest: F64
    extra: F64
    previous: I64
    follows: I64
    behind: F64
    launch: I64
    unit: U8
    spin: Bool
    host: F64
    gap: F64
    waits_for: I64
    lag: F64
    pace: F64
    after: float
    latency: float
    rate: float | None
    marks: I64
    marks_host: bool
    recorded: F64
