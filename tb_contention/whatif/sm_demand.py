"""Derive from launch configurations which part of a GPU's multiprocessors each kernel takes, within bounds.

A grid with fewer blocks than multiprocessors leaves the others free; one that fills all places for blocks leaves nothing. In between, a
kernel has a block on each multiprocessor but not all of its places: low counts the places, high the multiprocessors.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.launch_config import LaunchConfig, parse_launch_config
from tb_contention.model.trace import Device, KernelKind, Trace
from tb_contention.model.workload import Unit, Workload
from tb_contention.units import F64

#: Of a kernel whose configuration is not recorded.
_UNKNOWN = (0.05, 1.0)
#: A memset takes hardly any multiprocessor.
_MEMSET = (0.0, 0.2)
#: Threads that a multiprocessor holds, by compute capability; others hold 2048.
_THREADS = {(7, 5): 1024, (8, 6): 1536, (8, 7): 1536, (8, 9): 1536, (12, 0): 1536, (12, 1): 1536}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmDemand:
    """Part of the multiprocessors that each kernel takes, 0..1."""

    #: At least, and at most.
    low: F64
    high: F64
    #: Mean difference of the two, weighted by duration.
    vague: float

    @property
    def middle(self) -> F64:
        """Return the middle of the bounds."""
        return (self.low + self.high) / 2


def sm_demand_of(work: Workload, trace: Trace, device: Device, most: float = 1.0) -> SmDemand:
    """Find what the kernels of a workload take; each distinct launch configuration is read once. most: what they may use, 0..1."""
    kernels = trace.kernels
    details, which = np.unique(kernels.details[work.row], return_inverse=True)
    ranges = [_range(parse_launch_config(trace.strings.get(int(row))), device) for row in details.tolist()]
    table = np.array(ranges, np.float64).reshape(-1, 2)
    low, high = table[which, 0], table[which, 1]
    memset = kernels.kind[work.row] == KernelKind.MEMSET
    low, high = np.where(memset, _MEMSET[0], low), np.where(memset, _MEMSET[1], high)
    low, high = np.minimum(low, most), np.minimum(high, most)
    compute = work.unit == Unit.COMPUTE
    time = float(work.duration[compute].sum())
    vague = float(((high - low) * work.duration)[compute].sum()) / time if time > 0 else 0.0
    return SmDemand(low=low, high=high, vague=vague)


def _range(config: LaunchConfig | None, device: Device) -> tuple[float, float]:
    """Bound the part that a launch takes."""
    if config is None or config.grid is None or config.block is None or not device.core_count:
        return _UNKNOWN
    blocks, threads = _product(config.grid), _product(config.block)
    if not blocks or not threads:
        return _UNKNOWN
    high = min(1.0, blocks / device.core_count)
    return min(high, blocks / device.core_count / max(1.0, _places(config, threads, device))), high


def _places(config: LaunchConfig, threads: int, device: Device) -> float:
    """Return how many blocks a multiprocessor holds at once, or can hold at most where occupancy is not recorded."""
    most = _THREADS.get(device.compute_capability or (0, 0), 2048)
    occupancy = config.occupancy if config.occupancy else 100.0
    return min(32.0, float(round(most * occupancy / 100.0 / threads)))


def _product(size: tuple[int, int, int]) -> int:
    return size[0] * size[1] * size[2]
