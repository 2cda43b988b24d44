from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from golden.reports import loss_of, report_of, steps_of, with_losses
from lanes import driver_view, session_of

from tb_contention.errors import OptionError
from tb_contention.gate import judge
from tb_contention.gate.judging import judged
from tb_contention.model.alignment import ClockOffset, ClockSource
from tb_contention.model.contention import Evidence, Latency, Loop, RequestTime, RequestTimes
from tb_contention.model.findings import Finding, Origin, Problem, Severity
from tb_contention.model.gate import Gate, Gauge, Limits, Outcome, Unit, Verdict
from tb_contention.model.report import Report
from tb_contention.units import Bytes, Nanoseconds, SessionId

WITHIN, OVER, UNKNOWN, NOT_APPLICABLE = Outcome.WITHIN, Outcome.OVER, Outcome.NOT_KNOWN, Outcome.NOT_APPLICABLE
Numbers = tuple[float | None, float | None, float | None]


def shared(slowdown: Numbers = (1.4, 1.3, 1.5), evidence: Evidence = Evidence.B, lost: int | None = 3_000) -> Report:
    """A trainer with this slowdown beside an evaluator with 1.1, in a window of 20 us; 1000 B of memory, 700 B at the peak."""
    trainer = session_of("jobs/trainer", "AAAA....BBBBBB..AAAA", [(2, 300, 300), (9, 100, 400)])
    evaluator = session_of("jobs/evaluator", "..CCCC......DD....CC", [(3, 300, 300)])
    report = report_of([trainer, evaluator])
    return with_losses(
        report,
        loss_of(trainer.id, evidence, slowdown, lost, step_shared=Nanoseconds(10_000), steps=2),
        loss_of(evaluator.id, Evidence.A, (1.1, 1.08, 1.12), 600),
    )


def served() -> Report:
    """The same, where requests start the trainer's steps and take four times as long."""
    report = shared((1.0, 1.0, 1.0))
    device = report.devices[0]
    first, *others = device.cost.losses
    longer = replace(first.slowdown, estimate=4.0, low=3.0, high=5.0)
    once = RequestTime(estimate=4_000, low=3_000, high=5_000)
    times = RequestTimes(mean=once, p50=once, p95=once, p99=once)
    latency = Latency(requests=80, waited=20, slowdown=longer, shared=times, alone=None)
    losses = (replace(first, loop=Loop.OPEN, latency=latency), *others)
    return replace(report, devices=(replace(device, cost=replace(device.cost, losses=losses)),))


def test_a_limit_on_throughput_says_that_requests_take_longer() -> None:
    verdict = trainers(judge(served(), Limits(max_slowdown=1.2)), Gauge.MAX_SLOWDOWN)
    both = judge(served(), Limits(max_slowdown=1.2, max_latency_slowdown=1.2))

    assert verdict.outcome is WITHIN
    assert (
        verdict.why
        == "this is its throughput; a request takes 4.00× as long (3.00 to 5.00), which --max-latency-slowdown judges"
    )
    assert trainers(both, Gauge.MAX_SLOWDOWN).why == ""
    assert trainers(both, Gauge.MAX_LATENCY_SLOWDOWN).outcome is OVER


def alone() -> Report:
    report = report_of([session_of("solo", "AA..BB")])
    return with_losses(report, loss_of("solo/host0", Evidence.D, (None, None, None)))


def trainers(gate: Gate, gauge: Gauge) -> Verdict:
    return next(v for v in gate.verdicts if v.gauge is gauge and v.subject in ("trainer", "solo"))


def only(gate: Gate, gauge: Gauge) -> Verdict:
    (verdict,) = (v for v in gate.verdicts if v.gauge is gauge)
    return verdict


