"""A DeviceTimeline -> one tile in the binary form that `plugin/http_api.md` describes."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from tb_contention.model.levels import Levels
from tb_contention.timeline import fill
from tb_contention.timeline.lanes import DeviceTimeline, Events
from tb_contention.units import F64

BUCKETS = 512
MAX_LEVEL = 40
MAGIC, VERSION = b"TBCT", 1
_TYPES = {"float64": "f64", "uint32": "u32", "uint16": "u16", "uint8": "u8"}

Columns = dict[str, npt.NDArray[Any]]


def tile(timeline: DeviceTimeline, level: int, index: int, *, launches: bool = False) -> bytes:
    """Cut one tile: 512 buckets of 2**level ns from `timeline.start`. Its size is bounded by the lanes, whatever the trace holds.

    launches: with the lanes of launch calls, which few look at.
    """
    start = timeline.start + ((index * BUCKETS) << level)
    tracks: list[tuple[dict[str, Any], Columns]] = []
    names: dict[str, int] = {}
    for number, lane in enumerate(timeline.lanes):
        if lane.kind == "launch" and not launches:
            continue
        columns = _cut(lane.events, lane.rows, start, level)
        distinct, back = np.unique(columns["name"], return_inverse=True)
        rows = [names.setdefault(lane.name_of(int(n)), len(names)) for n in distinct]
        columns["name"] = np.array(rows, np.uint32)[back] if rows else columns["name"].astype(np.uint32)
        tracks.append(({"kind": "lane", "lane": number}, columns))
    band = _cut(timeline.contended, 1, start, level)
    band["depth"] = np.minimum(band.pop("name"), 255).astype(np.uint8)
    tracks.append(({"kind": "contention"}, {key: band[key] for key in ("start", "end", "busy", "count", "depth")}))
    for session, lost in enumerate(timeline.lost):
        if lost is not None:
            columns = _cut(lost, 2, start, level)
            kept = {key: columns[key] for key in ("start", "end", "busy", "count", "kind")}
            tracks.append(({"kind": "lost", "session": session}, kept))
    for session, curve in enumerate(timeline.memory):
        if curve is not None:
            window = timeline.sessions[session].start, timeline.sessions[session].end
            tracks.append(({"kind": "memory", "session": session}, _memory(curve, window, start, level)))
    header = {
        "level": level,
        "index": index,
        "start_ns": start,
        "end_ns": start + (BUCKETS << level),
        "names": list(names),
    }
    return _pack(header, tracks)


def _cut(events: Events, rows: int, start: int, level: int) -> Columns:
    end = start + (BUCKETS << level)
    first = int(np.searchsorted(events.reach, start, "left"))
    last = int(np.searchsorted(events.start, end, "left"))
    room = min(max(0, last - first), 2 * (BUCKETS + 1) * rows + 2 * rows)
    out_start, out_end, out_busy = (np.empty(room, np.float64) for _ in range(3))
    name, longest = np.empty(room, np.int64), np.empty(room, np.int64)
    count, row, kind = np.empty(room, np.uint32), np.empty(room, np.uint16), np.empty(room, np.uint8)
    made = 0
    if room:
        made = fill.slices(
            events.start, events.end, events.name, events.kind, events.row, first, last, start, level, BUCKETS,
            np.full(rows, -1), np.full(rows, -1), out_start, out_end, out_busy, name, count, row, kind, longest,
        )  # fmt: skip
    return {
        "start": out_start[:made], "end": out_end[:made], "busy": out_busy[:made], "name": name[:made], "count": count[:made],
        "row": row[:made], "kind": kind[:made],
    }  # fmt: skip


def _memory(curve: Levels, window: tuple[int, int], start: int, level: int) -> Columns:
    """Step function -> largest and last value per bucket; NaN where the capture does not reach."""
    time, held = curve.time, curve.value
    edges = start + (np.arange(BUCKETS + 1, dtype=np.int64) << level)
    rows = np.searchsorted(time, edges, "left")
    last: F64 = held[rows[1:]].astype(np.float64)
    largest: F64 = np.maximum(held[rows[:-1]], held[rows[1:]]).astype(np.float64)
    full = np.flatnonzero(rows[1:] > rows[:-1])
    if len(full):
        # reduceat takes [a, b) where the next index is larger; a closing index at the last bucket's end bounds the last one.
        bounds = np.stack([rows[:-1][full], rows[1:][full]], 1).ravel()
        padded = np.append(held[1:], np.int64(0))
        largest[full] = np.maximum(largest[full], np.maximum.reduceat(padded, bounds)[::2])
    unknown = (edges[1:] <= window[0]) | (edges[:-1] >= window[1])
    last[unknown] = np.nan
    largest[unknown] = np.nan
    return {"max": largest, "last": last}


def _pack(header: dict[str, Any], tracks: list[tuple[dict[str, Any], Columns]]) -> bytes:
    """Lay columns out behind the header; offsets depend on the header's length and it on theirs, so room is made for the digits."""
    blocks: list[bytes] = []
    described = []
    at = 0
    for track, columns in tracks:
        places = {}
        for key, column in columns.items():
            data = np.ascontiguousarray(column).tobytes()
            places[key] = [_TYPES[column.dtype.name], at]
            data += b"\0" * (-len(data) % 8)
            blocks.append(data)
            at += len(data)
        described.append({**track, "n": len(next(iter(columns.values()))), "columns": places})
    guess = len(json.dumps({**header, "tracks": described})) + 16 * len(blocks) + 64
    base = (12 + guess + 7) // 8 * 8
    for track in described:
        for place in track["columns"].values():
            place[1] += base
    text = json.dumps({**header, "tracks": described}).encode()
    text += b" " * (base - 12 - len(text))
    return MAGIC + VERSION.to_bytes(4, "little") + len(text).to_bytes(4, "little") + text + b"".join(blocks)
