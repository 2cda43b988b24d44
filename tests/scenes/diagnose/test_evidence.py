"""What the rules say, and when they keep silent."""

from dataclasses import replace

import numpy as np
import pytest
from lanes import Allocation, device_report, group_of, session_of
from scenes.diagnose.cases import CASES, checked, heaps, processor, refused
from scenes.diagnose.scenes import with_cost

from tb_contention.diagnose import RULES, diagnose
from tb_contention.model.alignment import ClockCheck, Session
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.memory import Refused

RUN = {rule.slug: rule.run for rule in RULES}


def findings(*sessions: Session) -> dict[str, Finding]:
    aligned, group = group_of(list(sessions))
    return {f.rule: f for f in diagnose(aligned, (device_report(aligned, group),))}


def using(peak: int) -> list[Allocation]:
    return [(1, peak, peak)]


def test_overlap_of_unknown_cost_is_noted_with_its_numbers_and_what_would_settle_it() -> None:
    found = findings(session_of("a", "AAAA....", using(10)), session_of("b", "..BBBB..", using(10)))["overlap-in-time"]

    assert found.severity is Severity.INFO
    assert "as its baseline" in found.advice
    assert "bounded, not estimated" in found.detail
    assert found.evidence["contended_ns"] == 2_000
    assert "25 %" in found.title


def test_bounds_are_no_slowdown_and_on_a_processor_say_nothing() -> None:
    on_gpu = processor(is_host=False)
    on_host = processor(is_host=True)

    assert "row_0 has a slowdown of 1.00× to" in RUN["overlap-in-time"](on_gpu)[0].detail
    assert "need not cost anything" in RUN["overlap-in-time"](on_host)[0].detail
    assert "×" not in RUN["overlap-in-time"](on_host)[0].detail


def test_steps_without_device_work_have_no_phase_that_a_clock_error_could_blur() -> None:
    case = next(case for case in CASES if case.slug == "clock-error-large")
    scene = case.speaks()
    idle = tuple(replace(steps, own=np.zeros_like(steps.own)) for steps in scene.device.cost.steps)

    assert RUN["clock-error-large"](with_cost(scene, steps=idle)) == []


def test_a_clock_that_kernels_refute_is_described_with_what_was_done() -> None:
    titles = {check: [f.title for f in RUN["clocks-disagree"](checked(check))] for check in ClockCheck}
    moved, widened = titles[ClockCheck.CORRECTED], titles[ClockCheck.DOUBTED]

    assert ["wrong by 2.00 ms" in title for title in moved] == [True]
    assert ["wrong by more than its stated error" in title for title in widened] == [True]
    assert [titles[check] for check in (ClockCheck.NONE, ClockCheck.CONFIRMED, ClockCheck.NARROWED)] == [[], [], []]


def test_sessions_that_take_turns_are_said_to_do_so() -> None:
    found = findings(session_of("a", "AAAA....", using(10)), session_of("b", "....BBBB", using(10)))["overlap-in-time"]

    assert (found.severity, found.advice) == (Severity.INFO, "")


def test_a_session_alone_is_no_overlap() -> None:
    assert findings(session_of("a", "AAAA....", using(10))) == {}


def test_a_peak_near_the_capacity_is_a_warning_and_one_above_it_refutes_that_it_is_one_gpu() -> None:
    near = findings(session_of("a", "A" * 8, using(500)), session_of("b", "B" * 8, using(450)))["little-headroom"]
    above = findings(session_of("a", "A" * 8, using(600)), session_of("b", "B" * 8, using(450)))["not-one-gpu"]
    far = findings(session_of("a", "A" * 8, using(400)), session_of("b", "B" * 8, using(300)))

    assert (near.severity, above.severity) == (Severity.WARNING, Severity.CRITICAL)
    assert "little-headroom" not in far


@pytest.mark.parametrize(
    ("request_", "cause", "advice"),
    [
        (refused(90), "larger than the GPU's memory", "Ask for less at once"),
        (refused(4), "in pieces", "expandable_segments"),
        (refused(30), "Other captured processes held 40.0 GiB", "set_per_process_memory_fraction"),
        (refused(30, other=0), "processes without a capture held more than 25.0 GiB", "nvidia-smi"),
        (refused(60, other=0), "more than was left", "Ask for less at once"),
    ],
)
def test_a_refused_request_says_who_held_the_memory_and_what_helps(request_: Refused, cause: str, advice: str) -> None:
    (found,) = RUN["out-of-memory"](heaps((60, 20), (60, 40), refused=(request_,)))

    assert found.severity is Severity.CRITICAL
    assert cause in found.cause
    assert advice in found.advice
    assert sum(row.bytes for row in request_.holders.rows) == found.evidence["held_bytes"]


def test_memory_without_events_is_unknown_and_said_so() -> None:
    assert "memory-unseen" in findings(session_of("a", "A" * 8, using(10)), session_of("b", "B" * 8))


def test_simulated_sessions_are_said_to_be_simulated() -> None:
    made = findings(replace(session_of("a", "A" * 8, using(10)), simulated=True))

    assert made["simulated"].sessions == ("a/host0",)
