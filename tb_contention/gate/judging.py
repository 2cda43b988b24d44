"""Judge a figure with its interval by a limit.

    figure known    over when the figure is over; with `confident`, when the whole interval is
    bounds alone    over when both are over, within when both are within, else unknown
    neither         unknown

A limit is kept by a figure that equals it. A half-known figure (one bound) is over where that bound is.
"""

from dataclasses import replace

import numpy as np

from tb_contention.model.gate import Outcome, Verdict
from tb_contention.units import F64, I64

#: Outcomes by their grade: the worse, the higher.
GRADES = (Outcome.WITHIN, Outcome.NOT_KNOWN, Outcome.OVER)


def judged(verdict: Verdict, *, confident: bool) -> Verdict:
    """Set the outcome of a verdict from its figure and limit; keep its reason if the figure is unknown."""
    figure, low, high = (
        np.array([np.nan if value is None else value]) for value in (verdict.figure, verdict.low, verdict.high)
    )
    (grade,) = graded(
        figure,
        low,
        high,
        0.0 if verdict.bound is None else verdict.bound,
        least=verdict.gauge.least,
        confident=confident,
    )
    outcome = GRADES[grade]
    if outcome is Outcome.NOT_KNOWN and verdict.figure is not None:
        missing = "the interval is unknown, so --confident cannot judge it"
        return replace(verdict, outcome=outcome, why=verdict.why or missing)
    return replace(verdict, outcome=outcome)


def graded(figure: F64, low: F64, high: F64, bound: float, *, least: bool, confident: bool) -> I64:
    """Judge many figures by one limit, as rows of `GRADES`. NaN is what is unknown; least: the limit is the least that is good."""
    if least:
        figure, low, high, bound = -figure, -high, -low, -bound
    half_known = np.isnan(low) | np.isnan(high) if confident else np.zeros(len(figure), bool)
    by_figure = np.where(half_known, 1, np.where((low if confident else figure) > bound, 2, 0))
    by_bounds = np.where(low > bound, 2, np.where(high <= bound, 0, 1))
    return np.where(np.isnan(figure), by_bounds, by_figure).astype(np.int64)


def exactly(verdict: Verdict, value: float) -> Verdict:
    """Give a verdict a counted figure, whose interval is the figure itself."""
    return replace(verdict, figure=value, low=value, high=value)
