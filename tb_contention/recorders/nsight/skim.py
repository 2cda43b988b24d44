"""One exported report -> a sketch per process, with counts and extents made by SQLite instead of columns of events."""

import numpy as np

from tb_contention.model.allocators import device_ordinal
from tb_contention.model.sketch import MOST_PROBLEMS, Sketch, uses
from tb_contention.model.trace import NONE, Era, KernelKind
from tb_contention.recorders.nsight import processes as names
from tb_contention.recorders.nsight import reader
from tb_contention.recorders.nsight.database import Database
from tb_contention.recorders.nsight.device_work import FURTHEST_NS, read_device_work
from tb_contention.recorders.nsight.host import read_ranges
from tb_contention.recorders.nsight.host_columns import steps_of
from tb_contention.recorders.nsight.memory import ALLOCATOR, read_allocations
from tb_contention.recorders.nsight.strings import Texts
from tb_contention.recorders.nsight.switches import read_switches
from tb_contention.units import I64, PS_PER_NS, Picoseconds

#: Tables of device work, and whether they hold kernels.
_WORK = (("KERNEL", 1), ("GRAPH_TRACE", 1), ("MEMCPY", 0), ("MEMSET", 0))
#: The part of the time from the first to the last work from which on one event is perhaps stamped too long.
_SUSPECT = 0.25
#: Columns of grouped rows, behind the process.
_ORDINAL, _FINE, _COUNT, _FIRST, _LAST, _IS_KERNEL = range(1, 7)


def skim_nsight(path: str, file: str, steps: str = "") -> tuple[tuple[str, Sketch], ...]:
    """Skim a report into the sketch of each process, by the name of its part; `file` names it in messages. Raises TraceFileError.

    steps: what the user calls a step.
    """
    with Database(path, file) as database:
        reader.check_export(database, file)
        return _sketches(database, file, steps)


def _sketches(database: Database, file: str, steps: str) -> tuple[tuple[str, Sketch], ...]:
    calls = database.groups("CUPTI_ACTIVITY_KIND_RUNTIME", ("globalTid",), FURTHEST_NS)
    calls = calls[calls[:, 0] != NONE]
    callers = names.process_of(calls[:, 0])
    work = _work(database, callers)
    bad, work = int(work[work[:, _FINE] == 0, _COUNT].sum()), work[work[:, _FINE] == 1]
    if len(work) and _longest(database) > _SUSPECT * (work[:, _LAST].max() - work[:, _FIRST].min()):
        bad, work = _row_by_row(database)
    callers, calls = callers[calls[:, 1] == 1], calls[calls[:, 1] == 1]
    ranges, memory = read_ranges(database, Texts(database), steps), read_allocations(database)
    if not len(work) and not len(memory.time):
        raise reader.no_gpu_work(file)
    first = min(int(c.min()) for c in (work[:, _FIRST], calls[:, 3], ranges.start, memory.time) if len(c))
    last = max(int(c.max()) for c in (work[:, _LAST], calls[:, 4], ranges.end, memory.time) if len(c))
    problems = [
        reader.cannot_tell(file),
        *reader.diagnosed(database, file)[1],
        *([reader.bad_times(file, bad)] if bad else []),
    ]
    problems += [reader.unfit(file, gpu) for gpu in read_switches(database, first, last)[1]]
    gpus, host = names.read_gpus(database), names.hostname(database)
    used = names.used_ordinals(
        np.concatenate([work[:, 0], memory.process]), np.concatenate([work[:, _ORDINAL], memory.ordinal])
    )
    ordinals, clock = (
        names.ordinals(database, gpus, used),
        reader.clock_of(file, reader.epoch_of(database), first, last),
    )
    range_process = names.process_of(ranges.thread)
    found = np.unique(np.concatenate([work[:, 0], memory.process]))[: reader.MOST_PROCESSES].tolist()
    sketches = []
    for process in found:
        pid, own, events = names.pid_of(process), work[work[:, 0] == process], memory.of(process)
        marks = ranges.select(np.flatnonzero(range_process == process))
        there = np.unique(np.concatenate([own[:, _ORDINAL], events.ordinal])).tolist()
        devices = tuple(
            reader.device_of(names.gpu_of(ordinals, gpus, pid, each), each, several=len(gpus) > 1) for each in there
        )
        kernels, copies = (
            [int(own[(own[:, _ORDINAL] == each) & (own[:, _IS_KERNEL] == kind), _COUNT].sum()) for each in there]
            for kind in (1, 0)
        )
        pools = {device_ordinal(ALLOCATOR.format(each)) for each in np.unique(events.ordinal).tolist()}
        called = int(calls[callers == process, 2].sum())
        sketches.append(
            Sketch(
                era=Era.NSIGHT, hostnames=(host,) if host else (), process_id=pid, clock=clock,
                span=(Picoseconds(0), Picoseconds((last - first) * PS_PER_NS)), devices=devices,
                use=uses(devices, kernels, copies, pools), steps=len(steps_of(marks)), allocations=len(events.time),
                events_in_file=int(own[:, _COUNT].sum()) + called + len(marks.start) + len(events.time), complete=True,
                problems=tuple(problems)[:MOST_PROBLEMS],
            )
        )  # fmt: skip
    named = names.process_names(database)
    return tuple(zip(reader.unique([reader.part_name(p, named) for p in found]), sketches, strict=True))


def _longest(database: Database) -> int:
    return max(database.longest(f"CUPTI_ACTIVITY_KIND_{table}", FURTHEST_NS) for table, _ in _WORK)


def _row_by_row(database: Database) -> tuple[int, I64]:
    """Count device work as reading does, which knows durations that cannot be; return how many rows those are, and the groups."""
    found = read_device_work(database)
    keys = np.column_stack([found.process, found.ordinal, found.kind == KernelKind.KERNEL])
    groups, which = np.unique(keys, axis=0, return_inverse=True)
    rows = []
    for number, (process, ordinal, is_kernel) in enumerate(groups.tolist()):
        own = which.reshape(-1) == number
        first, last = int(found.start[own].min()), int(found.end[own].max())
        rows.append((process, ordinal, 1, int(own.sum()), first, last, is_kernel))
    return found.bad, np.array(rows, np.int64).reshape(-1, _IS_KERNEL + 1)


def _work(database: Database, callers: I64) -> I64:
    """Count device work by process and device."""
    tables = []
    for table, is_kernel in _WORK:
        rows = database.groups(f"CUPTI_ACTIVITY_KIND_{table}", ("globalPid", "deviceId"), FURTHEST_NS)
        tables.append(np.column_stack([rows, np.full(len(rows), is_kernel)]))
    work = np.concatenate(tables)
    if (work[:, 0] != NONE).any():
        work[:, 0] = names.process_of(work[:, 0])
    else:  # as for reading the rows: releases before 2021 do not record it
        distinct = np.unique(callers)
        work[:, 0] = int(distinct[0]) if len(distinct) == 1 else NONE
    work[:, _ORDINAL] = np.clip(work[:, _ORDINAL], 0, 1 << 20)
    return work
