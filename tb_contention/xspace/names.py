"""What names mean: stat names -> roles, event names -> classes, by comparing bytes once per metadata entry."""

from enum import IntEnum

import numba
import numpy as np

from tb_contention._compiled import compiled
from tb_contention.model.trace import HostKind
from tb_contention.units import I64, U8
from tb_contention.xspace.wire import BYTES, COLUMN, META_NAME, META_NAME_LENGTH, TABLE, Buffer


class Role(IntEnum):
    """What a stat says; one slot each while an event is read. Slots below EVENT_ROLES belong to events, the others to planes."""

    NONE = 0
    CORRELATION = 1
    DEVICE = 2
    KERNEL_DETAILS = 3
    COPY_DETAILS = 4
    MEMSET_DETAILS = 5
    NOT_WORK = 6  # residency, cudaMalloc and cudaFree on a device line: lifetimes, not work
    TF_OP = 7
    LEVEL_0 = 8
    MODULE = 9
    HLO_OP = 10
    GROUP = 11
    GRAPH = 12
    ID = 13
    PRODUCER = 14
    PRODUCER_TYPE = 15
    CONSUMER = 16
    CONSUMER_TYPE = 17
    ROOT = 18
    STEP = 19
    ITERATION = 20
    MODEL = 21
    ALLOCATOR = 22
    IN_USE = 23
    AVAILABLE = 24
    RESERVED = 25
    SIZE = 26
    REQUESTED = 27
    PEAK = 28
    ADDRESS = 29
    FRAGMENTATION = 30
    REGION = 31
    SHAPE = 32
    DATA_TYPE = 33
    ELEMENT = 34
    CLOCK_RATE = 40
    CORE_COUNT = 41
    BANDWIDTH = 42
    MEMORY_SIZE = 43
    CAPABILITY_MAJOR = 44
    CAPABILITY_MINOR = 45
    VENDOR = 46
    MODEL_NAME = 47
    PROCESS_ID = 48
    START_TIME = 49
    STOP_TIME = 50
    DROPPED = 51


EVENT_ROLES = 40

STAT_ROLES: "dict[str, Role]" = {
    "correlation_id": Role.CORRELATION,
    "device_id": Role.DEVICE,
    "kernel_details": Role.KERNEL_DETAILS,
    "memcpy_details": Role.COPY_DETAILS,
    "Memset_details": Role.MEMSET_DETAILS,
    "memset_details": Role.MEMSET_DETAILS,
    "MemoryResidency_details": Role.NOT_WORK,
    "memalloc_details": Role.NOT_WORK,
    "MemAlloc_details": Role.NOT_WORK,
    "MemFree_details": Role.NOT_WORK,
    "memfree_details": Role.NOT_WORK,
    "tf_op": Role.TF_OP,
    "level 0": Role.LEVEL_0,
    "hlo_module": Role.MODULE,
    "hlo_op": Role.HLO_OP,
    "group_id": Role.GROUP,
    "cuda_graph_id": Role.GRAPH,
    "id": Role.ID,
    "_p": Role.PRODUCER,
    "_pt": Role.PRODUCER_TYPE,
    "_c": Role.CONSUMER,
    "_ct": Role.CONSUMER_TYPE,
    "_r": Role.ROOT,
    "step_num": Role.STEP,
    "iter_num": Role.ITERATION,
    "model_id": Role.MODEL,
    "allocator_name": Role.ALLOCATOR,
    "bytes_allocated": Role.IN_USE,
    "bytes_available": Role.AVAILABLE,
    "bytes_reserved": Role.RESERVED,
    "allocation_bytes": Role.SIZE,
    "requested_bytes": Role.REQUESTED,
    "peak_bytes_in_use": Role.PEAK,
    "addr": Role.ADDRESS,
    "address": Role.ADDRESS,
    "fragmentation": Role.FRAGMENTATION,
    "region_type": Role.REGION,
    "shape": Role.SHAPE,
    "data_type": Role.DATA_TYPE,
    "element_id": Role.ELEMENT,
    "clock_rate": Role.CLOCK_RATE,
    "core_count": Role.CORE_COUNT,
    "memory_bandwidth": Role.BANDWIDTH,
    "memory_size": Role.MEMORY_SIZE,
    "compute_cap_major": Role.CAPABILITY_MAJOR,
    "compute_cap_minor": Role.CAPABILITY_MINOR,
    "device_vendor": Role.VENDOR,
    "gpu_device_name": Role.MODEL_NAME,
    "process_id": Role.PROCESS_ID,
    "profile_start_time": Role.START_TIME,
    "profile_stop_time": Role.STOP_TIME,
    "dropped_traces": Role.DROPPED,
}

# Classes of event names: HostKind values, and above them what only this package tells apart.
ALLOCATION, DEALLOCATION = 32, 33
COPY_NAME, MEMSET_NAME, OVERHEAD_NAME, RESIDENCY_NAME, GRAPH_NAME = 34, 35, 36, 37, 38

EXACT, PREFIX, SUFFIX = 0, 1, 2

