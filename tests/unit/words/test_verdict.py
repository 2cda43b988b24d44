from dataclasses import replace
from pathlib import Path

import pytest
from golden.reports import loss_of, ns, report_of, shared, with_losses
from lanes import session_of

from tb_contention import analyse
from tb_contention.model.alignment import ClockSource
from tb_contention.model.contention import UNTRACED, Blame, Confidence, Cost, Evidence, Mechanism, SessionLoss, Slowdown
from tb_contention.model.faults import Faults
from tb_contention.model.report import Report
from tb_contention.simulate import hard_scenario, write_hard
from tb_contention.units import Nanoseconds, SessionId
from tb_contention.words.answers import Answer, answer_of, basis, brief, class_words, is_contended
from tb_contention.words.listing import known_answer
from tb_contention.words.mechanism import mechanism_brief
from tb_contention.words.numbers import duration
from tb_contention.words.verdict import verdict

A, B, C, D = Evidence.A, Evidence.B, Evidence.C, Evidence.D
Numbers = tuple[float | None, float | None, float | None]
NOTHING: Numbers = (None, None, None)


def two(*losses: SessionLoss, mechanism: Mechanism = Mechanism.TIME_SLICING) -> Report:
    drawn = report_of([session_of("trainer", "AAAA....BBBB"), session_of("evaluator", "..CCCC......")])
    return with_losses(drawn, *losses, mechanism=mechanism)


def pair(evidence: Evidence, trainer: Numbers, evaluator: Numbers = (1.0, 0.99, 1.01)) -> Report:
    return two(loss_of("trainer/host0", evidence, trainer), loss_of("evaluator/host0", B, evaluator))


def test_the_verdict_says_who_how_much_by_whom_and_by_which_mechanism() -> None:
    answer = verdict(shared())
    assert answer.answer is Answer.YES
    assert answer.headline == (
        "trainer takes 1.45× as long (1.41 to 1.52) because of evaluator; "
        "GPU 0 on host0 is time-sliced in slices of about 2.30 µs"
    )
    assert "trainer: 1.45× (1.41 to 1.52), estimated from its own undisturbed kernels" in answer.meaning
    assert "a step takes 8.00 µs instead of 5.50 µs" in answer.meaning
    assert "evaluator: 1.03× (0.98 to 1.12), estimated from what the sharing mechanism" in answer.meaning
    assert "Both had work on it at once for 6.00 µs of 20.0 µs" in answer.meaning
    assert "1 of 2 sessions simulated" in answer.trust
    assert any("assumed to be the same GPU" in line for line in answer.trust)
    assert any("90 % of the contended kernel time of trainer" in line for line in answer.trust)
    assert [row.question for row in answer.answers] == [
        "Is it contention?", "Who?", "How much?", "How sure?", "By what mechanism?", "Does the memory fit?",
    ]  # fmt: skip


def test_an_answer_about_sessions_moved_by_hand_states_its_condition() -> None:
    report = shared()
    by = dict(zip([entry.session.id for entry in report.sessions], (-89_800_000, 2_000), strict=True))
    moved = tuple(
        replace(entry, session=replace(entry.session, clock=replace(entry.session.clock, shift=by[entry.session.id])))
        for entry in report.sessions
    )
    first, second = [entry.session.id.split("/")[0] for entry in report.sessions]
    said = f"holds only if {first} ran 89.8 ms earlier and {second} ran 2.00 µs later than the clocks say"
    assert said in verdict(replace(report, sessions=moved)).trust
    assert not any("holds only" in line for line in verdict(report).trust)


@pytest.mark.parametrize("evidence", [A, B, C])
def test_a_known_slowdown_names_its_interval_and_its_evidence(evidence: Evidence) -> None:
    answer = verdict(pair(evidence, (1.49, 1.46, 1.52)))
    assert answer.headline.startswith("trainer takes 1.49× as long (1.46 to 1.52) because of evaluator; ")
    assert f"trainer: 1.49× (1.46 to 1.52), {class_words(evidence)[0]}." in answer.meaning


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((1.004, 0.99, 1.02), Answer.NO),
        ((1.03, 1.02, 1.04), Answer.NO),
        ((1.04, 1.02, 1.10), Answer.UNDECIDED),
        ((1.20, 1.05, 1.40), Answer.UNDECIDED),
        ((1.20, 1.06, 1.40), Answer.YES),
        ((1.30, None, 1.40), Answer.UNDECIDED),
        ((None, None, 1.04), Answer.NO),
        ((None, 1.20, None), Answer.YES),
        ((None, 1.00, None), Answer.UNDECIDED),
        (NOTHING, Answer.UNKNOWN),
    ],
)
def test_a_session_is_slower_when_its_whole_interval_lies_above_the_threshold(
    numbers: Numbers, expected: Answer
) -> None:
    estimate, low, high = numbers
    assert answer_of(Slowdown(estimate=estimate, low=low, high=high, evidence=B)) is expected


