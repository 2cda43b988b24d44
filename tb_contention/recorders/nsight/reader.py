"""One exported report -> one trace per process that used a GPU.

All times of a report count from its start, whose Unix time it states. Trace time 0 of every process is the report's first event, and the
window of every process lasts from there to the report's last event.
"""

import re
from dataclasses import dataclass

import numpy as np

from tb_contention.errors import TraceFileError
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.names import clean, shorten
from tb_contention.model.steps import root_rows, step_table
from tb_contention.model.trace import ClockEvidence, Device, Era, Trace
from tb_contention.recorders.common.advice import SHORTER_WINDOW
from tb_contention.recorders.common.messages import skipped, worded
from tb_contention.recorders.nsight import processes as names
from tb_contention.recorders.nsight.columns import (
    Origins,
    Places,
    allocation_table,
    kernel_table,
    launch_table,
    residency_table,
)
from tb_contention.recorders.nsight.database import Database
from tb_contention.recorders.nsight.device_work import DeviceWork, read_device_work
from tb_contention.recorders.nsight.host import Calls, Ranges, read_calls, read_ranges, thread_names
from tb_contention.recorders.nsight.host_columns import host_event_table
from tb_contention.recorders.nsight.memory import Allocations, read_allocations
from tb_contention.recorders.nsight.processes import Gpu, pid_of
from tb_contention.recorders.nsight.strings import Strings, Texts
from tb_contention.recorders.nsight.switches import Stays, read_switches
from tb_contention.units import Picoseconds

#: The most processes and recorder warnings that are read from one report.
MOST_PROCESSES, _MOST_MESSAGES = 256, 20
_GRAVE, _ERROR = re.compile(r"warn|error|fatal", re.IGNORECASE), re.compile(r"error|fatal", re.IGNORECASE)
#: It means that kernels may be missing, whatever its level.
_NOT_STARTED = re.compile(r"might (?:have not|not have) been started", re.IGNORECASE)
_NO_ID = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of a report: `name` is unique in it and stable."""

    name: str
    trace: Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """Everything read from a report, for all processes. first, last: of all events, ns since its start."""

    file: str
    work: DeviceWork
    calls: Calls
    ranges: Ranges
    allocations: Allocations
    stays: dict[int, Stays]
    texts: Texts
    threads: dict[int, str]
    gpus: dict[int, Gpu]
    ordinals: dict[tuple[int, int], Gpu]
    green: dict[tuple[int, int], int | None]
    first: int
    last: int
    epoch: int | None
    hostname: str | None
    messages: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_report(path: str, file: str, steps: str = "") -> tuple[Part, ...]:
    """Read a report; `file` names it in messages, and `steps` what the user calls a step. Raises TraceFileError."""
    with Database(path, file) as database:
        check_export(database, file)
        report = _read(database, file, steps)
        named = names.process_names(database)
    if not len(report.work) and not len(report.allocations.time):
        raise no_gpu_work(file)
    found = np.unique(np.concatenate([report.work.process, report.allocations.process])).tolist()
    parts = [Part(name=part_name(p, named), trace=_trace(report, p)) for p in found[:MOST_PROCESSES]]
    return tuple(
        Part(name=name, trace=part.trace) for name, part in zip(unique([p.name for p in parts]), parts, strict=True)
    )


def check_export(database: Database, file: str) -> None:
    """Refuse another program's database."""
    if not database.is_export:
        raise TraceFileError(
            f"{file}: the file is another program's SQLite database, not an export of Nsight Systems.",
            slug="not-nsight",
            advice="Nothing is lost. To silence this message, move the file out of the log directory.",
        )


def no_gpu_work(file: str) -> TraceFileError:
    """Refuse a report that shows no process on a GPU."""
    return TraceFileError(
        f"{file}: the report contains no GPU work.",
        slug="no-gpu-work",
        advice="Record with: nsys profile --trace=cuda,nvtx.",
    )