#: Name, how it must match, class; the first match counts.
EVENT_CLASSES: "tuple[tuple[str, int, int], ...]" = (
    ("MemoryAllocation", EXACT, ALLOCATION),
    ("MemoryDeallocation", EXACT, DEALLOCATION),
    ("SessionRun", EXACT, HostKind.SESSION_RUN),
    ("FunctionRun", EXACT, HostKind.FUNCTION_RUN),
    ("RunGraph", EXACT, HostKind.RUN_GRAPH),
    ("RunGraphDone", EXACT, HostKind.RUN_GRAPH),
    ("TfrtModelRun", EXACT, HostKind.TFRT_MODEL_RUN),
    ("ExecutorState::Process", EXACT, HostKind.EXECUTOR),
    ("ExecutorDoneCallback", EXACT, HostKind.EXECUTOR),
    ("TraceContext", EXACT, HostKind.TRACE_CONTEXT),
    ("EagerExecute", EXACT, HostKind.EAGER_EXECUTE),
    ("EagerExecute: ", PREFIX, HostKind.EAGER_EXECUTE),
    (":XLA GPU module", SUFFIX, HostKind.XLA_MODULE),
    ("XlaModule:", PREFIX, HostKind.XLA_MODULE),
    ("cuStreamSynchronize", PREFIX, HostKind.SYNC),
    ("cuCtxSynchronize", PREFIX, HostKind.SYNC),
    ("cuEventSynchronize", PREFIX, HostKind.SYNC),
    ("hipStreamSynchronize", PREFIX, HostKind.SYNC),
    ("hipDeviceSynchronize", PREFIX, HostKind.SYNC),
    ("hipEventSynchronize", PREFIX, HostKind.SYNC),
    ("tb_contention:", PREFIX, HostKind.ANNOTATION),
    ("Memcpy", PREFIX, COPY_NAME),
    ("Memset", PREFIX, MEMSET_NAME),
    ("Memory ", PREFIX, RESIDENCY_NAME),
    ("CudaGraphExec:", PREFIX, GRAPH_NAME),
    ("COMPILER", EXACT, OVERHEAD_NAME),
    ("BUFFER_FLUSH", EXACT, OVERHEAD_NAME),
    ("INSTRUMENTATION", EXACT, OVERHEAD_NAME),
    ("RESOURCE", EXACT, OVERHEAD_NAME),
    ("UM_", PREFIX, OVERHEAD_NAME),
    ("Produce", SUFFIX, HostKind.DATA_PRODUCE),
)


def _list(entries: "list[tuple[str, int, int]]") -> "tuple[U8, I64]":
    """Lay a list of names out for compiled code: bytes, and rows (start, length, how, class)."""
    blob = "".join(name for name, _, _ in entries).encode("ascii")
    rows = np.zeros((len(entries), 4), np.int64)
    at = 0
    for row, (name, how, meaning) in zip(rows, entries, strict=True):
        row[:] = at, len(name), how, meaning
        at += len(name)
    return np.frombuffer(blob, np.uint8), rows


STAT_LIST = _list([(name, EXACT, int(role)) for name, role in STAT_ROLES.items()])
EVENT_LIST = _list([(name, how, int(kind)) for name, how, kind in EVENT_CLASSES])


@compiled(numba.boolean(BYTES, numba.int64, numba.int64))
def looks_like_op(data: Buffer, start: int, length: int) -> bool:
    """Tell whether a name is `name:Type`: name of letters, digits and `_./>-`, not starting with `_/>-`; type a capitalised word."""
    colon = -1
    for i in range(length):
        c = data[start + i]
        if c == 58:
            if colon >= 0:
                return False
            colon = i
            continue
        letter = (c >= 65 and c <= 90) or (c >= 97 and c <= 122) or (c >= 48 and c <= 57)
        if colon < 0:
            if not letter and ((i == 0 and c != 46) or (c != 95 and c != 46 and c != 47 and c != 62 and c != 45)):
                return False
        elif i == colon + 1:
            if not (c >= 65 and c <= 90) and c != 95:
                return False
        elif not letter and c != 95:
            return False
    return colon > 0 and colon < length - 1


@compiled(numba.void(BYTES, TABLE, BYTES, TABLE, numba.int64, COLUMN))
def classify(data: Buffer, metas: I64, blob: Buffer, known: I64, op_class: int, out: I64) -> None:
    """Give each metadata entry the class of the first known name it matches; 0 if none.

    op_class: what a name that looks like a framework op's, `name:Type`, becomes where no known name matches; 0 to not look.
    """
    for row in range(len(metas)):
        start, length = metas[row, META_NAME], metas[row, META_NAME_LENGTH]
        out[row] = 0
        for k in range(len(known)):
            size, how = known[k, 1], known[k, 2]
            if size > length or (how == EXACT and size != length):
                continue
            base = start + length - size if how == SUFFIX else start
            same = True
            for i in range(size):
                if data[base + i] != blob[known[k, 0] + i]:
                    same = False
                    break
            if same:
                out[row] = known[k, 3]
                break
        if op_class != 0 and out[row] == 0 and looks_like_op(data, start, length):
            out[row] = op_class
