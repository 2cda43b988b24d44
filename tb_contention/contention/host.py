"""When did the host wait for the device? A launch, or the end of a step, that follows the end of a kernel and not the host's own pace.

host    L L L L . . . . . . E      E waits: it comes right after kernel k ends, however long that takes
device    |==|==|==|==|==k=|
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tb_contention.contention.work import LAUNCH, SYNC, SessionWork
from tb_contention.units import F64, I64, U8

Bool = npt.NDArray[np.bool_]

_FIRST = 4  # a launch right after a step border or a wait: it may carry a pause of its own
#: A gap is long when it is this many times the host's usual pace, and a microsecond more.
_LONG, _LONG_NS = 1.5, 1_000.0
#: Waiting ends within this share of the wait.
_TIGHT = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPace:
    """Per host instant: gap to the one before (ns), the kernel it waited for (row, -1 = none), and its lag behind that kernel's end.

    pace: what the gap is at least when the host does not wait.
    """

    gap: F64
    waits_for: I64
    lag: F64
    pace: F64


def host_pace(work: SessionWork) -> HostPace:
    """Find the instants at which the host waited for the device."""
    time = work.host.time
    gap = np.diff(time, prepend=time[:1]).astype(np.float64)
    waits_for = np.full(len(time), -1, np.int64)
    lag, pace = np.zeros(len(time)), gap.copy()
    if len(time) and len(work.end):
        order = np.argsort(work.end, kind="stable")
        at = np.searchsorted(work.end[order], time, "right") - 1
        last = order[np.maximum(at, 0)]
        lag = np.where(at >= 0, time - work.end[last], np.inf).astype(np.float64)
        between = lag < gap
        kinds = _kinds(work.host.kind)
        calls = gap[(kinds == LAUNCH) & ~between]
        usual = float(np.percentile(calls, 50)) if len(calls) else 0.0
        for kind in np.unique(kinds).tolist():
            rows = np.flatnonzero(kinds == kind)
            waiting = _waiting(gap[rows], lag[rows], between[rows], usual)
            if kind == SYNC:
                waiting = between[rows]
            waits_for[rows[waiting]] = last[rows[waiting]]
            pace[rows[waiting]] = np.minimum(usual, gap[rows[waiting]])
    return HostPace(gap=gap, waits_for=waits_for, lag=lag, pace=pace)


def _kinds(kind: U8) -> U8:
    kinds: U8 = kind.copy()
    first = (kind == LAUNCH) & (np.concatenate([[0], kind[:-1]]) != LAUNCH)
    kinds[first] = _FIRST
    return kinds


def _waiting(gap: F64, lag: F64, between: Bool, usual: float) -> Bool:
    """Tell, among instants of one kind, those that waited; usual: the host's gap between launches in ns.

    Where the host waits, the lag behind the kernel is short or hardly varies while the gap does; where it does not, the gap is steady and
    kernels end anywhere in it.
    """
    long: Bool = between & (gap > _LONG * usual + _LONG_NS)
    if long.sum() < 2:
        return np.zeros(len(gap), np.bool_)
    if _spread(lag[long]) < 0.5 * _spread(gap[long]):
        return long
    short = lag <= _TIGHT * gap
    if (long & short).sum() > 0.5 * long.sum():
        return long & short
    return np.zeros(len(gap), np.bool_)


def _spread(values: F64) -> float:
    return float(np.median(np.abs(values - np.median(values))))
