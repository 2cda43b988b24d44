"""Kernels -> the launches that they came from, by correlation id."""

import numpy as np

from tb_contention.model.trace import KernelTable, LaunchTable
from tb_contention.units import I64

#: A launch is seen at most this long after its kernel began: clocks inside one file drift by up to 1 ms in long captures.
_SKEW_PS = 1_000_000_000


def launch_rows(kernels: KernelTable, launches: LaunchTable) -> I64:
    """Find each kernel's row in `launches`, -1 without one: the last with its correlation id that does not come after it.

    Ids can come again in a long capture. A launch may seem up to 1 ms late, which the clocks inside one file drift apart.
    """
    if not len(launches) or not len(kernels):
        return np.full(len(kernels), -1, np.int64)
    wanted, start, ids = kernels.correlation, kernels.start, launches.correlation
    order = np.arange(len(launches))
    if np.any(ids[1:] <= ids[:-1]):
        order = np.lexsort((launches.start, ids))
        ids = ids[order]
    at = np.searchsorted(ids, wanted, "right") - 1
    found = (at >= 0) & (ids[np.maximum(at, 0)] == wanted) & (wanted > 0)
    late = found & (launches.start[order[np.maximum(at, 0)]] > start + _SKEW_PS)
    while late.any():
        at[late] -= 1
        found &= ~late | ((at >= 0) & (ids[np.maximum(at, 0)] == wanted))
        late &= found
        late[late] = launches.start[order[at[late]]] > start[late] + _SKEW_PS
    return np.where(found, order[np.maximum(at, 0)], -1)
