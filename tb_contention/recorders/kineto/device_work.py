"""Device events -> kernels, streams and devices; without any, host operations take their place."""

from dataclasses import replace
from typing import Any

import numpy as np

from tb_contention.model.steps import outermost_rows
from tb_contention.model.tables import StringTable
from tb_contention.model.trace import Device, KernelKind, KernelTable, Stream
from tb_contention.recorders.common.array_types import frozen
from tb_contention.recorders.common.interning import intern_places
from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto import events as column
from tb_contention.recorders.kineto.agents import by_gpu
from tb_contention.recorders.kineto.host_work import enclosing_names
from tb_contention.recorders.kineto.json_text import NONE
from tb_contention.recorders.kineto.rows import Axis, Rows, distinct_rows, first_known
from tb_contention.units import I32, I64, U8, Bool

#: Arguments of events on a device; the last two stay text.
_KEYS = (
    "device", "stream", "correlation", "External id", "external id", "bytes", "graph id", "graph node id", "registers per thread",
    "shared memory", "est. achieved occupancy %", "grid", "block",
)  # fmt: skip
_DEVICE, _STREAM, _CORRELATION, _EXTERNAL, _BYTES, _GRAPH, _REGISTERS = 0, 1, 2, 3, 5, 6, 8
_KINDS = {parts.KERNEL: KernelKind.KERNEL, parts.COPY: KernelKind.COPY, parts.MEMSET: KernelKind.MEMSET}
_MOST_DEVICES = 256


class DeviceWork:
    """Kernels of a file with their devices and streams. details: texts of launches; `KernelTable.details` counts from `base` on."""

    def __init__(self, rows: Rows, ops: tuple[I64, I64], calls: tuple[I64, I64]) -> None:
        """ops, calls: rows and external ids of operations; rows and (correlation, external id) of launches."""
        picked = rows.of_class(*_KINDS)
        numbers, places = rows.arguments(picked, _KEYS, texts=2)
        ordinal, good = _ordinals(rows, picked, numbers[:, _DEVICE])
        self.lost = int((~good).sum())
        picked, numbers, places, ordinal = picked[good], numbers[good], places[good], ordinal[good]
        stream = np.where(numbers[:, _STREAM] != NONE, numbers[:, _STREAM], rows.table[picked, column.THREAD])
        self.devices = devices_of(rows.document, np.unique(ordinal).tolist())
        self.streams, lane = _streams(self.devices, ordinal, stream)
        self.details, details = _details(rows, numbers[:, _REGISTERS : _REGISTERS + 3], places)
        base = len(rows.strings)
        none32 = np.full(len(picked), -1, np.int32)
        correlation = np.where(numbers[:, _CORRELATION] > 0, numbers[:, _CORRELATION], -1)
        kinds = rows.table[picked, column.CLASS]
        self.table = KernelTable(
            start=rows.start[picked],
            duration=rows.duration[picked],
            stream=lane,
            kind=np.select([kinds == k for k in _KINDS], [int(v) for v in _KINDS.values()], 0).astype(np.uint8),
            name=rows.names[picked],
            correlation=correlation,
            bytes=np.where(numbers[:, _BYTES] >= 0, numbers[:, _BYTES], -1),
            op=_operations(rows, first_known(numbers[:, _EXTERNAL : _EXTERNAL + 2]), correlation, ops, calls),
            details=np.where(details >= 0, details + base, -1).astype(np.int32),
            module=none32,
            group=np.full(len(picked), -1, np.int64),
            graph=np.where(numbers[:, _GRAPH] > 0, numbers[:, _GRAPH], -1),
        )
        order = np.lexsort((lane, self.table.start))
        self.table = self.table.select(order)


def _ordinals(axis: Axis, picked: I64, stated: I64) -> tuple[I64, Bool]:
    """Return the GPU of each piece of work, by its arguments or else its process, and which of them are possible."""
    ordinal = by_gpu(axis, np.where(stated != NONE, stated, axis.table[picked, column.PROCESS]))
    return ordinal, (ordinal >= 0) & (ordinal < 1 << 16)


