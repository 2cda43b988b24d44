"""One session's device work and host activity around a device group, as columns that the cost stages share."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tb_contention.contention.kernel_keys import index_in_step, kernel_keys
from tb_contention.model.alignment import Session
from tb_contention.model.intervals import Intervals, one_after_the_other
from tb_contention.model.launching import launch_rows
from tb_contention.model.side_by_side import together
from tb_contention.model.span_passes import last_upto
from tb_contention.model.tables import blocks, rows_used
from tb_contention.model.trace import HostKind, KernelKind, KernelTable, Trace
from tb_contention.units import I64, PS_PER_NS, U8, Bool, SessionId

#: Kinds of host instants.
LAUNCH, STEP_BEGIN, STEP_END, SYNC = range(4)
#: A kernel follows another of its session when it starts within so many ns of its end.
FOLLOWS_NS = 5_000
#: How much longer than the longest kernel seen one may be that a capture's edge cut.
_UNSEEN = 2
#: Kernels of collective communication and clock spins: their duration is waiting for others, not work.
_SPIN = ("nccl", "rccl", "spin_kernel", "spin_wait", "delay_kernel")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInstants:
    """What the host did at instants that may have waited for the device, sorted by time (ns): launches, step borders, ends of waits.

    kind: LAUNCH, STEP_BEGIN, STEP_END, SYNC. step: row of the session's steps at step borders, else -1.
    """

    time: I64
    kind: U8
    step: I64


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWork:
    """Kernels, copies and memsets of one session on the device, sorted by start; times ns from the report's origin.

    launch |---ready|....|start====end|
    """

    session: Session
    #: Rows of the trace's kernels.
    rows: I64
    start: I64
    end: I64
    #: Dense number of each kernel's stream, and how many there are.
    stream: I64
    streams: int
    #: Number of each kernel's key, and how many there are.
    key: I64
    keys: int
    #: Its index among equal kernels within the step, -1 outside.
    place: I64
    #: Its instant in `host`: its own launch, or the border of its step where launches are unknown; -1 = none.
    launch: I64
    launches_known: bool
    #: Its duration is waiting, not work.
    spin: Bool
    #: It is a copy or a memset.
    copy: Bool
    #: Row of `step_*`, -1 outside.
    step: I64
    #: Row before it in its stream, -1 = none.
    previous: I64
    #: When it could have run at the earliest: launched, and the one before it in its stream done; its own start where neither is known.
    ready: I64
    cause_known: Bool
    #: From ready to end, and from start to end, of all kernels.
    pending: Intervals
    running: Intervals
    host: HostInstants
    step_end: I64
    step_number: I64
    #: Share of its work that was dropped.
    missing: float

    @property
    def id(self) -> SessionId:
        """Return the session's id."""
        return self.session.id

    def unseen(self) -> Intervals:
        """Return when it may have run kernels that its capture cannot show: one that began before it or ended after it is not recorded."""
        if not len(self.start):
            return Intervals.empty()
        longest = _UNSEEN * int((self.end - self.start).max())
        first, last = int(self.start[0]), int(self.end.max())
        before = Intervals.one(self.session.start, min(first, self.session.start + longest))
        after = Intervals.one(max(last, self.session.end - longest), self.session.end)
        return Intervals.union_of(np.concatenate([before.start, after.start]), np.concatenate([before.end, after.end]))

    def last_done(self, time: I64) -> tuple[I64, I64]:
        """Return for each instant the number of kernels that have ended by then less one, and the row of the one that ended last.

        time: ascending.
        """
        if np.all(self.end[1:] >= self.end[:-1]):
            at = last_upto(self.end, time)
            return at, np.maximum(at, 0)
        order = np.argsort(self.end, kind="stable")
        at = last_upto(self.end[order], time)
        return at, order[np.maximum(at, 0)]

    def kernels_pending(self) -> Intervals:
        """Return when it had kernels to run; copies have engines of their own."""
        return Intervals.union_of(self.ready[~self.copy], self.end[~self.copy])

    def first_rows(self) -> I64:
        """Return the trace's row of the first kernel of each key, -1 of a key without one."""
        first = np.full(self.keys, -1, np.int64)
        first[self.key[::-1]] = self.rows[::-1]
        return first

    def part(self, rows: npt.NDArray[np.int64] | slice) -> "SessionWork":
        """Return the same session with some of its kernels; none knows the one before it."""
        columns = (
            "rows",
            "start",
            "end",
            "stream",
            "key",
            "place",
            "launch",
            "spin",
            "copy",
            "step",
            "ready",
            "cause_known",
        )
        cut = {name: getattr(self, name)[rows] for name in columns}
        return replace(
            self,
            **cut,
            previous=np.full(len(cut["start"]), -1, np.int64),
            pending=Intervals.union_of(cut["ready"], cut["end"]),
            running=Intervals.union_of(cut["start"], cut["end"]),
        )


