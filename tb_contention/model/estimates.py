"""A loss -> figures with their intervals, for whoever judges them."""

from dataclasses import dataclass

from tb_contention.model.comparison import Interval
from tb_contention.model.contention import Evidence, SessionLoss


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimate with its interval; without a value, an interval is bounds."""

    value: float | None = None
    interval: Interval | None = None


def slowdown_of(loss: SessionLoss) -> Estimate:
    """Return a slowdown with its interval; in class D its bounds alone."""
    found = loss.slowdown
    interval = None if found.low is None or found.high is None else Interval(low=found.low, high=found.high)
    return Estimate(value=None if found.evidence is Evidence.D else found.estimate, interval=interval)


def lost_share(loss: SessionLoss, window: int) -> Estimate:
    """Return lost / window. Of the time that the steps take 1 - 1 / slowdown is lost, hence the ends of the interval."""
    found = slowdown_of(loss)
    if found.value is None or found.interval is None or loss.lost is None or window <= 0:
        return Estimate()
    value = loss.lost / window
    if loss.steps and loss.step_shared is not None:
        stepped = min(1.0, loss.steps * loss.step_shared / window)
    else:
        stepped = min(1.0, value / (1 - 1 / found.value)) if found.value > 1 and value > 0 else 1.0
    ends = (found.interval.low, found.interval.high)
    low, high = (stepped * max(0.0, 1 - 1 / end) if end > 0 else 0.0 for end in ends)
    return Estimate(value=value, interval=Interval(low=min(low, value), high=max(high, value)))