@pytest.mark.parametrize(
    ("slowdown", "evidence", "limit", "confident", "outcome"),
    [
        ((1.4, 1.3, 1.5), Evidence.B, 1.2, False, OVER),
        ((1.4, 1.3, 1.5), Evidence.B, 1.2, True, OVER),
        ((1.4, 1.3, 1.5), Evidence.B, 1.35, False, OVER),
        ((1.4, 1.3, 1.5), Evidence.B, 1.35, True, WITHIN),
        ((1.4, 1.3, 1.5), Evidence.B, 1.45, False, WITHIN),
        ((1.4, 1.3, 1.5), Evidence.B, 1.4, False, WITHIN),
        ((1.4, 1.3, 1.5), Evidence.B, 1.6, False, WITHIN),
        ((1.4, None, None), Evidence.B, 1.2, False, OVER),
        ((1.4, None, None), Evidence.B, 1.2, True, UNKNOWN),
        ((None, 1.3, 2.0), Evidence.D, 1.2, False, OVER),
        ((None, 1.3, 2.0), Evidence.D, 1.5, False, UNKNOWN),
        ((None, 1.3, 2.0), Evidence.D, 1.5, True, UNKNOWN),
        ((None, 1.3, 2.0), Evidence.D, 2.0, False, WITHIN),
        ((None, 1.0, None), Evidence.D, 9.0, False, UNKNOWN),
        ((1.4, 1.3, 2.0), Evidence.D, 1.5, False, UNKNOWN),
        ((None, None, None), Evidence.D, 9.0, False, UNKNOWN),
    ],
)
def test_a_slowdown_is_over_by_its_estimate_and_with_bounds_alone_only_when_both_are(
    slowdown: Numbers, evidence: Evidence, limit: float, confident: bool, outcome: Outcome
) -> None:
    found = judge(shared(slowdown, evidence), Limits(max_slowdown=limit, confident=confident))
    verdict = trainers(found, Gauge.MAX_SLOWDOWN)
    assert verdict.outcome is outcome
    assert (verdict.low, verdict.high) == slowdown[1:]
    assert found.passed is (outcome is WITHIN)


@pytest.mark.parametrize(("limit", "straddles"), [(1.2, False), (1.35, True), (1.45, True), (1.5, False)])
def test_a_limit_inside_the_interval_is_told_whatever_the_outcome(limit: float, straddles: bool) -> None:
    verdict = trainers(judge(shared(), Limits(max_slowdown=limit)), Gauge.MAX_SLOWDOWN)
    assert verdict.straddles is straddles


def test_the_excess_is_the_figures_own_or_that_of_the_nearer_bound() -> None:
    verdict = trainers(judge(shared(), Limits(max_slowdown=1.2)), Gauge.MAX_SLOWDOWN)
    assert verdict.excess == pytest.approx(0.2)
    bounded = trainers(judge(shared((None, 1.3, 2.0), Evidence.D), Limits(max_slowdown=1.2)), Gauge.MAX_SLOWDOWN)
    assert bounded.excess == pytest.approx(0.1)
    assert trainers(judge(shared(), Limits(max_slowdown=1.6)), Gauge.MAX_SLOWDOWN).excess is None


def test_what_is_not_known_fails_unless_it_is_let_through() -> None:
    report = shared((None, 1.0, 3.0), Evidence.D)
    assert not judge(report, Limits(max_slowdown=1.2)).passed
    assert judge(report, Limits(max_slowdown=1.2, unknown_passes=True)).passed
    assert trainers(judge(report, Limits(max_slowdown=1.2)), Gauge.MAX_SLOWDOWN).why.startswith(
        "The kernels of jobs/trainer"
    )


def test_letting_the_unknown_through_lets_nothing_else_through() -> None:
    assert not judge(shared(), Limits(max_slowdown=1.2, unknown_passes=True)).passed


def test_a_session_alone_has_no_slowdown_but_a_gate_that_judged_nothing_stays_shut() -> None:
    limits = Limits(max_slowdown=1.2, max_contended=0.3, max_lost=0.1, min_evidence=Evidence.B)
    found = judge(alone(), limits)
    for gauge in (Gauge.MAX_SLOWDOWN, Gauge.MAX_CONTENDED, Gauge.MAX_LOST, Gauge.MIN_EVIDENCE):
        first, second = (v for v in found.verdicts if v.gauge is gauge)
        assert first.outcome is NOT_APPLICABLE
        assert (second.outcome, second.device, second.subject) == (UNKNOWN, None, "")
    assert not found.passed


