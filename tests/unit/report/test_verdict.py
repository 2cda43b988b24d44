from dataclasses import replace

import pytest
from golden.reports import loss_of, ns, report_of, shared, with_losses
from lanes import session_of

from tb_contention.model.contention import UNTRACED, Blame, Evidence, Mechanism, SessionLoss, Slowdown
from tb_contention.model.report import Report
from tb_contention.report.slowdown import EVIDENCE, Answer, answer_of, brief
from tb_contention.report.verdict import verdict
from tb_contention.units import SessionId

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
    assert answer.headline == (
        "trainer runs 1.45× slower (1.41 to 1.52) because of evaluator; host0/GPU:0 is shared in time slices of about 2.30 µs"
    )
    assert "trainer: 1.45× (1.41 to 1.52), estimated from its own kernels that ran undisturbed" in answer.meaning
    assert "a step takes 8.00 µs instead of 5.50 µs" in answer.meaning
    assert "evaluator: 1.03× (0.98 to 1.12), estimated from what the sharing mechanism" in answer.meaning
    assert "Work of two or more at once: 6.00 µs of 20.0 µs" in answer.meaning
    assert "1 of 2 sessions simulated" in answer.trust
    assert any("same GPU assumed" in said for said in answer.trust)
    assert any("90 % of the contended kernel time of trainer" in said for said in answer.trust)


@pytest.mark.parametrize("evidence", [A, B, C])
def test_a_known_slowdown_names_its_interval_and_its_evidence(evidence: Evidence) -> None:
    answer = verdict(pair(evidence, (1.49, 1.46, 1.52)))
    assert answer.headline.startswith("trainer runs 1.49× slower (1.46 to 1.52) because of evaluator; ")
    assert f"trainer: 1.49× (1.46 to 1.52), {EVIDENCE[evidence]}." in answer.meaning


def test_bounds_are_no_contention_and_say_what_would_settle_it() -> None:
    answer = verdict(pair(D, (None, 1.0, 2.7)))
    assert answer.headline == (
        "trainer may be slowed by evaluator, by an unknown amount: between 1.00× and 2.70×; "
        "a capture of trainer alone would settle it"
    )
    assert "trainer: between 1.00× and 2.70×, bounds only. The kernels of trainer/host0 never ran" in answer.meaning


def test_bounds_above_one_are_contention_of_an_unknown_amount() -> None:
    headline = verdict(pair(D, (None, 1.2, 2.7))).headline
    assert headline.startswith("trainer is slowed by an unknown amount because of evaluator: between 1.20× and 2.70×")
    assert "at least 1.20×" in verdict(pair(D, (None, 1.2, None))).headline


def test_an_estimate_in_class_d_is_not_printed() -> None:
    answer = verdict(pair(D, (1.77, 1.0, 2.7)))
    assert "1.77" not in answer.headline + answer.meaning


@pytest.mark.parametrize("numbers", [(1.2, 0.97, 1.4), (1.04, 1.01, 1.07), (1.2, 1.004, 1.4)])
def test_little_or_an_interval_with_one_in_it_is_not_called_contention(numbers: Numbers) -> None:
    headline = verdict(pair(B, numbers)).headline
    assert headline.startswith("trainer is not shown to run slower on host0/GPU:0: ")
    assert f"({numbers[1]:.2f} to {numbers[2]:.2f})" in headline


def test_sessions_that_lose_nothing_are_told_so() -> None:
    answer = verdict(pair(A, (1.0, 0.98, 1.02)))
    assert answer.headline == "trainer and evaluator overlap in time on host0/GPU:0 and lose nothing to each other"
    assert "trainer: 1.00× (0.98 to 1.02), measured against a capture of the session alone." in answer.meaning


def test_without_any_number_only_the_overlap_is_told() -> None:
    answer = verdict(pair(D, NOTHING, NOTHING))
    assert answer.headline.startswith("trainer and evaluator share host0/GPU:0: both had work on it at once for 17 %")
    assert "cannot be told from these captures" in answer.meaning


def test_the_worst_victim_comes_first_and_each_names_its_culprit() -> None:
    report = pair(B, (1.2, 1.1, 1.3), (1.8, 1.7, 1.9))
    blame = Blame(victim=SessionId("trainer/host0"), culprit=UNTRACED, lost=ns(5))
    device = replace(report.devices[0], cost=replace(report.devices[0].cost, blame=(blame,)))
    headline = verdict(replace(report, devices=(device,))).headline
    assert headline == (
        "evaluator runs 1.80× slower (1.70 to 1.90) because of trainer, "
        "and trainer runs 1.20× slower (1.10 to 1.30) because of work that no trace shows; host0/GPU:0 is shared in time slices"
    )


@pytest.mark.parametrize(
    ("mechanism", "words"),
    [
        (Mechanism.CONCURRENT, "kernels run side by side on host0/GPU:0"),
        (Mechanism.SINGLE_STREAM, "kernels queue behind each other on host0/GPU:0"),
        (Mechanism.UNKNOWN, "how host0/GPU:0 is shared is not known"),
    ],
)
def test_the_mechanism_ends_the_headline(mechanism: Mechanism, words: str) -> None:
    losses = [loss_of(f"{name}/host0", A, (1.5, 1.4, 1.6)) for name in ("trainer", "evaluator")]
    assert verdict(two(*losses, mechanism=mechanism)).headline.endswith(f"; {words}")


def test_on_a_processor_bounds_are_not_called_contention() -> None:
    report = pair(D, (None, 1.0, 2.7), (None, 1.0, 2.7))
    group = report.devices[0].group
    host = replace(group, device=replace(group.device, device=replace(group.device.device, is_host=True)))
    answer = verdict(replace(report, devices=(replace(report.devices[0], group=host),)))
    assert "share the processor of host0: both had work on it at once" in answer.headline
    assert "no proof of contention" in answer.meaning


def test_a_number_without_its_interval_is_never_written() -> None:
    half = Slowdown(estimate=1.5, low=1.2, high=None, evidence=B)
    assert (answer_of(half), brief(half)) == (Answer.SLOWER, "at least 1.20×")
