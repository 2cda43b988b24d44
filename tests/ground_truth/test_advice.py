"""What is recommended holds against what the simulator then really does: it saves time, and nothing else offered saves much more."""

import numpy as np
import pytest
from ground_truth.measure import TABLES
from ground_truth.measure_advice import Verdict, cases, measure_all, table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def acts(full: bool) -> list[Verdict]:
    found = measure_all(cases(range(4) if full else range(1)))
    TABLES.append(table(found))
    picked = [verdict for verdict in found if verdict.chosen is not None]
    assert len(picked) > (40 if full else 6)
    assert len({verdict.case.mode for verdict in picked}) > (5 if full else 3)
    return picked


def test_what_is_recommended_as_certain_saves_time(acts: list[Verdict], full: bool) -> None:
    sure = [verdict for verdict in acts if verdict.certain]
    assert len(sure) > (15 if full else 3)
    assert [verdict for verdict in sure if verdict.truth >= 0] == []


def test_nothing_else_on_offer_saves_much_more(acts: list[Verdict]) -> None:
    assert np.mean([verdict.regret for verdict in acts]) <= 0.02
    assert max(verdict.regret for verdict in acts) <= 0.10


def test_what_it_brings_lies_in_the_range_that_is_said(acts: list[Verdict]) -> None:
    within = [verdict.low - 0.02 <= verdict.truth <= verdict.high + 0.02 for verdict in acts]
    assert np.mean(within) >= 0.85


def test_it_is_not_one_thing_that_is_always_recommended(acts: list[Verdict], full: bool) -> None:
    kinds = {(verdict.chosen or "").partition(" ")[0] for verdict in acts}
    assert len(kinds) >= (3 if full else 2)