def session_work(session: Session, devices: list[int]) -> SessionWork:
    """Collect the work of a session on some of its trace's devices."""
    trace = session.trace
    kernels = trace.kernels
    here = np.array([s.device in devices for s in trace.streams], np.bool_)
    whole = bool(here.all())
    rows = np.arange(len(kernels)) if whole else np.flatnonzero(here[kernels.stream])
    kernels = kernels if whole else kernels.select(rows)
    start, end = kernels.start // PS_PER_NS, kernels.start + kernels.duration
    start += session.offset
    end //= PS_PER_NS
    end += session.offset
    step_begin, step_end, step_number = _steps(session)

    def launched() -> tuple[HostInstants, I64, bool, I64]:
        host, instant = _host(session, step_begin, step_end)
        launch = _launches(trace, kernels, instant)
        known = bool((launch >= 0).sum() * 2 > len(launch))
        step = _step_of(launch, host, start, step_begin, step_end, handed_over=not known)
        return host, launch if known else _step_launches(step, start, host, launch), known, step

    (host, launch, launches_known, step), ((key, keys), spin, running) = together(
        launched,
        lambda: (kernel_keys(kernels, len(trace.strings)), _spins(trace, kernels), Intervals.union_of(start, end)),
    )
    one = here.sum() == 1
    stream = np.zeros(len(start), np.int64) if one else (np.cumsum(here) - 1)[kernels.stream]
    # Streams that never run at once: each item waits for the one before, on whatever stream.
    if not one and len(start) and one_after_the_other(float(np.sum(end - start)), running):
        stream = np.zeros(len(stream), np.int64)
    previous = _previous(stream, int(here.sum()))
    ready, cause_known = _ready(start, end, previous, launch, step, host, launches_known=launches_known)
    ready = np.maximum(ready, _followed(start, end)) if not one else ready
    return SessionWork(
        session=session, rows=rows, start=start, end=end, stream=stream, streams=int(here.sum()), key=key, keys=keys,
        place=index_in_step(step, key, keys), launch=launch, launches_known=launches_known, spin=spin,
        copy=(kernels.kind == KernelKind.COPY) | (kernels.kind == KernelKind.MEMSET),
        step=step, previous=previous, ready=ready, cause_known=cause_known,
        pending=Intervals.union_of(ready, end),
        running=running, host=host, step_end=step_end, step_number=step_number,
        missing=_missing(trace),
    )  # fmt: skip


def _missing(trace: Trace) -> float:
    """Return the share of launches without device work, where the profiler says that it dropped events or the file is cut; else 0.

    What is lost at the end counts nowhere: the window ends before it.
    """
    if trace.complete and not trace.dropped_events:
        return 0.0
    launched = trace.launches.correlation
    if trace.work_end is not None:
        launched = launched[trace.launches.start <= trace.work_end]
    return float((~np.isin(launched, trace.kernels.correlation)).mean()) if len(launched) else 0.0


def _ready(
    start: I64, end: I64, previous: I64, launch: I64, step: I64, host: HostInstants, *, launches_known: bool
) -> tuple[I64, Bool]:
    """Return when each kernel could have run, launched and with the one before it done, and for which kernels that is known.

    Where launches are unknown the kernels of a step are taken to be launched ahead, each ready when the one before it is done.
    """
    if not len(start):
        return start, np.zeros(0, np.bool_)
    known, out = launch >= 0, np.empty(len(start), np.int64)
    for rows in blocks(len(start)):
        launched, before, began = launch[rows], previous[rows], start[rows]
        followed = before >= 0
        earliest = np.full(len(began), np.iinfo(np.int64).min)
        if len(host.time):
            np.copyto(earliest, host.time[launched], where=known[rows])
        np.maximum(earliest, end[before], out=earliest, where=followed)
        if not launches_known:
            known[rows] |= followed & (step[rows] >= 0) & (step[rows] == step[before])
        np.minimum(earliest, began, out=earliest)
        out[rows] = np.where(known[rows], earliest, began)
    return out, known


def _followed(start: I64, end: I64) -> I64:
    """Return the end of the session's item right before each one, where it starts at most 5 us later: it waited for that."""
    ends = np.sort(end)
    before = ends[np.maximum(np.searchsorted(ends, start, "right") - 1, 0)]
    close: I64 = np.where((before <= start) & (start - before <= FOLLOWS_NS), before, np.iinfo(np.int64).min)
    return close


