"""Predictions hold against what the simulator then really does: the same work shifted, queued, moved, shared another way, or several."""

from collections.abc import Callable

import numpy as np
import pytest
from ground_truth.measure import TABLES
from ground_truth.measure_whatif import Row, cases, measure_all, table

pytestmark = pytest.mark.slow

Pick = Callable[[str, str], list[Row]]
#: Seeds of every way of sharing that are played in each run.
SOME = range(2, 3)
#: Few scenarios give an estimate of these, so they are judged in full runs only.
MPS, SM_CAP, *SEVERAL = (
    pytest.param(schedule, marks=pytest.mark.full)
    for schedule in (
        "mps", "sm_cap", "two caps", "partition", "caps and a shift", "priority under MPS", "one leaves, one is shifted",
        "one leaves, others under MPS", "to a GPU with a session",
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def rows(full: bool) -> list[Row]:
    found = measure_all(cases(range(5) if full else SOME))
    TABLES.append(table(found))
    return found


@pytest.fixture(scope="module")
def of(rows: list[Row]) -> Pick:
    """Return how to pick the rows of a schedule and a figure, of which there are enough to judge."""

    def pick(schedule: str, figure: str) -> list[Row]:
        picked = [row for row in rows if row.schedule.startswith(schedule) and row.figure == figure]
        assert len([row for row in picked if row.found is not None]) >= 5
        return picked

    return pick


def errors(rows: list[Row]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.abs([row.error for row in rows if row.error is not None])


def test_the_control_returns_what_happened(of: Pick) -> None:
    for figure in ("slowdown", "makespan", "step"):
        picked = errors(of("as_recorded", figure))
        assert np.median(picked) <= 0.01
        assert picked.mean() <= 0.03


@pytest.mark.parametrize(
    "schedule", ["shifted", "one_after_another", "time_slicing", "moved", "two shifts", MPS, SM_CAP]
)
@pytest.mark.parametrize("figure", ["slowdown", "makespan"])
def test_predictions_are_within_five_percent_on_average(of: Pick, schedule: str, figure: str) -> None:
    picked = errors(of(schedule, figure))
    assert np.median(picked) <= 0.03
    assert picked.mean() <= 0.05


@pytest.mark.parametrize("schedule", ["shifted", "time_slicing", "moved", MPS, SM_CAP])
def test_predicted_steps_are_within_five_percent_on_average(of: Pick, schedule: str) -> None:
    assert errors(of(schedule, "step")).mean() <= 0.05


@pytest.mark.parametrize(
    "schedule", ["shifted", "one_after_another", "time_slicing", "moved", "two shifts", MPS, SM_CAP, *SEVERAL]
)
@pytest.mark.parametrize("figure", ["slowdown", "makespan"])
def test_intervals_hold_the_truth_nine_times_in_ten(of: Pick, schedule: str, figure: str) -> None:
    ranged = [row for row in of(schedule, figure) if row.found is not None]
    assert np.mean([row.contained for row in ranged]) >= 0.9


@pytest.mark.parametrize("schedule", [MPS, SM_CAP, "time_slicing"])
@pytest.mark.parametrize("figure", ["slowdown", "step", "makespan"])
def test_estimates_of_other_ways_to_share_are_at_most_a_fifth_wide(of: Pick, schedule: str, figure: str) -> None:
    found = [row.found for row in of(schedule, figure)]

    assert all(b.high - b.low <= 0.201 * b.estimate for b in found if b is not None and b.estimate is not None)


def test_what_is_not_told_has_a_reason(rows: list[Row]) -> None:
    assert [row for row in rows if row.found is None and not row.unknown] == []
