"""Play a session's launches and streams again with other durations: what its steps would have taken had it been alone.

Host instants keep their own pace, and wait where they waited; a step that a request starts does not begin before that arrives. A kernel
starts when it is launched and the one before it in its stream (or the one of another stream that it followed) is done, plus the gap that
was its own. With the recorded durations and gaps the replay returns the recorded times.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import types

from tb_contention._compiled import compiled
from tb_contention.contention.host import HostPace
from tb_contention.contention.work import FOLLOWS_NS, LAUNCH, SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.model.sampling import some, some_rows
from tb_contention.model.tables import blocks
from tb_contention.units import F64, I64, Bool

_IF = types.Array(types.float64, 1, "C", readonly=True)
_II = types.Array(types.int64, 1, "C", readonly=True)
_OF = types.Array(types.float64, 1, "C")

#: From launch to start on an idle stream takes 5 to 20 us.
_MOST_LATENCY = 20_000.0
#: Gaps of which it is looked at whether others can have made them longer: twice as many as tell a percentile.
_LOOKED_AT = 200_000


@compiled(
    types.void(
        _II, _IF, _II, _IF, _IF, _IF, _II, _II, _II, _II, _II, _IF, _IF, _IF, types.float64, types.float64, _OF, _OF, _OF
    )
)  # fmt: skip
def _replay(
    instant, gap, waits_for, lag, pace, arrival, start, end, previous, launch, follows, behind, extra, duration, after, latency,
    host_alone, start_alone, end_alone,
):  # fmt: skip
    node = 0
    kernels = start.shape[0]
    for i in range(kernels + 1):
        while node < instant.shape[0] and (i == kernels or instant[node] <= start[i]):
            before = host_alone[node - 1] if node else np.float64(instant[0])
            if waits_for[node] < 0:
                host_alone[node] = max(before + gap[node], arrival[node])
            else:
                host_alone[node] = max(before + pace[node], end_alone[waits_for[node]] + lag[node])
            node += 1
        if i == kernels:
            break
        free = -1e300
        if previous[i] >= 0:
            free = end_alone[previous[i]] + after
        if launch[i] >= 0:
            free = max(free, host_alone[launch[i]] + latency)
        if previous[i] < 0 and launch[i] < 0:  # nothing is known of its cause: it moves with what came before
            free = np.float64(start[i])
            if i > 0:
                free -= end[i - 1] - end_alone[i - 1]
        begin = free + extra[i]
        if follows[i] >= 0:
            begin = max(free, end_alone[follows[i]] + behind[i])
        start_alone[i] = begin
        end_alone[i] = begin + duration[i]


class Quiet(NamedTuple):
    """What captures alone show, ns: the usual gap behind the kernel before in its stream, and from launch to start (None: unknown)."""

    after: float
    latency: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Why each kernel started when it did, ns."""

    #: Usual gap behind the kernel before it in its stream.
    after: float
    #: Usual time from launch to start on an idle stream.
    latency: float
    #: When each kernel was due by these two.
    due: F64
    #: By how much later it started: its own gap, or waiting.
    extra: F64
    #: The kernel of another stream that explains its start (row, -1 = none), which ended `behind` ns before.
    follows: I64
    behind: F64


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """Times of a replay, ns from the report's origin: of each host instant, and start and end of each kernel."""

    host: F64
    start: F64
    end: F64


def quiet_gaps(solos: list[SessionWork]) -> Quiet | None:
    """Measure gaps of captures alone; None without any."""
    if not solos:
        return None
    found = [find_gaps(work, Intervals.empty()) for work in solos]
    latencies = [gaps.latency for gaps, work in zip(found, solos, strict=True) if work.launches_known]
    return Quiet(
        after=sum(gaps.after for gaps in found) / len(found),
        latency=sum(latencies) / len(latencies) if latencies else None,
    )