def counted(axis: Axis) -> tuple[tuple[Device, ...], list[int], list[int], I64, int]:
    """Count what `DeviceWork` reads: devices, kernels and copies on each, the rows of all, and events on impossible devices."""
    picked = np.flatnonzero(np.isin(axis.table[:, column.CLASS], tuple(_KINDS)))
    numbers, _ = axis.arguments(picked, _KEYS[:1])
    ordinal, good = _ordinals(axis, picked, numbers[:, 0])
    used, device = np.unique(ordinal[good], return_inverse=True)
    is_kernel = axis.table[picked[good], column.CLASS] == parts.KERNEL
    devices = devices_of(axis.document, used.tolist())
    kernels, copies = (
        np.bincount(device.reshape(-1)[each], minlength=len(devices)) for each in (is_kernel, ~is_kernel)
    )
    lost = int((~good).sum())
    return devices, kernels.tolist()[: len(devices)], copies.tolist()[: len(devices)], picked[good], lost


def outermost(rows: Rows, ops: I64) -> I64:
    """Take the outermost operations of each thread; nested ones would count the same time twice."""
    thread = rows.thread[ops].astype(np.int64)
    return ops[np.sort(outermost_rows(thread, np.zeros_like(thread), rows.start[ops], rows.duration[ops]))]


def host_work(rows: Rows, ops: I64) -> KernelTable:
    """Take the outermost operations as the work of captures without device work."""
    outer = outermost(rows, ops)
    outer = outer[np.lexsort((rows.thread[outer], rows.start[outer]))]
    none64, none32 = np.full(len(outer), -1, np.int64), np.full(len(outer), -1, np.int32)
    return KernelTable(
        start=rows.start[outer],
        duration=rows.duration[outer],
        stream=rows.thread[outer],
        kind=np.full(len(outer), KernelKind.HOST_OP, np.uint8),
        name=rows.names[outer],
        correlation=none64,
        bytes=none64.copy(),
        op=none32,
        details=none32.copy(),
        module=none32.copy(),
        group=none64.copy(),
        graph=none64.copy(),
    )


def devices_of(document: parts.Document, used: list[int]) -> tuple[Device, ...]:
    """Describe the devices that have work from `deviceProperties`, skipping invalid entries."""
    beside = document.beside
    stated = beside.get("deviceProperties")
    listed = [p for p in stated if isinstance(p, dict)] if isinstance(stated, list) else []
    known = {p["id"]: p for p in listed if isinstance(p.get("id"), int)}
    kinds = [{k: v for k, v in p.items() if k != "id"} for p in listed]
    # A number beyond those listed is an agent's: which GPU it is stays open, but not what it is where all are alike.
    alike = kinds[0] if kinds and all(kind == kinds[0] for kind in kinds) else {}
    rank = rank_of(beside) if len(used) == 1 else None
    return tuple(
        replace(_device(ordinal, known.get(ordinal, alike)), rank=rank, unplaced=document.unplaced)
        for ordinal in used[:_MOST_DEVICES]
    )


def rank_of(beside: dict[str, Any]) -> tuple[int, int] | None:
    """Return the rank and the number of ranks of a job that NCCL connects; None for other programs."""
    job = beside.get("distributedInfo")
    if not isinstance(job, dict) or "nccl" not in str(job.get("backend")):
        return None
    rank, ranks = job.get("rank"), job.get("world_size")
    if type(rank) is not int or type(ranks) is not int or not 0 <= rank < ranks < 1 << 20 or ranks < 2:
        return None
    return rank, ranks


def _device(ordinal: int, stated: dict[str, Any]) -> Device:
    def count(key: str) -> int | None:
        value = stated.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 60 else None

    name, major, minor = stated.get("name"), count("computeMajor"), stated.get("computeMinor")
    return Device(
        name=f"/device:GPU:{ordinal}",
        ordinal=ordinal,
        model=name[:200] if isinstance(name, str) and name else None,
        core_count=count("numSms"),
        memory_size=count("totalGlobalMem"),
        compute_capability=(major, minor) if major is not None and isinstance(minor, int) else None,
    )


