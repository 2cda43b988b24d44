"""Predictions hold against what the simulator then really does: the same work shifted, queued, moved, or shared another way."""

import numpy as np
import pytest
from ground_truth.measure import TABLES
from ground_truth.measure_whatif import Row, measure_all, table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found = measure_all()
    TABLES.append(table(found))
    return found


def of(rows: list[Row], schedule: str, figure: str) -> list[Row]:
    picked = [row for row in rows if row.schedule.startswith(schedule) and row.figure == figure]
    assert len([row for row in picked if row.found is not None]) >= 10
    return picked


def errors(rows: list[Row]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.abs([row.error for row in rows if row.error is not None])


def test_the_control_returns_what_happened(rows: list[Row]) -> None:
    for figure in ("slowdown", "makespan", "step"):
        picked = errors(of(rows, "as_recorded", figure))
        assert np.median(picked) <= 0.01
        assert picked.mean() <= 0.03


@pytest.mark.parametrize("schedule", ["shifted", "one_after_another", "time_slicing", "moved", "mps", "sm_cap"])
@pytest.mark.parametrize("figure", ["slowdown", "makespan"])
def test_predictions_are_within_five_percent_on_average(rows: list[Row], schedule: str, figure: str) -> None:
    picked = errors(of(rows, schedule, figure))
    assert np.median(picked) <= 0.03
    assert picked.mean() <= 0.05


@pytest.mark.parametrize("schedule", ["shifted", "time_slicing", "moved", "mps", "sm_cap"])
def test_predicted_steps_are_within_five_percent_on_average(rows: list[Row], schedule: str) -> None:
    assert errors(of(rows, schedule, "step")).mean() <= 0.05


@pytest.mark.parametrize("schedule", ["shifted", "one_after_another", "time_slicing", "moved", "mps", "sm_cap"])
@pytest.mark.parametrize("figure", ["slowdown", "makespan"])
def test_intervals_hold_the_truth_nine_times_in_ten(rows: list[Row], schedule: str, figure: str) -> None:
    ranged = [row for row in of(rows, schedule, figure) if row.found is not None]
    assert np.mean([row.contained for row in ranged]) >= 0.9


@pytest.mark.parametrize("schedule", ["mps", "sm_cap", "time_slicing"])
@pytest.mark.parametrize("figure", ["slowdown", "step", "makespan"])
def test_estimates_of_other_ways_to_share_are_at_most_a_fifth_wide(rows: list[Row], schedule: str, figure: str) -> None:
    found = [row.found for row in of(rows, schedule, figure)]

    assert all(b.high - b.low <= 0.201 * b.estimate for b in found if b is not None and b.estimate is not None)


def test_what_is_not_told_has_a_reason(rows: list[Row]) -> None:
    assert [row for row in rows if row.found is None and not row.unknown] == []