def find_gaps(work: SessionWork, foreign: Intervals, quiet: Quiet | None = None) -> Gaps:
    """Measure gaps; foreign: when others may have had work, which delays more than the usual gap.

    quiet: of captures alone, where there are any. Where each kernel waits a little for room, none in company shows the usual gap.
    """
    count = len(work.start)
    launched, followed = work.launch >= 0, work.previous >= 0
    waited, behind = followed & ~launched, np.empty(count, np.bool_)
    for rows in blocks(count):
        before = _before(work, rows)
        waited[rows] |= followed[rows] & launched[rows] & (before >= _launch(work, rows))
        behind[rows] = waited[rows] & (work.start[rows] >= before)
    after = _usual(work, _before, behind, foreign, 50, _MOST_LATENCY) if quiet is None else quiet.after
    # Many a launch on an idle stream waits for another stream: the quick ones tell the latency.
    latency = 0.0
    if quiet is not None and quiet.latency is not None:
        latency = quiet.latency
    elif work.launches_known:
        latency = _usual(work, _launch, launched & ~waited, foreign, 10, _most_latency(work))
    due, extra = np.empty(count), np.empty(count)
    for rows in blocks(count):
        start, known = work.start[rows], followed[rows]
        by = np.where(known, np.add(_before(work, rows), after, dtype=np.float64), -np.inf)
        np.maximum(by, _launch(work, rows) + latency, out=by, where=launched[rows])
        due[rows] = np.where(known | launched[rows], by, start)
        np.subtract(start, due[rows], out=extra[rows])
    follows, ended = _follows(work, extra)
    return Gaps(after=after, latency=latency, due=due, extra=extra, follows=follows, behind=ended)


def _before(work: SessionWork, rows: slice | I64) -> I64:
    """Return when the kernel before each one in its stream ended; anything where there is none."""
    return work.end[work.previous[rows]]


def _launch(work: SessionWork, rows: slice | I64) -> I64:
    """Return when each kernel was launched; anything where that is unknown."""
    return work.host.time[work.launch[rows]] if len(work.host.time) else np.zeros(len(work.start[rows]), np.int64)


def _usual(
    work: SessionWork,
    since: Callable[[SessionWork, I64], I64],
    of_kind: Bool,
    foreign: Intervals,
    percentile: int,
    most: float,
) -> float:
    """Take a percentile of gaps that others cannot have made longer; where there are too few, a low one, and no more than `most`."""
    rows = some(np.flatnonzero(of_kind), _LOOKED_AT)
    if not len(rows):
        return 0.0
    begin, start = since(work, rows), work.start[rows]
    gap = (start - begin).astype(np.float64)
    free = np.flatnonzero(foreign.covered(begin, start) == 0)
    if len(free) >= 5:
        return float(np.percentile(gap[some(free)], percentile))
    return min(float(np.percentile(some(gap), 5)), most)


def _most_latency(work: SessionWork) -> float:
    """Bound the latency where no launch met an idle device: a slow host takes as long for the call itself."""
    launches = np.flatnonzero(work.host.kind == LAUNCH)
    if len(launches) < 2:
        return _MOST_LATENCY
    one = some_rows(len(launches) - 1)
    between = work.host.time[launches[one + 1]] - work.host.time[launches[one]]
    return max(_MOST_LATENCY, 1.5 * float(np.median(between)))


def _follows(work: SessionWork, extra: F64) -> tuple[I64, F64]:
    """Find kernels that start right after one of another stream of the session ends."""
    follows, ended = np.full(len(extra), -1, np.int64), np.zeros(len(extra))
    if work.streams < 2 or not len(extra) or not len(work.stream) or work.stream.min() == work.stream.max():
        return follows, ended
    at, last = work.last_done(work.start)
    for part in blocks(len(extra)):
        before, start = last[part], work.start[part]
        behind = start - work.end[before]
        other = (at[part] >= 0) & (work.stream[before] != work.stream[part])
        other &= before < np.arange(part.start, part.stop)
        rows = np.flatnonzero(other & (behind <= FOLLOWS_NS) & (extra[part] > behind + FOLLOWS_NS))
        follows[part.start + rows], ended[part.start + rows] = before[rows], behind[rows]
    return follows, ended


def replay(work: SessionWork, pace: HostPace, gaps: Gaps, duration: F64, extra: F64) -> Played:
    """Play with these durations and own gaps of the kernels (ns)."""
    # What is waited for at the very instant at which it ends, or launched after it starts, is read before it is played: as recorded then.
    host, start, end = (recorded.astype(np.float64) for recorded in (work.host.time, work.start, work.end))
    _replay(
        work.host.time, pace.gap, pace.waits_for, pace.lag, pace.pace, pace.arrival, work.start, work.end, work.previous, work.launch,
        gaps.follows, gaps.behind, extra, duration, gaps.after, gaps.latency, host, start, end,
    )  # fmt: skip
    return Played(host=host, start=start, end=end)
