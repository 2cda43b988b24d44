"""Events of the two legacy containers -> Trace. They have a plane, a line, a name and times, and nothing more."""

import re
from array import array
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.tables import StringTable, Table
from tb_contention.model.trace import (
    AllocationTable,
    ClockEvidence,
    Device,
    Era,
    HostEventTable,
    KernelKind,
    KernelTable,
    LaunchTable,
    StepTable,
    Stream,
    Trace,
)
from tb_contention.recorders.common.advice import RECORD_AGAIN
from tb_contention.recorders.common.messages import skipped
from tb_contention.recorders.common.plausible import THREADS, Most, refuse_beyond
from tb_contention.recorders.common.step_names import step_called
from tb_contention.recorders.common.tensorflow_names import DERIVED_NAMES, OPERATION
from tb_contention.units import I64, MAX_TRACE_PS, Picoseconds

_DEVICE = re.compile(r"/device:GPU:(\d{1,6})")
_STEP_NAMES = ("SessionRun", "FunctionRun", "TraceContext")
#: The writers stop at a million events.
EVENTS = Most("events", 1_100_000, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldEvents:
    """Events of one old file as parallel columns. line: index into `lines`, which holds (plane name, line name, line id)."""

    lines: list[tuple[str, str, int]]
    line: I64
    name: list[str]
    start: I64
    duration: I64
    correlation: I64
    step: I64


class Columns:
    """The events read so far: numbers in flat columns, of which the first is the line, and names that each stand there once.

    lines: places of events, numbered as they appear; threads: their names. Adding raises TraceFileError where there are too many.
    """

    def __init__(self, file: str, numbers: int) -> None:
        self.file = file
        self.lines: dict[tuple[Any, Any], int] = {}
        self.threads: dict[tuple[Any, Any], str] = {}
        self.names: list[str] = []
        self._numbers, self._width = array("q"), numbers + 1
        self._known: dict[str, str] = {}

    def put(self, place: tuple[Any, Any], name: str, *numbers: int) -> None:
        """Add an event."""
        line = self.lines.setdefault(place, len(self.lines))
        refuse_beyond(THREADS, line + 1, 0, self.file)
        self._numbers.extend((line, *numbers))
        self.names.append(self._known.setdefault(name, name))
        refuse_beyond(EVENTS, len(self.names), 0, self.file)

    @property
    def table(self) -> I64:
        """Return the numbers, events by columns."""
        found = np.frombuffer(self._numbers, np.int64) if self._numbers else np.empty(0, np.int64)
        return found.reshape(-1, self._width)


def old_trace(
    file: str, era: Era, events: OldEvents, problems: list[Problem], *, complete: bool = True, steps: str = ""
) -> Trace:
    """Build a Trace of the events; a problem states what the container lacks."""
    fine = (events.duration >= 0) & (events.duration < MAX_TRACE_PS // 2) & (np.abs(events.start) < MAX_TRACE_PS // 2)
    names, name_rows = np.unique(
        np.array(events.name, dtype=object) if events.name else np.empty(0, object), return_inverse=True
    )
    gpu = np.array(
        [bool(_DEVICE.fullmatch(plane)) and line not in DERIVED_NAMES for plane, line, _ in events.lines], np.bool_
    )
    work = fine & (gpu[events.line] if len(events.line) else fine)
    devices = [
        Device(name=p, ordinal=int(p.rpartition(":")[2]))
        for p in sorted({p for p, _, _ in events.lines if _DEVICE.fullmatch(p)})
    ]
    kind = KernelKind.KERNEL
    if not work.any():
        operation = np.array([bool(OPERATION.fullmatch(n.encode("utf-8", "replace"))) for n in names], np.bool_)
        host = np.array([not _DEVICE.fullmatch(plane) for plane, _, _ in events.lines], np.bool_)
        work = fine & operation[name_rows] & host[events.line] if len(events.line) else fine
        if work.any():
            devices.append(Device(name="/host:CPU", ordinal=-1, is_host=True))
            kind = KernelKind.HOST_OP
    rows = np.flatnonzero(work)
    rows = rows[np.lexsort((events.line[rows], events.start[rows]))]
    streams = tuple(_stream(devices, plane, line, number) for plane, line, number in events.lines)
    kinds = np.full(len(rows), kind, np.uint8)
    if kind is KernelKind.KERNEL:
        copies = np.array([n.startswith("Memcpy") for n in names], np.bool_)
        kinds[copies[name_rows[rows]]] = KernelKind.COPY
    end = events.start[fine] + events.duration[fine]
    problems = [_stated(file, era), *problems]
    if not fine.all():
        problems.append(_bad_times(file, int((~fine).sum())))
    return Trace(
        era=era,
        hostnames=(),
        process_id=None,
        clock=ClockEvidence(),
        span=(Picoseconds(int(events.start[fine].min())), Picoseconds(int(end.max())))
        if fine.any()
        else (Picoseconds(0), Picoseconds(0)),
        strings=StringTable.of([str(n) for n in names]),
        devices=tuple(devices),
        streams=streams,
        threads=tuple(line for _, line, _ in events.lines),
        kernels=_kernels(events, rows, name_rows, kinds),
        launches=_empty(LaunchTable),
        host_events=_empty(HostEventTable),
        allocations=_empty(AllocationTable),
        steps=_steps(events, fine, names, name_rows, steps),
        events_in_file=len(events.line),
        complete=complete,
        problems=tuple(problems),
    )


def _stream(devices: list[Device], plane: str, line: str, number: int) -> Stream:
    row = next(
        (i for i, d in enumerate(devices) if d.name == plane),
        len(devices) - 1 if devices and devices[-1].is_host else -1,
    )
    return Stream(device=row, id=number, name=line or f"line {number}")


def _kernels(events: OldEvents, rows: I64, name_rows: np.ndarray[Any, Any], kinds: np.ndarray[Any, Any]) -> KernelTable:
    none64, none32 = np.full(len(rows), -1, np.int64), np.full(len(rows), -1, np.int32)
    return KernelTable(
        start=events.start[rows], duration=events.duration[rows], stream=events.line[rows].astype(np.int32), kind=kinds,
        name=name_rows[rows].astype(np.int32), correlation=events.correlation[rows], bytes=none64, op=none32, details=none32.copy(),
        module=none32.copy(), group=none64.copy(), graph=none64.copy(),
    )  # fmt: skip


def _steps(
    events: OldEvents,
    fine: np.ndarray[Any, Any],
    names: np.ndarray[Any, Any],
    name_rows: np.ndarray[Any, Any],
    steps: str,
) -> StepTable:
    """Take what the user calls steps, else events with a step number, else runs of sessions and functions."""
    called = [steps and step_called(steps, str(name)) is not None for name in names]
    numbered = fine & np.array(called, np.bool_)[name_rows] if any(called) else fine & (events.step >= 0)
    if not numbered.any() and len(names):
        numbered = fine & np.isin(names, _STEP_NAMES)[name_rows]
    rows = np.flatnonzero(numbered)
    rows = rows[np.argsort(events.start[rows], kind="stable")]
    number = np.where(events.step[rows] >= 0, events.step[rows], np.arange(len(rows)))
    return StepTable(
        start=events.start[rows], duration=events.duration[rows], number=number, name=name_rows[rows].astype(np.int32)
    )


def _empty(table: type[Any]) -> Any:
    """Make a table without rows, typed by its annotations."""
    kinds = {"float64": np.float64, "int64": np.int64, "int32": np.int32, "uint8": np.uint8}
    columns = {
        f.name: np.empty(0, next(t for k, t in kinds.items() if f"numpy.{k}" in str(f.type))) for f in fields(table)
    }
    made: Table = table(**columns)
    return made


def _stated(file: str, era: Era) -> Problem:
    what = "TensorFlow 2.2 (.trace.json.gz)" if era is Era.TRACE_JSON else "TensorFlow 1.15 to 2.1 (.trace)"
    return Problem(
        file=file, slug="legacy-container", severity=Severity.INFO, origin=Origin.RECORDING,
        message=f"{file}: the trace format of {what} records no memory, no GPU properties and no wall clock, so these are unknown.",
        advice="Record with TensorFlow 2.17 or later for exact alignment and memory.", affects_numbers=False,
    )  # fmt: skip


def _bad_times(file: str, count: int) -> Problem:
    return Problem(
        file=file, slug="bad-timestamp", severity=Severity.WARNING, origin=Origin.READING,
        message=f"{file}: {skipped(count)}.", advice=RECORD_AGAIN, count=count,
    )  # fmt: skip
