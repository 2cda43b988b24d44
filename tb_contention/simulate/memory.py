"""Buffers of a session's steps -> changes of its allocator, and the events a profiler makes of them."""

from dataclasses import dataclass

from tb_contention.recorders.xspace.writer import Event, StatValue
from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.workload import Buffer, SessionSpec
from tb_contention.units import PS_PER_NS

ALLOCATOR = "GPU_0_bfc"
_HEAP = 0x7F_4000_0000_00
_ROUNDING = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryChange:
    """An allocation or release. time: ns of the simulation; in_use: after it; peak: highest in_use since the process began."""

    time: int
    buffer: Buffer
    op: str
    address: int
    is_allocation: bool
    in_use: int
    peak: int


class _Heap:
    """Addresses: a released block is given again to a buffer of its size."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._free: dict[int, list[int]] = {}
        self.in_use = first - _HEAP
        self.peak = self.in_use

    def allocate(self, size: int) -> int:
        size = chunk(size)
        self.in_use += size
        self.peak = max(self.peak, self.in_use)
        if self._free.get(size):
            return self._free[size].pop()
        self._next += size
        return self._next - size

    def release(self, address: int, size: int) -> None:
        self.in_use -= chunk(size)
        self._free.setdefault(chunk(size), []).append(address)


def chunk(size: int) -> int:
    """Round a request up to what the allocator gives."""
    return -(-size // _ROUNDING) * _ROUNDING


def memory_changes(spec: SessionSpec, runs: tuple[StepRun, ...]) -> list[MemoryChange]:
    """Follow the allocator: a buffer is given just before the host launches its item, and taken back just after."""
    heap = _Heap(_HEAP + chunk(spec.weights))
    held: dict[str, tuple[Buffer, int]] = {}
    changes = []

    def change(time: int, buffer: Buffer, op: str, address: int, allocated: bool) -> None:
        changes.append(
            MemoryChange(time=time, buffer=buffer, op=op, address=address, is_allocation=allocated, in_use=heap.in_use, peak=heap.peak)
        )  # fmt: skip

    cost = spec.launch_cost * 1000
    for run in runs:
        for item, launch in zip(spec.items, run.launch, strict=True):
            for k, buffer in enumerate(item.gives):
                held[buffer.key] = buffer, heap.allocate(buffer.size)
                change(round(launch - cost * 0.3) + k, buffer, item.op, held[buffer.key][1], True)
            for k, key in enumerate(item.frees):
                buffer, address = held.pop(key)
                heap.release(address, buffer.size)
                change(round(launch + cost * 0.66) + k, buffer, item.op, address, False)
    return changes


def allocator_events(changes: list[MemoryChange], origin: int, limit: int) -> list[Event]:
    """Make the profiler's events; origin: ns of the simulation at trace time 0, limit: of the allocator."""
    return [
        Event(
            name="MemoryAllocation" if change.is_allocation else "MemoryDeallocation",
            start=(change.time - origin) * PS_PER_NS,
            stats=_stats(change, limit),
        )
        for change in changes
    ]


def _stats(change: MemoryChange, limit: int) -> dict[str, StatValue]:
    known = change.is_allocation
    buffer = change.buffer
    shape: dict[str, StatValue] = {"shape": buffer.shape} if known else {}
    return {
        "allocator_name": ALLOCATOR,
        "bytes_reserved": 0,
        "bytes_allocated": change.in_use,
        "bytes_available": limit - change.in_use,
        "fragmentation": 0.03125,
        "peak_bytes_in_use": change.peak,
        "requested_bytes": buffer.size,
        "allocation_bytes": chunk(buffer.size),
        "addr": change.address,
        "tf_op": change.op if known else "(null)",
        "id": 0,
        "region_type": buffer.region if known else "(null)",
        "data_type": buffer.data_type if known else 0,
        **shape,
    }
