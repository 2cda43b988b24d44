"""Kernels -> the launches that they came from, by correlation id."""

from collections.abc import Callable

import numpy as np

from tb_contention.model.tables import blocks
from tb_contention.model.trace import KernelTable, LaunchTable
from tb_contention.units import I64

#: A launch is seen at most this long after its kernel began: clocks inside one file drift by up to 1 ms in long captures.
_SKEW_PS = 1_000_000_000
#: Ids are dense where their range is at most this many times as long as there are ids.
_DENSE = 4


def launch_rows(kernels: KernelTable, launches: LaunchTable) -> I64:
    """Find each kernel's row in `launches`, -1 without one: the last with its correlation id that does not come after it.

    Ids can come again in a long capture. A launch may seem up to 1 ms late, which the clocks inside one file drift apart.
    """
    if not len(launches) or not len(kernels):
        return np.full(len(kernels), -1, np.int64)
    ids, began, order = launches.correlation, launches.start, None
    if np.any(ids[1:] <= ids[:-1]):
        order = np.lexsort((began, ids))
        ids, began = ids[order], began[order]
    last_of, out = _last_of(ids), np.empty(len(kernels), np.int64)
    for rows in blocks(len(kernels)):
        wanted, start = kernels.correlation[rows], kernels.start[rows]
        at = last_of(wanted)
        found = (at >= 0) & (ids[np.maximum(at, 0)] == wanted) & (wanted > 0)
        late = found & (began[np.maximum(at, 0)] > start + _SKEW_PS)
        while late.any():
            at[late] -= 1
            found &= ~late | ((at >= 0) & (ids[np.maximum(at, 0)] == wanted))
            late &= found
            late[late] = began[at[late]] > start[late] + _SKEW_PS
        out[rows] = np.where(found, at if order is None else order[np.maximum(at, 0)], -1)
    return out


def _last_of(ids: I64) -> Callable[[I64], I64]:
    """Return what finds the last row whose id is at most each wanted one, -1 where there is none; ids ascend."""
    first, span = int(ids[0]), int(ids[-1]) - int(ids[0]) + 1
    if span > _DENSE * len(ids):
        return lambda wanted: np.searchsorted(ids, wanted, "right") - 1
    if span == len(ids):  # none is left out
        return lambda wanted: np.where(wanted < first, -1, np.minimum(wanted, first + span - 1) - first)
    # Ids that hardly leave any out are looked up in a table, which takes a third of the time.
    upto = np.zeros(span, np.int64)
    upto[ids - first] = np.arange(len(ids))
    np.maximum.accumulate(upto, out=upto)
    return lambda wanted: np.where(wanted < first, -1, upto[np.clip(wanted - first, 0, span - 1)])
