"""Where memory costs time: kernels that were changed, and calls for memory."""

from dataclasses import replace

import numpy as np
import pytest
from lanes import group_of
from unit.attribution.programs import Program
from unit.memory.heap import Heap

from tb_contention.memory.highwater import combined_memory
from tb_contention.memory.pressure import kernel_changes
from tb_contention.model.alignment import Session
from tb_contention.model.memory import CombinedMemory, KernelChange, StallKind
from tb_contention.model.trace import StepTable
from tb_contention.units import SessionId

FAST, SLOW = "cudnn_winograd", "cudnn_implicit_gemm"


def process(name: str, program: Program) -> Session:
    (session,) = program.aligned().sessions
    return replace(session, id=SessionId(name), name=name)


def training(*, switch: int = 500, slow: str = SLOW, count: int = 10) -> Program:
    """Run a convolution every 100 us, with a temporary of 4000 bytes; from `switch` with another kernel and 1000 bytes."""
    program = Program()
    for number in range(count):
        at = number * 100
        denied = at >= switch
        program.kernel(
            at + 10, 40 if denied else 20, "net/conv/Conv2D:Conv2D", name=program.text(slow if denied else FAST)
        )
        program.kernel(at + 60, 10, "net/Relu:Relu", name=program.text("relu"))
        program.allocation(at + 5, 1000 if denied else 4000, 1, "net/conv/Conv2D")
        program.allocations[-1]["region"] = program.text("temp")
        program.allocation(at + 9, 0, 1)
    return program


def neighbour(start: int) -> Program:
    program = Program()
    program.kernel(start, 20, "other/MatMul:MatMul")
    return program


def changes_of(first: Program, second: Program) -> tuple[KernelChange, ...]:
    return kernel_changes(*group_of([process("a", first), process("b", second)]), {})


def test_an_operation_that_changes_its_kernel_when_a_neighbour_comes() -> None:
    (change,) = changes_of(training(), neighbour(450))

    assert (change.session, change.neighbour, change.op) == ("a", "b", "net/conv/Conv2D")
    assert (change.before, change.count_before, change.mean_before) == (FAST, 5, 20_000)
    assert (change.after, change.count_after, change.mean_after) == (SLOW, 5, 40_000)
    assert (change.workspace_before, change.workspace_after) == (4000, 1000)
    assert (change.at, change.cost) == (450_000, 100_000)


def test_a_change_at_another_time_is_not_the_neighbours() -> None:
    assert changes_of(training(), neighbour(250)) == ()


@pytest.mark.parametrize("stray", [(FAST, 520), (SLOW, 420)])
def test_a_kernel_that_was_launched_ahead_or_behind_changes_nothing(stray: tuple[str, int]) -> None:
    program = training()
    name, at = stray
    program.kernel(at, 20, "net/conv/Conv2D:Conv2D", name=program.text(name))
    session = process("a", program)
    steps = StepTable(
        start=np.arange(10) * 100_000_000,
        duration=np.full(10, 90_000_000),
        number=np.arange(10),
        name=np.full(10, -1, np.int32),
    )
    stepping = replace(session, trace=replace(session.trace, steps=steps))
    (change,) = kernel_changes(*group_of([stepping, process("b", neighbour(450))]), {})

    assert (change.before, change.after) == (FAST, SLOW)


def test_a_session_that_keeps_its_kernels_did_not_change() -> None:
    assert changes_of(training(slow=FAST), neighbour(450)) == ()


def test_two_kernels_are_too_few_to_tell() -> None:
    assert changes_of(training(switch=800), neighbour(750)) == ()


def test_other_kernels_than_in_a_capture_alone() -> None:
    aligned, group = group_of([process("a", training(switch=0))])
    alone = process("alone", training(switch=10_000))
    (change,) = kernel_changes(aligned, group, {SessionId("a"): ((alone, 0),)})

    assert (change.neighbour, change.before, change.after, change.at) == (None, FAST, SLOW, None)


def memory_of(program: Program) -> CombinedMemory:
    memory = combined_memory(*group_of([process("a", program)]))
    assert memory is not None
    return memory


def test_calls_that_take_memory_from_the_driver_are_summed_up() -> None:
    program = training(count=2)
    for start, length, name in ((20, 5, "cuMemAlloc_v2"), (30, 50, "cuMemFree_v2"), (200, 9, "cuLaunchKernel")):
        program.launches.append(
            {
                "start": start * 1_000_000,
                "duration": length * 1_000_000,
                "thread": 0,
                "name": program.text(name),
                "correlation": 0,
            }
        )
    (stall,) = memory_of(program).stalls

    assert (stall.kind, stall.count, stall.what) == (StallKind.DRIVER, 2, "cuMemAlloc_v2, cuMemFree_v2")
    assert (stall.total, stall.longest, stall.longest_at) == (55_000, 50_000, 30_000)


def test_an_allocation_that_fits_only_after_a_free_had_to_wait_at_most_since_its_threads_last_event() -> None:
    heap = Heap(limit=100)
    heap.give(1, 1, 80, "x")
    heap.give(2, 2, 10, "y", thread=1)
    heap.take(9, 1, thread=2)
    heap.give(10, 3, 60, "z", thread=1)
    memory = combined_memory(*group_of([heap.session()]))
    assert memory is not None
    (stall,) = memory.stalls

    assert (stall.kind, stall.what, stall.count) == (StallKind.ROOM, "GPU_0_bfc", 1)
    assert (stall.total, stall.longest_at) == (8_000, 2_000)
