"""Host events -> launches, steps, sessions, waits and allocator events."""

import re

import numpy as np

from tb_contention.model.trace import (
    NAMED_ROOT,
    NONE,
    AllocationTable,
    HostEventTable,
    HostKind,
    LaunchTable,
    RefusalTable,
)
from tb_contention.recorders.common.array_types import frozen
from tb_contention.recorders.common.input_names import is_input
from tb_contention.recorders.common.step_names import chosen_steps, step_called, step_of
from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto import events as column
from tb_contention.recorders.kineto.rows import Axis, Rows
from tb_contention.units import I32, I64, Bool

#: The annotation that `torch.profiler` writes around each step, and this project's own annotation of a session.
_STEP = re.compile(r"ProfilerStep#(\d{1,15})")
_SESSION = "tb_contention.session:"
#: Calls in which the host waits for the device.
_WAITS = re.compile(r"(?:cuda|hip)(?:Stream|Device|Event)Synchronize|cu(?:Stream|Ctx|Event)Synchronize")
_MEMORY_KEYS = ("Device Type", "Device Id", "Addr", "Bytes", "Total Allocated")
#: c10::DeviceType of memory events: of the host, of a GPU (CUDA, HIP as it calls itself, XPU).
_CPU, _GPUS = 0, (1, 6, 12)
_REFUSED = b"[OutOfMemory]"
#: Larger numbers are damage.
_MOST_BYTES = 1 << 60


def launches_of(rows: Rows, calls: I64, correlation: I64) -> LaunchTable:
    """Take the driver and runtime calls that have a correlation id."""
    known = correlation > 0
    picked = calls[known]
    return LaunchTable(
        start=rows.start[picked],
        duration=rows.duration[picked],
        thread=rows.thread[picked],
        name=rows.names[picked],
        correlation=correlation[known],
        device=np.full(len(picked), -1, np.int32),
    )


def host_events_of(rows: Rows, calls: I64, steps: str = "") -> HostEventTable:
    """Take steps, sessions and waits; operations are already in a column of the kernels, unless the user calls them steps."""
    marks = rows.of_class(parts.MARK)
    kind, step = _marks(rows, marks)
    named = _named(rows, steps)
    if named:
        marks = rows.of_class(parts.MARK, parts.OP)
        kind[kind == HostKind.USER_STEP] = -1
        kind[list(named)], step[list(named)] = int(HostKind.USER_STEP), list(named.values())
    waits = np.array([bool(_WAITS.fullmatch(rows.strings[row])) for row in range(len(rows.strings))], np.bool_)
    picked = np.concatenate([marks[kind[rows.names[marks]] >= 0], calls[waits[rows.names[calls]]]])
    picked = picked[np.lexsort((-rows.duration[picked], rows.start[picked]))]
    names = rows.names[picked]
    kinds = np.where(kind[names] >= 0, kind[names], int(HostKind.SYNC)).astype(np.uint8)
    is_step = kinds == HostKind.USER_STEP
    none = np.full(len(picked), NONE, np.int64)
    return HostEventTable(
        start=rows.start[picked],
        duration=rows.duration[picked],
        thread=rows.thread[picked],
        kind=kinds,
        name=names,
        id=none,
        producer=none.copy(),
        producer_type=none.copy(),
        consumer=none.copy(),
        consumer_type=none.copy(),
        root=np.where(is_step, NAMED_ROOT if named else 1, NONE),
        step=np.where(is_step, step[names], NONE),
        group=none.copy(),
        model=np.full(len(picked), -1, np.int32),
    )


def _named(rows: Rows, steps: str) -> dict[int, int]:
    """Return the names that the user calls steps, each with its step number: of annotations, or else of operations."""
    for kind in (parts.MARK, parts.OP) if steps else ():
        used = np.unique(rows.names[rows.of_class(kind)]).tolist()
        found = {row: number for row in used if (number := step_called(steps, rows.strings[row])) is not None}
        if found:
            return found
    return {}


def _marks(rows: Rows, marks: I64) -> tuple[I64, I64]:
    """Return the kind of annotation that each name is, -1 for none, and its step number.

    Where `torch.profiler` marked no steps, those that the program or server marks itself count.
    """
    strings = rows.strings
    bases: dict[str, int] = {}
    base = np.full(len(strings), -1, np.int64)
    kind, step = np.full(len(strings), -1, np.int64), np.full(len(strings), NONE, np.int64)
    for row in range(len(strings)):
        name = strings[row]
        match = _STEP.fullmatch(name)
        if match is not None:
            kind[row], step[row] = int(HostKind.USER_STEP), int(match[1])
        elif name.startswith(_SESSION):
            kind[row] = int(HostKind.ANNOTATION)
        elif is_input(name):
            kind[row] = int(HostKind.INPUT)
        elif found := step_of(name):
            base[row], step[row] = bases.setdefault(found[0], len(bases)), found[1]
    own = marks[base[rows.names[marks]] >= 0]
    if len(own) and not (kind[rows.names[marks]] == HostKind.USER_STEP).any():
        end = rows.start[own] + rows.duration[own]
        chosen = chosen_steps(base[rows.names[own]], rows.thread[own].astype(np.int64), rows.start[own], end)
        kind[np.unique(rows.names[own[chosen]])] = int(HostKind.USER_STEP)
    return kind, step


