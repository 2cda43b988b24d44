"""A session's trace on one device -> the few sums that rules look at; numpy over columns, nothing per event. Times ns."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tb_contention.diagnose.copy_rates import Moved
from tb_contention.diagnose.pace import pace
from tb_contention.model.alignment import DeviceGroup, Session
from tb_contention.model.contention import Cost, KernelLosses, Overlap
from tb_contention.model.intervals import Intervals, one_after_the_other
from tb_contention.model.launch_config import parse_launch_config
from tb_contention.model.trace import COPY_WORDS, TO_DEVICE, TO_HOST, HostKind, KernelKind, Trace, is_collective
from tb_contention.units import F64, I32, I64, PS_PER_NS, Bool, SessionId

#: The op that fetches the next batch, by the begin of its name, where it shows which session a thread belongs to.
_INPUT = "IteratorGetNext"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Copies of a session: how long in sum, by how much longer than alone (None = unknown), how many go to the host, and when.

    moved: those over the bus whose bytes the recorder wrote.
    """

    total: int
    stretch: int | None
    count: int
    to_host: int
    when: Intervals
    moved: Moved


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """What rules need of one session on a device, within the window.

    kernel_time: sum over kernels; typical: kernel duration (alone where known) below which half of the kernel time lies, longest likewise
    for 95 %. small_grids: share of the kernel time whose grids have fewer blocks than the device has multiprocessors, of what is known
    (configured: share of the kernel time with a known launch configuration). collective: share of kernel time in collective communication.
    streams: of kernels with notable work; serial: those never ran at once. syncs: waits of the host for the device, and sync_time of them.
    input_wait: for how long the host waited for a batch with nothing of the session on the device. pace: by which factor undisturbed
    kernels of equal work take longer in the last third than in the first, None where they do not agree on one.
    """

    session: SessionId
    kernels: int
    kernel_time: int
    typical: float
    longest: float
    small_grids: float | None
    configured: float
    collective: float
    streams: int
    serial: bool
    copies: Copies
    syncs: int
    sync_time: int
    input_wait: int
    pace: float | None


def facts_of(session: Session, group: DeviceGroup, overlap: Overlap, cost: Cost) -> SessionFacts:
    """Collect the facts of one session of a group."""
    trace = session.trace
    devices = [plane.device for plane in group.planes if plane.session == session.id]
    here = np.array([stream.device in devices for stream in trace.streams], np.bool_)
    k = trace.kernels
    start, duration = k.start // PS_PER_NS, k.duration // PS_PER_NS
    start += session.offset
    inside = (start < group.end) & (start + duration > group.start)
    if not here.all():
        inside &= here[k.stream]
    rows: slice | I64 = slice(None) if inside.all() else np.flatnonzero(inside)
    duration = duration[rows]
    chosen = k.kind[rows] == KernelKind.KERNEL
    kernel: slice | Bool = slice(None) if chosen.all() else chosen
    alone = _alone(next((each for each in cost.kernel_losses if each.session == session.id), None), len(k))[rows]
    start, name = start[rows], k.name[rows]
    begin, taken, work, own = start[kernel], duration[kernel], name[kernel], alone[kernel]
    typical, longest = _weighted(np.where(np.isfinite(own), own, taken))
    collective = _named(trace, work, is_collective)
    small, configured = _grids(trace, k.details[rows][kernel], taken, devices)
    busy = Intervals.union_of(start, start + duration)
    running = busy if isinstance(kernel, slice) else Intervals.union_of(begin, begin + taken)
    streams, serial = _streams(k.stream[rows][kernel], taken, running)
    syncs, sync_time, input_wait = _host(session, group, busy)
    return SessionFacts(
        session=session.id,
        kernels=int(chosen.sum()),
        kernel_time=int(taken.sum()),
        typical=typical,
        longest=longest,
        small_grids=small,
        configured=configured,
        collective=_share(collective, taken),
        streams=streams,
        serial=serial,
        copies=_copies(trace, name, k.kind[rows] == KernelKind.COPY, k.bytes[rows], start, duration, alone),
        syncs=syncs,
        sync_time=sync_time,
        input_wait=input_wait,
        pace=pace(
            np.where(collective, -1, _work(trace, work, k.details[rows][kernel])),
            begin,
            taken,
            own,
            (group.start, group.end),
            [busy for other, busy in overlap.busy.items() if other != session.id],
        ),
    )


def _alone(losses: KernelLosses | None, rows: int) -> F64:
    """Spread what kernels take alone over all rows of the trace; NaN where it is unknown."""
    alone = np.full(rows, np.nan)
    if losses is not None:
        alone[losses.rows] = losses.alone
    return alone


def _work(trace: Trace, name: I32, details: I32) -> I64:
    """Number what kernels do, by name, grid and block; -1 without a name."""
    work: I64 = np.multiply(name, len(trace.strings) + 1, dtype=np.int64)
    work += details
    work += 1
    work[name < 0] = -1
    return work


