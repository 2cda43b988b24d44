"""What sharing costs a session whose steps begin with requests: throughput only where it saturates, else time per request."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.interval import FLOOR, Estimate, estimate
from tb_contention.contention.loss import Loss, Periods, replayed
from tb_contention.contention.replay import replay
from tb_contention.contention.requests import Requests, draw_requests
from tb_contention.contention.rhythm import Rhythm, rhythm
from tb_contention.model.contention import Evidence, Latency, Loop, RequestTime, RequestTimes, Slowdown
from tb_contention.units import F64

#: No step becomes shorter by more than this by sharing, whatever its interval is.
_LEAST = 0.5
#: Intervals of an open and of a closed loop that differ by more than this part of the slowdown are no estimate together.
_APART = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """A session's loss and slowdown with its arrivals in view."""

    loss: Loss
    estimate: Estimate | None
    loop: Loop = Loop.CLOSED
    latency: Latency | None = None


def with_arrivals(loss: Loss, found: Estimate | None, clock: float) -> Paced:
    """Look whether requests start the steps.

    found: the slowdown as if each step followed from the one before; clock: by how much it changes within the clock error.
    """
    plain = Paced(loss=loss, estimate=found)
    if found is None or not loss.has_steps:
        return plain
    steps = rhythm(loss.work, loss.exposure.start, loss.exposure.end)
    if steps is None or steps.loop is Loop.CLOSED:
        return plain
    drawn = _drawn(loss, clock, steps)
    low, middle, high = (float(value) for value in np.percentile(drawn.slowdown, [5, 50, 95]))
    low = min(low, 1.0) if loss.alone.evidence is Evidence.D else low
    if steps.loop is Loop.UNKNOWN:
        both = Estimate(value=(found.value + middle) / 2, low=min(found.low, low, 1.0), high=max(found.high, high))
        return Paced(loss=_bounded(loss, both), estimate=both, loop=Loop.UNKNOWN)
    return Paced(
        loss=_anchored(loss, steps, drawn.arrivals),
        estimate=Estimate(value=middle, low=low - FLOOR, high=high + FLOOR),
        loop=Loop.OPEN,
        latency=_latency(loss, steps, drawn),
    )


def _bounded(loss: Loss, both: Estimate) -> Loss:
    """Take an interval that spans both loops as bounds: where they are far apart its middle is what neither of them gives."""
    if both.high - both.low <= _APART * both.value:
        return loss
    return replace(loss, alone=replace(loss.alone, evidence=Evidence.D, bounded=True))


def _drawn(loss: Loss, clock: float, steps: Rhythm) -> Requests:
    """Draw the times of requests, with the lengths of their steps alone as sure as those are."""
    shortest = loss.played
    if loss.alone.shortest is not loss.alone.estimate:
        shortest = replay(loss.work, loss.pace, loss.gaps, loss.alone.shortest, loss.waits.alone)
    alone, least = (
        np.maximum(played.host[steps.ends] - played.host[steps.begins], 0) for played in (loss.played, shortest)
    )
    found = estimate(replace(loss, periods=_lengths(loss, steps, alone), shortest=_lengths(loss, steps, least)), clock)
    if found is None:
        return draw_requests(steps, alone, 1.0, 1.0)
    return draw_requests(steps, alone, found.value / max(found.high, found.value), found.value / max(found.low, _LEAST))


def _lengths(loss: Loss, steps: Rhythm, alone: F64) -> Periods:
    """Stand for the steps themselves, without the gaps between them, as periods."""
    return Periods(
        step=loss.work.host.step[steps.ends],
        begin=steps.begin,
        end=steps.end,
        begin_alone=steps.begin,
        end_alone=steps.begin + alone,
    )


def _anchored(loss: Loss, steps: Rhythm, arrivals: F64) -> Loss:
    """Replay the session with the begin of its steps at their arrivals."""
    gap, waits_for, arrival = (column.copy() for column in (loss.pace.gap, loss.pace.waits_for, loss.pace.arrival))
    arrival[steps.begins], waits_for[steps.begins] = arrivals, -1
    gap[steps.begins] = np.where(steps.waited, np.minimum(gap[steps.begins], steps.turnaround), 0.0)
    pace = replace(loss.pace, gap=gap, waits_for=waits_for, arrival=arrival)
    played, periods, shortest, _ = replayed(loss.work, loss.exposure, loss.alone, pace, loss.gaps, loss.waits)
    return replace(loss, pace=pace, played=played, periods=periods, shortest=shortest)


def _latency(loss: Loss, steps: Rhythm, drawn: Requests) -> Latency:
    evidence = loss.alone.evidence
    known = evidence is not Evidence.D
    low, middle, high = (float(value) for value in np.percentile(drawn.ratio, [5, 50, 95]))
    return Latency(
        requests=len(steps.begin),
        waited=int(steps.waited.sum()),
        slowdown=Slowdown(
            estimate=middle if known else None,
            low=low if known else min(low, 1.0),
            high=high,
            evidence=evidence,
            coverage=loss.alone.coverage,
            measured=loss.alone.measured,
        ),
        shared=_times(drawn.together),
        alone=_times(drawn.alone) if known else None,
    )


def _times(draws: F64) -> RequestTimes:
    """Summarise draws of mean, p50, p95 and p99."""
    low, middle, high = np.percentile(draws, [5, 50, 95], axis=0)
    mean, p50, p95, p99 = (
        RequestTime(estimate=round(middle[i]), low=round(low[i]), high=round(high[i])) for i in range(draws.shape[1])
    )
    return RequestTimes(mean=mean, p50=p50, p95=p95, p99=p99)
