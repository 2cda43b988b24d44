"""The rows of one process -> the tables of a trace, with times in ps since the report's first event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tb_contention.model.residency import ResidencyTable
from tb_contention.model.trace import NONE, AllocationTable, KernelKind, KernelTable, LaunchTable, Stream
from tb_contention.recorders.nsight.device_work import COPIES, DeviceWork, launch_text, numbered
from tb_contention.recorders.nsight.host import Calls
from tb_contention.recorders.nsight.memory import ALLOCATOR, Allocations
from tb_contention.recorders.nsight.processes import Gpu, pids_of
from tb_contention.recorders.nsight.strings import Strings
from tb_contention.recorders.nsight.switches import Stays, own_stays
from tb_contention.units import I32, I64, PS_PER_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Time 0 of the traces, ns since the report's start."""

    first: int

    def ps(self, time: I64) -> I64:
        """Turn instants into trace time."""
        return (time - self.first) * PS_PER_NS

    def length_ps(self, last: int) -> int:
        """Return the trace time of an instant."""
        return (last - self.first) * PS_PER_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Streams of a process, and the stream of each piece of work."""

    streams: tuple[Stream, ...]
    of_work: I32

    @classmethod
    def of(cls, work: DeviceWork, ordinals: list[int], green: Mapping[int, int | None]) -> "Places":
        """Number the streams that have work. green: the green contexts of the process, each with its multiprocessors."""
        device = np.searchsorted(np.array(ordinals, np.int64), work.ordinal)
        context = np.where(np.isin(work.context, list(green)), work.context, NONE)
        which, count = numbered(device, work.stream, context)
        first = np.zeros(count, np.int64)
        first[which] = np.arange(len(which))
        streams = [
            _stream(int(device[row]), max(0, int(work.stream[row])), int(context[row]), green) for row in first.tolist()
        ]
        return cls(streams=tuple(streams), of_work=which.astype(np.int32))


def _stream(device: int, number: int, context: int, green: Mapping[int, int | None]) -> Stream:
    if context not in green:
        return Stream(device=device, id=number, name=f"Stream {number}")
    name = f"Stream {number} (green context {context})"
    return Stream(device=device, id=number, name=name, green_context=context, green_cores=green[context])


def kernel_table(work: DeviceWork, places: Places, origins: Origins, strings: Strings) -> KernelTable:
    """Build the kernel table of a process, in the order of `work`."""
    none = np.full(len(work), -1, np.int32)
    launches = [launch_text(row) for row in work.launches.tolist()]
    details: list[str | None] = [*launches, None]  # -1 picks the last
    return KernelTable(
        start=origins.ps(work.start), duration=(work.end - work.start) * PS_PER_NS, stream=places.of_work, kind=work.kind,
        name=_names(work, strings), correlation=work.correlation, bytes=work.bytes, op=none,
        details=strings.rows_of(details, _used(work.launch, len(launches))), module=none, group=none.astype(np.int64), graph=work.graph,
    )  # fmt: skip


def _used(which: I64, last: int) -> I64:
    return np.where(which < 0, last, which)


def _names(work: DeviceWork, strings: Strings) -> I32:
    """Name kernels by text, copies by kind, graphs by number."""
    out = np.full(len(work), -1, np.int32)
    kernels = np.flatnonzero((work.kind == KernelKind.KERNEL) & ~work.whole_graph)
    out[kernels] = strings.rows(work.name[kernels])
    texts: tuple[tuple[I64, Callable[[int], str]], ...] = (
        (np.flatnonzero(work.whole_graph), _graph_name),
        (np.flatnonzero(work.kind == KernelKind.COPY), lambda kind: COPIES.get(kind, "Memcpy")),
        (np.flatnonzero(work.kind == KernelKind.MEMSET), lambda _: "Memset"),
    )
    for rows, text in texts:
        distinct, which = np.unique(work.name[rows], return_inverse=True)
        out[rows] = strings.rows_of([text(n) for n in distinct.tolist()], which.reshape(-1))
    return out


def _graph_name(number: int) -> str:
    return f"CUDA graph {number}" if number >= 0 else "CUDA graph"


def launch_table(calls: Calls, work: DeviceWork, threads: I64, origins: Origins, strings: Strings) -> LaunchTable:
    """Build the launch table of a process from the calls that device work correlates with."""
    rows = np.flatnonzero((calls.correlation > 0) & np.isin(calls.correlation, work.correlation))
    rows = rows[np.argsort(calls.start[rows], kind="stable")]
    return LaunchTable(
        start=origins.ps(calls.start[rows]), duration=(calls.end - calls.start)[rows] * PS_PER_NS,
        thread=np.searchsorted(threads, calls.thread[rows]).astype(np.int32), name=strings.rows(calls.name[rows]),
        correlation=calls.correlation[rows], device=np.full(len(rows), -1, np.int32),
    )  # fmt: skip


def allocation_table(events: Allocations, origins: Origins, strings: Strings) -> AllocationTable:
    """Build the allocation table of a process; columns that only a framework's allocator could fill are unknown."""
    count = len(events.time)
    unknown, none = np.full(count, NONE), np.full(count, -1, np.int32)
    ordinals, which = np.unique(events.ordinal, return_inverse=True)
    allocators: list[str | None] = [ALLOCATOR.format(ordinal) for ordinal in ordinals.tolist()]
    return AllocationTable(
        start=origins.ps(events.time), is_allocation=events.is_allocation, thread=np.zeros(count, np.int32),
        allocator=strings.rows_of(allocators, which.reshape(-1)), in_use=events.in_use, available=unknown, reserved=unknown,
        size=events.bytes, requested=unknown, peak=unknown, address=events.address, step_id=unknown, data_type=unknown,
        fragmentation=np.full(count, np.nan), op=none, region=none, shape=none,
    )  # fmt: skip


def residency_table(
    stays: dict[int, Stays],
    gpus: list[Gpu | None],
    process: int,
    own: DeviceWork,
    everybody: DeviceWork,
    ordinals: list[int],
    origins: Origins,
) -> ResidencyTable:
    """Build the table of stays on the GPUs that a process used, of all contexts, including those of untraced processes."""
    traced = np.unique(everybody.process)
    parts: list[ResidencyTable] = []
    for row, gpu in enumerate(gpus):
        on_it = stays.get(gpu.number) if gpu is not None else None
        if on_it is None:
            continue
        kernels = (own.kind == KernelKind.KERNEL) & (own.ordinal == ordinals[row])
        mine = own_stays(on_it, process, own.start[kernels], traced)
        if mine.any():
            parts.append(_stays(on_it, mine, row, origins))
    return ResidencyTable.concat(parts) if parts else ResidencyTable.empty()


def _stays(stays: Stays, mine: np.ndarray[Any, Any], row: int, origins: Origins) -> ResidencyTable:
    return ResidencyTable(
        start=origins.ps(stays.start), duration=(stays.end - stays.start) * PS_PER_NS,
        device=np.full(len(stays.start), row, np.int32), process=pids_of(stays.process), context=stays.context,
        own=mine.astype(np.uint8),
    )  # fmt: skip
