"""What the reader keeps for attribution: annotations, and the queues of a tf.Session; both only where they mean something."""

import pytest

from tb_contention.model.trace import HostKind, Trace
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.recorders.xspace.proto import XSpace

NAMES = (
    "SessionRun",
    "in/queue:FIFOQueueV2",
    "in/queue_enqueue:QueueEnqueueV2",
    "dense/MatMul:MatMul",
    "dense/Read:ReadVariableOp",
    "tb_contention.session:reader",
    "tb_contention.sessions:x",
)


def read(*, session_run: bool, gpu: bool) -> Trace:
    """Write one event of each name on a thread, with a kernel on a GPU or without, and read it."""
    space = XSpace()
    host = space.planes.add(name="/host:CPU")
    line = host.lines.add(id=1, name="python")
    for number, name in enumerate(NAMES, 1):
        if name == "SessionRun" and not session_run:
            continue
        host.event_metadata[number].id = number
        host.event_metadata[number].name = name
        line.events.add(metadata_id=number, offset_ps=number * 1000, duration_ps=500)
    if gpu:
        plane = space.planes.add(name="/device:GPU:0")
        plane.event_metadata[1].name = "gemm"
        plane.lines.add(id=7, name="Stream #7(Compute)").events.add(metadata_id=1, offset_ps=5000, duration_ps=500)
    return decode_xspace(space.SerializeToString(), file="x")


def kept(trace: Trace, kind: HostKind) -> list[str]:
    """Name the host events of one kind."""
    host = trace.host_events
    return [trace.strings[row] for row in host.name[host.kind == kind].tolist()]


@pytest.mark.parametrize("gpu", [False, True])
def test_queues_are_kept_where_sessions_run(gpu: bool) -> None:
    trace = read(session_run=True, gpu=gpu)
    assert kept(trace, HostKind.TF_OP) == ["in/queue:FIFOQueueV2", "in/queue_enqueue:QueueEnqueueV2"]


def test_other_programs_keep_no_operations() -> None:
    assert kept(read(session_run=False, gpu=True), HostKind.TF_OP) == []


def test_annotations_are_kept_and_are_no_work() -> None:
    trace = read(session_run=False, gpu=False)
    assert kept(trace, HostKind.ANNOTATION) == ["tb_contention.session:reader"]
    worked = {trace.strings[row] for row in trace.kernels.name.tolist()}
    assert "dense/MatMul:MatMul" in worked
    assert "tb_contention.session:reader" not in worked