def test_a_session_alone_whose_clock_cannot_tell_whether_others_ran_is_not_known() -> None:
    report = alone()
    group = report.devices[0].group
    other = replace(group.device.planes[0], session=SessionId("other/host0"))
    device = replace(group.device, planes=(*group.device.planes, other))
    finding = Finding(
        rule="clock-too-coarse", severity=Severity.INFO, title="t", detail="d", advice="a",
        sessions=(report.sessions[0].id, SessionId("other/host0")),
    )  # fmt: skip
    perhaps = replace(
        report,
        devices=(replace(report.devices[0], group=replace(group, device=device)),),
        findings=(finding,),
    )
    limits = Limits(max_slowdown=1.2, max_contended=0.3, max_lost=0.1, min_evidence=Evidence.B)
    assert {v.outcome for v in judge(perhaps, limits).verdicts} == {UNKNOWN}
    elsewhere = replace(finding, sessions=(SessionId("x"), SessionId("y")))
    assert NOT_APPLICABLE in {v.outcome for v in judge(replace(perhaps, findings=(elsewhere,)), limits).verdicts}
    counted = replace(finding, sessions=())
    assert {v.outcome for v in judge(replace(perhaps, findings=(counted,)), limits).verdicts} == {UNKNOWN}


def test_a_capture_without_work_of_any_device_does_not_pass_unseen() -> None:
    report = shared()
    empty = replace(
        report.sessions[0], session=replace(report.sessions[0].session, id=SessionId("empty/host0"), name="empty")
    )
    report = replace(report, sessions=(*report.sessions, empty))
    limits = Limits(max_slowdown=9.0, max_lost=1.0, max_step=Nanoseconds(10**9), min_evidence=Evidence.D)
    found = [v for v in judge(report, limits).verdicts if v.subject == "empty"]
    assert [(v.gauge, v.outcome) for v in found] == [
        (Gauge.MAX_SLOWDOWN, UNKNOWN), (Gauge.MAX_LOST, UNKNOWN), (Gauge.MAX_STEP, UNKNOWN), (Gauge.MIN_EVIDENCE, UNKNOWN),
    ]  # fmt: skip


@pytest.mark.parametrize(("limit", "outcome"), [(0.15, WITHIN), (0.149, OVER)])
def test_lost_time_is_a_share_of_the_window_with_the_interval_of_the_slowdown(limit: float, outcome: Outcome) -> None:
    verdict = trainers(judge(shared(), Limits(max_lost=limit)), Gauge.MAX_LOST)
    assert verdict.outcome is outcome
    assert verdict.figure == 0.15
    # The steps fill the window, so that 1 - 1 / slowdown of it is lost.
    assert verdict.low == 0.15
    assert verdict.high == pytest.approx(1 - 1 / 1.5)


def test_lost_time_without_an_estimate_is_not_known() -> None:
    found = judge(shared((None, 1.0, 3.0), Evidence.D, None), Limits(max_lost=0.99))
    assert trainers(found, Gauge.MAX_LOST).outcome is UNKNOWN


def with_steps(report: Report, *periods: int) -> Report:
    device = report.devices[0]
    steps = steps_of(report.sessions[0].id, [(period, 0, 0) for period in periods])
    return replace(report, devices=(replace(device, cost=replace(device.cost, steps=(steps,))),))


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        (Limits(max_step=Nanoseconds(105)), WITHIN),
        (Limits(max_step=Nanoseconds(104)), OVER),
        (Limits(max_step=Nanoseconds(104), confident=True), WITHIN),
        (Limits(max_step=Nanoseconds(99), confident=True), OVER),
        (Limits(max_step_of=(("trainer", Nanoseconds(104)),)), OVER),
        (Limits(max_step=Nanoseconds(1), max_step_of=(("jobs/trainer", Nanoseconds(105)),)), WITHIN),
        (Limits(max_step_of=(("trainer", Nanoseconds(200)), ("jobs/trainer", Nanoseconds(104)))), OVER),
    ],
)
def test_steps_are_judged_by_their_median_and_by_the_limit_that_names_them(limits: Limits, outcome: Outcome) -> None:
    report = with_steps(shared(), 100, 110, 105, 104, 107, 103, 900)
    verdict = trainers(judge(report, limits), Gauge.MAX_STEP)
    assert (verdict.figure, verdict.outcome) == (105, outcome)
    assert verdict.low is not None
    assert verdict.high is not None
    assert verdict.low < 105 < verdict.high


def test_a_limit_that_names_one_session_is_on_no_other() -> None:
    found = judge(with_steps(shared(), 100, 100), Limits(max_step_of=(("trainer", Nanoseconds(104)),)))
    assert only(found, Gauge.MAX_STEP).subject == "trainer"


