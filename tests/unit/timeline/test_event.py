"""One event, whole: its step, how others of its name did, and who was at work meanwhile."""

from dataclasses import replace

import numpy as np
from lanes import device_report, group_of, session_of

from tb_contention.model.alignment import Session
from tb_contention.model.launch_config import parse_launch_config
from tb_contention.model.tables import StringTable
from tb_contention.model.trace import StepTable
from tb_contention.plugin.details import event_at
from tb_contention.timeline.lanes import DeviceTimeline, build_timeline

US = 1_000_000


def with_steps(session: Session, spans: list[tuple[int, int]]) -> Session:
    steps = StepTable(
        start=np.array([s * US for s, _ in spans], np.int64),
        duration=np.array([(e - s) * US for s, e in spans], np.int64),
        number=np.arange(7, 7 + len(spans)),
        name=np.full(len(spans), -1, np.int32),
    )
    return replace(session, trace=replace(session.trace, steps=steps))


def drawn() -> DeviceTimeline:
    """A's first kernel meets nobody, its second meets B and C of the other session."""
    a = with_steps(session_of("a", "AAAA....AAAA...."), [(0, 6), (7, 14)])
    b = session_of("b", ".......BBBCC....")
    aligned, group = group_of([a, b])
    return build_timeline(aligned, device_report(aligned, group))


def event(timeline: DeviceTimeline, time: int) -> dict[str, object]:
    lane = next(lane for lane in timeline.lanes if lane.session == 0 and lane.kind == "stream")
    found = event_at(timeline, lane, 0, time * 1000)
    assert found is not None
    return found


def test_the_step_that_holds_it() -> None:
    assert [event(drawn(), at)["step"] for at in (1, 9)] == [7, 8]


def test_who_was_at_work_meanwhile() -> None:
    assert event(drawn(), 1)["meanwhile"] == []
    assert event(drawn(), 9)["meanwhile"] == [
        {"session": "b/host0", "name": "B", "overlap_ns": 2000, "count": 1},
        {"session": "b/host0", "name": "C", "overlap_ns": 2000, "count": 1},
    ]


def test_all_of_its_name_contended_against_undisturbed() -> None:
    found = event(drawn(), 9)["distribution"]
    assert isinstance(found, dict)

    assert (found["count_contended"], found["count_undisturbed"]) == (1, 1)
    assert (found["median_contended_ns"], found["median_undisturbed_ns"]) == (4000, 4000)
    assert sum(found["contended"]) == sum(found["undisturbed"]) == 1
    assert len(found["edges_ns"]) == len(found["contended"]) + 1


def test_what_is_not_known_is_null() -> None:
    found = event(drawn(), 1)

    assert [found[key] for key in ("launch", "launch_ns", "launch_thread", "queue_ns", "op", "bytes")] == [None] * 6


def test_a_step_is_an_event_without_what_kernels_have() -> None:
    timeline = drawn()
    lane = next(lane for lane in timeline.lanes if lane.kind == "steps")
    found = event_at(timeline, lane, 0, 1000)

    assert found is not None
    assert (found["name"], found["distribution"], found["stretched_ns"]) == ("step 7", None, None)


def test_launches_of_each_release_are_read() -> None:
    old = parse_launch_config("regs:38 shm:16 grid:160,1,1\nblock:1024,1,1")
    new = parse_launch_config(" regs:32 static_shared:1 dynamic_shared:2 grid:12,2,1 block:256,1,1 occ_pct:62.5")

    assert old is not None
    assert (old.grid, old.block, old.registers, old.static_shared, old.occupancy) == (
        (160, 1, 1),
        (1024, 1, 1),
        38,
        16,
        None,
    )
    assert new is not None
    assert (new.static_shared, new.dynamic_shared, new.occupancy) == (1, 2, 62.5)


def test_no_text_makes_the_reading_fail() -> None:
    hostile = [
        "",
        "grid:",
        "grid:1,2",
        "grid:a,b,c block:-1,2,3",
        "grid:1,1,1" * 1000,
        ":::",
        "occ_pct:nan",
        "grid:²,1,1",
    ]
    hostile += [f"grid:{'9' * 40},1,1", "regs:1"]

    assert [parse_launch_config(text) for text in hostile] == [None] * len(hostile)
    odd = parse_launch_config("grid:1,1,1 block:1e3,1,1 regs:-5 occ_pct:1e400")
    assert odd is not None
    assert (odd.block, odd.registers, odd.occupancy) == (None, None, None)


def test_a_name_of_another_operation_is_another_kernel() -> None:
    session = session_of("a", "AA..AA")
    ops = np.array([len(session.trace.strings), len(session.trace.strings) + 1], np.int32)
    strings = StringTable.of([*(session.trace.strings[i] for i in range(len(session.trace.strings))), "x", "y"])
    trace = replace(session.trace, strings=strings, kernels=replace(session.trace.kernels, op=ops))
    aligned, group = group_of([replace(session, trace=trace)])
    found = event(build_timeline(aligned, device_report(aligned, group)), 1)

    assert found["op"] == "x"
    assert isinstance(found["distribution"], dict)
    assert found["distribution"]["count_undisturbed"] == 1
