"""When did the host wait for the device? A launch, or the end of a step, that follows the end of a kernel and not the host's own pace.

host    L L L L . . . . . . E      E waits: it comes right after kernel k ends, however long that takes
device    |==|==|==|==|==k=|
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.work import LAUNCH, STEP_BEGIN, SYNC, SessionWork
from tb_contention.model.sampling import some
from tb_contention.model.tables import blocks
from tb_contention.units import F64, I64, U8, Bool

_FIRST = 4  # a launch right after a step border or a wait: it may carry a pause of its own
#: A gap is long when it is this many times the host's usual pace, and a microsecond more.
_LONG, _LONG_NS = 1.5, 1_000.0
#: A host that waits finds the device done at nearly all of its long gaps.
_ALWAYS = 0.9
#: The host goes on within this share of the wait, and within so many of its usual gaps, or so many ns.
_TIGHT, _PROMPT, _PROMPT_NS = 0.15, 5.0, 50_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPace:
    """Per host instant: gap to the one before (ns), the kernel it waited for (row, -1 = none), and its lag behind that kernel's end.

    pace: what the gap is at least when the host does not wait. arrival: of the request that a step begins with, where there are such; else
    -inf.
    """

    gap: F64
    waits_for: I64
    lag: F64
    pace: F64
    arrival: F64


def host_pace(work: SessionWork) -> HostPace:
    """Find the instants at which the host waited for the device."""
    time = work.host.time
    gap = np.zeros(len(time))
    np.subtract(time[1:], time[:-1], out=gap[1:])
    waits_for = np.full(len(time), -1, np.int64)
    lag, pace = np.zeros(len(time)), gap.copy()
    if len(time) and len(work.end):
        at, last = work.last_done(time)
        for part in blocks(len(time)):
            np.subtract(time[part], work.end[last[part]], out=lag[part])
        lag[: int(np.searchsorted(at, 0))] = np.inf
        between = lag < gap
        kinds = kinds_of(work.host.kind)
        calls = gap[(kinds == LAUNCH) & ~between]
        usual = float(np.median(some(calls))) if len(calls) else 0.0
        long = np.flatnonzero(between & (gap > _LONG * usual + _LONG_NS))
        waiting = [np.flatnonzero(between & (kinds == SYNC))]
        latest = _latest(work) if len(long) else np.empty(0, np.int64)
        for kind in np.flatnonzero(np.bincount(kinds[long])).tolist():
            rows = long[kinds[long] == kind]
            if kind != SYNC and len(rows) >= 2:
                drained = latest[rows] <= time[rows]
                waiting.append(rows[_waiting(gap[rows], lag[rows], drained, usual, presumed=kind != STEP_BEGIN)])
        for rows in waiting:
            waits_for[rows] = last[rows]
            pace[rows] = np.minimum(usual, gap[rows])
    return HostPace(gap=gap, waits_for=waits_for, lag=lag, pace=pace, arrival=np.full(len(time), -np.inf))


def kinds_of(kind: U8) -> U8:
    """Return the kinds of host instants, the first launch after anything else being one of its own."""
    kinds: U8 = kind.copy()
    first = (kind == LAUNCH) & (np.concatenate([[0], kind[:-1]]) != LAUNCH)
    kinds[first] = _FIRST
    return kinds


def _latest(work: SessionWork) -> I64:
    """Return for each host instant when the last of the kernels launched before it was done."""
    latest = np.full(len(work.host.time) + 1, np.iinfo(np.int64).min)
    known = work.launch >= 0
    launch, end = (work.launch, work.end) if known.all() else (work.launch[known], work.end[known])
    np.maximum.at(latest[1:], launch, end)
    return np.maximum.accumulate(latest, out=latest)


def _waiting(gap: F64, lag: F64, drained: Bool, usual: float, *, presumed: bool) -> Bool:
    """Mark, among instants of one kind with long gaps in which a kernel ended, those that waited.

    usual: the host's gap between launches in ns; drained: every kernel launched before was done.

    Where the host waits, the lag behind the kernel is short or hardly varies while the gap does, or the gap grows with the time that the
    device took to be done; where it does not, the gap is steady and kernels end anywhere in it. presumed: a host that finds the device done
    at nearly all long gaps waits for it, unless something shows otherwise; not so at the begin of steps, whose end would have waited.
    """
    if _spread(lag) < 0.5 * _spread(gap):
        return np.ones(len(gap), np.bool_)
    short: Bool = (lag <= _TIGHT * gap) & (lag <= max(_PROMPT * usual, _PROMPT_NS))
    tight = short.sum() > 0.5 * len(gap)
    finds_it_done = drained.sum() >= _ALWAYS * len(gap)
    if finds_it_done and (tight or _grows(gap[drained], (gap - lag)[drained], presumed=presumed)):
        return drained
    return short if tight else np.zeros(len(gap), np.bool_)


def _grows(gap: F64, work: F64, *, presumed: bool) -> bool:
    """Return whether gaps are longer where the device took longer, about one to one; `presumed` where the noise of pauses hides that."""
    gap, work = some(gap), some(work)
    rest = gap - work
    usual = rest <= 3 * np.median(rest)  # an occasional long pause shows nothing
    gap, work = gap[usual], work[usual]
    order = np.argsort(work, kind="stable")
    few = len(work) // 4
    if few < 2:
        return presumed
    short, long = order[:few], order[-few:]
    more = float(np.median(work[long]) - np.median(work[short]))
    noise = 1.4826 * _spread(gap - work) * 2 / np.sqrt(few)
    if more < 2 * noise:
        return presumed
    return float(np.median(gap[long]) - np.median(gap[short])) > 0.5 * more


def _spread(values: F64) -> float:
    values = some(values)
    return float(np.median(np.abs(values - np.median(values))))