def test_few_steps_have_a_figure_without_an_interval_and_no_steps_have_none() -> None:
    report = with_steps(shared(), 100, 110)
    few = trainers(judge(report, Limits(max_step=Nanoseconds(200))), Gauge.MAX_STEP)
    assert (few.outcome, few.low, few.why) == (WITHIN, None, "fewer than 5 step periods, so no interval")
    sure = trainers(judge(report, Limits(max_step=Nanoseconds(50), confident=True)), Gauge.MAX_STEP)
    assert sure.outcome is UNKNOWN
    none = trainers(judge(shared(), Limits(max_step=Nanoseconds(200))), Gauge.MAX_STEP)
    assert none.outcome is UNKNOWN


@pytest.mark.parametrize(("limit", "outcome"), [("A", OVER), ("B", WITHIN), ("C", WITHIN)])
def test_evidence_may_be_better_than_asked_for(limit: str, outcome: Outcome) -> None:
    found = judge(shared(), Limits(min_evidence=Evidence(limit)))
    assert trainers(found, Gauge.MIN_EVIDENCE).outcome is outcome


def test_class_d_is_over_a_limit_on_evidence_for_it_is_known_to_be_that() -> None:
    found = judge(shared((None, 1.0, 2.0), Evidence.D), Limits(min_evidence=Evidence.C))
    assert trainers(found, Gauge.MIN_EVIDENCE).outcome is OVER


def test_contended_time_lies_between_what_the_clocks_allow() -> None:
    # A 0-4 and C 2-6 meet for 2 us, B 8-14 and D 12-14 for 2, A 16-20 and C 18-20 for 2; 10 ns of error at each end of both.
    verdict = only(judge(shared(), Limits(max_contended=0.3)), Gauge.MAX_CONTENDED)
    assert verdict.outcome is WITHIN
    assert verdict.figure == 0.3
    assert verdict.low == pytest.approx((6_000 - 5 * 10 - 10) / 20_000, abs=20 / 20_000)
    assert verdict.high == pytest.approx((6_000 + 5 * 10 + 10) / 20_000, abs=20 / 20_000)
    assert verdict.straddles
    assert only(judge(shared(), Limits(max_contended=0.2)), Gauge.MAX_CONTENDED).outcome is OVER


def test_the_bounds_of_contended_time_hold_for_every_shift_within_the_clock_error() -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        rows = ["".join(rng.choice(list("A..")) for _ in range(60)) for _ in range(2)]
        sessions = [session_of(name, row + ".") for name, row in zip("ab", rows, strict=True)]
        report = report_of(sessions)
        group = replace(report.devices[0].group, max_error=Nanoseconds(1_500))
        report = with_losses(report, *(loss_of(s.id, Evidence.B, (1.0, 1.0, 1.0), 0) for s in sessions))
        report = replace(report, devices=(replace(report.devices[0], group=group),))
        verdict = only(judge(report, Limits(max_contended=1.0)), Gauge.MAX_CONTENDED)
        assert verdict.low is not None
        assert verdict.high is not None
        for shift in range(-3, 4):
            moved = [rows[0], "".join(rows[1][i - shift] if 0 <= i - shift < 60 else "." for i in range(60))]
            share = sum(x == y == "A" for x, y in zip(*moved, strict=True)) / 61
            assert verdict.low - 3 / 61 <= share <= verdict.high + 1e-9


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        (Limits(min_headroom_share=0.3), WITHIN),
        (Limits(min_headroom_share=0.301), OVER),
        (Limits(min_headroom_bytes=Bytes(300)), WITHIN),
        (Limits(min_headroom_bytes=Bytes(301)), OVER),
    ],
)
def test_headroom_is_what_the_combined_peak_leaves(limits: Limits, outcome: Outcome) -> None:
    # Of 1000 B the trainer holds 400 from 9 us on, the evaluator 300 from 3 us on.
    verdict = only(judge(shared(), limits), Gauge.MIN_HEADROOM)
    assert verdict.outcome is outcome
    assert verdict.figure == (0.3 if verdict.unit is Unit.SHARE else 300)


