import numpy as np
import pytest

from tb_contention.compare.ranks import LEAST, factor
from tb_contention.model.series import likeness
from tb_contention.units import I64


def ns(*values: float) -> I64:
    return np.array(values, np.int64)


def test_the_factor_is_the_median_of_all_ratios() -> None:
    # Ratios of 5 equal periods to 5 equal ones are all 3, whatever is left out.
    found = factor(ns(10, 10, 10, 10, 10), ns(30, 30, 30, 30, 30))
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((3.0, 3.0, 3.0))


def test_five_against_five_leave_out_four_ratios_at_either_end() -> None:
    # The rank sum table at 5 % one-sided for 5 and 5 is 4: from the 5th of 25 sorted ratios to the 5th from above.
    before, after = ns(1020, 1000, 1040, 1010, 1030), ns(2040, 2000, 2080, 2020, 2060)
    ratios = np.sort((after[:, None] / before[None, :]).ravel())
    found = factor(before, after)
    assert found is not None
    assert (found.low, found.value, found.high) == pytest.approx((ratios[4], ratios[12], ratios[20]))


@pytest.mark.parametrize("before", [ns(), ns(1, 2, 3, 4), ns(0, 0, 1, 2, 3, 4)])
def test_fewer_than_five_positive_durations_give_nothing(before: I64) -> None:
    assert LEAST == 5
    assert factor(before, ns(1, 2, 3, 4, 5)) is None
    assert factor(ns(1, 2, 3, 4, 5), before) is None


def test_swapping_the_sides_inverts_the_factor() -> None:
    rng = np.random.default_rng(1)
    before, after = (rng.integers(1000, 3000, n) for n in (17, 40))
    one, two = factor(before, after), factor(after, before)
    assert one is not None
    assert two is not None
    assert (1 / two.high, 1 / two.low, 1 / two.value) == pytest.approx((one.low, one.high, one.value))


def test_equal_series_hold_1() -> None:
    rng = np.random.default_rng(2)
    periods = rng.integers(1000, 3000, 30)
    found = factor(periods, periods)
    assert found is not None
    assert found.low <= 1 <= found.high


def test_a_few_very_long_steps_do_not_move_it() -> None:
    before = np.arange(1000, 1030)
    after = before.copy()
    after[[3, 20]] = 50_000
    found = factor(before, after)
    assert found is not None
    assert 0.98 < found.low < 1 < found.high < 1.02


def test_long_series_are_thinned_and_stay_quick() -> None:
    rng = np.random.default_rng(3)
    found = factor(rng.integers(1000, 1100, 200_000), rng.integers(2000, 2200, 200_000))
    assert found is not None
    assert found.value == pytest.approx(2.0, rel=0.01)


def test_neighbours_that_are_alike_count_for_less() -> None:
    rng = np.random.default_rng(4)
    assert likeness(rng.normal(size=400)) < 2
    runs = np.repeat(rng.normal(size=40), 10)
    assert 5 < likeness(runs) < 20
    assert likeness(np.ones(10)) == 1


def _false_claims(draw: np.random.Generator, kind: str, n: int, m: int) -> bool:
    if kind == "independent":
        one, two = draw.lognormal(0, 0.2, n), draw.lognormal(0, 0.2, m)
    elif kind == "bursts":  # a co-runner comes and goes every 8 steps
        one, two = (
            np.where(((np.arange(k) + draw.integers(0, 16)) // 8) % 2 == 0, 1.0, 1.6) * draw.lognormal(0, 0.03, k)
            for k in (n, m)
        )
    else:  # equal in the median, one of them far more scattered
        one, two = draw.lognormal(0, 0.01, n), draw.lognormal(0, 0.4, m)
    found = factor((one * 1e6).astype(np.int64), (two * 1e6).astype(np.int64))
    assert found is not None
    return not found.low <= 1 <= found.high


@pytest.mark.parametrize(("n", "m"), [(5, 5), (8, 30), (40, 40)])
@pytest.mark.parametrize("kind", ["independent", "scattered"])
def test_at_most_one_in_ten_intervals_misses_the_truth(kind: str, n: int, m: int) -> None:
    rng = np.random.default_rng(5)
    wrong = sum(_false_claims(rng, kind, n, m) for _ in range(400))
    assert wrong / 400 < 0.13


def test_bursts_of_a_co_runner_make_few_false_claims() -> None:
    rng = np.random.default_rng(6)
    wrong = sum(_false_claims(rng, "bursts", 40, 40) for _ in range(200))
    assert wrong / 200 < 0.13
