"""Plays -> ranges: what each input that is not known for sure may change, taken together as independent errors.

An input (how meetings fall, what kernels take, what caches cost) is varied on its own, with the others at their usual values. That all are
at their worst at once is as unlikely as errors that all point in one direction, so the range is the root of the sum of their squares.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tb_contention.model.contention import Loop, SessionLoss
from tb_contention.model.prediction import Bounds, SessionPrediction
from tb_contention.whatif.outcome import Outcome, Stage, recorded
from tb_contention.whatif.scene import Scene, session_row

#: What a play leaves out, relative; how much a control that is far off counts.
_MODEL, _FAR_OFF, _TWICE = 0.02, 0.10, 2.0
#: A device that falls behind its host by a larger part of the time will make it wait sooner or later.
_AHEAD = 0.10
#: A range that is wider, relative to its estimate, is a bound.
WIDEST = 0.20

_PHASE = "how the sessions will meet is not known"
_MEASURED = "the slowdown as recorded is itself uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """Plays with one input at another value, in the first phases of the nominal plays. why: what is not known then."""

    why: str
    plays: list[Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """What the sessions would see. wide: per session with no more than a bound, which input leaves most open."""

    rows: tuple[SessionPrediction, ...]
    makespan: Bounds | None
    wide: tuple[str, ...]


def ranges(
    scene: Scene, stage: Stage, nominal: list[Outcome], variations: list[Variation], *, widest: float = np.inf
) -> Ranges:
    """Turn plays into predictions: nominal ones for the estimate, widened by what the variations, the control and the evidence say.

    widest: a wider range, relative to the estimate, is a bound without an estimate.
    """
    rows, doubts, scale = [], [], 1.0 if scene.played is None else 1.0 / scene.played
    for k, work in enumerate(stage.works):
        loss = scene.device.cost.loss(work.session)
        wide = width(scene, loss)
        slowdown, why = _range(lambda o, k=k: o.slowdown[k], nominal, variations, wide)  # type: ignore[misc]
        outcomes = [*nominal, *(o for v in variations for o in v.plays)]
        late = [_if_it_waits(o, k) for o in outcomes if o.behind[k] > _AHEAD]
        if slowdown is not None:
            known = [s for s in late if s is not None]
            slowdown = Bounds(
                estimate=None if known else slowdown.estimate,
                low=slowdown.low,
                high=max([slowdown.high, *(s * (1 + wide) for s in known)]),
            )
            slowdown = _at_least(slowdown, 1.0)
            if loss.loop is Loop.UNKNOWN:
                # The play takes it for a closed loop; if requests start its steps, hardly any throughput is lost.
                slowdown = Bounds(estimate=None, low=1.0, high=slowdown.high)
        latency, slow = _range(lambda o, k=k: o.latency[k], nominal, variations, _latency_width(scene, stage, k, loss))  # type: ignore[misc]
        latency = None if latency is None else _at_least(_as_measured(scene, latency, loss), 1.0)
        end, _ = _range(lambda o, k=k: o.done[k] * scale, nominal, variations, wide)  # type: ignore[misc]
        if _is_wide(slowdown, widest) or _is_wide(latency, widest):
            doubts.append(f"{scene.name(work.session)} ({why if _is_wide(slowdown, widest) else slow})")
        rows.append(session_row(loss, _no_wider(slowdown, widest), _no_wider(end, widest), _no_wider(latency, widest)))
    wide = max(width(scene, scene.device.cost.loss(work.session)) for work in stage.works)
    makespan, _ = _range(lambda o: max(o.done) * scale, nominal, variations, wide)
    return Ranges(rows=tuple(rows), makespan=_no_wider(makespan, widest), wide=tuple(doubts))


def sessions_played(
    scene: Scene, stage: Stage, nominal: list[Outcome], others: list[Outcome]
) -> tuple[tuple[SessionPrediction, ...], Bounds | None]:
    """Turn plays into predictions where only the figures of a known way of sharing vary: others, each in the first phase."""
    found = ranges(scene, stage, nominal, [Variation(why="", plays=[one]) for one in others])
    return found.rows, found.makespan


def _range(
    figure: Callable[[Outcome], float | None], nominal: list[Outcome], variations: list[Variation], wide: float
) -> tuple[Bounds | None, str]:
    """Return a figure with its range, and which input makes it widest; wide: relative error of the estimate in itself."""
    met = [_number(figure(o)) for o in nominal]
    known = [v for v in met if v is not None]
    if not known:
        return None, ""
    middle = sum(known) / len(known)
    low, high = [middle * wide], [middle * wide]
    whys = [_MEASURED]
    parts = [(_PHASE, [v - middle for v in known])]
    for variation in variations:
        then = [_number(figure(o)) for o in variation.plays]
        pairs = [(a, b) for a, b in zip(then, met, strict=False) if a is not None and b is not None]
        if pairs:
            parts.append((variation.why, [sum(a - b for a, b in pairs) / len(pairs)]))
    by_why: dict[str, list[float]] = {}
    for why, changes in parts:
        by_why.setdefault(why, []).extend(changes)
    for why, changes in by_why.items():
        low.append(max(0.0, -min(changes)))
        high.append(max(0.0, *changes))
        whys.append(why)
    widest = int(np.argmax(np.hypot(low, high)))
    bounds = Bounds(estimate=middle, low=middle - float(np.linalg.norm(low)), high=middle + float(np.linalg.norm(high)))
    return bounds, whys[widest]


def _number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else value


def _is_wide(bounds: Bounds | None, widest: float) -> bool:
    if bounds is None or bounds.estimate is None:
        return False
    return bounds.high - bounds.low > widest * bounds.estimate


def _no_wider(bounds: Bounds | None, widest: float) -> Bounds | None:
    """Take the estimate from what is too wide for one."""
    if bounds is None or not _is_wide(bounds, widest):
        return bounds
    return Bounds(estimate=None, low=bounds.low, high=bounds.high)


def _latency_width(scene: Scene, stage: Stage, k: int, loss: SessionLoss) -> float:
    """Return how far a predicted latency may be off, relative: as measured, and as the control returns it."""
    if loss.latency is None or scene.control is None:
        return 0.0
    found, own = loss.latency.slowdown, 0.0
    if found.estimate and found.low and found.high:
        own = (found.high - found.low) / 2 / found.estimate
    then, now = scene.control.outcome.latency[scene.number(loss.session)], recorded(stage).latency[k]
    error = abs(then / now - 1) if then and now else 0.0
    return float(np.linalg.norm([own, error, scene.control.error, _MODEL]))


def _as_measured(scene: Scene, latency: Bounds, loss: SessionLoss) -> Bounds:
    """Scale what requests wait, so that the schedule as recorded gives what was measured.

    The play has one arrival for each request, the middle of those that are possible: alone hardly any waits then, and the ratio is larger.
    """
    told = None if loss.latency is None else loss.latency.slowdown.estimate
    played = None if scene.control is None else scene.control.outcome.latency[scene.number(loss.session)]
    if not told or not played or played <= 1.0:
        return latency
    scale = max(0.0, told - 1.0) / (played - 1.0)
    estimate = None if latency.estimate is None else 1.0 + (latency.estimate - 1.0) * scale
    return Bounds(estimate=estimate, low=1.0 + (latency.low - 1.0) * scale, high=1.0 + (latency.high - 1.0) * scale)


def _if_it_waits(outcome: Outcome, k: int) -> float | None:
    """Return the slowdown of a session whose host had to wait for the device in the end."""
    slowdown = outcome.slowdown[k]
    return None if slowdown is None else slowdown + outcome.behind[k]


def width(scene: Scene, loss: SessionLoss) -> float:
    """Return how far a predicted slowdown may be off, relative: the measured one's interval, the control's error, the model's."""
    found = loss.slowdown
    own = 0.0
    if found.estimate and found.low and found.high:
        own = (found.high - found.low) / 2 / found.estimate
    error = 0.0 if scene.control is None else scene.control.error
    error *= _TWICE if error > _FAR_OFF else 1.0
    return float(np.hypot(np.hypot(own, error), _MODEL))


def _at_least(bounds: Bounds, least: float) -> Bounds:
    estimate = None if bounds.estimate is None else max(bounds.estimate, least)
    return Bounds(estimate=estimate, low=max(bounds.low, least), high=max(bounds.high, least))