def is_refusal(axis: Axis, picked: I64) -> Bool:
    """Mark the events of requests that were refused: `[OutOfMemory]`. Nothing was given, so they are no allocations."""
    found: Bool = axis.table[picked, column.LENGTH] == len(_REFUSED)
    at = axis.table[picked[found], column.NAME]
    found[found] = (
        axis.document.text[at[:, None] + np.arange(len(_REFUSED))] == np.frombuffer(_REFUSED, np.uint8)
    ).all(1)
    return found


def refusals_of(axis: Axis) -> RefusalTable:
    """Read the requests for memory of a GPU that were refused."""
    picked = axis.of_class(parts.MEMORY)
    picked = picked[is_refusal(axis, picked)]
    numbers, _ = axis.arguments(picked, (*_MEMORY_KEYS, "Total Reserved"))
    kind, gpu, _, asked, in_use, reserved = numbers.T
    good = np.isin(kind, _GPUS) & (gpu >= 0) & (gpu < 1 << 16) & (asked > 0) & (asked < _MOST_BYTES)
    return RefusalTable(
        start=axis.start[picked[good]],
        device=gpu[good].astype(np.int32),
        asked=asked[good],
        in_use=_known(in_use[good]),
        reserved=_known(reserved[good]),
    )


def _known(bytes_: I64) -> I64:
    return np.where((bytes_ >= 0) & (bytes_ < _MOST_BYTES), bytes_, NONE)


def memory_kinds(axis: Axis) -> dict[int, int]:
    """Count the events of allocators by the kind of their device, as c10 numbers it."""
    numbers, _ = axis.arguments(axis.of_class(parts.MEMORY), _MEMORY_KEYS[:1])
    kinds, counts = np.unique(numbers, return_counts=True)
    return dict(zip(kinds.tolist(), counts.tolist(), strict=True))


def memory_events(axis: Axis) -> tuple[I64, I64, I64, I64, I64]:
    """Read the events of allocators: rows, GPUs (-1: the host), addresses, bytes (negative: released), bytes in use."""
    picked = axis.of_class(parts.MEMORY)
    picked = picked[~is_refusal(axis, picked)]
    numbers, _ = axis.arguments(picked, _MEMORY_KEYS)
    kind, device, address, amount, allocated = numbers.T
    good = (
        (amount != NONE)
        & (amount != 0)
        & (allocated >= 0)
        & np.isin(kind, (_CPU, *_GPUS))
        & (np.abs(amount) < _MOST_BYTES)
    )
    good &= (kind == _CPU) | ((device >= 0) & (device < 1 << 16))
    picked, kind, device, address, amount, allocated = (
        each[good] for each in (picked, kind, device, address, amount, allocated)
    )
    return picked, np.where(kind == _CPU, -1, device), address, amount, allocated


def allocator_names(pools: I64) -> tuple[str, ...]:
    """Name the allocators of GPUs, -1 being the host's."""
    return tuple("cpu" if number < 0 else f"GPU_{number}_pytorch" for number in pools.tolist())


def allocations_of(rows: Rows, ops: I64) -> tuple[AllocationTable, tuple[str, ...]]:
    """Take the memory events of all devices; return the table and the allocators' names, numbered from the end of the strings.

    The caching allocator reports the bytes in use (`Total Allocated`) and the bytes reserved from the device. Neither is a limit, so the
    limit is unknown.
    """
    picked, pool, address, amount, allocated = memory_events(rows)
    pools, back = np.unique(pool, return_inverse=True)
    none, unknown = np.full(len(picked), NONE, np.int64), np.full(len(picked), -1, np.int32)
    table = AllocationTable(
        start=rows.start[picked],
        is_allocation=(amount > 0).astype(np.uint8),
        thread=rows.thread[picked],
        allocator=(back.reshape(-1) + len(rows.strings)).astype(np.int32),
        in_use=allocated,
        available=none,
        reserved=none.copy(),
        size=np.abs(amount),
        requested=none.copy(),
        peak=none.copy(),
        address=address,
        step_id=none.copy(),
        data_type=none.copy(),
        fragmentation=np.full(len(picked), np.nan),
        op=enclosing_names(rows, ops, picked),
        region=unknown,
        shape=unknown.copy(),
    )
    return table, allocator_names(pools)


def enclosing_names(rows: Rows, ops: I64, instants: I64) -> I32:
    """Return the name of the innermost operation on the thread at each instant."""
    end = rows.start + rows.duration
    ops = ops[np.lexsort((-end[ops], rows.start[ops], rows.thread[ops]))]
    order = np.lexsort((rows.start[instants], rows.thread[instants]))
    found = np.empty(len(instants), np.int64)
    thread = rows.thread.astype(np.int64)
    spans = [frozen(each[ops]) for each in (thread, rows.start, end)]
    asked = [frozen(each[instants[order]]) for each in (thread, rows.start)]
    column.enclosing(spans[0], spans[1], spans[2], asked[0], asked[1], found)
    names = np.full(len(instants), -1, np.int32)
    inside = found >= 0
    names[order[inside]] = rows.names[ops[found[inside]]]
    return names
