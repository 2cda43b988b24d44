"""One event of the timeline, whole: what the trace says of it, how the others of its name did, and who was at work meanwhile."""

from typing import Any

import numpy as np

from tb_contention.contention.interval_sets import covered
from tb_contention.model.launch_config import LaunchConfig, parse_launch_config
from tb_contention.model.launching import launch_rows
from tb_contention.model.trace import KernelTable
from tb_contention.timeline.lanes import DeviceTimeline, Events, Lane
from tb_contention.units import F64, I64, PS_PER_NS

#: A kernel is contended when others were at work for more than this share of it.
_TOUCHED = 0.02
_MOST_BINS, _MOST_MEANWHILE = 40, 8


def event_at(timeline: DeviceTimeline, lane: Lane, row: int, time: int) -> dict[str, Any] | None:
    """Find the event of a sub-lane at an instant, with all that is known of it; keys as in `http_api.md`."""
    events = lane.events
    first = int(np.searchsorted(events.reach, time, "left"))
    last = int(np.searchsorted(events.start, time, "right"))
    inside = np.flatnonzero(
        (events.row[first:last] == row) & ((events.end[first:last] > time) | (events.start[first:last] == time))
    )
    if not len(inside):
        return None
    at = first + int(inside[-1])
    start, end = int(events.start[at]), int(events.end[at])
    found: dict[str, Any] = {
        "name": lane.name_of(int(events.name[at])),
        "start_ns": start,
        "duration_ns": end - start,
        "kind": int(events.kind[at]),
        "stream": lane.title,
        "session": timeline.sessions[lane.session].id,
        "step": _step(timeline, lane, start),
        "meanwhile": _meanwhile(timeline, lane, start, end),
    }
    source = int(events.source[at])
    row_of_kernel = source if lane.kind == "stream" else None
    launched = _launched_by(timeline, lane, source) if lane.kind == "launch" else None
    return {
        **found,
        **_kernel(timeline, lane, row_of_kernel),
        **_lost(timeline, lane, start, end),
        "launched": launched,
    }


def _place(timeline: DeviceTimeline, session: int, kind: str, source: int) -> dict[str, Any] | None:
    """Find the lane and sub-lane in which a kernel or launch of the trace is shown."""
    for number, lane in enumerate(timeline.lanes):
        if lane.session != session or lane.kind != kind:
            continue
        found = np.flatnonzero(lane.events.source == source)
        if len(found):
            at = int(found[0])
            return {
                "lane": number,
                "row": int(lane.events.row[at]),
                "name": lane.name_of(int(lane.events.name[at])),
                "start_ns": int(lane.events.start[at]),
                "end_ns": int(lane.events.end[at]),
            }
    return None


def _launched_by(timeline: DeviceTimeline, lane: Lane, launch: int) -> dict[str, Any] | None:
    """Find the first of the kernels that a call launched."""
    trace = timeline.sessions[lane.session].trace
    same = np.flatnonzero(trace.kernels.correlation == trace.launches.correlation[launch])
    rows = same[launch_rows(trace.kernels.select(same), trace.launches) == launch]
    places = (_place(timeline, lane.session, "stream", int(row)) for row in rows[:8].tolist())
    return next((place for place in places if place is not None), None)


def _kernel(timeline: DeviceTimeline, lane: Lane, row: int | None) -> dict[str, Any]:
    """Tell what only kernels have; nulls for other events."""
    names = (
        "correlation_id",
        "op",
        "details",
        "bytes",
        "launch",
        "launch_ns",
        "launch_thread",
        "launch_duration_ns",
        "launch_place",
    )
    unknown: dict[str, Any] = dict.fromkeys((*names, "queue_ns", "distribution"))
    if row is None:
        return unknown
    trace = timeline.sessions[lane.session].trace
    kernels = trace.kernels
    correlation, size = int(kernels.correlation[row]), int(kernels.bytes[row])
    details = trace.strings.get(int(kernels.details[row]))
    return {
        **unknown,
        "correlation_id": correlation if correlation > 0 else None,
        "op": trace.strings.get(int(kernels.op[row])),
        "details": details,
        "bytes": size if size >= 0 else None,
        "launch": _launch(parse_launch_config(details)),
        "distribution": _distribution(timeline, lane, row),
        **_launched(timeline, lane, row),
    }


def _launch(config: LaunchConfig | None) -> dict[str, Any] | None:
    if config is None:
        return None
    return {
        "grid": config.grid,
        "block": config.block,
        "registers": config.registers,
        "static_shared_bytes": config.static_shared,
        "dynamic_shared_bytes": config.dynamic_shared,
        "occupancy_percent": config.occupancy,
    }


def _launched(timeline: DeviceTimeline, lane: Lane, row: int) -> dict[str, Any]:
    """Find the call that launched a kernel."""
    session = timeline.sessions[lane.session]
    launches, one = session.trace.launches, session.trace.kernels.select(np.array([row]))
    same = np.flatnonzero(launches.correlation == one.correlation[0])
    found = int(launch_rows(one, launches.select(same))[0])
    if found < 0:
        return {}
    at = int(same[found])
    start, length = int(launches.start[at]), int(launches.duration[at])
    return {
        "launch_ns": start // PS_PER_NS + session.offset,
        "launch_duration_ns": length // PS_PER_NS,
        "launch_place": _place(timeline, lane.session, "launch", at),
        "launch_thread": session.trace.threads[int(launches.thread[at])] or None,
        "queue_ns": max(0, int(one.start[0]) - start - length) // PS_PER_NS,
    }


