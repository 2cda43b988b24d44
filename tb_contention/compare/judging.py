"""Judge the change between two figures. It is better or worse only if neither chance nor the capture can explain it."""

from dataclasses import replace

import numpy as np

from tb_contention.compare.ranks import LEAST, factor
from tb_contention.model.comparison import Change, Interval, Judgement
from tb_contention.model.estimates import Estimate
from tb_contention.units import I64
from tb_contention.words.numbers import share

#: Exact figures that differ by less are the same: of bytes this part, of shares this part of the window.
EXACT = 0.01
#: Estimates and step periods that differ by less are the same: one program differs by as much from one capture to the next.
LEAST_CHANGE = 0.02
#: The same for the device time of a step, which rests on how long kernels take alone.
LEAST_CHANGE_OF_SAMPLES = 0.05

_UNKNOWN = {
    (True, False): "unknown before",
    (False, True): "unknown after",
    (True, True): "unknown on both sides",
}


def unclear(before: float | None, after: float | None, why: str) -> Change:
    """Return a change without a judgement, and why."""
    return Change(before=before, after=after, judgement=Judgement.UNCLEAR, why=why)


def unknown(before: object, after: object) -> str:
    """Say which side is unknown; "" if both are known."""
    return _UNKNOWN.get((before is None, after is None), "")


def silenced(change: Change, why: str) -> Change:
    """Withdraw the judgement if there is a reason `why`."""
    return replace(change, judgement=Judgement.UNCLEAR, why=why) if why else change


def exact(
    before: float | None,
    after: float | None,
    *,
    scale: float | None = None,
    less_is_better: bool = True,
    doubt: str = "",
) -> Change:
    """Judge counted, not estimated, figures. scale: what EXACT is a share of, by default the larger figure; doubt: why they are inexact."""
    missing = unknown(before, after)
    if missing or before is None or after is None:
        return unclear(before, after, missing)
    if doubt:
        return unclear(before, after, doubt)
    if abs(after - before) <= EXACT * (max(abs(before), abs(after)) if scale is None else scale):
        return Change(before=before, after=after, judgement=Judgement.SAME)
    return Change(before=before, after=after, judgement=_direction(after < before, less_is_better=less_is_better))


def neutral(before: float | None, after: float | None, *, scale: float | None = None) -> Change:
    """Compare figures that are neither good nor bad: they are the same, or differ without a judgement."""
    found = exact(before, after, scale=scale)
    if found.judgement in (Judgement.SAME, Judgement.UNCLEAR):
        return found
    return silenced(found, "a difference here is neither better nor worse")


def estimated(before: Estimate, after: Estimate, *, less_is_better: bool = True, scale: float | None = None) -> Change:
    """Judge estimates: better or worse only if the intervals do not overlap, the same only if they are close.

    scale: what LEAST_CHANGE is a part of; None: the two are compared by their ratio.
    """
    one, two = before.interval, after.interval
    made = Change(
        before=before.value, after=after.value, judgement=Judgement.UNCLEAR, before_interval=one, after_interval=two
    )
    first, second = before.value, after.value
    if first is None or second is None or one is None or two is None:
        bounds = (first is None and one is not None) or (second is None and two is not None)
        return replace(
            made, why="only bounds are known" if bounds else unknown(first, second) or "its interval is unknown"
        )
    if _near(one.low, two.high, scale) and _near(one.high, two.low, scale):
        return replace(made, judgement=Judgement.SAME)
    if one.high >= two.low and two.high >= one.low:
        return replace(made, why="the 90 % intervals overlap")
    if _near(first, second, scale):
        return replace(made, why=f"they differ by less than {share(LEAST_CHANGE)}")
    return replace(made, judgement=_direction(second < first, less_is_better=less_is_better))


def _near(first: float, second: float, scale: float | None) -> bool:
    """Return whether two values differ by less than is noticeable."""
    least, most = min(first, second), max(first, second)
    return most - least <= LEAST_CHANGE * (least if scale is None else scale)


def sampled(before: I64 | None, after: I64 | None, *, noticeable: float = LEAST_CHANGE, doubt: str = "") -> Change:
    """Judge durations of steps, shorter is better.

    A direction takes three that agree: the rank interval of the ratio lies on one side of 1, the medians are noticeably apart on that
    side, and the means are on it too, since long steps that are rare show in the mean alone.
    """
    one, two = (None if d is None or not len(d) else d for d in (before, after))
    first, second = (None if d is None else float(np.median(d)) for d in (one, two))
    missing = unknown(first, second)
    if missing or one is None or two is None or first is None or second is None:
        return unclear(first, second, missing)
    found = factor(one, two)
    if found is None or min(first, second) <= 0:
        sides = [side for side, d in (("before", one), ("after", two)) if np.count_nonzero(d > 0) < LEAST]
        return unclear(first, second, f"fewer than {LEAST} whole step periods {' and '.join(sides)}".rstrip())
    made = Change(
        before=first, after=second, judgement=Judgement.UNCLEAR, why=doubt,
        ratio_interval=Interval(low=found.low, high=found.high),
    )  # fmt: skip
    if doubt:
        return made
    medians, means = second / first, float(two.mean() / one.mean())
    most = 1 + noticeable
    if all(1 / most <= ratio <= most for ratio in (found.low, found.high, medians, means)):
        return replace(made, judgement=Judgement.SAME)
    if found.low <= 1 <= found.high:
        return replace(made, why="the 90 % interval of the ratio includes 1")
    longer = found.low > 1
    if max(medians, 1 / medians) <= most or max(found.value, 1 / found.value) <= most:
        return replace(made, why=f"they differ by less than {share(noticeable)}")
    if (medians > 1) is not longer or (means > 1) is not longer:
        return replace(made, why="most steps changed in one direction and their mean in the other")
    return replace(made, judgement=_direction(not longer, less_is_better=True))


def _direction(less: bool, *, less_is_better: bool) -> Judgement:
    return Judgement.BETTER if less is less_is_better else Judgement.WORSE
