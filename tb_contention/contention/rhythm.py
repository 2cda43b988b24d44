"""What starts a session's steps: the end of the one before (closed loop), or requests that come at a rhythm of their own (open loop)?

    closed   |==step==|..gap..|====step====|..gap..|     a longer step moves all that follow
    open     |==step==|...gap....|==step==|..gap...|     a longer step shortens the gap behind it: the next arrival stays where it is
             ^ arrival           ^ arrival

In a closed loop the gap does not depend on the step before it (slope 0). In an open loop it ends at the next arrival, so that it is shorter
by what the step is longer, unless the next request waited already and starts at once.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.baseline import centred
from tb_contention.contention.kernel_keys import numbered
from tb_contention.contention.work import STEP_BEGIN, STEP_END, SessionWork
from tb_contention.model.contention import Loop
from tb_contention.units import F64, I64, Bool

#: Fewer steps, and steps that find the session idle, show no rhythm. With fewer than so many nothing is asked.
_LEAST_STEPS, _LEAST_IDLE, _ANY_STEPS = 24, 8, 3
#: Of so few, pauses of a host vary by less than the first part; none that waited, in a session that idles for less than the second part,
#: follow requests: these would have queued. Steps that begin so many times as regularly as they pause may be started by a clock.
_FEW_PAUSES, _FEW_IDLE, _STEADIER = 0.12, 0.3, 0.7
#: Steps begin by a clock where the time between two begins varies by less than this part of what gaps do: in a loop it varies by more.
_BY_CLOCK = 0.3
#: Fewer gaps than this are not of two lengths; two lengths differ by this factor.
_TWO_LENGTHS, _TWICE = 5, 2.0
#: A step that starts within so many ns of the usual least gap waited for the one before; so does one within a part of its length.
_AT_ONCE_NS, _AT_ONCE = 20_000.0, 0.02
#: A host that goes on by itself takes longer than so many ns, if only now and then; the next of a queue begins at once, every time.
_SAME_INSTANT_NS, _MANY, _NEARLY_ALL = 1_000.0, 0.2, 0.9
#: So many at least, whose steps differ by at least this part of what all differ by.
_FEW, _DIFFER = 3, 0.3
#: Less idle time than this part of the time leaves nothing to arrive in: the session is saturated, or a closed loop.
_IDLE = 0.03
#: The host waits for the device at the end of nearly all steps, else steps say when work was submitted, not when it was done.
_SYNCHRONOUS = 0.9
#: Gaps of one length that vary less are pauses of the host; steps that vary less leave the slope open, and make no difference.
_PAUSES, _STEADY = 0.2, 0.005
#: Odds of an open loop before the slope is looked at: where gaps look as behind a queue, where they are no pauses of a host, and else.
#: A session is open or closed from this logarithm of the odds on; and a slope that chance gives more often than this shows nothing.
_ODDS_QUEUE, _ODDS_SCATTERED, _ODDS = 5.0, 0.5, 0.2
_SURE, _CHANCE = 2.2, 0.1
#: As behind a queue: so many steps at least and at most start at once, and the other gaps differ as much as arrivals do (p90 / p10).
_QUEUED, _SCATTERED = (0.05, 0.98), 3.0
#: Gaps are cut to so many standard deviations of the steps' lengths, and half as many times the median gap.
_CUT = 3.0
_RESAMPLES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How a session's steps start. Of whole steps in a window, in time order: begin and end (ns), host instants, and rows of its steps.

    waited: it began at once when the one before ended. turnaround: the gap between the two then.
    """

    loop: Loop
    begin: F64
    end: F64
    begins: I64
    ends: I64
    waited: Bool
    turnaround: float


def rhythm(work: SessionWork, start: int, end: int) -> Rhythm | None:
    """Judge what starts the steps of a session in a window; None where its steps cannot show it."""
    found = _steps(work, start, end)
    if found is None:
        return None
    begins, ends = found
    begin, done = work.host.time[begins].astype(np.float64), work.host.time[ends].astype(np.float64)
    gap, length = begin[1:] - done[:-1], done - begin
    if np.mean(gap < 0) > 1 - _SYNCHRONOUS or not _synchronous(work, begins, done):
        return None
    by_clock = len(begin) >= _LEAST_STEPS and float(np.diff(begin).std()) < _BY_CLOCK * float(gap.std())
    at_once, turnaround = (gap <= _AT_ONCE_NS, 0.0) if by_clock else _at_once(gap, length[:-1])
    loop = Loop.OPEN
    if not by_clock:
        kernels = np.bincount(work.step[work.step >= 0], minlength=int(work.host.step.max()) + 1)
        loop = _loop(begin, done, kernels[work.host.step[ends]], at_once, turnaround)
    return Rhythm(
        loop=loop,
        begin=begin,
        end=done,
        begins=begins,
        ends=ends,
        waited=np.concatenate([[False], at_once]),
        turnaround=turnaround,
    )


