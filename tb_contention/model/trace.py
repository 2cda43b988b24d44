"""One decoded trace: what a single profiler file says, in columns, before any other file is looked at.

    Trace ── devices: Device rows          planes /device:GPU:N, or the host where no GPU plane has events
          ── streams: Stream rows          lines of those planes (host threads on the host device)
          ── kernels: KernelTable ── stream row ── device row
          ── launches, host_events, allocations, steps
          ── strings: StringTable          every *name/op/details column is a row of it, -1 = none

Times are picoseconds from `Trace` time 0 (the profiler session's start where the file states it).
"""

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Annotated

import numpy as np

from tb_contention.model.findings import Problem
from tb_contention.model.residency import ResidencyTable
from tb_contention.model.tables import StringTable, Table
from tb_contention.units import F64, I32, I64, U8, Picoseconds
from tb_contention.wire import Wire

#: Directions of copies over the bus, and by direction what their names hold, in lower case and without what separates words.
TO_DEVICE, TO_HOST = 0, 1
COPY_WORDS = (("htod", "h2d", "hosttodevice"), ("dtoh", "d2h", "devicetohost"))
#: What names of kernels of collective communication hold, in lower case: their duration is mostly waiting for other ranks.
_COLLECTIVE_WORDS = ("nccl", "rccl")


def is_collective(name: str) -> bool:
    """Return whether a kernel's name, in lower case, is one of collective communication."""
    return any(word in name for word in _COLLECTIVE_WORDS)


class KernelKind(IntEnum):
    """What a device event is. UNKNOWN: its name was lost with a cut file."""

    KERNEL = 0
    COPY = 1
    MEMSET = 2
    STEP = 3  # only in tiles
    HOST_OP = 4
    UNKNOWN = 5


#: The `root` of a host event that the user calls a step.
NAMED_ROOT = 1 << 40


class HostKind(IntEnum):
    """Which role a host event plays for sessions and steps (xplane event names, all releases)."""

    OTHER = 0
    SESSION_RUN = 1
    FUNCTION_RUN = 2
    RUN_GRAPH = 3
    TFRT_MODEL_RUN = 4
    EXECUTOR = 5  # ExecutorState::Process, ExecutorDoneCallback
    EAGER_EXECUTE = 6
    TRACE_CONTEXT = 7
    USER_STEP = 8  # has step_num, or _r without being one of the above
    XLA_MODULE = 9
    SYNC = 10  # cuStreamSynchronize and the like
    TF_OP = 11  # `name:Type`
    DATA_PRODUCE = 12
    ANNOTATION = 13  # the project's own session annotation
    INPUT = 14  # the wait for the next batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device plane: CUDA/ROCm `ordinal` of the process, or -1 for the host (`is_host`). Missing capabilities are None.

    uuid, pci_bus_id: which physical GPU it is, where the recorder wrote that. unplaced: the recorder saw several GPUs, and nothing says
    which of them this is. rank: (rank, number of ranks) of a job of NCCL, which gives each rank a GPU of its own. Units: clock kHz,
    memory_size bytes, memory_bandwidth bytes/s.
    """

    name: str
    ordinal: int
    is_host: Annotated[bool, Wire("no GPU work was captured, and the work is operations on the host's processor")] = (
        False
    )
    model: Annotated[str | None, Wire("name of the GPU's model; null where the capture does not state it")] = None
    vendor: str | None = None
    clock_rate_khz: int | None = None
    core_count: int | None = None
    memory_size: Annotated[
        int | None,
        Wire("memory of the GPU; null where the capture does not state it", key="capacity_bytes"),
    ] = None
    memory_bandwidth: int | None = None
    compute_capability: tuple[int, int] | None = None
    uuid: str | None = None
    pci_bus_id: str | None = None
    unplaced: bool = False
    rank: tuple[int, int] | None = None

    @property
    def capabilities(self) -> tuple[object, ...]:
        """What two planes must share to be one GPU, as one comparable value; all None when the plane states none."""
        return (
            self.model,
            self.vendor,
            self.clock_rate_khz,
            self.core_count,
            self.memory_size,
            self.memory_bandwidth,
            self.compute_capability,
        )

    def differs_from(self, other: "Device") -> bool:
        """Return whether planes of two recorders contradict each other about one GPU; what only one of them states decides nothing.

        Recorders write a model in their own words, so that words count only where no figure is stated by both; and they count memory
        with or without what the driver keeps.
        """
        stated = zip(self.capabilities, other.capabilities, strict=True)
        pairs = [(a, b) for a, b in stated if a is not None and b is not None]
        figures = [(a, b) for a, b in pairs if not isinstance(a, str)]
        return any(not _same(a, b) for a, b in figures or pairs)


def _same(a: object, b: object) -> bool:
    if isinstance(a, int) and isinstance(b, int) and min(a, b) > _BYTES:
        return abs(a - b) <= _KEPT * max(a, b)
    return a == b


#: Figures beyond this are bytes, of which one recorder counts a part more than another.
_BYTES, _KEPT = 100_000_000, 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A line of a device plane (a CUDA stream), or a host thread on the host device.

    green_context: the number of the green context that a CUDA stream belongs to, -1 = none: its kernels run on a static part of the
    multiprocessors; green_cores: how many those are, where the recorder wrote it.
    """

    device: int
    id: int
    name: str
    green_context: int = -1
    green_cores: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTable(Table):
    """Device events that are work: kernels, copies, memsets; sorted by (start, stream). Overlaps in one stream are kept.

    start, duration: ps. stream: row of `Trace.streams`. correlation: launch id (uint64 seen as int64), -1 = none. bytes: of a copy or
    memset, -1 = unknown. name, op, details, module: rows of `Trace.strings`, -1 = none; `details` is the text of kernel_details or
    memcpy_details as written, `op` the framework op, `module` the XLA module. group: group_id of old files, graph: cuda_graph_id; -1
    = none.
    """

    start: I64
    duration: I64
    stream: I32
    kind: U8
    name: I32
    correlation: I64
    bytes: I64
    op: I32
    details: I32
    module: I32
    group: I64
    graph: I64


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTable(Table):
    """Host events with a correlation id (driver API calls, named by kernel or function) by start. thread: row of `Trace.threads`."""

    start: I64
    duration: I64
    thread: I32
    name: I32
    correlation: I64
    device: I32


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEventTable(Table):
    """Host events that matter for sessions, steps and attribution, sorted by (start, -duration).

    id: `id` stat; producer, consumer: `_p`, `_c`; producer_type, consumer_type: `_pt`, `_ct`; root: `_r`; step: `step_num`; group:
    `group_id`. All int64 (uint64 values wrapped), NONE = -2**63 where absent. model: row of strings (`model_id`).
    """

    start: I64
    duration: I64
    thread: I32
    kind: U8
    name: I32
    id: I64
    producer: I64
    producer_type: I64
    consumer: I64
    consumer_type: I64
    root: I64
    step: I64
    group: I64
    model: I32


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationTable(Table):
    """MemoryAllocation and MemoryDeallocation events of all allocators and threads, sorted by start (stable).

    allocator: row of `Trace.strings`. in_use: bytes_allocated after the event (chunk-rounded). available: bytes_available, so that
    in_use + available + reserved is the allocator's limit. size: allocation_bytes; requested: requested_bytes; peak: lifetime
    peak_bytes_in_use. Unknown integers are NONE = -2**63. op, region, shape: rows of strings, -1 = none.
    """

    start: I64
    is_allocation: U8
    thread: I32
    allocator: I32
    in_use: I64
    available: I64
    reserved: I64
    size: I64
    requested: I64
    peak: I64
    address: I64
    step_id: I64
    data_type: I64
    fragmentation: F64
    op: I32
    region: I32
    shape: I32


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalTable(Table):
    """Requests for memory that an allocator refused, sorted by start: the program ran out of memory, whether or not it went on.

    start: ps. device: the process's number of the GPU. asked, in_use, reserved: bytes that were asked for, and that the allocator then
    had given away and held; NONE = unknown.
    """

    start: I64
    device: I32
    asked: I64
    in_use: I64
    reserved: I64

    @classmethod
    def empty(cls) -> "RefusalTable":
        """Stand for a recording in which nothing was refused."""
        none = np.empty(0, np.int64)
        return cls(start=none, device=np.empty(0, np.int32), asked=none, in_use=none, reserved=none)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTable(Table):
    """Steps of a session by their host spans, sorted by start; number: step_num or the implicit counter; name: row of strings."""

    start: I64
    duration: I64
    number: I64
    name: I32


