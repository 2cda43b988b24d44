"""The aligned sessions of one device -> a Perfetto trace, which ui.perfetto.dev opens.

    device ── window, contention, sessions at once, bytes in use of all sessions
           ── session ── steps, stretched, stalled, launching threads, streams, bytes in use

`FORMAT.md` says what each track holds; the encoding is in `perfetto_packets.py`.
"""

from collections.abc import Iterator

import numpy as np

from tb_contention.model.alignment import AlignedTraces, Session
from tb_contention.model.faults import Faults
from tb_contention.model.intervals import Intervals, depth_profile
from tb_contention.model.launching import launch_rows
from tb_contention.model.levels import Levels, sum_of
from tb_contention.model.report import DeviceReport
from tb_contention.model.tables import StringTable
from tb_contention.model.trace import KernelTable, Trace
from tb_contention.report import perfetto_packets as packets
from tb_contention.report.perfetto_writer import Spans, Writer
from tb_contention.units import I32, I64, PS_PER_NS, SessionId
from tb_contention.words.names import device_label
from tb_contention.words.numbers import count, size
from tb_contention.words.problems import not_printed

#: Nothing was recorded at a Unix time beyond this (the year 2116), and adding to one could overflow.
_LATEST_NS = 1 << 62


def to_perfetto(aligned: AlignedTraces, device: DeviceReport) -> Iterator[bytes]:
    """Write a device's sessions as one trace, chunk by chunk; nothing is left out, and equal input gives equal bytes.

    Times are Unix ns where the report has an origin, else ns from the report's origin or from the first event, whichever is earlier.
    Raises KeyError if the device has a session that `aligned` does not have.
    """
    sessions = [aligned.session(s) for s in device.sessions]
    earliest = _earliest(device, sessions)
    writer = Writer(shift=clock_shift(aligned, device))
    yield packets.opening()
    if writer.shift == aligned.origin_ns:
        yield packets.wall_clock(writer.shift + earliest)
    root, made = writer.track(0, device_label(device))
    yield made
    on = Faults(output="contention.pftrace").on(device_label(device))
    yield from _kept(writer, root, "The tracks of the device", _device(writer, root, device), on)
    for session, owner in zip(sessions, _owners(sessions), strict=True):
        tracks = _session(writer, root, device, session, owner)
        yield from _kept(writer, root, f"The tracks of {session.name}", tracks, on)


def clock_shift(aligned: AlignedTraces, device: DeviceReport) -> int:
    """Return what is added to ns from the report's origin: the origin, or what keeps all times of the device from being negative."""
    earliest = _earliest(device, [aligned.session(s) for s in device.sessions])
    origin = aligned.origin_ns
    if origin is not None and 0 <= origin < _LATEST_NS and origin + earliest >= 0:
        return origin
    return max(0, -earliest)


def _kept(writer: Writer, root: int, part: str, tracks: Iterator[bytes], on: Faults) -> Iterator[bytes]:
    """Write tracks; where that fails, one more track says so."""
    try:
        yield from tracks
    except Exception as error:
        _, made = writer.track(root, not_printed(on.add(part, error)))
        yield made