def test_the_interval_is_judged_as_it_is_printed() -> None:
    assert answer_of(Slowdown(estimate=1.04, low=1.03, high=1.0496, evidence=A)) is Answer.UNDECIDED
    assert answer_of(Slowdown(estimate=1.09, low=1.0504, high=1.2, evidence=A)) is Answer.UNDECIDED


def test_bounds_are_no_contention_and_say_what_would_settle_it() -> None:
    answer = verdict(pair(D, (None, 1.0, 2.7)))
    assert answer.answer is Answer.UNDECIDED
    assert answer.headline == (
        "trainer may be slowed by evaluator on GPU 0 on host0: slowdown 1.00× to 2.70×; "
        "a capture of trainer alone would settle it"
    )
    assert "trainer: 1.00× to 2.70×, bounded, not estimated. The kernels of trainer/host0 never ran" in answer.meaning


def test_bounds_above_the_threshold_are_contention_of_an_unknown_amount() -> None:
    headline = verdict(pair(D, (None, 1.2, 2.7))).headline
    assert headline.startswith("trainer takes 1.20× to 2.70× as long because of evaluator")
    assert "takes at least 1.20× as long" in verdict(pair(D, (None, 1.2, None))).headline


def test_an_estimate_in_class_d_is_not_printed() -> None:
    answer = verdict(pair(D, (1.77, 1.0, 2.7)))
    assert "1.77" not in answer.headline + answer.meaning + str(answer.answers)


@pytest.mark.parametrize("numbers", [(1.2, 0.97, 1.4), (1.04, 1.01, 1.07), (1.2, 1.004, 1.4)])
def test_an_interval_that_crosses_the_threshold_is_undecided(numbers: Numbers) -> None:
    headline = verdict(pair(B, numbers)).headline
    assert headline.startswith("Whether trainer is slowed on GPU 0 on host0 is undecided: slowdown ")
    assert f"({numbers[1]:.2f} to {numbers[2]:.2f})" in headline


def test_sessions_that_overlap_without_a_loss_are_named_with_their_intervals() -> None:
    answer = verdict(pair(A, (1.0, 0.98, 1.02)))
    assert answer.answer is Answer.NO
    assert answer.headline == (
        "trainer and evaluator overlap on GPU 0 on host0 without noticeable slowdown: "
        "trainer 1.00× (0.98 to 1.02) and evaluator 1.00× (0.99 to 1.01)"
    )
    assert "trainer: 1.00× (0.98 to 1.02), measured against a capture of the session alone." in answer.meaning


def test_without_any_number_only_the_overlap_is_stated() -> None:
    answer = verdict(pair(D, NOTHING, NOTHING))
    assert answer.answer is Answer.UNKNOWN
    assert answer.headline.startswith(
        "trainer and evaluator share GPU 0 on host0: both had work on it at once for 17 %"
    )
    assert "could not be determined" in answer.meaning
    assert answer.answers[0].answer.startswith("Unknown: both sessions had work at once for 17 %")


def test_a_cost_that_is_being_measured_is_not_called_unknown() -> None:
    report = pair(D, NOTHING, NOTHING)
    device = report.devices[0]
    measuring = replace(device, cost=Cost.not_measured(device.sessions))
    answer = verdict(replace(report, devices=(measuring,)))
    assert answer.headline.endswith("; being measured")
    assert answer.answers[0].answer.startswith("Being measured: ")


def test_the_worst_victim_comes_first_and_each_names_its_culprit() -> None:
    report = pair(B, (1.2, 1.1, 1.3), (1.8, 1.7, 1.9))
    blame = Blame(victim=SessionId("trainer/host0"), culprit=UNTRACED, lost=ns(5))
    device = replace(report.devices[0], cost=replace(report.devices[0].cost, blame=(blame,)))
    headline = verdict(replace(report, devices=(device,))).headline
    assert headline == (
        "evaluator takes 1.80× as long (1.70 to 1.90) because of trainer, "
        "and trainer takes 1.20× as long (1.10 to 1.30) because of untraced work; GPU 0 on host0 is time-sliced"
    )


