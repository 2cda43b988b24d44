"""How long requests take, together and alone, where they arrive at a rhythm of their own.

    arrival   a    b  c          d      b and c wait for the one before; when they arrived is not recorded: between the arrival before
    step      |==a===|==b==|==c==|=d=|  theirs and their begin

Arrivals that the trace does not show are drawn at random, in agreement with all that it shows, as of a stream whose intervals have a gamma
distribution (regular, Poisson or in bursts) that is estimated with them. Each draw gives the times of all requests as recorded, and as
they would have been with the steps' lengths alone.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.contention.interval import SIGMA_90
from tb_contention.contention.rhythm import Rhythm
from tb_contention.units import F64

_IF = types.Array(types.float64, 1, "C", readonly=True)
_IB = types.Array(types.boolean, 1, "C", readonly=True)
_OF = types.Array(types.float64, 1, "C")
_OF2 = types.Array(types.float64, 2, "C")

#: Draws that are kept, sweeps between two of them and before the first, and moves of single arrivals in all, at the most.
_DRAWS, _BETWEEN, _BEFORE, _MOST_MOVES = 400, 5, 500, 20_000_000
#: Requests may come in another way than the intervals assume: error of what waiting adds, as part of it.
_MODEL = 0.3
#: Error of a time between requests of which nothing is known, as a logarithm.
_ANY = 1e3
#: Percentiles of the request time that are reported.
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Draws of the times of requests, a row each: mean, p50, p95 and p99 together and alone (ns), how many times as long they take, and
    how many times as long all of them together take until they are done.

    arrivals: of each request, ns; those that waited at the mean of the draws.
    """

    together: F64
    alone: F64
    ratio: F64
    slowdown: F64
    arrivals: F64


@inner(types.float64(types.float64))
def _log_gamma(x):
    """Return the logarithm of the gamma function, by Stirling's series."""
    shift = 0.0
    while x < 8:
        shift -= np.log(x)
        x += 1
    return shift + (x - 0.5) * np.log(x) - x + 0.9189385332046727 + 1 / (12 * x) - 1 / (360 * x**3)


@inner(types.float64(types.float64, types.float64, types.float64, types.float64, types.int64))
def _likelihood(shape, mean, logs, total, count):
    scale = mean / shape
    return (shape - 1) * logs - total / scale - count * (shape * np.log(scale) + _log_gamma(shape))


@inner(types.float64(types.float64, types.float64, types.float64))
def _prior(mean, expected, error):
    return -0.5 * ((np.log(mean) - expected) / error) ** 2


@inner(types.void(_IF, types.int64, types.int64, types.float64, types.float64, types.npy_rng, _OF))
def _shift(begin, first, last, shape, mean, rng, at):
    """Move a queue's arrivals from one of them on, all by the same time: only the intervals at both ends of these change."""
    k = first + int(rng.random() * (last - first + 1))
    by = mean * np.sqrt((last - k + 1) / shape) * rng.normal()
    interval = at[k] - at[k - 1]
    if interval + by <= 0:
        return
    odds = (shape - 1) * np.log((interval + by) / max(1.0, interval)) - by * shape / mean
    if last + 1 < begin.shape[0]:
        behind = at[last + 1] - at[last]
        if behind - by <= 0:
            return
        odds += (shape - 1) * np.log((behind - by) / max(1.0, behind)) + by * shape / mean
    if np.log(rng.random()) >= odds:
        return
    for i in range(k, last + 1):
        if at[i] + by > begin[i]:
            return
    for i in range(k, last + 1):
        at[i] += by


@inner(types.float64(_IF, types.int64, types.float64, types.float64, types.float64, types.float64, types.npy_rng, _OF))
def _stretch(begin, first, shape, mean, expected, error, rng, at):
    """Stretch the queue in which the steps end, and the time between requests with it: how likely its own intervals are stays as it was."""
    n, factor = begin.shape[0], np.exp(0.03 * rng.normal())
    logs, total = 0.0, 0.0
    for i in range(1, first):
        interval = max(1.0, at[i] - at[i - 1])
        logs += np.log(interval)
        total += interval
    there = _likelihood(shape, mean * factor, logs, total, first - 1) + _prior(mean * factor, expected, error)
    here = _likelihood(shape, mean, logs, total, first - 1) + _prior(mean, expected, error)
    if np.log(rng.random()) >= there - here:
        return mean
    for i in range(first, n):
        if at[first - 1] + factor * (at[i] - at[first - 1]) > begin[i]:
            return mean
    for i in range(first, n):
        at[i] = at[first - 1] + factor * (at[i] - at[first - 1])
    return mean * factor