def _streams(devices: tuple[Device, ...], ordinal: I64, stream: I64) -> tuple[tuple[Stream, ...], I32]:
    if not len(ordinal):
        return (), np.empty(0, np.int32)
    places = np.stack([ordinal, stream], 1)
    numbers, first = distinct_rows(places)
    row = {device.ordinal: k for k, device in enumerate(devices)}
    made = tuple(
        Stream(device=row.get(int(d), -1), id=int(s) if abs(int(s)) < 1 << 62 else 0, name=f"stream {int(s)}")
        for d, s in places[first]
    )
    return made, numbers.astype(np.int32)


def _details(rows: Rows, launch: I64, places: I64) -> tuple[StringTable, I32]:
    """Write each distinct launch configuration in the form of XSpace files, which the analysis reads; -1 if the file has none."""
    grid = _texts(rows.document.text, places[:, 0:2])
    block = _texts(rows.document.text, places[:, 2:4])
    keys = np.column_stack([launch, grid[0], block[0]])
    if not len(keys):
        return StringTable.of([]), np.empty(0, np.int32)
    numbers, first = distinct_rows(keys)
    made = [_words(key, grid[1], block[1]) for key in keys[first].tolist()]
    said = np.array([bool(text) for text in made])
    number = np.where(said, np.cumsum(said) - 1, -1)
    return StringTable.of([text for text in made if text]), number[numbers].astype(np.int32)


def _texts(text: U8, places: I64) -> tuple[I64, StringTable]:
    return intern_places(text, np.stack([frozen(places[:, 0]), places[:, 1] - places[:, 0]], 1))


def _words(key: list[int], grids: StringTable, blocks: StringTable) -> str:
    registers, shared, occupancy, grid, block = key
    words = []
    for name, value in (("grid", _triple(grids[grid])), ("block", _triple(blocks[block]))):
        if value:
            words.append(f"{name}:{value}")
    if not words:
        return ""
    for name, number in (("regs", registers), ("shm", shared), ("occ_pct", occupancy)):
        if number != NONE and number >= 0:
            words.append(f"{name}:{number}")
    return " ".join(words)


def _triple(text: str) -> str:
    """`[12, 1, 1]` -> `12,1,1`."""
    numbers = [word.strip() for word in text.strip("[]").split(",")]
    return ",".join(numbers) if len(numbers) == 3 and all(n.isascii() and n.isdigit() for n in numbers) else ""


def _operations(rows: Rows, external: I64, correlation: I64, ops: tuple[I64, I64], calls: tuple[I64, I64]) -> I32:
    """Find the operation of each kernel by its external id, or by that of its launch; by where it is launched if neither is one."""
    if _is_correlation(external, correlation, calls[1]):
        inside = enclosing_names(rows, ops[0], calls[0]).astype(np.int64)
        return _look_up(correlation, calls[1][:, 0], inside, missing=-1).astype(np.int32)
    by_call = _look_up(correlation, calls[1][:, 0], calls[1][:, 1])
    external = np.where(external == NONE, by_call, external)
    return _look_up(external, ops[1], rows.names[ops[0]].astype(np.int64), missing=-1).astype(np.int32)


def _is_correlation(external: I64, correlation: I64, calls: I64) -> bool:
    """Return whether external ids only repeat correlation ids, as releases before 2.2 write them.

    The two are spaces of their own: equal numbers in both would name an operation that has nothing to do with the kernel.
    """
    of = np.concatenate([np.column_stack([correlation, external]), calls])
    of = of[(of[:, 0] > 0) & (of[:, 1] != NONE)]
    return len(of) > 0 and 2 * int((of[:, 0] == of[:, 1]).sum()) > len(of)


def _look_up(wanted: I64, keys: I64, values: I64, missing: int = NONE) -> I64:
    """Return the value of the first matching key."""
    known = np.flatnonzero(keys != NONE)
    if not len(known):
        return np.full(len(wanted), missing, np.int64)
    distinct, first = np.unique(keys[known], return_index=True)
    at = np.minimum(np.searchsorted(distinct, wanted), len(distinct) - 1)
    return np.where(distinct[at] == wanted, values[known[first[at]]], missing)