def _weighted(duration: F64) -> tuple[float, float]:
    """Return the durations below which a half and 95 % of the summed time lie, 0 without any."""
    if not len(duration):
        return 0.0, 0.0
    ordered = np.sort(duration)
    reach = np.cumsum(ordered)
    half, most = np.searchsorted(reach, [0.5 * reach[-1], 0.95 * reach[-1]]).tolist()
    return float(ordered[half]), float(ordered[most])


def _share(chosen: Bool, weight: I64) -> float:
    whole = float(weight.sum())
    return float(weight[chosen].sum()) / whole if whole > 0 else 0.0


def _named(trace: Trace, names: I32, test: Callable[[str], bool]) -> Bool:
    """Test each distinct name once; -1 is no name."""
    present = np.flatnonzero(np.bincount(names[names >= 0], minlength=1))
    passes = np.zeros(len(trace.strings) + 1, np.bool_)
    for name in present.tolist():
        passes[name] = test(trace.strings[name][:200].lower())
    return passes[names]


def _is_to_host(name: str) -> bool:
    return any(word in name.replace(" ", "") for word in COPY_WORDS[TO_HOST])


def _is_to_device(name: str) -> bool:
    return any(word in name.replace(" ", "") for word in COPY_WORDS[TO_DEVICE])


def _grids(trace: Trace, details: I32, duration: I64, devices: list[int]) -> tuple[float | None, float]:
    """Return which share of the time has fewer blocks than multiprocessors, and for which share blocks are known."""
    cores = min((trace.devices[d].core_count or 0 for d in devices), default=0)
    if not cores or not len(details):
        return None, 0.0
    blocks = np.zeros(len(trace.strings) + 1, np.float64)
    for row in np.flatnonzero(np.bincount(details[details >= 0], minlength=1)).tolist():
        config = parse_launch_config(trace.strings[row])
        if config is not None and config.grid is not None:
            blocks[row] = float(config.grid[0]) * config.grid[1] * config.grid[2]
    mine = blocks[details]
    known = _share(mine > 0, duration)
    if known == 0:
        return None, 0.0
    return _share((mine > 0) & (mine < cores), duration) / known, known


def _streams(stream: I32, duration: I64, running: Intervals) -> tuple[int, bool]:
    """Count the streams with a tenth of the kernel time or more, and tell whether they never ran at once. running: when kernels ran."""
    if not len(stream):
        return 0, True
    time = np.bincount(stream, weights=duration.astype(np.float64))
    busy = int((time >= 0.1 * time.sum()).sum())
    return busy, one_after_the_other(float(duration.sum()), running)


def _copies(trace: Trace, names: I32, chosen: Bool, size: I64, start: I64, duration: I64, alone: F64) -> Copies:
    known = chosen & np.isfinite(alone)
    to_host = _named(trace, names[chosen], _is_to_host)
    stretch = int((duration[known] - alone[known]).clip(0).sum()) if known.any() else None
    return Copies(
        total=int(duration[chosen].sum()),
        stretch=stretch,
        count=int(chosen.sum()),
        to_host=int(to_host.sum()),
        when=Intervals.union_of(start[chosen], (start + duration)[chosen]),
        moved=_moved(trace, names[chosen], to_host, size[chosen], start[chosen], duration[chosen]),
    )


def _moved(trace: Trace, names: I32, to_host: Bool, size: I64, start: I64, duration: I64) -> Moved:
    rows = np.flatnonzero((to_host | _named(trace, names, _is_to_device)) & (size > 0))
    direction = np.where(to_host[rows], TO_HOST, TO_DEVICE).astype(np.uint8)
    return Moved(start=start[rows], end=(start + duration)[rows], bytes=size[rows], direction=direction)


def _host(session: Session, group: DeviceGroup, busy: Intervals) -> tuple[int, int, int]:
    """Count the host's waits for the device, and sum them and the waits for input with nothing on the device; within the window."""
    events, strings = session.trace.host_events, session.trace.strings
    if not len(events):
        return 0, 0, 0
    start = events.start // PS_PER_NS + session.offset
    end = start + events.duration // PS_PER_NS
    inside = np.minimum(end, group.end) - np.maximum(start, group.start)
    sync = (events.kind == HostKind.SYNC) & (inside > 0)
    inputs = np.zeros(len(strings) + 1, np.bool_)
    names = events.name
    for name in np.flatnonzero(np.bincount(names[names >= 0], minlength=1)).tolist():
        inputs[name] = strings[name].startswith(_INPUT)
    fetch = (inputs[names] | (events.kind == HostKind.INPUT)) & (inside > 0)
    waited = Intervals.union_of(start[fetch], end[fetch]).clip(group.start, group.end)
    return int(sync.sum()), int(inside[sync].sum()), waited.total - (waited & busy).total
