"""Tiles against what they are cut from, event by event."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lanes import Allocation, device_report, driver_view, group_of, session_of

from tb_contention.model.alignment import DeviceRef, Session
from tb_contention.model.contention import LostTime
from tb_contention.model.intervals import Intervals
from tb_contention.timeline.lanes import DeviceTimeline, build_timeline
from tb_contention.timeline.layout import layout
from tb_contention.timeline.tiles import BUCKETS, tile
from tb_contention.units import Nanoseconds, SessionId
from tb_contention.wire import encode


def timeline(*sessions: Session) -> DeviceTimeline:
    aligned, group = group_of(list(sessions))
    return build_timeline(aligned, device_report(aligned, group))


def tracks(made: DeviceTimeline, level: int, index: int) -> tuple[list[str], list[dict[str, Any]]]:
    data = tile(made, level, index)
    size = int.from_bytes(data[8:12], "little")
    header = json.loads(data[12 : 12 + size])
    for track in header["tracks"]:
        for name, (kind, at) in track["columns"].items():
            track["columns"][name] = np.frombuffer(data, f"<{kind[0]}{int(kind[1:]) // 8}", track["n"], at).tolist()
    return header["names"], header["tracks"]


def test_an_event_longer_than_a_bucket_is_itself() -> None:
    names, (lane, *_) = tracks(timeline(session_of("a", "AAA.BB..")), 5, 0)

    columns = lane["columns"]
    assert [names[n] for n in columns["name"]] == ["A", "B"]
    assert columns["start"] == [0, 4000]
    assert columns["end"] == [3000, 6000]
    assert columns["count"] == [1, 1]


def test_events_shorter_than_a_bucket_are_one_slice_named_by_the_longest() -> None:
    names, (lane, *_) = tracks(timeline(session_of("a", "A.BB.C..")), 14, 0)

    columns = lane["columns"]
    assert (columns["count"], columns["busy"]) == ([3], [4000])
    assert [names[n] for n in columns["name"]] == ["B"]
    assert (columns["start"], columns["end"]) == ([0], [6000])


@pytest.mark.parametrize("level", [3, 6, 8, 9, 10, 11, 12, 16])
def test_counts_and_busy_time_add_up_over_tiles(level: int) -> None:
    rng = np.random.default_rng(level)
    row = "".join("ABC."[k] * int(n) for k, n in zip(rng.integers(0, 4, 400), rng.integers(1, 4, 400), strict=True))
    made = timeline(session_of("a", row))
    events = made.lanes[0].events
    last = (made.end - made.start) // (BUCKETS << level)

    seen: dict[tuple[float, float], tuple[int, float]] = {}
    for index in range(last + 1):
        _, (lane, *_) = tracks(made, level, index)
        c = lane["columns"]
        for start, end, count, busy in zip(c["start"], c["end"], c["count"], c["busy"], strict=True):
            seen[start, end] = (count, busy)  # a long event is in each tile that it crosses, always the same

    assert sum(count for count, _ in seen.values()) == len(events.start)
    assert sum(busy for _, busy in seen.values()) == int((events.end - events.start).sum())


def test_the_contention_band_counts_intervals_and_sessions() -> None:
    made = timeline(session_of("a", "AAAA.AA."), session_of("b", "..BBBBBB"), session_of("c", "...CC..."))
    _, found = tracks(made, 5, 0)
    band = next(t for t in found if t["kind"] == "contention")["columns"]

    assert band["start"] == [2000, 3000 + 2000] or band["start"] == [2000]
    assert max(band["depth"]) == 3


def test_memory_is_exact_per_bucket_and_unknown_outside_the_capture() -> None:
    changes: list[Allocation] = [(1, 100, 100), (2, 300, 400), (2, -250, 150), (6, 50, 200)]
    made = timeline(session_of("a", "A" * 8, changes), session_of("b", "B" * 12))
    _, found = tracks(made, 10, 0)
    (memory,) = [t for t in found if t["kind"] == "memory"]

    largest, last = memory["columns"]["max"], memory["columns"]["last"]
    assert largest[:4] == [100, 400, 150, 150]  # buckets of 1024 ns; at 2 us it rose to 400 and fell to 150
    assert last[:3] == [100, 150, 150]
    assert np.isnan(largest[9])


def test_a_tile_is_bounded_whatever_the_trace_holds() -> None:
    made = timeline(session_of("a", "A." * 30_000))

    assert len(made.lanes[0].events.start) == 30_000
    assert len(tile(made, 8, 0)) < 100_000


def spans(*ends: tuple[int, int]) -> Intervals:
    start, end = np.array(ends, np.int64).reshape(-1, 2).T
    return Intervals.union_of(start, end)


def losing(stretched: Intervals, stalled: Intervals, length: int = 8, *, known: int | None = None) -> DeviceTimeline:
    """Two sessions of which only the first has a known loss."""
    aligned, group = group_of([session_of("a", "A" * length), session_of("b", "B" * length)])
    report = device_report(aligned, group)
    first = SessionId(report.sessions[0])
    lost = LostTime(session=first, stretched=stretched, stalled=stalled)
    total = None if known is None else Nanoseconds(known)
    losses = (replace(report.cost.loss(first), lost=total),)
    return build_timeline(aligned, replace(report, cost=replace(report.cost, lost=(lost,), losses=losses)))


def lost_tracks(made: DeviceTimeline, level: int, index: int = 0) -> list[dict[str, Any]]:
    return [track for track in tracks(made, level, index)[1] if track["kind"] == "lost"]


def test_lost_time_is_a_track_of_each_session_whose_loss_is_known() -> None:
    made = losing(spans((1000, 2000), (5000, 5500)), spans((500, 1000)))
    (lost,) = lost_tracks(made, 5)

    assert lost["session"] == 0
    assert layout(made, "r").lost == (0,)
    assert lost["columns"] == {
        "start": [500, 1000, 5000],
        "end": [1000, 2000, 5500],
        "busy": [500, 1000, 500],
        "count": [1, 1, 1],
        "kind": [1, 0, 0],
    }


def test_merged_lost_time_is_never_of_two_kinds() -> None:
    (lost,) = lost_tracks(losing(spans((100, 200), (300, 500)), spans((0, 100), (200, 300), (600, 640))), 14)

    columns = lost["columns"]
    merged = dict(zip(columns["kind"], zip(columns["count"], columns["busy"], strict=True), strict=True))
    assert merged == {0: (2, 300), 1: (3, 240)}


def test_a_known_loss_of_nothing_is_an_empty_track_and_an_unknown_one_is_none() -> None:
    (lost,) = lost_tracks(losing(Intervals.empty(), Intervals.empty(), known=0), 5)
    unknown = losing(Intervals.empty(), Intervals.empty())

    assert lost["n"] == 0
    assert lost_tracks(unknown, 5) == []
    assert layout(unknown, "r").lost == ()


def test_lost_time_is_bounded_whatever_the_trace_holds() -> None:
    at = np.arange(0, 400_000, 4, dtype=np.int64)
    made = losing(Intervals.union_of(at, at + 1), Intervals.union_of(at + 2, at + 3), 400)
    (lost,) = lost_tracks(made, 9)

    assert lost["n"] <= 2 * BUCKETS
    assert sum(lost["columns"]["count"]) == 2 * (BUCKETS << 9) // 4


def test_the_memory_of_a_process_is_shown_once_for_all_sessions_inside_it() -> None:
    a = session_of("a", "AAA.....", [(1, 300, 300)])
    b = session_of("b", "...BBB..", [(2, 500, 500)])
    inside = [replace(b, id=SessionId(f"b#{k}"), process=b.id, kind="in_process") for k in (1, 2)]
    aligned, group = group_of([a, b])
    report = device_report(aligned, group)
    parts = replace(
        aligned,
        sessions=(a, b, *inside),
        groups=(replace(group, planes=(group.planes[0], *(DeviceRef(session=i.id, device=0) for i in inside))),),
    )
    shown = replace(report, group=parts.groups[0])
    made = build_timeline(parts, shown)

    assert [m is not None for m in made.memory] == [True, True, False]


@pytest.mark.parametrize(("changes", "most"), [({}, 900), ({"used": None}, None), ({"used_peak": None}, None)])
def test_what_the_driver_saw_is_laid_out_without_allocators(changes: dict[str, None], most: int | None) -> None:
    made = timeline(session_of("a", "AAA"))
    assert layout(made, "r").memory is None
    seen = driver_view(made.sessions[0].id, **changes)
    memory = layout(replace(made, report=replace(made.report, driver=seen)), "r").memory
    assert (memory and (memory.peak, memory.peak_at, memory.sessions)) == (most and (most, None, ()))
    if memory:
        assert encode(memory.driver) == {"used": {"time_ns": [5], "bytes": [700, 900]}, "untraced": None}
