"""ROCm numbers a kernel's device by agent, processors first, but memory and properties by GPU: one number for both."""

import numpy as np

from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto.host_work import memory_events
from tb_contention.recorders.kineto.rows import Axis
from tb_contention.units import I64

_MEMBERS = ("roctracer_version", "hip_runtime_version", "hip_driver_version", "rocprofiler_version")
#: So many agents may precede the GPUs: one for each processor of a machine.
_BEFORE = (1, 2, 4, 8)


def by_gpu(axis: Axis, agent: I64) -> I64:
    """Return the number of the GPU for each agent, where the file shows which it is; else the agent's."""
    used = np.unique(agent[(agent >= 0) & (agent < 1 << 16)])
    if not len(used) or not _is_rocm(axis.document):
        return agent
    _, pools, *_ = memory_events(axis)
    gpus = np.unique(pools[pools >= 0])
    if not len(gpus):
        gpus = _alone_in_properties(axis.document)
    meant = _match(used, gpus)
    if meant is None:
        return agent
    at = np.minimum(np.searchsorted(used, agent), len(used) - 1)
    return np.where(used[at] == agent, meant[at], agent)


def _match(used: I64, gpus: I64) -> I64 | None:
    """Return which GPU each agent is; None where that stays open."""
    if not len(gpus) or np.isin(used, gpus).all():
        return None
    if len(used) == len(gpus):
        return gpus  # both are in the order of the bus
    fits = [used - before for before in _BEFORE if _holds(used - before, gpus)]
    return fits[0] if len(fits) == 1 else None


def _holds(numbers: I64, gpus: I64) -> bool:
    """Return whether one of the two contains the other."""
    return bool(numbers.min() >= 0 and (np.isin(gpus, numbers).all() or np.isin(numbers, gpus).all()))


def _is_rocm(document: parts.Document) -> bool:
    beside = document.beside
    if any(key in beside for key in _MEMBERS):
        return True
    stated = beside.get("deviceProperties")
    return any(
        p.get("warpSize") == 64 or str(p.get("name")).startswith(("AMD", "gfx"))
        for p in (stated if isinstance(stated, list) else ())
        if isinstance(p, dict)
    )


def _alone_in_properties(document: parts.Document) -> I64:
    """Return the only GPU that the file describes."""
    stated = document.beside.get("deviceProperties")
    ids = [p.get("id") for p in stated if isinstance(p, dict)] if isinstance(stated, list) else []
    return np.array([i for i in ids if isinstance(i, int) and 0 <= i < 1 << 16] if len(ids) == 1 else [], np.int64)
