"""Which roots are a session's steps, where several threads run something."""

from unit.attribution.programs import US, Program

from tb_contention.attribution.stepping import steps_of, with_own_steps
from tb_contention.model.steps import marked_rows, root_rows
from tb_contention.model.trace import HostKind, Trace


def begins(trace: Trace) -> list[int]:
    return [start // US for start in steps_of(trace).start.tolist()]


def two_threads(*, busy: str) -> Program:
    """Run twice on `main` and four times on `other`; the kernels of `busy` take longer."""
    program = Program()
    for number in range(6):
        thread = "main" if number % 3 == 0 else "other"
        program.session_run(thread, number * 100, 90, number)
        scope = {"main": "a/x:Add", "other": "b/y:Mul"}[thread]
        program.kernel(number * 100 + 20, 60 if thread == busy else 2, scope, thread, launch=number * 100 + 10)
    return program


def test_the_thread_with_the_most_device_time_makes_the_steps() -> None:
    assert begins(two_threads(busy="main").trace()) == [0, 300]
    assert begins(two_threads(busy="other").trace()) == [100, 200, 400, 500]


def test_a_training_makes_the_steps_though_filling_its_queue_takes_longer() -> None:
    program = two_threads(busy="other")
    program.kernel(85, 1, "gradients/a/x_grad/Mul:Mul", "main", launch=15)
    assert begins(program.trace()) == [0, 300]


def test_a_marked_step_decides_whatever_the_device_did() -> None:
    program = two_threads(busy="other")
    for number in (0, 3):
        program.event(HostKind.USER_STEP, "train", "main", number * 100, 95, root=1, step=number + 7)
    steps = steps_of(program.trace())
    assert steps.number.tolist() == [7, 10]
    host = program.trace().host_events
    assert len(marked_rows(host, root_rows(host))) == 2


def test_without_device_work_all_roots_are_steps() -> None:
    program = two_threads(busy="main")
    program.kernels.clear()
    assert len(begins(program.trace())) == 6


def test_the_same_graph_on_two_threads_gives_steps_of_both() -> None:
    program = Program()
    for number in range(4):
        thread = ("main", "other")[number % 2]
        program.session_run(thread, number * 100, 90, number)
        program.kernel(number * 100 + 20, 9, "a/x:Add", thread, launch=number * 100 + 10)
    assert begins(program.trace()) == [0, 100, 200, 300]


def test_a_single_thread_is_not_looked_at_again() -> None:
    program = Program()
    program.session_run("main", 0, 90, 1)
    trace = program.trace()
    assert with_own_steps(trace) is trace.steps