#: "absent" in integer columns where 0 and -1 are legal values.
NONE = -(1 << 63)


class Era(str, Enum):
    """Which container the trace came in."""

    XSPACE = "xspace"
    TRACE_JSON = "trace_json"  # TF 2.2: .trace.json.gz
    TRACE_PROTO = "trace_proto"  # TF 1.15 to 2.1: .trace
    KINETO = "kineto"  # PyTorch: .pt.trace.json
    NSIGHT = "nsight"  # Nsight Systems: `nsys export --type sqlite`


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEvidence:
    """What the file itself says about wall-clock time; Unix ns, None where absent.

    start_ns, stop_ns: `Task Environment`; trace time 0 is start_ns. tf_data_origin_ns: wall clock of trace time 0 from tf.data element
    ids (a lower estimate, a few us early at most), tf_data_events: how many events agreed. negative_lag_ps: the largest
    launch.start - kernel.start over kernels with a launch where positive, else 0 (bounds skew inside the file). unix_lines: a line with
    events is stamped in Unix time, not from trace time 0. recording: what several processes of one recording share; their times are of one
    clock then.
    """

    start_ns: int | None = None
    stop_ns: int | None = None
    tf_data_origin_ns: int | None = None
    tf_data_events: int = 0
    negative_lag_ps: int = 0
    unix_lines: bool = False
    recording: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Everything read from one profiler file.

    hostnames: XSpace.hostnames. span: (first start, last end) over all events in ps, (0, 0) when there is none. work_end:
    the end of the last device event in ps, where work of the devices that came later is lost; else None. complete: no byte of the
    file was left unread. profiler_messages: XSpace errors and warnings as written. file_bytes, sha256: of the file itself, None where the
    trace was not read from one.
    """

    era: Era
    hostnames: tuple[str, ...]
    process_id: int | None
    clock: ClockEvidence
    span: tuple[Picoseconds, Picoseconds]
    strings: StringTable
    devices: tuple[Device, ...]
    streams: tuple[Stream, ...]
    threads: tuple[str, ...]
    kernels: KernelTable
    launches: LaunchTable
    host_events: HostEventTable
    allocations: AllocationTable
    steps: StepTable
    events_in_file: int
    complete: bool
    work_end: Picoseconds | None = None
    profiler_messages: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    file_bytes: Annotated[
        int | None, Wire("size of the file as it was read; null where the trace was not read from one")
    ] = None
    sha256: Annotated[
        str | None, Wire("SHA-256 of the file as it was read; null where the trace was not read from one")
    ] = None
    residency: ResidencyTable = field(default_factory=ResidencyTable.empty)
    refusals: RefusalTable = field(default_factory=RefusalTable.empty)

    @property
    def dropped_events(self) -> bool:
        """Return whether the profiler says that it dropped events."""
        return any("drop" in message.lower() for message in self.profiler_messages)