def _loop(begin: F64, done: F64, kernels: I64, at_once: Bool, turnaround: float) -> Loop:
    """Judge steps that no clock starts."""
    gap, length, span = begin[1:] - done[:-1], done - begin, float(done[-1] - begin[0])
    idle = float((gap - turnaround)[~at_once].sum())
    if len(begin) < _LEAST_STEPS:
        return _of_few(begin, gap, at_once, idle / span)
    if (~at_once).sum() >= _LEAST_IDLE and idle > _IDLE * span:
        return _judged(length[:-1], gap, kernels, np.concatenate([[True], ~at_once[:-1]]))
    if (~at_once).sum() >= _FEW and _scattered(gap[~at_once]) and not _pauses(gap):
        return Loop.UNKNOWN  # perhaps a queue that is hardly ever empty
    return Loop.UNKNOWN if (gap < _SAME_INSTANT_NS).mean() >= _NEARLY_ALL else Loop.CLOSED


def _of_few(begin: F64, gap: F64, at_once: Bool, idle: float) -> Loop:
    """Judge a few steps: too few to tell what starts them, but gaps of a host that pauses are alike, whatever the steps between take."""
    if idle <= (_IDLE if at_once.any() else _FEW_IDLE):
        return Loop.CLOSED
    by_host = float(np.diff(begin).std()) >= _STEADIER * float(gap.std())
    # Short pauses may count as at once; what is left then are too few to be of two lengths.
    pauses = _pauses(gap[~at_once], _FEW_PAUSES) or _pauses(gap, _FEW_PAUSES)
    return Loop.CLOSED if by_host and pauses else Loop.UNKNOWN


def _at_once(gap: F64, length: F64) -> tuple[Bool, float]:
    """Find the steps that began at once when the one before ended, and the gap between the two then.

    Gaps of next to nothing are of that kind, and gaps that are alike behind steps that differ. Where only equal steps have equal gaps,
    requests come as by a clock.
    """
    least = max(0.0, float(gap.min()))
    near: Bool = gap <= least + max(_AT_ONCE_NS, _AT_ONCE * float(np.median(length)))
    alike = near.sum() >= _FEW and float(length[near].std()) > _DIFFER * float(length.std())
    alike |= least <= _AT_ONCE_NS
    return (near, least) if alike else (np.zeros(len(gap), np.bool_), 0.0)


def _steps(work: SessionWork, start: int, end: int) -> tuple[I64, I64] | None:
    """Find the instants at which the steps of a window begin and end; None where there are too few."""
    host = work.host
    ends = np.flatnonzero((host.kind == STEP_END) & (host.time >= start) & (host.time <= end))
    begins = np.flatnonzero(host.kind == STEP_BEGIN)
    if len(ends) < _ANY_STEPS:
        return None
    instant = np.full(int(host.step.max()) + 1, -1, np.int64)
    instant[host.step[begins]] = begins
    begun = instant[host.step[ends]]
    whole = (begun >= 0) & (host.time[begun] >= start)
    return (begun[whole], ends[whole]) if whole.sum() >= _ANY_STEPS else None


def _synchronous(work: SessionWork, begins: I64, done: F64) -> bool:
    """Return whether the work of nearly all steps is done when they end."""
    steps = work.host.step[begins]
    last = np.full(int(work.host.step.max()) + 1, np.iinfo(np.int64).min)
    inside = work.step >= 0
    np.maximum.at(last, work.step[inside], work.end[inside])
    return bool(np.mean(last[steps] <= done + _AT_ONCE_NS) >= _SYNCHRONOUS)


