"""Small traces by hand: runs on threads, executor events, launches and kernels; times in microseconds."""

from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np
from lanes import group_of

from tb_contention.model.alignment import (
    AlignedTraces,
    ClockOffset,
    ClockSource,
    Session,
)
from tb_contention.model.tables import StringTable, Table
from tb_contention.model.trace import (
    NONE,
    AllocationTable,
    ClockEvidence,
    Device,
    Era,
    HostEventTable,
    HostKind,
    KernelTable,
    LaunchTable,
    StepTable,
    Stream,
    Trace,
)
from tb_contention.units import Nanoseconds, Picoseconds, SessionId

US = 1_000_000
T = TypeVar("T", bound=Table)


def table(kind: type[T], rows: list[dict[str, Any]], absent: dict[str, int]) -> T:
    """Make a table of rows; what a row does not say is `absent` of the column, or -1."""
    made = {}
    for column in fields(kind):
        dtype = next(t for t in (np.int64, np.int32, np.uint8, np.float64) if t.__name__ in str(column.type))
        made[column.name] = np.array([row.get(column.name, absent.get(column.name, -1)) for row in rows], dtype)
    return kind(**made)


@dataclass
class Program:
    """A process as it is written down: threads by name, then what happened on them."""

    threads: tuple[str, ...] = ("main", "other", "pool")
    on_host: bool = False
    strings: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    kernels: list[dict[str, Any]] = field(default_factory=list)
    launches: list[dict[str, Any]] = field(default_factory=list)
    allocations: list[dict[str, Any]] = field(default_factory=list)

    def text(self, value: str) -> int:
        """Return the row of a string."""
        if value not in self.strings:
            self.strings.append(value)
        return self.strings.index(value)

    def event(self, kind: HostKind, name: str, thread: str, start: int, length: int, **stats: Any) -> None:
        """Add a host event; `model` is given as text."""
        if "model" in stats:
            stats["model"] = self.text(stats["model"])
        place = {"thread": self.threads.index(thread), "start": start * US, "duration": length * US}
        self.events.append({"kind": kind, "name": self.text(name), **place, **stats})

    def session_run(self, thread: str, start: int, length: int, step: int, **stats: Any) -> None:
        """Add a SessionRun, context type 2."""
        ids = {"id": step, "producer": step, "producer_type": 2, "root": 1}
        self.event(HostKind.SESSION_RUN, "SessionRun", thread, start, length, **ids, **stats)

    def executor(self, start: int, length: int, step: int, kind: int = 2, **stats: Any) -> None:
        """Add executor work for a run on the pool thread."""
        ids = {"id": step, "consumer": step, "consumer_type": kind, **stats}
        self.event(HostKind.EXECUTOR, "ExecutorState::Process", "pool", start, length, **ids)

    def kernel(
        self, start: int, length: int, op: str, thread: str = "pool", launch: int | None = None, **more: Any
    ) -> None:
        """Add a kernel and its launch; on the host the operation is on the thread itself."""
        place = {"start": start * US, "duration": length * US}
        if self.on_host:
            self.kernels.append(
                {**place, "stream": self.threads.index(thread), "kind": 4, "name": self.text(op), **more}
            )
            return
        number = len(self.kernels) + 1
        self.kernels.append({**place, "stream": 0, "kind": 0, "name": self.text("gemm"), "op": self.text(op), **more})
        if launch is not None:
            self.kernels[-1]["correlation"] = number
            where = {"start": launch * US, "duration": US, "thread": self.threads.index(thread)}
            self.launches.append({**where, "name": self.text("gemm"), "correlation": number})

    def allocation(self, start: int, size: int, address: int, op: str = "", step: int = 0) -> None:
        """Add an allocation of `size` bytes, or with size 0 what frees the address."""
        self.allocations.append(
            {
                "start": start * US, "is_allocation": int(size > 0), "size": size, "address": address, "step_id": step,
                "op": self.text(op) if op else -1, "allocator": self.text("cpu" if self.on_host else "GPU_0_bfc"),
            }
        )  # fmt: skip

    def trace(self) -> Trace:
        """Put everything in order."""
        events = sorted(self.events, key=lambda e: (e["start"], -e["duration"]))
        ids = ("id", "producer", "producer_type", "consumer", "consumer_type", "root", "step", "group")
        host = table(HostEventTable, events, dict.fromkeys(ids, NONE))
        streams = tuple(Stream(device=0, id=i, name=n) for i, n in enumerate(self.threads if self.on_host else ("s",)))
        return Trace(
            era=Era.XSPACE,
            hostnames=("host0",),
            process_id=1,
            clock=ClockEvidence(),
            span=(Picoseconds(0), Picoseconds(1000 * US)),
            strings=StringTable.of(self.strings),
            devices=(Device(name="device", ordinal=-1 if self.on_host else 0, is_host=self.on_host),),
            streams=streams,
            threads=self.threads,
            kernels=table(KernelTable, sorted(self.kernels, key=lambda k: k["start"]), {}),
            launches=table(LaunchTable, sorted(self.launches, key=lambda k: k["start"]), {}),
            host_events=host,
            allocations=table(AllocationTable, self.allocations, {}),
            steps=table(StepTable, [], {}),
            events_in_file=0,
            complete=True,
        )

    def aligned(self) -> AlignedTraces:
        """Put the process alone on its device, window 0 to 1000 us."""
        clock = ClockOffset(source=ClockSource.NONE, origin_ns=0, error=Nanoseconds(5), absolute_error=Nanoseconds(5))
        session = Session(
            id=SessionId("p"), name="program", run="p", file="p", host="host0", process_id=1, kind="process", clock=clock,
            offset=Nanoseconds(0), start=Nanoseconds(0), end=Nanoseconds(1_000_000), trace=self.trace(),
        )  # fmt: skip
        return group_of([session])[0]


def two_sessions(*, on_host: bool = False, models: bool = False) -> Program:
    """Two graphs, run in turn from two threads by one pool thread: 4 runs, 2 kernels each."""
    program = Program(on_host=on_host)
    for step in range(4):
        thread, scope = (("main", "model_a"), ("other", "model_b"))[step % 2]
        named = {"model": f"{scope}:1"} if models else {}
        program.session_run(thread, step * 100, 90, step, **named)
        program.executor(step * 100 + 10, 40, step)
        for number in range(2):
            at = step * 100 + 20 + 10 * number
            program.kernel(at if on_host else at + 30, 8, f"{scope}/op_{number}:MatMul", launch=at)
    return program