def _earliest(device: DeviceReport, sessions: list[Session]) -> int:
    """Find a time before which nothing is written, ns from the report's origin."""
    times: list[int] = [device.group.start, *(s.start for s in sessions)]
    for session in sessions:
        tables = (session.trace.kernels, session.trace.launches, session.trace.steps)
        times += [int(table.start[0]) // PS_PER_NS + session.offset for table in tables if len(table)]
    times += [int(c.time[0]) for c in (device.memory.curves if device.memory else ()) if len(c.time)]
    for lost in device.cost.lost:
        times += [int(spans.start[0]) for spans in (lost.stretched, lost.stalled) if len(spans)]
    return min(times)


def _owners(sessions: list[Session]) -> list[SessionId | None]:
    """Name whose allocators each session stands for: its own; the first of several inside a process for the process, the rest for none."""
    owners = [session.process or session.id for session in sessions]
    return [owner if owner not in owners[:index] else None for index, owner in enumerate(owners)]


def _device(writer: Writer, root: int, device: DeviceReport) -> Iterator[bytes]:
    """Write the tracks of all sessions together, over the window of the group; the viewer extends a counter's last value to the end."""
    window = Intervals.one(device.group.start, device.group.end)
    yield from writer.marks(
        root, "window", "the time in which all sessions were captured, which the report covers", window
    )
    contended, depth = device.overlap.contended, device.overlap.depth
    known = np.unique(depth)
    first, names = writer.names(known, lambda deep: f"{deep} sessions", packets.EVENT_NAMES)
    yield from names
    spans = Spans(start=contended.start, end=contended.end, name=first + np.searchsorted(known, depth))
    yield from writer.spans(
        root, "contention", "two or more sessions had work on the device; named by the highest number at once", spans
    )
    edges, level = depth_profile(list(device.overlap.busy.values()))
    busy = Levels(
        time=np.concatenate([np.array([device.group.start], np.int64), edges]),
        value=np.concatenate([np.zeros(2, np.int64), level]),
    )
    yield from writer.counter(
        root, "sessions at once", "number of sessions that had work on the device", packets.COUNT, busy
    )
    memory = device.memory
    if memory is not None and memory.curves:
        capacity = "capacity unknown" if memory.capacity is None else f"capacity {size(memory.capacity)}"
        levels = _within(sum_of([c.levels for c in memory.curves]), device.group.start, device.group.end)
        name = f"bytes in use, all sessions ({capacity})"
        yield from writer.counter(root, name, device.memory_note, packets.SIZE_BYTES, levels)


def _within(levels: Levels, start: int, end: int) -> Levels:
    """Cut a step function to [start, end], with a change at its start."""
    first, last = levels.events_at(start), levels.events_at(end)
    return Levels(
        time=np.concatenate([np.array([start], np.int64), levels.time[first:last]]),
        value=np.concatenate([levels.value[first : first + 1], levels.value[first : last + 1]]),
    )


def _session(
    writer: Writer, root: int, device: DeviceReport, session: Session, owner: SessionId | None
) -> Iterator[bytes]:
    """Write the tracks of one session below a track of its own."""
    where = [f"host {session.host}"]
    if session.process_id is not None:
        where.append(f"pid {session.process_id}")
    if session.simulated:
        where.append("simulated, not recorded")
    parent, made = writer.track(root, f"{session.name} ({', '.join(where)})", f"session {session.id}")
    yield made
    yield from _steps(writer, parent, session)
    yield from _lost(writer, parent, device, session)
    yield from _work(writer, parent, device, session)
    curves = [c for c in device.memory.curves if c.session == owner] if device.memory is not None else []
    if curves:
        levels = sum_of([c.levels for c in curves])
        limits = [c.limit for c in curves]
        limit = "" if None in limits else f" (limit {size(sum(limit or 0 for limit in limits))})"
        of = " by the process" if session.process else ""
        begin = min([session.start, *levels.time[:1].tolist()])
        end = max([session.end, *levels.time[-1:].tolist()])
        name, unit = f"bytes in use{of}{limit}", packets.SIZE_BYTES
        yield from writer.counter(parent, name, "as its allocators round them up", unit, _within(levels, begin, end))


def _steps(writer: Writer, parent: int, session: Session) -> Iterator[bytes]:
    steps = session.trace.steps
    if not len(steps):
        return
    known = np.unique(steps.number)
    first, names = writer.names(known, lambda number: f"step {number}", packets.EVENT_NAMES)
    yield from names
    start, end = _span(session, steps.start, steps.duration)
    spans = Spans(start=start, end=end, name=first + np.searchsorted(known, steps.number))
    yield from writer.spans(parent, "steps", "host spans of the steps", spans)


def _span(session: Session, start: I64, duration: I64) -> tuple[I64, I64]:
    """Turn ps of a trace into ns from the report's origin; ends are rounded one by one, so spans that touch keep touching."""
    return start // PS_PER_NS + session.offset, (start + duration) // PS_PER_NS + session.offset


def _lost(writer: Writer, parent: int, device: DeviceReport, session: Session) -> Iterator[bytes]:
    """Write where a session lost time; no track where that is unknown, an empty one where it lost none."""
    found = next((lost for lost in device.cost.lost if lost.session == session.id), None)
    known = any(loss.session == session.id and loss.lost is not None for loss in device.losses)
    if found is None or not (known or len(found.stretched) or len(found.stalled)):
        return
    yield from writer.marks(parent, "lost: stretched", "its kernels ran longer than alone", found.stretched)
    yield from writer.marks(parent, "lost: stalled", "its work waited while others had the device", found.stalled)


def _work(writer: Writer, parent: int, device: DeviceReport, session: Session) -> Iterator[bytes]:
    """Write the launching threads and then the streams of the device, with an arrow from each launch to its kernels."""
    trace = session.trace
    planes = {p.device for p in device.group.planes if p.session == session.id}
    here = np.array([s.device in planes for s in trace.streams], np.bool_)
    if not len(trace.kernels) or not here.any():
        return
    kernels = trace.kernels if here.all() else trace.kernels.select(np.flatnonzero(here[trace.kernels.stream]))
    launched = launch_rows(kernels, trace.launches)
    used = np.unique(launched[launched >= 0])
    names, made = _interned(writer, trace.strings, [kernels.name, trace.launches.name[used]], packets.EVENT_NAMES)
    yield from made
    ops, made = _interned(writer, trace.strings, [kernels.op], packets.ANNOTATION_TEXTS)
    ops[0] = 0  # without an operation there is no annotation
    yield from made
    flows = writer.flows(len(kernels))
    yield from _launches(writer, parent, session, used, launched, flows, names)
    yield from _streams(writer, parent, session, kernels, np.where(launched >= 0, flows, 0), names, ops)


def _interned(writer: Writer, strings: StringTable, columns: list[I32], where: int) -> tuple[I64, Iterator[bytes]]:
    """Intern the strings that columns name; return the number of each by its row + 1, so that -1 has the first, and the packets."""
    used = np.zeros(len(strings) + 1, np.bool_)
    for column in columns:
        used[column + 1] = True
    used[0] = True
    rows = np.flatnonzero(used)
    first, made = writer.names(rows, lambda row: strings.get(row - 1) or "(name lost)", where)
    numbers: I64 = np.zeros(len(used), np.int64)
    numbers[rows] = np.arange(first, first + len(rows))
    return numbers, made


def _launches(
    writer: Writer, parent: int, session: Session, used: I64, launched: I64, flows: I64, names: I64
) -> Iterator[bytes]:
    """Write the calls that launched this device's kernels, by thread; `flows` are the kernels'."""
    trace, launches = session.trace, session.trace.launches
    by_launch = np.argsort(launched, kind="stable")
    by_launch = by_launch[np.searchsorted(launched[by_launch], 0) :]
    thread = launches.thread[used]
    for number in np.unique(thread).tolist():
        rows = used[thread == number]
        low = np.searchsorted(launched[by_launch], rows)
        high = np.searchsorted(launched[by_launch], rows, "right")
        start, end = _span(session, launches.start[rows], launches.duration[rows])
        flow_at = np.concatenate([np.zeros(1, np.int64), np.cumsum(high - low)])
        which = np.repeat(low - flow_at[:-1], high - low) + np.arange(flow_at[-1])
        spans = Spans(
            start=start, end=end, name=names[launches.name[rows] + 1], flow_at=flow_at, flows=flows[by_launch[which]]
        )
        label = _thread(trace, number)
        yield from writer.spans(parent, label, "calls of a host thread that launched kernels of the device", spans)


def _thread(trace: Trace, number: int) -> str:
    name = trace.threads[number] if 0 <= number < len(trace.threads) else ""
    return name or f"thread {number}"


def _streams(
    writer: Writer, parent: int, session: Session, kernels: KernelTable, flow: I64, names: I64, ops: I64
) -> Iterator[bytes]:
    """Write all streams, in the file's order; flow: the id of each kernel's arrow, 0 for none."""
    trace = session.trace
    order = np.argsort(kernels.stream, kind="stable")
    ordered = kernels.stream[order]
    for number in np.unique(ordered).tolist():
        low, high = np.searchsorted(ordered, [number, number + 1])
        rows = order[low:high]
        start, end = _span(session, kernels.start[rows], kernels.duration[rows])
        flows = flow[rows]
        spans = Spans(
            start=start,
            end=end,
            name=names[kernels.name[rows] + 1],
            note=ops[kernels.op[rows] + 1],
            flow_at=np.concatenate([np.zeros(1, np.int64), np.cumsum(flows > 0)]),
            flows=flows[flows > 0],
        )
        stream = trace.streams[number]
        label = stream.name if trace.devices[stream.device].is_host else f"stream {stream.id}"
        yield from writer.spans(parent, label, f"{stream.name}: {count(len(rows), 'event')}", spans)