def _judged(length: F64, gap: F64, kernels: I64, fresh: Bool) -> Loop:
    """Judge by how gaps depend on the steps before them.

    kernels: of each step, to compare steps of one kind only. fresh: steps that found the session idle: behind others the gap depends on all
    that are queued.

    Where requests arrive, the slope is -1 for as long as none waits, and weaker by the share of those that do. The gaps are looked at as
    they are, and cut: there a rare long pause weighs no more than a short one. A step longer than the time between requests is no longer
    than that to the next one.
    """
    kind, kinds = numbered(kernels[:-1] * np.int64(1 << 32) + kernels[1:])
    if _pauses(gap) and float((length + gap).std()) >= _STEADIER * float(gap.std()):
        # A host that rests after every few steps rests after the same one each time, which may be shorter for a reason of its own.
        kind, kinds = numbered(2 * kind + _long(gap))
    usual = np.bincount(kind, minlength=kinds)[kind] >= 4
    odds = float(np.log(_ODDS_QUEUE if _queues(gap) else _ODDS if _pauses(gap) else _ODDS_SCATTERED))
    views = [_weighed(length[rows], gap[rows], kind[rows]) for rows in (usual & fresh, usual)]
    if any(weight + odds > _SURE and chance <= _CHANCE for weight, chance in views):
        return Loop.OPEN
    # However long steps and gaps are, no host goes on in no time after many of its steps, and at any time after the others.
    by_host = not _queues(gap) or float((gap < _SAME_INSTANT_NS).mean()) < _MANY
    return Loop.CLOSED if (views[0][0] + odds < -_SURE and by_host) or _pauses(gap) else Loop.UNKNOWN


def _weighed(length: F64, gap: F64, kind: I64) -> tuple[float, float]:
    """Return by how much the logarithm of the odds of an open loop grows with these steps, and how often chance gives such a slope."""
    if len(gap) < _LEAST_STEPS:
        return 0.0, 1.0
    length = np.minimum(length, float(np.mean(length + gap)))
    kind, kinds = numbered(kind)
    x = centred(kind, kinds, length)
    if float(x.std()) < _STEADY * float(length.mean()):
        return 0.0, 1.0
    seen = []
    for cut in (float("inf"), _CUT * float(x.std()), _CUT / 2 * float(np.median(gap))):
        expected = -float(((gap > gap.min() + _AT_ONCE_NS) & (gap < cut)).mean())
        slope, error = _slope(x, centred(kind, kinds, np.minimum(gap, cut)))
        seen.append((expected / error, slope / error))
    expected, slope = min(seen)  # the view that tells the two apart best, in standard errors
    return (slope**2 - (slope - expected) ** 2) / 2, _by_chance(x, centred(kind, kinds, gap))


def _queues(gap: F64) -> bool:
    """Return whether many steps start at once and the others at any time, as behind a queue that is sometimes empty."""
    long = gap[gap > gap.min() + _AT_ONCE_NS]
    if not _QUEUED[0] <= 1 - len(long) / len(gap) <= _QUEUED[1]:
        return False
    return _scattered(long)


def _scattered(gap: F64) -> bool:
    low, high = np.percentile(gap, [10, 90])
    return bool(high > _SCATTERED * low)


def _pauses(gap: F64, vary: float = _PAUSES) -> bool:
    """Return whether gaps are of one or two lengths, as pauses of a host are: between steps, and now and then for something longer."""
    lengths, long = gap + _AT_ONCE_NS, _long(gap)
    parts = [part for part in (lengths[~long], lengths[long]) if len(part)]
    return all(float(part.std()) < vary * float(part.mean()) for part in parts)


def _long(gap: F64) -> Bool:
    """Mark the gaps beyond the widest break between lengths; none where no break is wide."""
    lengths = np.sort(gap) + _AT_ONCE_NS
    longer = lengths[1:] / lengths[:-1]
    if len(lengths) < _TWO_LENGTHS or longer.max() < _TWICE:
        return np.zeros(len(gap), np.bool_)
    long: Bool = gap + _AT_ONCE_NS > lengths[int(np.argmax(longer))]
    return long


def _slope(x: F64, y: F64) -> tuple[float, float]:
    """Return the slope with its standard error, from resampled blocks of consecutive steps."""
    length = max(1, round(len(x) ** (1 / 3)))
    products, squares = (np.convolve(values, np.ones(length), "valid") for values in (x * y, x * x))
    picked = np.random.default_rng(0).integers(0, len(products), (_RESAMPLES, max(1, len(x) // length)))
    slopes = products[picked].sum(1) / np.maximum(squares[picked].sum(1), 1.0)
    return float((x * y).sum() / max(1.0, (x * x).sum())), max(float(slopes.std()), 1e-3)


def _by_chance(x: F64, y: F64) -> float:
    """Return how often ranks fit as badly when one series is shifted in time, which keeps whatever drifts in both."""
    x, y = (np.argsort(np.argsort(values)).astype(np.float64) for values in (x, y))
    x, y = x - x.mean(), y - y.mean()
    spectrum = np.conj(np.fft.rfft(x)) * np.fft.rfft(y)
    shifted = np.fft.irfft(spectrum, len(x))
    mirrored = np.fft.irfft(np.conj(np.fft.rfft(x[::-1])) * np.fft.rfft(y), len(x))
    others = np.concatenate([shifted[2:-1], mirrored])
    return float((1 + (others <= shifted[0]).sum()) / (1 + len(others)))
