"""Judge a figure with its interval by a limit.

    figure known    over when the figure is over; with `confident`, when the whole interval is
    bounds alone    over when both are over, within when both are within, else unknown
    neither         unknown

A limit is kept by a figure that equals it. A half-known figure (one bound) is over where that bound is.
"""

from dataclasses import replace

from tb_contention.model.gate import Outcome, Verdict


def judged(verdict: Verdict, *, confident: bool) -> Verdict:
    """Set the outcome of a verdict from its figure and limit; keep its reason if the figure is unknown."""
    if verdict.figure is None:
        return replace(verdict, outcome=_by_bounds(verdict))
    outcome = Outcome.OVER if _over(verdict, verdict.figure) else Outcome.WITHIN
    if not confident:
        return replace(verdict, outcome=outcome)
    if verdict.low is None or verdict.high is None:
        missing = "the interval is unknown, so --confident cannot judge it"
        return replace(verdict, outcome=Outcome.NOT_KNOWN, why=verdict.why or missing)
    surely = _over(verdict, verdict.high if verdict.gauge.least else verdict.low)
    return replace(verdict, outcome=Outcome.OVER if surely else Outcome.WITHIN)


def _by_bounds(verdict: Verdict) -> Outcome:
    best, worst = (verdict.high, verdict.low) if verdict.gauge.least else (verdict.low, verdict.high)
    if best is not None and _over(verdict, best):
        return Outcome.OVER
    if worst is not None and not _over(verdict, worst):
        return Outcome.WITHIN
    return Outcome.NOT_KNOWN


def _over(verdict: Verdict, value: float) -> bool:
    bound = 0.0 if verdict.bound is None else verdict.bound
    return value < bound if verdict.gauge.least else value > bound


def exactly(verdict: Verdict, value: float) -> Verdict:
    """Give a verdict a counted figure, whose interval is the figure itself."""
    return replace(verdict, figure=value, low=value, high=value)