def test_unknown_memory_is_not_known_and_half_known_memory_is_over_or_not_known() -> None:
    report = shared()
    device = report.devices[0]
    assert device.memory is not None
    bare = replace(report, devices=(replace(device, memory=None, memory_note="no allocator event"),))
    verdict = only(judge(bare, Limits(min_headroom_share=0.0)), Gauge.MIN_HEADROOM)
    assert (verdict.outcome, verdict.why) == (UNKNOWN, "no allocator event")
    sizeless = replace(device.memory, capacity=None, headroom=None)
    unsized = replace(report, devices=(replace(device, memory=sizeless),))
    assert only(judge(unsized, Limits(min_headroom_bytes=Bytes(0))), Gauge.MIN_HEADROOM).outcome is UNKNOWN
    partial = replace(device.memory, sessions_without_data=(report.sessions[1].id,))
    half = replace(report, devices=(replace(device, memory=partial),))
    assert only(judge(half, Limits(min_headroom_share=0.9)), Gauge.MIN_HEADROOM).outcome is OVER
    assert only(judge(half, Limits(min_headroom_share=0.01)), Gauge.MIN_HEADROOM).outcome is UNKNOWN


@pytest.mark.parametrize(
    ("others", "limit", "outcome"),
    [(0, 0.3, WITHIN), (100, 0.2, WITHIN), (100, 0.25, UNKNOWN), (100, 0.31, OVER), (None, 0.3, WITHIN)],
)
def test_what_others_hold_may_be_missing_from_the_headroom(others: int | None, limit: float, outcome: Outcome) -> None:
    # 300 of 1000 B are left by the sessions; how much of that others held at that instant is not known.
    report = shared()
    seen = driver_view(report.sessions[0].id, untraced_peak=None if others is None else Bytes(others))
    watched = replace(report, devices=(replace(report.devices[0], driver=seen),))
    verdict = only(judge(watched, Limits(min_headroom_share=limit)), Gauge.MIN_HEADROOM)
    assert verdict.outcome is outcome
    assert (verdict.figure is None) == bool(others)


def with_clock(report: Report, source: ClockSource, error: int | None) -> Report:
    bound = None if error is None else Nanoseconds(error)
    clock = ClockOffset(source=source, origin_ns=0, error=bound, absolute_error=bound)
    first = report.sessions[0]
    return replace(report, sessions=(replace(first, session=replace(first.session, clock=clock)), *report.sessions[1:]))


@pytest.mark.parametrize(
    ("source", "error", "outcome"),
    [
        (ClockSource.TASK_ENVIRONMENT, 1_000, WITHIN),
        (ClockSource.FILE_TIME, 1_001, OVER),
        (ClockSource.NONE, None, UNKNOWN),
    ],
)
def test_clocks_are_judged_by_the_bound_on_their_error(
    source: ClockSource, error: int | None, outcome: Outcome
) -> None:
    found = judge(with_clock(shared(), source, error), Limits(max_clock_error=Nanoseconds(1_000)))
    assert trainers(found, Gauge.MAX_CLOCK_ERROR).outcome is outcome


def finding(severity: Severity, *, on_device: bool = True) -> Finding:
    report = shared()
    device = report.devices[0].id if on_device else None
    return Finding(rule="r", severity=severity, title="Kernels wait", detail="d", advice="a", device=device)


@pytest.mark.parametrize(
    ("severity", "least", "outcome"),
    [
        (Severity.INFO, Severity.WARNING, WITHIN),
        (Severity.WARNING, Severity.WARNING, OVER),
        (Severity.WARNING, Severity.CRITICAL, WITHIN),
        (Severity.CRITICAL, Severity.WARNING, OVER),
    ],
)
def test_findings_fail_from_the_severity_on_that_is_asked_for(
    severity: Severity, least: Severity, outcome: Outcome
) -> None:
    for on_device in (True, False):
        report = replace(shared(), findings=(finding(severity, on_device=on_device),))
        found = judge(report, Limits(fail_on=least))
        assert OVER in {v.outcome for v in found.verdicts} if outcome is OVER else found.passed
        assert any("Kernels wait [r, " in v.why for v in found.verdicts) is (outcome is OVER)