@pytest.mark.parametrize(
    ("mechanism", "words"),
    [
        (Mechanism.CONCURRENT, "kernels run side by side on GPU 0 on host0"),
        (Mechanism.SINGLE_STREAM, "kernels queue behind each other on GPU 0 on host0"),
        (Mechanism.UNKNOWN, "how GPU 0 on host0 is shared is unknown"),
    ],
)
def test_the_mechanism_ends_the_headline(mechanism: Mechanism, words: str) -> None:
    losses = [loss_of(f"{name}/host0", A, (1.5, 1.4, 1.6)) for name in ("trainer", "evaluator")]
    assert verdict(two(*losses, mechanism=mechanism)).headline.endswith(f"; {words}")


@pytest.mark.parametrize(
    ("mechanism", "words", "brief"),
    [
        (Mechanism.TIME_SLICING, "GPU 0 on host0 is probably time-sliced", "time slicing (likely)"),
        (Mechanism.CONCURRENT, "kernels probably run side by side on GPU 0 on host0", "concurrent kernels (likely)"),
        (Mechanism.UNKNOWN, "how GPU 0 on host0 is shared is unknown", "unknown"),
    ],
)
def test_a_mechanism_that_is_only_likely_is_worded_as_such(mechanism: Mechanism, words: str, brief: str) -> None:
    losses = [loss_of(f"{name}/host0", A, (1.5, 1.4, 1.6)) for name in ("trainer", "evaluator")]
    report = two(*losses, mechanism=mechanism)
    device = report.devices[0]
    cost = replace(device.cost, confidence=Confidence.LIKELY)
    assert verdict(replace(report, devices=(replace(device, cost=cost),))).headline.endswith(f"; {words}")
    assert mechanism_brief(cost) == brief


def test_on_a_processor_bounds_are_not_called_contention() -> None:
    report = pair(D, (None, 1.0, 2.7), (None, 1.0, 2.7))
    group = report.devices[0].group
    host = replace(group, device=replace(group.device, device=replace(group.device.device, is_host=True)))
    answer = verdict(replace(report, devices=(replace(report.devices[0], group=host),)))
    assert "share the processor of host0: both had work on it at once" in answer.headline
    assert "no proof of contention" in answer.meaning
    (only,) = answer.answers
    assert only.question == "Is it contention?"
    assert only.answer.startswith("Unknown: sessions had work at once for ")


def test_sessions_of_one_queue_are_not_said_to_have_had_no_work_at_once() -> None:
    slow = (1.49, 1.46, 1.52)
    report = two(
        loss_of("trainer/host0", A, slow), loss_of("evaluator/host0", A, slow), mechanism=Mechanism.SINGLE_STREAM
    )
    device = report.devices[0]
    apart = replace(device.overlap, time=replace(device.overlap.time, contended=Nanoseconds(0)))
    (first, *_) = verdict(replace(report, devices=(replace(device, overlap=apart),))).answers
    assert first.answer == "Yes: 2 of 2 sessions are measurably slower; work of one waits while that of another runs."


