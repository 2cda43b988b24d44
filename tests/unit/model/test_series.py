import numpy as np
import pytest

from tb_contention.model.series import LEAST, median_interval
from tb_contention.units import I64


def series(*values: int) -> I64:
    return np.array(values, np.int64)


def test_too_few_values_tell_no_interval() -> None:
    assert median_interval(series(*range(LEAST - 1))) is None
    assert median_interval(series(*range(LEAST))) == (0.0, 4.0)


def test_the_interval_of_equal_values_is_that_value() -> None:
    assert median_interval(np.full(50, 7, np.int64)) == (7.0, 7.0)


@pytest.mark.parametrize("number", [5, 9, 30, 200, 3000])
def test_the_interval_holds_the_median_of_where_the_values_come_from(number: int) -> None:
    rng = np.random.default_rng(number)
    held = 0
    for _ in range(300):
        found = median_interval(np.round(rng.exponential(1e6, number)).astype(np.int64))
        assert found is not None
        held += found[0] <= 1e6 * np.log(2) <= found[1]
    assert held >= 0.88 * 300


def test_values_that_come_in_runs_say_less() -> None:
    rng = np.random.default_rng(3)
    apart = rng.integers(0, 1_000_000, 400)
    runs = np.repeat(rng.integers(0, 1_000_000, 40), 10)
    free, tied = median_interval(apart), median_interval(runs)
    assert free is not None
    assert tied is not None
    assert tied[1] - tied[0] > 2 * (free[1] - free[0])


def test_the_median_itself_is_inside_a_thinned_interval() -> None:
    values = np.zeros(2001, np.int64)
    values[1::2] = 1
    found = median_interval(values)
    assert found is not None
    assert found[0] <= np.median(values) <= found[1]