def _steps(session: Session) -> tuple[I64, I64, I64]:
    """Return begin, end (ns) and number of the steps by end."""
    steps = session.trace.steps
    end = (steps.start + steps.duration) // PS_PER_NS + session.offset
    order = np.argsort(end, kind="stable")
    return steps.start[order] // PS_PER_NS + session.offset, end[order], steps.number[order]


def _host(session: Session, step_begin: I64, step_end: I64) -> tuple[HostInstants, I64]:
    """Put the host's instants in order; return with them the instant of each row of the trace's launches."""
    trace = session.trace
    events = trace.host_events
    syncs = np.flatnonzero(events.kind == HostKind.SYNC)
    launch = trace.launches.start // PS_PER_NS
    launch += session.offset
    sync = (events.start[syncs] + events.duration[syncs]) // PS_PER_NS + session.offset
    other = np.concatenate([step_end, sync, step_begin])
    number = np.concatenate([np.arange(len(step_end)), np.full(len(sync), -1), np.arange(len(step_begin))])
    kinds = np.repeat(np.array([STEP_END, SYNC, STEP_BEGIN], np.uint8), (len(step_end), len(sync), len(step_begin)))
    # Launches are in order and nearly all there is: the others are put between them, each before a launch at the same time.
    order = np.argsort(other, kind="stable")
    place = np.searchsorted(launch, other[order]) + np.arange(len(other))
    is_launch = np.ones(len(launch) + len(other), np.bool_)
    is_launch[place] = False
    launched = np.flatnonzero(is_launch)
    time, step = np.empty(len(is_launch), np.int64), np.full(len(is_launch), -1, np.int64)
    time[launched], time[place], step[place] = launch, other[order], number[order]
    kind = np.full(len(is_launch), LAUNCH, np.uint8)
    kind[place] = kinds[order]
    return HostInstants(time=time, kind=kind, step=step), launched


def _launches(trace: Trace, kernels: KernelTable, instant: I64) -> I64:
    """Find the instant of each kernel's launch, -1 without one or where clocks show it after the kernel."""
    launch = launch_rows(kernels, trace.launches)
    if not len(instant):
        return launch
    for rows in blocks(len(launch)):
        row = launch[rows]
        known = (row >= 0) & (trace.launches.start[row] <= kernels.start[rows])
        launch[rows] = np.where(known, instant[row], -1)
    return launch


def _step_of(launch: I64, host: HostInstants, start: I64, begin: I64, end: I64, *, handed_over: bool) -> I64:
    """Find the step whose host span holds each kernel's launch, or its start where that is unknown; -1 where none does.

    handed_over: where most instants lie outside, the host's thread only hands steps over, and what runs belongs to the last step begun.
    """
    step = np.full(len(start), -1, np.int64)
    if not len(begin):
        return step
    order, held = np.argsort(begin, kind="stable"), np.empty(len(start), np.bool_)
    begin, end = begin[order], end[order]
    for rows in blocks(len(start)):
        time = start[rows]
        if len(host.time):
            time = np.where(launch[rows] >= 0, host.time[launch[rows]], time)
        at = np.searchsorted(begin, time, "right") - 1
        held[rows] = (at >= 0) & (time <= end[at])
        np.copyto(step[rows], order[at], where=at >= 0)
    if not handed_over or 2 * held.sum() >= len(held):
        step[~held] = -1
    return step


def _step_launches(step: I64, start: I64, host: HostInstants, launch: I64) -> I64:
    """Where launches are unknown, let the first kernel of each step wait for the step's begin."""
    out = np.full_like(launch, -1)
    begins = np.flatnonzero(host.kind == STEP_BEGIN)
    if not len(begins) or not len(start):
        return out
    instant = np.full(int(host.step.max()) + 1, -1, np.int64)
    instant[host.step[begins]] = begins
    first = np.flatnonzero((step >= 0) & (np.diff(step, prepend=-2) != 0))
    out[first] = instant[step[first]]
    return out


def _previous(stream: I64, streams: int) -> I64:
    """Find the row before each one in its stream, -1 for the first."""
    if streams <= 1:
        return np.arange(-1, len(stream) - 1)
    previous = np.full(len(stream), -1, np.int64)
    order = np.argsort(stream, kind="stable")
    same = stream[order[1:]] == stream[order[:-1]]
    previous[order[1:][same]] = order[:-1][same]
    return previous


def _spins(trace: Trace, kernels: KernelTable) -> Bool:
    """Mark kernels whose duration is waiting, by name; once per distinct name."""
    names = kernels.name
    spin = np.zeros(len(trace.strings) + 1, np.bool_)
    for name in rows_used(names):
        text = trace.strings[name][:200].lower()
        spin[name] = any(word in text for word in _SPIN)
    return spin[names]