def _step(timeline: DeviceTimeline, lane: Lane, start: int) -> int | None:
    """Return the number of the step whose span holds an instant; the latest where several do."""
    session = timeline.sessions[lane.session]
    steps = session.trace.steps
    begin = steps.start // PS_PER_NS + session.offset
    end = (steps.start + steps.duration) // PS_PER_NS + session.offset
    inside = np.flatnonzero((begin <= start) & (end > start))
    return int(steps.number[inside[-1]]) if len(inside) else None


def _lost(timeline: DeviceTimeline, lane: Lane, start: int, end: int) -> dict[str, Any]:
    """Return how much of an event others stretched, and how long it was stalled before; null where the loss is not known."""
    key = timeline.sessions[lane.session].id
    found = next((lost for lost in timeline.report.cost.lost if lost.session == key), None)
    known = any(loss.session == key and loss.lost is not None for loss in timeline.report.cost.losses)
    if lane.kind != "stream" or found is None or not known:
        return {"stretched_ns": None, "stalled_ns": None}
    # A stall that belongs to this kernel ends where it begins.
    at = int(np.searchsorted(found.stalled.end, start, "left"))
    ends_here = at < len(found.stalled) and int(found.stalled.end[at]) == start
    stalled = int(found.stalled.end[at] - found.stalled.start[at]) if ends_here else 0
    return {"stretched_ns": found.stretched.clip(start, end).total, "stalled_ns": stalled}


def _distribution(timeline: DeviceTimeline, lane: Lane, row: int) -> dict[str, Any] | None:
    """Sort the durations of all kernels of the same name and operation on this device into logarithmic bins."""
    session = timeline.sessions[lane.session]
    kernels = session.trace.kernels
    rows = np.flatnonzero((kernels.name == kernels.name[row]) & (kernels.op == kernels.op[row]))
    rows = rows[_on_device(timeline, lane, kernels, rows)]
    start = kernels.start[rows] // PS_PER_NS + session.offset
    end = (kernels.start[rows] + kernels.duration[rows]) // PS_PER_NS + session.offset
    group = timeline.report.group
    inside = (start >= group.start) & (end <= group.end)
    start, end = start[inside], end[inside]
    if not len(start):
        return None
    contended = covered(timeline.report.overlap.contended, start, end) > _TOUCHED * (end - start)
    length = np.maximum(end - start, 1)
    edges = _edges(length)
    touched, alone = length[contended], length[~contended]
    return {
        "edges_ns": [round(float(edge), 3) for edge in edges],
        "contended": np.histogram(touched, edges)[0].tolist(),
        "undisturbed": np.histogram(alone, edges)[0].tolist(),
        "median_contended_ns": _median(touched),
        "median_undisturbed_ns": _median(alone),
        "count_contended": len(touched),
        "count_undisturbed": len(alone),
    }


def _on_device(timeline: DeviceTimeline, lane: Lane, kernels: KernelTable, rows: I64) -> np.ndarray[Any, Any]:
    session = timeline.sessions[lane.session]
    devices = {plane.device for plane in timeline.report.group.planes if plane.session == session.id}
    here = np.array([stream.device in devices for stream in session.trace.streams], np.bool_)
    return here[kernels.stream[rows]]


def _edges(length: I64) -> F64:
    """Choose bins between the shortest and the longest, a tenth of an octave or wider; the ends lie a little outside."""
    low, high = float(length.min()) * 0.999, float(length.max()) * 1.001
    bins = int(np.clip(np.ceil(np.log2(high / low) * 10), 1, _MOST_BINS))
    return np.geomspace(low, high, bins + 1)


def _median(length: I64) -> int | None:
    return round(float(np.median(length))) if len(length) else None


def _meanwhile(timeline: DeviceTimeline, lane: Lane, start: int, end: int) -> list[dict[str, Any]]:
    """Sum up what the streams of other sessions ran between two instants, by name, longest first."""
    sums: dict[tuple[str, str], list[int]] = {}
    for other in timeline.lanes:
        if other.session == lane.session or other.kind != "stream":
            continue
        for name, total, count in _overlaps(other.events, start, end):
            held = sums.setdefault((timeline.sessions[other.session].id, other.name_of(name)), [0, 0])
            held[0] += total
            held[1] += count
    rows = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))[:_MOST_MEANWHILE]
    return [{"session": s, "name": n, "overlap_ns": total, "count": count} for (s, n), (total, count) in rows]


def _overlaps(events: Events, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return (name, ns at once, how many) of the most of a lane's events inside a span."""
    first = int(np.searchsorted(events.reach, start, "right"))
    last = int(np.searchsorted(events.start, end, "left"))
    if last <= first:
        return []
    length = np.minimum(events.end[first:last], end) - np.maximum(events.start[first:last], start)
    names, code = np.unique(events.name[first:last][length > 0], return_inverse=True)
    total, count = np.zeros(len(names), np.int64), np.bincount(code.reshape(-1), minlength=len(names))
    np.add.at(total, code.reshape(-1), length[length > 0])
    most = np.argsort(-total, kind="stable")[:_MOST_MEANWHILE].tolist()
    return [(int(names[k]), int(total[k]), int(count[k])) for k in most]
