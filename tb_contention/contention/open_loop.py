"""What sharing costs a session whose steps begin with requests: throughput only where it saturates, else time per request."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.interval import FLOOR, SIGMA_90, Estimate, estimate
from tb_contention.contention.loss import Loss, Periods, replayed
from tb_contention.contention.replay import replay
from tb_contention.contention.requests import Requests, draw_requests
from tb_contention.contention.rhythm import Rhythm, rhythm
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Evidence, Latency, Loop, RequestTime, RequestTimes, Slowdown
from tb_contention.units import F64

#: No step becomes shorter by more than this by sharing, whatever its interval is.
_LEAST = 0.5
#: What two readings give (an open and a closed loop, say) is no estimate where they differ by more than this part of the slowdown.
APART = 0.1
#: Half an interval is too wide for an estimate from this part of the loss on, or of such a loss where that is less.
_VAGUE, _LITTLE = 0.7, 0.25
#: Bounds hold the truth surely: 99 % of the time, where an interval is for 90 %.
_SURELY = 1.566
#: Part of the requests that wait for the one before from which on the session does no more than it can; a longer gap alone than nearly all
#: in company, ns, is time without a request.
_SATURATED, _IDLE_NS = 0.9, 20_000.0
#: Numbers of runs of requests whose means are compared.
_PARTS = (8, 16)
#: Requests may come as much more or less often in company than alone, by chance of the day: standard error of a logarithm.
_TRAFFIC = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """A session's loss and slowdown with its arrivals in view.

    by_input: bounds, because alone its input pipeline may hold it up. is_outpaced: a capture of the same work alone is faster than what
    ran undisturbed here.
    """

    loss: Loss
    estimate: Estimate | None
    loop: Loop = Loop.CLOSED
    latency: Latency | None = None
    by_input: bool = False
    is_outpaced: bool = False


def with_arrivals(loss: Loss, found: Estimate | None, clock: float, solos: Sequence[SessionWork] = ()) -> Paced:
    """Look whether requests start the steps.

    found: the slowdown as if each step followed from the one before; clock: by how much it changes within the clock error; solos: captures
    of the same work alone, which tell where this one does not.
    """
    plain = Paced(loss=loss, estimate=found)
    if found is None or not loss.has_steps:
        return plain
    steps = rhythm(loss.work, loss.exposure.start, loss.exposure.end)
    if steps is None:
        return plain
    saturated = bool(steps.waited.mean() >= _SATURATED)
    if steps.loop is Loop.UNKNOWN or (saturated and solos):
        alone = _loop_of(steps, solos)
        if alone is Loop.OPEN and saturated:
            return _by_rate(loss, solos)
        steps = replace(steps, loop=alone if steps.loop is Loop.UNKNOWN else steps.loop)
    if steps.loop is Loop.CLOSED:
        return plain
    drawn = _drawn(loss, clock, steps, _usual(solos))
    low, middle, high = (float(value) for value in np.percentile(drawn.slowdown, [5, 50, 95]))
    low = min(low, 1.0) if loss.alone.evidence is Evidence.D else low
    if steps.loop is Loop.UNKNOWN:
        both = Estimate(value=(found.value + middle) / 2, low=min(found.low, low, 1.0), high=max(found.high, high))
        apart = both.high - both.low > APART * both.value
        return Paced(loss=bounded(loss) if apart else loss, estimate=both, loop=Loop.UNKNOWN)
    return Paced(
        loss=_anchored(loss, steps, drawn.arrivals),
        estimate=Estimate(value=middle, low=low - FLOOR, high=high + FLOOR),
        loop=Loop.OPEN,
        latency=_latency(loss, steps, drawn),
    )


def _loop_of(steps: Rhythm, solos: Sequence[SessionWork]) -> Loop:
    """Judge what starts the steps by captures alone: there a loop pauses as it does in company, and requests leave time between them."""
    alone = [found for solo in solos if (found := rhythm(solo, solo.session.start, solo.session.end)) is not None]
    loops = {found.loop for found in alone}
    pauses = np.concatenate([np.empty(0), *(found.begin[1:] - found.end[:-1] for found in alone)])
    gap = steps.begin[1:] - steps.end[:-1]
    idles = len(pauses) > 0 and float(np.median(pauses)) > float(np.percentile(gap, 90)) + _IDLE_NS
    if Loop.OPEN in loops or idles:
        return Loop.OPEN
    return Loop.CLOSED if loops == {Loop.CLOSED} else Loop.UNKNOWN


def _by_rate(loss: Loss, solos: Sequence[SessionWork]) -> Paced:
    """Compare the rate at which requests are done with that alone, where in company another one always waits; what they wait is no figure.

    Alone the rate is that of their arrivals. Those in company are not seen: they may come as much faster or slower than those alone as
    such numbers of them differ.
    """
    shared = loss.periods.shared
    alone: F64 = np.concatenate([np.diff(solo.step_end).astype(np.float64) for solo in solos])
    ratio = max(1.0, float(shared.mean() / alone.mean()))
    error = SIGMA_90 * ratio * _spread(alone) * float(np.sqrt(1 / len(alone) + 1 / len(shared)))
    periods = replace(loss.periods, end_alone=loss.periods.begin_alone + shared / ratio)
    found = Estimate(value=ratio, low=max(1.0, ratio - error) - FLOOR, high=ratio + error + FLOOR)
    return Paced(loss=replace(loss, periods=periods, shortest=periods), estimate=found, loop=Loop.OPEN)


def _spread(between: F64) -> float:
    """Return the standard deviation of times between requests, as a part of their mean, that tells how sure a mean of many is.

    Requests come in bursts and lulls: means of many in a row differ by more than those of as many that have nothing to do with each other.
    """
    runs = {1} | {len(between) // parts for parts in _PARTS if len(between) >= _PARTS[-1]}
    means = [between[: len(between) // run * run].reshape(-1, run).mean(1) for run in runs]
    return max(float(mean.std(ddof=1) * np.sqrt(run)) for mean, run in zip(means, runs, strict=True)) / float(
        between.mean()
    )


def unless_vague(paced: Paced) -> Paced:
    """Take an interval for bounds that is about as wide as the loss: its middle says nothing, unless it was measured."""
    found, alone = paced.estimate, paced.loss.alone
    if found is None or paced.loop is Loop.OPEN or alone.evidence is Evidence.D or alone.measured:
        return paced
    if (found.high - found.low) / 2 <= _VAGUE * max(abs(found.value - 1), _LITTLE):
        return paced
    low, high = (found.value + _SURELY * (end - found.value) for end in (found.low, found.high))
    return replace(paced, loss=bounded(paced.loss), estimate=replace(found, low=max(low, 1.0), high=max(high, 1.0)))


def bounded(loss: Loss) -> Loss:
    """Take an interval that spans two readings as bounds: where they are far apart its middle is what neither of them gives."""
    return replace(loss, alone=replace(loss.alone, evidence=Evidence.D, bounded=True))


def _usual(solos: Sequence[SessionWork]) -> tuple[float, float] | None:
    """Return the time between requests alone, ns, with its standard error as a part of it; None without steps alone."""
    between: F64 = np.concatenate([np.empty(0), *(np.diff(solo.step_end).astype(np.float64) for solo in solos)])
    if len(between) < 2:
        return None
    mean = float(between.mean())
    return mean, float(np.hypot(between.std() / mean / np.sqrt(len(between)), _TRAFFIC))


def _drawn(loss: Loss, clock: float, steps: Rhythm, usual: tuple[float, float] | None) -> Requests:
    """Draw the times of requests, with the lengths of their steps alone as sure as those are; usual: see `draw_requests`."""
    shortest = loss.played
    if loss.alone.shortest is not loss.alone.estimate:
        shortest = replay(loss.work, loss.pace, loss.gaps, loss.alone.shortest, loss.waits.alone)
    alone, least = (
        np.maximum(played.host[steps.ends] - played.host[steps.begins], 0) for played in (loss.played, shortest)
    )
    found = estimate(replace(loss, periods=_lengths(loss, steps, alone), shortest=_lengths(loss, steps, least)), clock)
    if found is None:
        return draw_requests(steps, alone, 1.0, 1.0, usual)
    low, high = found.value / max(found.high, found.value), found.value / max(found.low, _LEAST)
    return draw_requests(steps, alone, low, high, usual)


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
