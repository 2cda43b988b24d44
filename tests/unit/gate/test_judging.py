"""A figure is judged by its limit as the page on the gate says, one at a time and many at once."""

import numpy as np
import pytest

from tb_contention.gate.judging import GRADES, graded, judged
from tb_contention.model.gate import Gauge, Outcome, Verdict

BOUND = 1.0
VALUES = (None, 0.5, BOUND, 1.5)


def expected(
    figure: float | None, low: float | None, high: float | None, *, least: bool, confident: bool
) -> Outcome:  # fmt: skip
    """Judge by sets: what may be true, given what is known."""

    def is_over(value: float) -> bool:
        return value < BOUND if least else value > BOUND

    if figure is not None and not confident:
        return Outcome.OVER if is_over(figure) else Outcome.WITHIN
    ends = (low, high)
    if figure is not None:
        known = [is_over(end) for end in ends if end is not None]
        if len(known) < len(ends):
            return Outcome.NOT_KNOWN
        return Outcome.OVER if all(known) else Outcome.WITHIN
    nearer, farther = reversed(ends) if least else ends
    if nearer is not None and is_over(nearer):
        return Outcome.OVER
    return Outcome.WITHIN if farther is not None and not is_over(farther) else Outcome.NOT_KNOWN


@pytest.mark.parametrize("confident", [False, True])
@pytest.mark.parametrize("least", [False, True])
def test_figures_are_judged_as_documented(confident: bool, least: bool) -> None:
    rows = [
        (figure, low, high)
        for figure in VALUES
        for low in VALUES
        for high in VALUES
        if None in (low, high) or (low or 0) <= (high or 0)
    ]
    columns = np.array([[np.nan if value is None else value for value in row] for row in rows]).T
    grades = graded(columns[0], columns[1], columns[2], BOUND, least=least, confident=confident)
    gauge = Gauge.MIN_HEADROOM if least else Gauge.MAX_SLOWDOWN
    for row, grade in zip(rows, grades, strict=True):
        outcome = expected(*row, least=least, confident=confident)
        figure, low, high = row
        verdict = Verdict(gauge=gauge, outcome=Outcome.NOT_KNOWN, figure=figure, low=low, high=high, bound=BOUND)
        assert GRADES[grade] is judged(verdict, confident=confident).outcome is outcome, row
