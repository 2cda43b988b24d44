"""What each part of a session held at once."""

from unit.attribution.programs import Program, two_sessions

from tb_contention.attribution import attribute, roll_up
from tb_contention.memory.by_scope import with_peaks
from tb_contention.memory.highwater import combined_memory


def peaks(program: Program) -> dict[tuple[str, str], int | None]:
    processes = program.aligned()
    aligned = attribute(processes)
    memory = combined_memory(processes, processes.groups[0], aligned)
    parts = with_peaks(roll_up(aligned, aligned.groups[0]), memory, aligned, aligned.groups[0])
    return {(p.session, p.scope): p.peak for p in parts.scopes}


def split_model() -> Program:
    program = Program()
    program.kernel(10, 20, "net/part_1/MatMul:MatMul", thread="main")
    program.kernel(30, 10, "net/part_2/MatMul:MatMul", thread="main")
    return program


def test_peaks_are_what_a_part_held_at_once() -> None:
    program = split_model()
    program.allocation(5, 100, 1, "net/part_1/MatMul")
    program.allocation(10, 50, 2, "net/part_1/Relu")
    program.allocation(20, 0, 1)
    program.allocation(25, 70, 1, "net/part_2/MatMul")
    program.allocation(30, 0, 2)
    program.allocation(40, 60, 2, "net/part_1/MatMul")

    assert peaks(program) == {("p", "net/part_1"): 150, ("p", "net/part_2"): 70}


def test_an_address_given_out_again_was_freed_before() -> None:
    program = split_model()
    for start in (5, 10, 15):
        program.allocation(start, 100, 1, "net/part_1/MatMul")

    assert peaks(program)["p", "net/part_1"] == 100


def test_sessions_in_a_process_share_no_bytes() -> None:
    program = two_sessions(models=True)
    program.allocation(15, 100, 1, "model_a/op_0", step=2)
    program.allocation(115, 30, 2, "model_b/op_0", step=1)

    assert peaks(program) == {("p#model_a", "model_a"): 100, ("p#model_b", "model_b"): 30}


def test_without_allocator_events_peaks_are_unknown() -> None:
    assert peaks(split_model()) == {("p", "net/part_1"): None, ("p", "net/part_2"): None}