@pytest.mark.injects
def test_a_part_that_failed_takes_certainty_off_the_figures_that_rest_on_it() -> None:
    whole = two(loss_of("trainer/host0", A, (1.49, 1.46, 1.52)), loss_of("evaluator/host0", A, (1.49, 1.46, 1.52)))
    faults = Faults(logdir="logs")
    faults.attempt("The advice", lambda: 1 // 0, lambda _: 0)

    def sure(report: Report) -> str:
        return next(row.answer for row in verdict(report).answers if row.question == "How sure?")

    assert sure(replace(whole, problems=tuple(faults.problems))) == sure(whole)
    faults.attempt("The check of the clocks", lambda: 1 // 0, lambda _: 0, unsure=True)
    assert sure(replace(whole, problems=tuple(faults.problems))) == (
        f"{sure(whole)} A part of the analysis failed, so it is less sure than that."
    )


def test_a_number_without_its_interval_is_never_written() -> None:
    half = Slowdown(estimate=1.5, low=1.2, high=None, evidence=B)
    assert (answer_of(half), brief(half)) == (Answer.YES, "at least 1.20×")


def test_context_switches_count_as_a_measurement() -> None:
    measured = Slowdown(estimate=1.5, low=1.4, high=1.6, evidence=B, measured=True)
    assert basis(measured) == "measured by the GPU's recorded context switches"


def test_a_device_is_contended_when_any_session_is_slower_and_free_only_when_none_is() -> None:
    assert is_contended(pair(A, (1.3, 1.2, 1.4)).devices[0]) is Answer.YES
    assert is_contended(pair(A, (1.3, 1.0, 1.4)).devices[0]) is Answer.UNDECIDED
    assert is_contended(pair(D, NOTHING, (1.0, 0.99, 1.01)).devices[0]) is Answer.UNKNOWN
    assert is_contended(pair(A, (1.0, 0.99, 1.01)).devices[0]) is Answer.NO


def test_a_division_by_nothing_is_no_evidence() -> None:
    answer = verdict(pair(C, (1.5, 1.3, float("inf"))))
    assert answer.headline.startswith("trainer takes at least 1.30× as long because of evaluator; ")
    assert answer_of(Slowdown(estimate=float("nan"), low=float("nan"), high=float("inf"), evidence=C)) is Answer.UNKNOWN


def test_a_session_that_was_captured_alone_can_be_slower_than_its_baseline() -> None:
    drawn = report_of([session_of("trainer", "AAAA....BBBB")])
    slower, equal, unsure = (
        verdict(with_losses(drawn, loss_of("trainer/host0", A, numbers), mechanism=Mechanism.UNKNOWN))
        for numbers in ((1.4, 1.31, 1.49), (1.0, 0.99, 1.01), (1.1, 1.0, 1.2))
    )
    assert slower.headline.startswith("trainer takes 1.40× as long (1.31 to 1.49) because of untraced work")
    assert "Nothing else was captured on it in these 12.0 µs. trainer: 1.40× (1.31 to 1.49), measured" in slower.meaning
    assert slower.answers[0].answer == "Yes: the session is measurably slower; no other session was captured on it."
    assert "without noticeable slowdown: trainer 1.00× (0.99 to 1.01)" in equal.headline
    assert unsure.headline == "Whether trainer is slowed on GPU 0 on host0 is undecided: slowdown 1.10× (1.00 to 1.20)"
    assert [slower.answer, equal.answer, unsure.answer] == [Answer.YES, Answer.NO, Answer.UNDECIDED]


def test_captures_without_clocks_have_none_in_common() -> None:
    report = shared()
    unknown = replace(report.sessions[0].session.clock, source=ClockSource.NONE)
    sessions = tuple(replace(s, session=replace(s.session, clock=unknown)) for s in report.sessions)
    assert any(line.startswith("no common clock, ") for line in verdict(replace(report, sessions=sessions)).trust)


def test_who_delays_requests_is_said_although_no_throughput_is_lost(tmp_path: Path) -> None:
    write_hard(hard_scenario(1, "server_mps"), tmp_path, seed=1, alone=False)
    report = analyse(tmp_path / "together", cache_dir=None)
    (server,) = (loss for loss in report.devices[0].cost.losses if loss.latency is not None)
    assert server.latency is not None
    assert server.latency.alone is not None
    later = server.latency.shared.mean.estimate - server.latency.alone.mean.estimate
    (who,) = (each.answer for each in verdict(report).answers if each.question == "Who?")
    assert f"alpha delays requests to beta ({duration(later)} each on average)" in who
    assert "alpha delays beta" not in who
    known = known_answer(report, report.devices)
    assert (known.label, known.estimate) == ("for requests to beta", server.latency.slowdown.estimate)


def test_how_sure_the_slowdowns_are_and_what_would_make_them_surer() -> None:
    def sure(report: Report) -> str:
        return next(row.answer for row in verdict(report).answers if row.question == "How sure?")

    slow = (1.49, 1.46, 1.52)
    both = two(loss_of("trainer/host0", A, slow), loss_of("evaluator/host0", A, slow))
    assert sure(both) == "High: measured against a capture of the session alone."
    assert sure(pair(B, slow)) == (
        "Good: estimated from its own undisturbed kernels. A capture of each session alone would measure it."
    )
    assert sure(pair(A, slow)) == (
        "High for trainer: measured against a capture of the session alone; good for evaluator: estimated from its own "
        "undisturbed kernels. A capture of evaluator alone would measure it."
    )
