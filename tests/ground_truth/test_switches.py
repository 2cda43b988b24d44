"""With recorded context switches, what is estimated without them is measured: never further from simulated truth, and no bounds only."""

import numpy as np
import pytest
from ground_truth.measure import TABLES
from ground_truth.measure_switches import Row, cases, measure_all, table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows(full: bool) -> list[Row]:
    found = measure_all(cases() if full else cases(2, 2))
    TABLES.append(table(found))
    return found


def test_every_session_has_an_estimate_where_switches_were_recorded(rows: list[Row]) -> None:
    without = [r for r in rows if not r.switches and r.evidence == "D"]

    assert without, "the scenarios hold none that is not identifiable without switches"
    assert [r for r in rows if r.switches and (r.estimate is None or r.evidence == "D")] == []


def test_measured_slowdowns_are_within_half_a_percent(rows: list[Row]) -> None:
    errors = [r.error for r in rows if r.switches]

    assert max(errors) < 0.005
    assert np.mean(errors) < 0.001


def test_measuring_is_never_further_from_the_truth_than_estimating_by_more_than_a_thousandth(rows: list[Row]) -> None:
    half = len(rows) // 2
    pairs = list(zip([r for r in rows if not r.switches], [r for r in rows if r.switches], strict=True))

    assert len(pairs) == half
    assert [p for p in pairs if p[0].estimate is not None and p[1].error > p[0].error + 0.001] == []


def test_measured_blame_is_within_half_a_percent_of_the_loss(rows: list[Row]) -> None:
    errors = [r.blame_error for r in rows if r.switches and r.blame_error is not None]

    assert max(errors) < 0.005


def test_intervals_hold_the_truth(rows: list[Row]) -> None:
    measured = [r for r in rows if r.switches]

    assert sum(r.low <= r.truth <= r.high for r in measured) >= 0.9 * len(measured)
    assert {r.mechanism for r in measured} == {"time_slicing"}
