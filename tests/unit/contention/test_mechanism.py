"""How sessions share a device, recognised from drawings whose features can be counted by eye."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lanes import drawn
from unit.contention.works import alone_of, works_of

from tb_contention.contention.mechanism import Sharing, concluded, recognise
from tb_contention.model.contention import Confidence, Evidence, Mechanism, SessionLoss, Slowdown
from tb_contention.model.manifest import ManifestSession, Mps, MpsState
from tb_contention.units import SessionId

RAN_AT_ONCE = Sharing(mechanism=Mechanism.CONCURRENT, detail="")


def recognised(drawing: str, **alone_us: float) -> Sharing:
    """Recognise the mechanism over the whole drawing; alone_us: duration of each session's kernels alone, else unknown."""
    works = works_of(drawing)
    group = drawn(drawing)[1]
    alone = [alone_of(work, alone_us.get(work.session.name, float("nan"))) for work in works]
    return recognise(works, alone, group.start, group.end, 0)


def result(low: float | None, high: float | None, evidence: Evidence = Evidence.B) -> SessionLoss:
    estimate = None if low is None or high is None or evidence is Evidence.D else (low + high) / 2
    found = Slowdown(estimate=estimate, low=low, high=high, evidence=evidence)
    nothing: dict[str, Any] = dict.fromkeys(("stretch", "stall", "absorbed", "lost", "step_shared", "step_alone"))
    return SessionLoss(session=works_of("a |A|")[0].id, slowdown=found, steps=0, **nothing)


def test_sessions_that_never_have_work_at_once_share_nothing() -> None:
    found = recognised("""
        a |AAA.....|
        b |....BBB.|
    """)

    assert (found.mechanism, found.apart, found.progress_sum) == (Mechanism.NONE, True, None)


def test_a_window_without_kernels_shares_nothing() -> None:
    found = recognised("""
        a |........|
        b |........|
    """)

    assert (found.mechanism, found.apart) == (Mechanism.NONE, True)


def test_two_that_finish_more_than_one_could_run_at_once() -> None:
    # 8 us together; A and B take 6 us alone each: (6 + 6) / 8 = 1.5 sessions' work per time.
    found = recognised("a |AAAAAAAA|\nb |BBBBBBBB|", a=6.0, b=6.0)

    assert found.mechanism is Mechanism.CONCURRENT
    assert found.progress_sum == pytest.approx(1.5)
    assert found.detail == "Together they get 1.50× as much done as one session alone in the same time."


def test_two_that_are_as_fast_as_alone_lose_nothing() -> None:
    found = recognised("a |AAAAAAAA|\nb |BBBBBBBB|", a=8.0, b=8.0)

    assert (found.mechanism, found.apart) == (Mechanism.NONE, False)
    assert found.progress_sum == pytest.approx(2.0)


def test_progress_is_unknown_where_a_duration_alone_is() -> None:
    assert recognised("a |AAAAAAAA|\nb |BBBBBBBB|", a=8.0).progress_sum is None


@pytest.mark.parametrize(
    ("low", "high", "mechanism"),
    [(0.99, 1.009, Mechanism.NONE), (0.99, 1.04, Mechanism.CONCURRENT), (1.2, 1.4, Mechanism.CONCURRENT)],
)
def test_running_at_once_is_no_sharing_only_where_every_session_is_as_fast_as_alone(
    low: float, high: float, mechanism: Mechanism
) -> None:
    found = concluded(RAN_AT_ONCE, (result(0.99, 1.005), result(low, high)), on_host=False, on_cores=False)

    assert found.mechanism is mechanism


def test_bounds_alone_do_not_show_that_nothing_is_lost() -> None:
    found = concluded(RAN_AT_ONCE, (result(1.0, 1.02, Evidence.D),) * 2, on_host=False, on_cores=False)

    assert found.mechanism is Mechanism.CONCURRENT


def test_a_single_session_that_is_slower_shared_with_something_unknown() -> None:
    alone = Sharing(mechanism=Mechanism.NONE, detail="alone")

    slower = concluded(alone, (result(1.2, 1.4),), on_host=False, on_cores=False)
    assert slower.mechanism is Mechanism.UNKNOWN
    assert "not captured" in slower.detail
    assert concluded(alone, (result(1.0, 1.4),), on_host=False, on_cores=False) == alone


def test_between_processes_on_a_processor_the_order_shows_nothing() -> None:
    turns = replace(RAN_AT_ONCE, mechanism=Mechanism.TIME_SLICING, slice=2e6)
    found = concluded(turns, (result(1.2, 1.4),) * 2, on_host=True, on_cores=True)

    assert (found.mechanism, found.slice) == (Mechanism.UNKNOWN, None)


def test_kernels_of_one_process_that_never_overlap_ran_through_one_queue() -> None:
    works = works_of("a |AAAA....AAAA....|\nb |....BBBB....BBBB|", pending=[(0, 16), (0, 16)], process=SessionId("one"))
    found = recognise(works, [np.full(2, np.nan)] * 2, 0, 16_000, 0)

    assert (found.mechanism, found.in_turns, found.slice) == (Mechanism.SINGLE_STREAM, True, None)
    assert found.detail == "Kernels of different sessions never overlap: they ran one after another."


def test_kernels_of_several_processes_that_never_overlap_are_in_no_queue() -> None:
    works = works_of("a |AAAA....AAAA....|\nb |....BBBB....BBBB|", pending=[(0, 16), (0, 16)])
    found = recognise(works, [np.full(2, np.nan)] * 2, 0, 16_000, 0)

    assert (found.mechanism, found.confidence, found.in_turns) == (Mechanism.UNKNOWN, Confidence.UNSURE, True)


def test_pieces_of_overlap_that_are_shorter_than_the_clock_error_show_nothing() -> None:
    works = works_of("a |AAAA....AAAA....|\nb |..BBBB....BBBB..|")
    alone = [np.full(2, np.nan)] * 2

    assert recognise(works, alone, 0, 16_000, 0).mechanism is Mechanism.CONCURRENT
    blurred = recognise(works, alone, 0, 16_000, 1_500)
    assert (blurred.mechanism, blurred.confidence) == (Mechanism.UNKNOWN, Confidence.UNSURE)
    assert "clock error" in blurred.detail


def test_what_the_manifests_state_of_mps_counts_where_kernels_leave_it_open_and_casts_doubt_elsewhere() -> None:
    def stated(state: MpsState) -> Sharing:
        works = works_of("a |AAAA....AAAA....|\nb |..BBBB....BBBB..|")
        manifest = ManifestSession(mps=Mps(state=state))
        works = [replace(work, session=replace(work.session, manifest=manifest)) for work in works]
        return recognise(works, [np.full(2, np.nan)] * 2, 0, 16_000, 0)

    assert (stated(MpsState.ON).mechanism, stated(MpsState.ON).confidence) == (Mechanism.CONCURRENT, Confidence.SURE)
    off = stated(MpsState.OFF)
    assert (off.mechanism, off.confidence) == (Mechanism.CONCURRENT, Confidence.LIKELY)
    assert off.detail.endswith("But MPS was off, by the manifests.")
