"""One Kineto file -> Trace."""

import re
from dataclasses import replace
from typing import Any

import numpy as np

from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.steps import marked_rows, root_rows, step_table
from tb_contention.model.tables import StringTable
from tb_contention.model.trace import (
    ClockEvidence,
    Device,
    Era,
    HostEventTable,
    KernelTable,
    LaunchTable,
    StepTable,
    Stream,
    Trace,
)
from tb_contention.recorders.common.advice import COPY_AGAIN, RECORD_AGAIN
from tb_contention.recorders.common.messages import skipped
from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto import events as column
from tb_contention.recorders.kineto.device_work import DeviceWork, host_work
from tb_contention.recorders.kineto.foreign import foreign
from tb_contention.recorders.kineto.host_work import allocations_of, host_events_of, launches_of, refusals_of
from tb_contention.recorders.kineto.json_text import NONE
from tb_contention.recorders.kineto.merged import ranks
from tb_contention.recorders.kineto.rows import Axis, Rows, first_known, placed
from tb_contention.recorders.kineto.said import said
from tb_contention.recorders.kineto.writers import more_writers
from tb_contention.units import I64, Picoseconds
from tb_contention.words.numbers import duration, refused_request

_NS_PER_US, _PS_PER_NS = 1_000, 1_000
#: Times in this range are Unix time; smaller ones count from the machine's start or another origin.
_LEAST_UNIX_US, _MOST_UNIX_US = 1_000_000_000_000_000, 4_000_000_000_000_000
_THREAD = re.compile(r"thread \d+ \((.{1,200})\)")


def decode_kineto(data: bytes | np.ndarray[Any, Any], *, file: str) -> Trace:
    """Decode a `.pt.trace.json` file of one process, or the first of several ranks; as `decode_ranks`."""
    return decode_ranks(data, file=file)[0][1]


def decode_ranks(data: bytes | np.ndarray[Any, Any], *, file: str, steps: str = "") -> tuple[tuple[str, Trace], ...]:
    """Decode a `.pt.trace.json` file, gzip-compressed or not, into a trace for each rank that was merged into it; `file` names it in
    messages. A file that nobody merged has one, named "". steps: what the user calls a step, a regular expression.

    Raises TraceFileError if nothing can be read; other losses become problems of the traces.
    """
    return tuple((name, _decode(document, file, steps)) for name, document in ranks(parts.read_document(data, file)))


def _decode(document: parts.Document, file: str, steps: str) -> Trace:
    rows = Rows.of(placed(document), file)
    ops, calls = rows.of_class(parts.OP), rows.of_class(parts.LAUNCH)
    op_ids = first_known(rows.arguments(ops, ("External id", "external id"))[0])
    numbers, _ = rows.arguments(calls, ("correlation", "External id", "external id"))
    call_ids = np.column_stack([numbers[:, 0], first_known(numbers[:, 1:])])
    work = DeviceWork(rows, (ops, op_ids), (calls, call_ids))
    launches = launches_of(rows, calls, call_ids[:, 0])
    host = host_events_of(rows, calls, steps)
    allocations, pools = allocations_of(rows, ops)
    devices, streams, kernels = work.devices, work.streams, work.table
    threads = _threads(rows)
    if not len(kernels) and len(ops) and document.complete:
        devices = (*devices, Device(name="/host:CPU", ordinal=-1, is_host=True))
        streams = tuple(Stream(device=len(devices) - 1, id=k, name=name) for k, name in enumerate(threads))
        kernels = host_work(rows, ops)
    end = end_of(rows)
    return Trace(
        era=Era.KINETO,
        hostnames=hostnames_of(document),
        process_id=process_of(rows),
        clock=clock_of(rows, end, _negative_lag(kernels, launches)),
        span=(Picoseconds(0), Picoseconds(end)),
        strings=_joined(rows.strings, work.details, StringTable.of(list(pools))),
        devices=devices,
        streams=streams,
        threads=threads,
        kernels=kernels,
        launches=launches,
        host_events=host,
        allocations=replace(allocations, allocator=allocations.allocator + np.int32(len(work.details))),
        steps=steps_of(host),
        refusals=refusals_of(rows),
        events_in_file=len(document.rows),
        complete=document.complete,
        profiler_messages=said(document.beside, file)[0],
        problems=tuple(problems_of(file, rows, rows.odd + work.lost)),
    )


def hostnames_of(document: parts.Document) -> tuple[str, ...]:
    """Return the name of the machine, if the file states it."""
    name = document.beside.get("host_name")
    return (name[:200],) if isinstance(name, str) and name else ()


def end_of(rows: Axis) -> int:
    """Return the last instant, ps."""
    return int((rows.start + rows.duration).max()) if len(rows.start) else 0


def steps_of(host: HostEventTable) -> StepTable:
    """Take the steps among host events."""
    return step_table(host, marked_rows(host, root_rows(host)))


def _joined(*tables: StringTable) -> StringTable:
    """Concatenate string tables."""
    blob = np.concatenate([table.blob[table.offsets[0] : table.offsets[-1]] for table in tables])
    lengths = np.concatenate([np.diff(table.offsets) for table in tables])
    return StringTable(blob=blob, offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))