@compiled(
    types.void(
        _IF,
        _IB,
        types.float64,
        types.float64,
        types.float64,
        types.int64,
        types.int64,
        types.int64,
        types.npy_rng,
        _OF2,
    ),
    allocates=True,
)
def _draw(begin, waited, usual, expected, error, draws, between, before, rng, out):
    """Draw arrivals (Gibbs sampling).

    begin: of the steps, ns; waited: the step began when the one before ended; usual: time between requests to begin with, ns; expected,
    error: logarithm of it, where it is known, and how well. From there a long queue is found that single moves would take long to build.
    """
    n = begin.shape[0]
    at = begin.copy()
    for i in range(1, n):
        if waited[i]:
            at[i] = min(begin[i], at[i - 1] + usual)
    shape, mean = 1.0, max(1.0, usual)
    for sweep in range(before + draws * between):
        for i in range(1, n):
            if not waited[i]:
                continue
            for _ in range(8):
                if i + 1 < n:
                    new = at[i - 1] + rng.beta(shape, shape) * (at[i + 1] - at[i - 1])
                else:
                    new = at[i - 1] + rng.gamma(shape, mean / shape)
                if new <= begin[i]:
                    at[i] = new
                    break
        first = 1
        for i in range(1, n + 1):
            if i < n and waited[i]:
                continue
            if first < i:
                for _ in range(4):
                    _shift(begin, first, i - 1, shape, mean, rng, at)
                if i == n:
                    for _ in range(4):
                        mean = _stretch(begin, first, shape, mean, expected, error, rng, at)
            first = i + 1
        logs, total = 0.0, 0.0
        for i in range(1, n):
            interval = max(1.0, at[i] - at[i - 1])
            logs += np.log(interval)
            total += interval
        here = _likelihood(shape, mean, logs, total, n - 1) + _prior(mean, expected, error)
        for _ in range(4):
            other = min(1000.0, max(0.05, shape * np.exp(0.1 * rng.normal())))
            longer = mean * np.exp(0.05 * rng.normal())
            there = _likelihood(other, longer, logs, total, n - 1) + _prior(longer, expected, error)
            if np.log(rng.random()) < there - here:
                shape, mean, here = other, longer, there
        if sweep >= before and (sweep - before) % between == 0:
            out[(sweep - before) // between] = at


@compiled(types.void(_IF, _IF, types.float64, _OF))
def _serve(arrival, length, turnaround, end):
    """Serve requests one after the other."""
    free = -np.inf
    for i in range(arrival.shape[0]):
        free = max(arrival[i], free + turnaround) + length[i]
        end[i] = free


def _usual(found: Rhythm) -> float:
    """Return the median time from a request that found the session idle to the next; one that came during its step came early."""
    between = np.where(found.waited[1:], 0.5, 1.0) * np.diff(found.begin)
    fresh = between[~found.waited[:-1]]
    return float(np.median(fresh)) if len(fresh) else float(np.mean(between))


def draw_requests(
    found: Rhythm, alone: F64, low: float, high: float, usual: tuple[float, float] | None = None
) -> Requests:
    """Draw the times of requests.

    alone: lengths of the steps alone, ns; low, high: 90 % interval of their sum, as a part of it; usual: time between requests as it is
    known from elsewhere, ns, and its standard error as a part of it.
    """
    count, waiting = len(found.begin), int(found.waited.sum())
    draws = max(50, min(_DRAWS, _MOST_MOVES // max(1, waiting * 2 * _BETWEEN)))
    arrivals = np.tile(found.begin, (draws, 1))
    rng = np.random.default_rng(0)
    if waiting:
        mean, error = usual or (_usual(found), _ANY)
        before = min(_BEFORE, draws * _BETWEEN)
        _draw(found.begin, found.waited, mean, float(np.log(mean)), error, draws, _BETWEEN, before, rng, arrivals)
    normal = rng.standard_normal(draws) / SIGMA_90
    scale = 1 + np.where(normal < 0, normal * (1 - low), normal * (high - 1))
    together, there = np.empty((draws, 4)), np.empty((draws, 4))
    ratio, slowdown = np.empty(draws), np.empty(draws)
    end = np.empty(count)
    for i in range(draws):
        _serve(arrivals[i], np.ascontiguousarray(alone * max(0.05, scale[i])), found.turnaround, end)
        taken, took = found.end - arrivals[i], end - arrivals[i]
        together[i], there[i] = _figures(taken), _figures(took)
        ratio[i] = taken.mean() / took.mean()
        slowdown[i] = (found.end[-1] - found.end[0]) / max(1.0, end[-1] - end[0])
    waits = float((together[:, 0] - (found.end - found.begin).mean()).mean())
    if waits > 0:
        unsure = _MODEL * waits / float(together[:, 0].mean()) / sqrt(1 + count / 1000)
        ratio = ratio * np.exp(unsure / SIGMA_90 * rng.standard_normal(draws))
    return Requests(together=together, alone=there, ratio=ratio, slowdown=slowdown, arrivals=arrivals.mean(0))


def _figures(times: F64) -> F64:
    return np.concatenate([[times.mean()], np.percentile(times, PERCENTILES)])