def _read(database: Database, file: str, steps: str) -> _Report:
    texts = Texts(database)
    work, calls, ranges = read_device_work(database), read_calls(database, texts), read_ranges(database, texts, steps)
    allocations = read_allocations(database)
    first, last = _extent(work, calls, ranges, allocations)
    stays, lost = read_switches(database, first, last)
    gpus = names.read_gpus(database)
    used = names.used_ordinals(
        np.concatenate([work.process, allocations.process]), np.concatenate([work.ordinal, allocations.ordinal])
    )
    messages, said = diagnosed(database, file)
    problems = [cannot_tell(file), *said]
    if work.bad:
        problems.append(bad_times(file, work.bad))
    problems += [unfit(file, gpu) for gpu in lost]
    return _Report(
        file=file, work=work, calls=calls, ranges=ranges, allocations=allocations, stays=stays, texts=texts,
        threads=thread_names(database, texts), gpus=gpus, ordinals=names.ordinals(database, gpus, used),
        green=names.green_contexts(database), first=first, last=last,
        epoch=epoch_of(database), hostname=names.hostname(database), messages=messages, problems=tuple(problems),
    )  # fmt: skip


def _extent(work: DeviceWork, calls: Calls, ranges: Ranges, allocations: Allocations) -> tuple[int, int]:
    """Return first and last instant of what the recorder saw of any process."""
    starts = [c for c in (work.start, calls.start, ranges.start, allocations.time) if len(c)]
    ends = [c for c in (work.end, calls.end, ranges.end, allocations.time) if len(c)]
    return (min(int(c.min()) for c in starts), max(int(c.max()) for c in ends)) if starts else (0, 0)


def epoch_of(database: Database) -> int | None:
    """Read the Unix time of the report's start."""
    (epoch,) = database.integers("TARGET_INFO_SESSION_START_TIME", "utcEpochNs")
    known = epoch[(epoch > 0) & (epoch < 1 << 62)]
    return int(known[0]) if len(known) else None


def diagnosed(database: Database, file: str) -> tuple[tuple[str, ...], list[Problem]]:
    """Read what the recorder warns of in its diagnostics; return the texts, and problems of what was lost."""
    named = {number: name or "" for number, (name,) in database.texts("ENUM_DIAGNOSTIC_SEVERITY_LEVEL", "id", "name")}
    levels = named or {2: "Warning", 3: "Error"}  # as all exports number them
    said: dict[str, str] = {}
    for level, (text,) in database.texts("DIAGNOSTIC_EVENT", "severity", "text"):
        if text and (_GRAVE.search(levels.get(level, "")) or _NOT_STARTED.search(text)):
            said.setdefault(shorten(clean(" ".join(text.split())), 300), levels.get(level, ""))
    messages = tuple(said)[:_MOST_MESSAGES]
    errors = [text for text in messages if _ERROR.search(said[text])]
    return messages, worded(
        messages, errors, file, f"{SHORTER_WINDOW} Nsight Systems lists all messages as its diagnostics summary."
    )


