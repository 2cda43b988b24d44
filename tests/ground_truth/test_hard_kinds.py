"""The analysis against every kind of hard physics: what holds now, from bytes to report, so that it can only become better."""

import numpy as np
import pytest
from ground_truth.hard import HardRow, cases, measure_all, table
from ground_truth.measure import TABLES

from tb_contention.simulate import HARD_KINDS

pytestmark = pytest.mark.slow

#: What is reached; lower is better.
MISSES, BOUNDS_THAT_MISS, WRONG, FALSE_ROWS = 24, 6, 0, 24
MEAN_ERROR, BLAME_ERROR = 0.03, 0.10


@pytest.fixture(scope="module")
def rows() -> list[HardRow]:
    found = measure_all(cases(seeds=3))
    TABLES.append(table(found))
    return found


def test_every_kind_is_judged(rows: list[HardRow]) -> None:
    assert {row.case.kind for row in rows} == set(HARD_KINDS)
    assert {row.evidence for row in rows} == {"A", "B", "C", "D"}


def test_hardly_an_interval_misses_the_truth(rows: list[HardRow]) -> None:
    assert len([row for row in rows if row.evidence != "D" and row.misses]) <= MISSES


def test_hardly_a_bound_is_wrong(rows: list[HardRow]) -> None:
    assert len([row for row in rows if row.evidence == "D" and row.misses]) <= BOUNDS_THAT_MISS


def test_estimates_are_near_the_truth(rows: list[HardRow]) -> None:
    assert np.mean(np.abs([row.error for row in rows if row.error is not None])) <= MEAN_ERROR


def test_the_mechanism_is_right_or_unknown(rows: list[HardRow]) -> None:
    assert len([row for row in rows if row.mechanism_is == "wrong"]) <= WRONG


def test_blame_is_what_leaving_one_out_gives(rows: list[HardRow]) -> None:
    errors = [row.blame_error for row in rows if row.blame_error is not None and "untraced" not in row.case.kind]
    assert len(errors) > 20
    assert max(errors) <= BLAME_ERROR


def test_hardly_a_finding_is_false(rows: list[HardRow]) -> None:
    assert len([row for row in rows if row.false]) <= FALSE_ROWS
