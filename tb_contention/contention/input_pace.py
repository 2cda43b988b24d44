"""How fast can a session's input pipeline deliver? Where its steps hardly wait in company, it may be what they wait for alone.

    together   |fetch|=======step, lengthened by others=======|fetch|=======...      the next batch is ready: no wait
    alone      |fetch|===step===|..waits..|fetch|===step===|..waits..|               the pipeline takes its time

What the pipeline needs for a batch shows where two fetches in a row had to wait. Else it needs no longer than what was fetched in a row
took, but for batches that lay ready before.
"""

from dataclasses import replace

import numpy as np

from tb_contention.contention.interval import FLOOR
from tb_contention.contention.loss import Loss
from tb_contention.contention.open_loop import APART, Paced, bounded
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Evidence, Loop
from tb_contention.model.intervals import Intervals
from tb_contention.model.trace import HostKind
from tb_contention.units import F64, I64, PS_PER_NS, Bool

#: Periods that fetch a batch of all that there are, for the pipeline to be part of the loop.
_FETCHES = 0.8
#: A fetch that takes so many times as long as quick ones do, and this much longer (ns), waited; so many in a row tell the pipeline's pace.
_WAITED, _WAITED_NS, _PAIRS = 2.0, 20_000.0, 3
#: Batches that may have lain ready, and numbers of fetches in a row that are looked at.
_READY, _ROWS = 4, (8, 16, 32, 64, 128)


def with_input(paced: Paced) -> Paced:
    """Let the least slowdown allow for an input pipeline that alone would hold the session up."""
    loss, found = paced.loss, paced.estimate
    if found is None or not loss.has_steps or paced.loop is Loop.OPEN or loss.alone.evidence is Evidence.A:
        return paced
    batch = _per_batch(loss)
    if batch is None:
        return paced
    longest = float(np.maximum(loss.periods.alone, batch).sum())
    low = max(min(1.0, found.low), float(loss.periods.shared.sum()) / longest - FLOOR)
    if low >= found.low:
        return paced
    both = replace(found, low=low)
    apart = loss.alone.evidence is not Evidence.D and both.high - both.low > APART * both.value
    return replace(paced, loss=bounded(loss) if apart else loss, estimate=both, by_input=paced.by_input or apart)


def fetching(work: SessionWork) -> Intervals:
    """Return when the host waited for its next batch."""
    return Intervals.union_of(*_fetches(work))


def _fetches(work: SessionWork) -> tuple[I64, I64]:
    """Return begin and end of each fetch of a batch, ns; nested ones each."""
    events = work.session.trace.host_events
    rows = np.flatnonzero(events.kind == HostKind.INPUT)
    start = events.start[rows] // PS_PER_NS + work.session.offset
    return start, start + events.duration[rows] // PS_PER_NS


def _per_batch(loss: Loss) -> float | None:
    """Return what the pipeline needs for the batch of a step at the most, ns; None where steps fetch none."""
    start, end = _fetches(loss.work)
    count = len(loss.periods.end)
    step = np.searchsorted(loss.periods.end, end.astype(np.float64))
    inside = (end >= loss.periods.begin[0]) & (step < count)
    got, length = np.full(count, -1.0), np.zeros(count)
    np.maximum.at(got, step[inside], end[inside].astype(np.float64))
    np.maximum.at(length, step[inside], (end - start)[inside].astype(np.float64))
    fetched = got >= 0
    if fetched.sum() < max(_PAIRS, _FETCHES * count):
        return None
    quick = float(np.percentile(length[fetched], 10))
    waited = (length > _WAITED * quick) & (length > quick + _WAITED_NS)
    return slowest_delivery(got[fetched], waited[fetched])


def slowest_delivery(got: F64, waited: Bool) -> float:
    """Return the most that the pipeline can need for a batch; got: when each was had, waited: the host had to wait for it."""
    between = np.diff(got)
    rows = [between[waited[1:] & waited[:-1]]]
    held = [float(np.median(rows[0]))] if len(rows[0]) >= _PAIRS else []
    in_a_row = [float((got[n:] - got[:-n]).min()) / (n - _READY) for n in _ROWS if n < len(got)]
    return min([float(between.mean()), *held, *in_a_row])
