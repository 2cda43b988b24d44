"""The names of planes, lines and events in all releases, and what each means to the reader."""

import re

from tb_contention.model.trace import HostKind
from tb_contention.recorders.common.tensorflow_names import DERIVED_NAMES

DEVICE_PLANE = re.compile(r"/device:GPU:(\d{1,6})(?: \[\d+\])?")
HOST_PLANE = re.compile(r"/host:CPU(?: \[\d+\])?|/host:(?:CUPTI|ROCTRACER|python-tracer|TPU-runtime)")

#: Line ids of lines that tools derive from others: 0xdeadbeef as int32, and what follows (steps, ops, modules, ...).
DERIVED_IDS = range(-559038737, -559038347)
UNIFIED_MEMORY_IDS = range(0x10000000, 0x10000100)
HOST_EVENTS: dict[bytes, int] = {
    b"SessionRun": HostKind.SESSION_RUN,
    b"FunctionRun": HostKind.FUNCTION_RUN,
    b"RunGraph": HostKind.RUN_GRAPH,
    b"RunGraphDone": HostKind.RUN_GRAPH,
    b"TfrtModelRun": HostKind.TFRT_MODEL_RUN,
    b"ExecutorState::Process": HostKind.EXECUTOR,
    b"ExecutorDoneCallback": HostKind.EXECUTOR,
    b"TraceContext": HostKind.TRACE_CONTEXT,
    b"EagerExecute": HostKind.EAGER_EXECUTE,
    b"PrefetchProduce": HostKind.DATA_PRODUCE,
    b"ParallelMapProduce": HostKind.DATA_PRODUCE,
    b"ParallelBatchProduce": HostKind.DATA_PRODUCE,
    b"MapAndBatchProduce": HostKind.DATA_PRODUCE,
    b"ParallelInterleaveProduce": HostKind.DATA_PRODUCE,
    b"ParseExampleProduce": HostKind.DATA_PRODUCE,
    b"cuStreamSynchronize": HostKind.SYNC,
    b"cuCtxSynchronize": HostKind.SYNC,
    b"cuEventSynchronize": HostKind.SYNC,
    b"hipStreamSynchronize": HostKind.SYNC,
    b"hipDeviceSynchronize": HostKind.SYNC,
}
MEMORY_EVENTS: dict[bytes, int] = {b"MemoryAllocation": 1, b"MemoryDeallocation": 0}

#: An operation on a resource that the threads of one session share, by its type: a queue, an iterator, a table and the like.
SHARED_OPERATION = re.compile(
    rb"[^:\s][^:]*:(?:[A-Za-z0-9]*(?:Queue|Iterator|HashTable|Stack|Barrier|StagingArea)[A-Za-z0-9]*|VarHandleOp|Variable(?:V2)?)"
)


def is_work_line(line_id: int, name: str) -> bool:
    """Distinguish a stream from derived lines, overhead, counters and unified memory."""
    signed = line_id - (1 << 32) if (1 << 31) <= line_id < (1 << 32) else line_id
    if signed in DERIVED_IDS or signed in UNIFIED_MEMORY_IDS:
        return False
    return name not in DERIVED_NAMES and " - from #" not in name and not name.startswith("Host Offload Ops")
