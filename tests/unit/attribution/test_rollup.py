"""A session's parts: device time by scope, and threads that wait for each other."""

import pytest
from unit.attribution.programs import Program

from tb_contention.attribution import attribute, roll_up
from tb_contention.model.attribution import RollUp, ScopeTotal, ThreadTotal
from tb_contention.units import Nanoseconds


def rolled(program: Program) -> RollUp:
    aligned = attribute(program.aligned())
    return roll_up(aligned, aligned.groups[0])


def rows(parts: RollUp) -> list[tuple[str, int, int]]:
    return [(p.scope, p.kernels, p.total) for p in parts.scopes]


def split_model(*, on_host: bool = False) -> Program:
    """Write a model in two parts, forward and backward, under a common scope."""
    program = Program(on_host=on_host)
    for step in range(2):
        program.kernel(step * 100 + 10, 20, "net/part_1/MatMul:MatMul", thread="main")
        program.kernel(step * 100 + 30, 10, "net/part_2/MatMul:MatMul", thread="main")
        program.kernel(step * 100 + 50, 30, "gradient_tape/net/part_2/MatMul/MatMul:MatMul", thread="main")
    return program


@pytest.mark.parametrize("on_host", [False, True])
def test_parts_are_summed_with_their_backward_work(on_host: bool) -> None:
    expected = [("net/part_2", 4, 80_000), ("net/part_1", 2, 40_000)]
    assert rows(rolled(split_model(on_host=on_host))) == expected


def test_only_what_is_in_the_window_counts() -> None:
    program = split_model()
    program.kernel(990, 30, "net/part_1/MatMul:MatMul")
    assert rows(rolled(program))[1] == ("net/part_1", 3, 50_000)


def test_a_model_without_scopes_has_no_parts() -> None:
    program = Program()
    program.kernel(10, 5, "MatMul:MatMul")
    assert rolled(program).scopes == ()


def test_many_scopes_end_in_one_row() -> None:
    program = Program()
    for number in range(50):
        program.kernel(number * 10, 9 - number // 10, f"part_{number}/MatMul:MatMul")
    parts = rolled(program).scopes
    assert len(parts) == 32
    assert parts[-1] == ScopeTotal(
        session=parts[0].session, scope="(others)", kernels=19, total=parts[-1].total, is_rest=True
    )
    assert sum(p.total for p in parts) == sum(1000 * (9 - n // 10) for n in range(50))


def test_just_as_many_scopes_as_fit_are_all_shown() -> None:
    program = Program()
    for number in range(32):
        program.kernel(number * 10, 5, f"part_{number}/MatMul:MatMul")
    assert "(others)" not in {p.scope for p in rolled(program).scopes}


def queued() -> Program:
    """Train from a queue that one thread fills; the training waits from 0 to 50 while it is filled."""
    program = Program(threads=("main", "filler", "pool", "pool 2"))
    program.session_run("main", 0, 100, 1)
    program.executor(60, 30, 1)
    program.kernel(70, 20, "dense/MatMul:MatMul", launch=65)
    program.session_run("filler", 0, 60, 2)
    program.executor(5, 50, 2)
    program.kernel(20, 30, "in/Normal:RandomNormal", launch=10)
    return program


def test_a_thread_waits_for_the_one_that_works_meanwhile() -> None:
    filler, main = rolled(queued()).threads
    assert main == ThreadTotal(
        session=main.session,
        thread="main",
        runs=1,
        busy=Nanoseconds(100_000),
        waited=Nanoseconds(70_000),
        waits_for="filler",
        kernels=1,
        total=Nanoseconds(20_000),
    )
    assert (filler.thread, filler.waited, filler.waits_for, filler.total) == ("filler", 10_000, "", 30_000)


def test_a_single_thread_is_not_summed_up() -> None:
    program = Program()
    program.session_run("main", 0, 100, 1)
    program.kernel(10, 5, "x/MatMul:MatMul", thread="main", launch=5)
    assert rolled(program).threads == ()


def test_threads_of_one_graph_are_one_row() -> None:
    program = Program()
    for step in range(4):
        program.session_run(("main", "other")[step % 2], step * 100, 90, step)
        program.kernel(step * 100 + 20, 8, "dense/MatMul:MatMul", ("main", "other")[step % 2], launch=step * 100 + 10)
    (row,) = rolled(program).threads
    assert (row.thread, row.runs, row.kernels) == ("main (2 threads)", 4, 4)
