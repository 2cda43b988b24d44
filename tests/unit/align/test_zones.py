"""Names of one host share its clock and its time zone: errors are seconds between them, and still hold the truth."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tb_contention.align.clocks import clock_offsets
from tb_contention.model.alignment import ClockOffset
from tb_contention.model.capture import CaptureFile, Container, Sketched
from tb_contention.model.sketch import Sketch
from tb_contention.model.trace import ClockEvidence, Era
from tb_contention.units import Picoseconds

S = 1_000_000_000
DAY = 86_400
START = 1_760_000_000


def sketched(
    start: float, zone: int, *, exact: bool, host: str = "box", length: float = 2.0, lag: float = 1.0
) -> Sketched:
    """Make a capture that began at Unix s `start` on a host whose local time is UTC + zone."""
    named = datetime.fromtimestamp(int(start + length + lag) + zone, timezone.utc).strftime("%Y_%m_%d_%H_%M_%S")
    file = CaptureFile(
        path="", relative=f"{start}/{host}", run=f"{start}/{named}", directory=named, host=host, container=Container.XPLANE,
        size=1, mtime_ns=1, tfevents_seconds=(),
    )  # fmt: skip
    clock = ClockEvidence(start_ns=round(start * S), stop_ns=round((start + length) * S)) if exact else ClockEvidence()
    sketch = Sketch(
        era=Era.XSPACE, hostnames=(host,), process_id=1, clock=clock, span=(Picoseconds(0), Picoseconds(round(length * 1e12))),
        devices=(), use=(), steps=0, allocations=0, events_in_file=10, complete=True,
    )  # fmt: skip
    return Sketched(file=file, sketch=sketch)


def error_of(clock: ClockOffset) -> float:
    assert clock.absolute_error is not None
    return clock.absolute_error / S


def test_names_of_one_host_are_apart_by_what_they_say() -> None:
    first, second = clock_offsets([sketched(START, 7200, exact=False), sketched(START + 600, 7200, exact=False)])

    assert first.naming == second.naming is not None
    assert first.naming_error is not None
    assert first.naming_error < 6 * S
    assert error_of(first) > 14 * 3600


def test_names_of_two_hosts_say_nothing_of_each_other() -> None:
    one, other = clock_offsets([sketched(START, 0, exact=False), sketched(START, 0, exact=False, host="another")])

    assert one.naming != other.naming


def test_a_capture_that_states_the_time_shows_the_zone_of_its_host() -> None:
    known, named = clock_offsets([sketched(START, -18_000, exact=True), sketched(START + 3600, -18_000, exact=False)])

    assert known.naming is None
    assert named.origin_ns == pytest.approx((START + 3600) * S, abs=2 * S)
    assert error_of(named) < 6


def test_far_from_it_summer_time_may_have_changed_the_zone() -> None:
    _, named = clock_offsets([sketched(START, -18_000, exact=True), sketched(START + 90 * DAY, -14_400, exact=False)])

    assert 3600 < error_of(named) < 3610


def test_a_host_name_in_two_zones_is_two_hosts() -> None:
    captures = [
        sketched(START, 0, exact=True),
        sketched(START + 900, 32_400, exact=True),
        sketched(START + 60, 0, exact=False),
    ]

    assert error_of(clock_offsets(captures)[2]) > 14 * 3600


def test_servers_named_by_the_client_of_a_request_are_in_no_zone() -> None:
    captures = [
        replace(c, file=replace(c.file, host="box_6009"))
        for c in (sketched(START, 0, exact=True), sketched(START + 60, 0, exact=False))
    ]

    assert clock_offsets(captures)[1].naming is None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_errors_hold_the_truth(data: st.DataObject) -> None:
    zone = data.draw(st.integers(-48, 52)) * 900
    changes = sorted(data.draw(st.lists(st.integers(0, 300), max_size=2, unique=True)))
    assume(len(changes) < 2 or changes[1] - changes[0] > 60)  # no summer is shorter

    def local(at: float) -> int:
        return zone + 3600 * (sum(at >= START + c * DAY for c in changes) % 2)

    seconds = st.integers(0, 300 * DAY).filter(lambda s: all(abs(s - c * DAY) > DAY for c in changes))
    made = [
        sketched(START + s, local(START + s), exact=exact, length=length, lag=lag)
        for s, exact, length, lag in data.draw(
            st.lists(st.tuples(seconds, st.booleans(), st.floats(0.1, 60), st.floats(0, 4)), min_size=1, max_size=12)
        )
    ]
    for capture, clock in zip(made, clock_offsets(made), strict=True):
        start = float(capture.file.relative.partition("/")[0])
        assert clock.origin_ns is not None
        assert abs(clock.origin_ns / S - start) <= error_of(clock) + 1e-6