def _trace(report: _Report, process: int) -> Trace:
    """Build the trace of one process."""
    work, pid = report.work.of(process), pid_of(process)
    calls = report.calls.select(np.flatnonzero(names.process_of(report.calls.thread) == process))
    ranges = report.ranges.select(np.flatnonzero(names.process_of(report.ranges.thread) == process))
    allocations = report.allocations.of(process)
    origins, strings = Origins(first=report.first), Strings(report.texts)
    ordinals = np.unique(np.concatenate([work.ordinal, allocations.ordinal])).tolist()
    gpus = [names.gpu_of(report.ordinals, report.gpus, pid, ordinal) for ordinal in ordinals]
    green = {context: cores for (owner, context), cores in report.green.items() if owner == pid}
    places = Places.of(work, ordinals, green)
    threads = np.unique(np.concatenate([calls.thread, ranges.thread]))
    host = host_event_table(calls, ranges, threads, origins, strings)
    return Trace(
        era=Era.NSIGHT,
        hostnames=(report.hostname,) if report.hostname else (),
        process_id=pid,
        clock=clock_of(report.file, report.epoch, report.first, report.last),
        span=(Picoseconds(0), Picoseconds(origins.length_ps(report.last))),
        kernels=kernel_table(work, places, origins, strings),
        launches=launch_table(calls, work, threads, origins, strings),
        host_events=host,
        allocations=allocation_table(allocations, origins, strings),
        steps=step_table(host, root_rows(host)),
        residency=residency_table(report.stays, gpus, process, work, report.work, ordinals, origins),
        strings=strings.table(),
        devices=tuple(
            device_of(gpu, ordinal, several=len(report.gpus) > 1) for gpu, ordinal in zip(gpus, ordinals, strict=True)
        ),
        streams=places.streams,
        threads=tuple(_thread(report, thread) for thread in threads.tolist()),
        events_in_file=len(work) + len(calls.start) + len(ranges.start) + len(allocations.time),
        complete=True,
        profiler_messages=report.messages,
        problems=report.problems,
    )


def device_of(gpu: Gpu | None, ordinal: int, *, several: bool) -> Device:
    """Return the device that a process sees under an ordinal; several: the machine has more than one."""
    if gpu is not None:
        return gpu.device(ordinal)
    return Device(name=f"/device:GPU:{ordinal}", ordinal=ordinal, unplaced=several)


def clock_of(file: str, epoch: int | None, first: int, last: int) -> ClockEvidence:
    """State the Unix time of trace time 0, and that all processes of the report share it."""
    recording = f"{file} {epoch}"
    if epoch is None:
        return ClockEvidence(recording=recording)
    return ClockEvidence(
        start_ns=epoch + first, stop_ns=epoch + last, recording=recording
    )  # fmt: skip


def _thread(report: _Report, thread: int) -> str:
    number = thread & ((1 << 24) - 1)
    name = report.threads.get(thread)
    return f"{name}/{number}" if name else f"thread {number}"


def part_name(process: int, named: dict[int, str]) -> str:
    """Name a process by its program and id, in characters that a session id allows."""
    pid = pid_of(process)
    program = _NO_ID.sub("_", named.get(process, ""))[:40].strip("._")
    return "-".join(filter(None, (program or "process", "" if pid is None else str(pid))))


def unique(parts: list[str]) -> list[str]:
    """Number processes that share a name, such as equal process ids on two virtual machines."""
    taken: set[str] = set()
    made = []
    for part in parts:
        name, number = part, 1
        while name in taken:
            number += 1
            name = f"{part}~{number}"
        taken.add(name)
        made.append(name)
    return made


def cannot_tell(file: str) -> Problem:
    """State what the format lacks."""
    return Problem(
        file=file, slug="nsight-limits", severity=Severity.INFO, origin=Origin.RECORDING,
        message=f"{file}: Nsight Systems records no framework operations and no framework allocators, so kernels have no operation "
        "and memory is what the driver allocated.",
        advice="Mark steps with NVTX ranges named step or iteration; record with --gpuctxsw=true to measure which process had the GPU.",
        affects_numbers=False,
    )  # fmt: skip


def bad_times(file: str, count: int) -> Problem:
    """State that events were skipped."""
    return Problem(
        file=file, slug="bad-timestamp", severity=Severity.WARNING, origin=Origin.READING,
        message=f"{file}: {skipped(count, 'device event')}.",
        advice="Export the report again, or record a new one.", count=count,
    )  # fmt: skip


def unfit(file: str, gpu: int) -> Problem:
    """State that context switches of a GPU cannot be used."""
    return Problem(
        file=file, slug="context-switches-lost", severity=Severity.WARNING, origin=Origin.RECORDING,
        message=f"{file}: context switches of GPU {gpu} are missing, so which process had it is estimated instead of measured.",
        advice=SHORTER_WINDOW,
    )  # fmt: skip