def _threads(rows: Rows) -> tuple[str, ...]:
    """Name host threads as the file does, or else by their number."""
    named: dict[tuple[int, int], str] = {}
    there = set(rows.threads)
    for row in rows.of_class(parts.METADATA).tolist():
        if rows.strings[rows.names[row]] == "thread_name":
            place = int(rows.table[row, column.PROCESS]), int(rows.table[row, column.THREAD])
            if place in there:
                text = _argument(rows, row, "name")
                match = _THREAD.fullmatch(text)
                named[place] = match[1] if match else text
    return tuple(
        f"{named[place]} ({place[1]})" if named.get(place) else f"thread {place[1] if place[1] != NONE else '?'}"
        for place in rows.threads
    )


def _argument(rows: Rows, row: int, key: str) -> str:
    _, places = rows.arguments(np.array([row]), (key,), texts=1)
    begin, end = places[0].tolist()
    return (
        rows.document.text[begin + 1 : max(begin + 1, min(end - 1, begin + 400))].tobytes().decode("utf-8", "replace")
    )


def process_of(rows: Axis) -> int | None:
    """Return the process with the most calls and operations; a file records one process."""
    host = rows.table[rows.of_class(parts.LAUNCH, parts.OP, parts.MARK), column.PROCESS]
    host = host[(host > 0) & (host < 1 << 31)]
    if not len(host):
        return None
    values, counts = np.unique(host, return_counts=True)
    return int(values[counts.argmax()])


def clock_of(rows: Axis, end: int, lag: int = 0) -> ClockEvidence:
    """Find the wall clock: newer files count from `baseTimeNanoseconds`, older ones in Unix time."""
    base = rows.document.beside.get("baseTimeNanoseconds")
    is_stated = isinstance(base, int) and not isinstance(base, bool) and 0 <= base < 1 << 62
    if not is_stated and not _LEAST_UNIX_US <= rows.origin_us < _MOST_UNIX_US:
        return ClockEvidence(negative_lag_ps=lag)
    start = (base if isinstance(base, int) and is_stated else 0) + rows.origin_us * _NS_PER_US
    if not 0 < start < 1 << 62:
        return ClockEvidence(negative_lag_ps=lag)
    return ClockEvidence(start_ns=start, stop_ns=start + -(-end // _PS_PER_NS), negative_lag_ps=lag)


def _negative_lag(kernels: KernelTable, launches: LaunchTable) -> int:
    """Return the longest time that a kernel starts before its launch, which bounds the skew between the two clocks."""
    if not len(launches) or not len(kernels):
        return 0
    order = np.argsort(launches.correlation, kind="stable")
    keys = launches.correlation[order]
    at = np.minimum(np.searchsorted(keys, kernels.correlation), len(keys) - 1)
    has = keys[at] == kernels.correlation
    early: I64 = (launches.start[order[at]] - kernels.start)[has]
    return max(0, int(early.max())) if len(early) else 0


def problems_of(file: str, rows: Axis, odd: int) -> list[Problem]:
    """State what the format lacks, what was refused, and what was lost."""
    document = rows.document
    found = [
        Problem(
            file=file, slug="kineto", severity=Severity.INFO, origin=Origin.RECORDING,
            message=f"{file}: PyTorch's profiler records neither the physical GPU nor the allocator's limit: "
            "the GPU is assumed and the limit is unknown.",
            advice="Name the GPU in tb_contention.json beside the file, or with --gpu.", affects_numbers=False,
        )
    ]  # fmt: skip
    if not document.complete:
        found.append(
            Problem(
                file=file, slug="truncated-json", severity=Severity.ERROR, origin=Origin.READING,
                message=f"{file}: the file is truncated; the events before the cut are used.", advice=COPY_AGAIN,
            )
        )  # fmt: skip
    found += [*refused(file, rows), *said(document.beside, file)[1], *more_writers(file, rows), *foreign(file, rows)]
    if odd:
        found.append(
            Problem(
                file=file, slug="bad-timestamp", severity=Severity.WARNING, origin=Origin.READING, count=odd,
                message=f"{file}: {skipped(odd, what='impossible times or devices')}.", advice=RECORD_AGAIN,
            )
        )  # fmt: skip
    return found


def refused(file: str, rows: Axis) -> list[Problem]:
    """State the requests for memory that failed."""
    found = refusals_of(rows)
    if not len(found):
        return []
    worst = int(found.asked.argmax())
    asked = int(found.asked[worst])
    in_use, reserved = (int(held[worst]) if held[worst] >= 0 else None for held in (found.in_use, found.reserved))
    more = f", the largest of {len(found)} failures" if len(found) > 1 else ""
    return [
        Problem(
            file=file, slug="out-of-memory", severity=Severity.ERROR, origin=Origin.RECORDING, count=len(found),
            message=f"{file}: the program ran out of memory on GPU {found.device[worst]} "
            f"{duration(int(found.start[worst]) / _PS_PER_NS)} after the capture began: it asked for "
            f"{refused_request(asked, in_use, reserved)}{more}.",
            advice="Ask for less at once (a smaller batch, activation checkpointing), or free GPU memory. Other processes on the GPU take "
            "from the same memory (nvidia-smi lists them).", affects_numbers=False,
        )
    ]  # fmt: skip
