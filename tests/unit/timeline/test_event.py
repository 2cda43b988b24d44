"""One event, whole: its step, how others of its name did, and who was at work meanwhile."""

from dataclasses import replace

import numpy as np
from lanes import device_report, group_of, session_of

from tb_contention.model.alignment import Session
from tb_contention.model.tables import StringTable
from tb_contention.model.trace import StepTable
from tb_contention.timeline.event import EventDetail, EventLoss, KernelDetail, LaunchCall, event_at
from tb_contention.timeline.lanes import DeviceTimeline, build_timeline
from tb_contention.timeline.meanwhile import Meanwhile
from tb_contention.units import Nanoseconds, SessionId
from tb_contention.wire import encode

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


def event(timeline: DeviceTimeline, time: int) -> EventDetail:
    lane = next(lane for lane in timeline.lanes if lane.session == 0 and lane.kind == "stream")
    found = event_at(timeline, lane, 0, time * 1000)
    assert found is not None
    return found


def test_the_step_that_holds_it() -> None:
    assert [event(drawn(), at).step for at in (1, 9)] == [7, 8]


def test_who_was_at_work_meanwhile() -> None:
    assert event(drawn(), 1).meanwhile == ()
    assert event(drawn(), 9).meanwhile == tuple(
        Meanwhile(session=SessionId("b/host0"), name=name, overlap=Nanoseconds(2000), count=1) for name in "BC"
    )


def test_all_of_its_name_contended_against_undisturbed() -> None:
    found = event(drawn(), 9).distribution

    assert found is not None
    assert (found.count_contended, found.count_undisturbed) == (1, 1)
    assert (found.median_contended, found.median_undisturbed) == (4000, 4000)
    assert sum(found.contended) == sum(found.undisturbed) == 1
    assert len(found.edges) == len(found.contended) + 1


def test_what_is_not_known_is_null() -> None:
    found = event(drawn(), 1)

    assert (found.call, found.kernel.launch, found.kernel.op, found.kernel.bytes) == (LaunchCall(), None, None, None)


def test_its_keys_are_those_of_the_interface() -> None:
    found = encode(event(drawn(), 1))

    assert (found["start_ns"], found["duration_ns"], found["launch_ns"], found["bytes"]) == (0, 4000, None, None)
    assert {"queue_ns", "stretched_ns", "stalled_ns", "launch_place", "launched"} < set(found)


def test_a_step_is_an_event_without_what_kernels_have() -> None:
    timeline = drawn()
    lane = next(lane for lane in timeline.lanes if lane.kind == "steps")
    found = event_at(timeline, lane, 0, 1000)

    assert found is not None
    assert (found.name, found.kernel, found.distribution, found.loss) == ("step 7", KernelDetail(), None, EventLoss())


def test_a_name_of_another_operation_is_another_kernel() -> None:
    session = session_of("a", "AA..AA")
    ops = np.array([len(session.trace.strings), len(session.trace.strings) + 1], np.int32)
    strings = StringTable.of([*(session.trace.strings[i] for i in range(len(session.trace.strings))), "x", "y"])
    trace = replace(session.trace, strings=strings, kernels=replace(session.trace.kernels, op=ops))
    aligned, group = group_of([replace(session, trace=trace)])
    found = event(build_timeline(aligned, device_report(aligned, group)), 1)

    assert found.kernel.op == "x"
    assert found.distribution is not None
    assert found.distribution.count_undisturbed == 1