def problem(severity: Severity, file: str) -> Problem:
    return Problem(
        file=file, slug="truncated-xspace", severity=severity, origin=Origin.READING, message="It ends early.", advice="Copy it."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("severity", "passed"), [(Severity.INFO, True), (Severity.WARNING, False), (Severity.ERROR, False)]
)
def test_problems_fail_unless_they_are_remarks(severity: Severity, passed: bool) -> None:
    for file in ("jobs/trainer/host0.xplane.pb", "gone.xplane.pb"):
        report = replace(shared(), problems=(problem(severity, file),))
        assert judge(report, Limits(no_problems=True)).passed is passed


def test_a_capture_that_cannot_be_read_keeps_any_gate_shut() -> None:
    report = replace(shared(), problems=(problem(Severity.ERROR, "gone.xplane.pb"),))
    found = judge(report, Limits(max_slowdown=9.0))
    assert (only(found, Gauge.CAPTURES).outcome, only(found, Gauge.CAPTURES).subject) == (UNKNOWN, "gone.xplane.pb")
    assert not found.passed
    assert judge(report, Limits(max_slowdown=9.0, unknown_passes=True)).passed


def test_a_figure_from_a_capture_that_is_not_whole_says_so() -> None:
    report = shared()
    report = replace(report, problems=(problem(Severity.ERROR, report.sessions[0].session.file),))
    verdict = trainers(judge(report, Limits(max_slowdown=9.0)), Gauge.MAX_SLOWDOWN)
    assert verdict.why == "its capture is incomplete: truncated-xspace"


def test_devices_and_sessions_are_chosen_by_id_and_by_name() -> None:
    report = shared()
    for word in ("jobs/trainer/host0", "jobs/trainer", "trainer"):
        found = judge(report, Limits(max_slowdown=9.0, sessions=(word,)))
        assert [v.subject for v in found.verdicts] == ["trainer"]
    assert len(judge(report, Limits(max_slowdown=9.0, devices=("host0/GPU:0",))).verdicts) == 2


def test_a_session_that_is_asked_for_and_not_judged_does_not_pass_beside_one_that_is() -> None:
    report, solo = shared(), alone()
    both = replace(report, sessions=(*report.sessions, *solo.sessions), devices=(*report.devices, *solo.devices))
    assert judge(both, Limits(max_slowdown=9.0)).passed
    found = judge(both, Limits(max_slowdown=9.0, sessions=("trainer", "solo")))
    assert [(v.subject, v.outcome) for v in found.verdicts] == [
        ("trainer", WITHIN),
        ("solo", NOT_APPLICABLE),
        ("solo", UNKNOWN),
    ]


@pytest.mark.parametrize(
    "limits",
    [
        Limits(max_slowdown=2.0, sessions=("nobody",)),
        Limits(max_slowdown=2.0, devices=("nothing",)),
        Limits(max_step_of=(("nobody", Nanoseconds(1)),)),
    ],
)
def test_a_name_of_nothing_is_an_error_that_tells_what_there_is(limits: Limits) -> None:
    with pytest.raises(
        OptionError,
        match=r"^--(session|device|max-step): no (session|device) is called '(nobody|nothing)'; the nearest (is|are) \w",
    ):
        judge(shared(), limits)


def test_work_that_belongs_to_no_session_is_not_judged() -> None:
    report = shared()
    first, second = report.sessions
    rest = replace(first.session, id=SessionId("p#(unattributed)"), process=SessionId("p"), kind="in_process")
    report = replace(report, sessions=(second, replace(first, session=rest)))
    assert [v.subject for v in judge(report, Limits(max_slowdown=9.0)).verdicts] == ["evaluator"]


@pytest.mark.parametrize("make", [shared, alone])
def test_judging_twice_gives_the_same(make: Callable[[], Report]) -> None:
    limits = Limits(
        max_slowdown=1.2, max_contended=0.1, min_headroom_share=0.1, fail_on=Severity.WARNING, no_problems=True
    )
    assert judge(make(), limits) == judge(make(), limits)


def test_a_least_figure_is_over_below_its_limit() -> None:
    verdict = Verdict(gauge=Gauge.MIN_HEADROOM, outcome=UNKNOWN, figure=5.0, low=3.0, high=7.0, bound=6.0)
    assert judged(verdict, confident=False).outcome is OVER
    assert judged(verdict, confident=False).excess == 1.0
    assert judged(verdict, confident=True).outcome is WITHIN
    assert judged(replace(verdict, bound=8.0), confident=True).outcome is OVER
    assert verdict.straddles
