import numpy as np
import pytest

from tb_contention.compare.judging import estimated, exact, neutral, sampled
from tb_contention.model.comparison import Interval, Judgement
from tb_contention.model.estimates import Estimate

BETTER, WORSE, SAME, UNCLEAR = Judgement.BETTER, Judgement.WORSE, Judgement.SAME, Judgement.UNCLEAR
MIRROR = {BETTER: WORSE, WORSE: BETTER, SAME: SAME, UNCLEAR: UNCLEAR}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1000, 1000, SAME),
        (1000, 1009, SAME),
        (1000, 1012, WORSE),
        (1012, 1000, BETTER),
        (0, 0, SAME),
        (0, 1, WORSE),
        (None, 5, UNCLEAR),
        (5, None, UNCLEAR),
    ],
)
def test_bytes_are_the_same_within_one_percent(before: int | None, after: int | None, expected: Judgement) -> None:
    assert exact(before, after).judgement is expected
    assert exact(after, before).judgement is MIRROR[expected]
    assert exact(before, after, less_is_better=False).judgement is MIRROR[expected]


def test_shares_are_the_same_within_one_percent_of_the_window() -> None:
    assert exact(0.001, 0.008, scale=1.0).judgement is SAME
    assert exact(0.001, 0.012, scale=1.0).judgement is WORSE


def test_what_is_not_exact_claims_nothing_and_says_why() -> None:
    found = exact(1, 2, doubt="events are missing")
    assert (found.judgement, found.why) == (UNCLEAR, "events are missing")
    assert exact(None, 2).why == "unknown before"
    assert exact(2, None).why == "unknown after"
    assert exact(None, None).why == "unknown on both sides"


def test_what_is_neither_good_nor_bad_is_never_judged() -> None:
    assert neutral(0.2, 0.205, scale=1.0).judgement is SAME
    found = neutral(0.2, 0.8, scale=1.0)
    assert found.judgement is UNCLEAR
    assert "neither better nor worse" in found.why


def estimate(value: float | None, low: float, high: float) -> Estimate:
    return Estimate(value=value, interval=Interval(low=low, high=high))


@pytest.mark.parametrize(
    ("before", "after", "expected", "why"),
    [
        ((1.50, 1.45, 1.55), (1.20, 1.15, 1.25), BETTER, ""),
        ((1.50, 1.45, 1.55), (1.56, 1.54, 1.60), UNCLEAR, "overlap"),
        ((1.50, 1.45, 1.55), (1.60, 1.55, 1.70), UNCLEAR, "overlap"),
        ((1.50, 1.50, 1.50), (1.51, 1.51, 1.51), SAME, ""),
        ((1.000, 0.98, 1.004), (1.015, 1.005, 1.04), UNCLEAR, "less than 2 %"),
        ((1.0, 0.995, 1.005), (1.0, 0.995, 1.005), SAME, ""),
        ((1.5, 1.3, 1.7), (1.5, 1.3, 1.7), UNCLEAR, "overlap"),
        ((None, 1.0, 1.2), (2.0, 1.9, 2.1), UNCLEAR, "bounds"),
    ],
)
def test_estimates_need_intervals_that_do_not_overlap(
    before: tuple[float | None, float, float],
    after: tuple[float | None, float, float],
    expected: Judgement,
    why: str,
) -> None:
    found = estimated(estimate(*before), estimate(*after))
    assert found.judgement is expected
    assert why in found.why
    assert estimated(estimate(*after), estimate(*before)).judgement is MIRROR[expected]


def test_an_estimate_without_a_value_keeps_what_is_known_of_the_other() -> None:
    found = estimated(Estimate(), estimate(1.5, 1.4, 1.6))
    assert (found.before, found.after, found.difference, found.ratio) == (None, 1.5, None, None)
    assert (found.judgement, found.why) == (UNCLEAR, "unknown before")
    assert found.after_interval == Interval(low=1.4, high=1.6)


def test_steps_of_twice_the_length_are_worse() -> None:
    before = np.arange(1000, 1020)
    found = sampled(before, 2 * before)
    assert found.judgement is WORSE
    assert found.ratio == 2.0
    assert found.difference == pytest.approx(1009.5)
    assert found.ratio_interval is not None
    assert found.ratio_interval.low < 2 < found.ratio_interval.high
    assert sampled(2 * before, before).judgement is BETTER


def test_equal_steps_are_the_same_where_they_hardly_scatter() -> None:
    narrow = np.arange(1000, 1020)
    assert sampled(narrow, narrow).judgement is SAME
    wide = np.linspace(1000, 3000, 20).astype(np.int64)
    found = sampled(wide, wide)
    assert (found.judgement, found.why) == (UNCLEAR, "the 90 % interval of the ratio includes 1")


def test_a_certain_change_below_two_percent_is_not_claimed() -> None:
    before = np.tile(np.arange(100_000, 100_020), 5)
    found = sampled(before, (before * 1.015).astype(np.int64))
    assert found.judgement is SAME
    wider = sampled(before, (before * 1.019 + np.tile([-300, 300], 50)).astype(np.int64))
    assert wider.judgement in (SAME, UNCLEAR)


def test_fewer_than_five_steps_claim_nothing() -> None:
    found = sampled(np.arange(1000, 1004), np.arange(9000, 9020))
    assert (found.judgement, found.why) == (UNCLEAR, "fewer than 5 whole step periods before")
    assert found.ratio == pytest.approx(9009.5 / 1001.5)
    assert sampled(None, np.arange(9000, 9020)).why == "unknown before"


def test_steps_that_got_shorter_while_their_mean_grew_claim_nothing() -> None:
    before = np.full(20, 1000) + np.arange(20)
    after = before - 200
    after[[4, 15]] = 90_000
    found = sampled(before, after)
    assert (found.judgement, found.why) == (UNCLEAR, "most steps changed in one direction and their mean in the other")


def test_the_same_median_is_not_the_same_with_another_mean() -> None:
    before = np.full(40, 1000) + np.arange(40) % 3
    after = before.copy()
    after[[4, 15]] = 90_000
    assert sampled(before, after).judgement is UNCLEAR
