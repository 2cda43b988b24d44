"""Closed forms: what the sharing modes must give exactly."""

import pytest

from tb_contention.simulate.engine import Program, StepProgram, StepRun, run
from tb_contention.simulate.sharing import Queue, Rates, TimeSlices

US = 1_000.0
MS = 1_000_000.0


def steps(count: int, kernels: int, work: float, *, pause: float = 0.0, start: float = 0.0) -> Program:
    return Program(start=start, steps=(StepProgram(pause=pause, work=(work,) * kernels),) * count)


def length(runs: tuple[StepRun, ...]) -> float:
    return runs[-1].end - runs[0].begin


def stretch(runs: tuple[StepRun, ...], work: float) -> float:
    spans = [f - s for r in runs for s, f in zip(r.start, r.finish, strict=True)]
    return sum(spans) / (work * len(spans))


def alone(program: Program) -> float:
    return length(run((program,), Rates((1.0,)))[0])


@pytest.mark.parametrize("work", [100 * US, 2 * MS, 20 * MS])
@pytest.mark.parametrize(("turn", "switch"), [(2 * MS, 0.1 * MS), (2.3 * MS, 0.0), (10 * MS, 0.2 * MS)])
def test_two_saturating_sessions_in_time_slices_take_twice_as_long_and_the_switches(
    work: float, turn: float, switch: float
) -> None:
    program = steps(20, round(20 * turn / work) or 1, work)
    shared = run((program, program), TimeSlices(turn, switch))
    for runs in shared:
        assert length(runs) / alone(program) == pytest.approx(2 * (1 + switch / turn), rel=0.01)


def test_three_saturating_sessions_take_three_times_as_long_and_the_switches() -> None:
    program = steps(30, 10, 2 * MS)
    shared = run((program,) * 3, TimeSlices(2 * MS, 0.1 * MS))
    for runs in shared:
        assert length(runs) / alone(program) == pytest.approx(3 * 1.05, rel=0.02)


def test_a_preempted_kernel_keeps_one_span_that_holds_the_slice_of_the_other() -> None:
    a, b = run((steps(1, 1, 3 * MS), steps(1, 1, 3 * MS)), TimeSlices(2 * MS, 0.0))
    assert (a[0].start, a[0].finish) == ([0.0], [5 * MS])
    assert (b[0].start, b[0].finish) == ([2 * MS], [6 * MS])


def test_a_session_alone_is_never_interrupted() -> None:
    program = steps(3, 5, 7 * MS, pause=2 * MS)
    runs = run((program,), TimeSlices(2 * MS, 0.5 * MS))[0]
    assert length(runs) == 3 * 5 * 7 * MS + 2 * 2 * MS
    assert stretch(runs, 7 * MS) == 1.0


def test_alternating_kernels_of_one_queue_double_the_time_and_stretch_nothing() -> None:
    program = Program(
        start=0.0, steps=(StepProgram(pause=0.0, work=(100 * US,) * 200),), launch_cost=1 * US, queue_depth=1
    )
    shared = run((program, program), Queue())
    for runs in shared:
        assert length(runs) / alone(program) == pytest.approx(2.0, rel=0.02)
        assert stretch(runs, 100 * US) == pytest.approx(1.0)


def test_concurrent_sessions_slow_down_by_their_rates() -> None:
    program = steps(10, 10, 100 * US)
    endless = steps(40, 10, 100 * US)
    first = run((program, endless), Rates((0.8, 0.7)))[0]
    second = run((endless, program), Rates((0.8, 0.7)))[1]
    assert length(first) / alone(program) == pytest.approx(1 / 0.8)
    assert length(second) / alone(program) == pytest.approx(1 / 0.7)


@pytest.mark.parametrize("policy", [TimeSlices(2 * MS, 0.0), Queue(), Rates((0.5, 0.5))])
def test_disjoint_phases_cost_nothing(policy: TimeSlices | Queue | Rates) -> None:
    early, late = steps(5, 4, MS), steps(5, 4, MS, start=30 * MS)
    for runs, program in zip(run((early, late), policy), (early, late), strict=True):
        assert length(runs) == alone(program)


def test_no_kernel_starts_before_its_launch_or_before_the_one_in_front() -> None:
    program = Program(
        start=0.0, steps=(StepProgram(pause=MS, work=(3 * US, 90 * US) * 20),) * 3, launch_cost=5 * US, queue_depth=4
    )
    for runs in run((program, program), TimeSlices(MS, 0.05 * MS)):
        for step in runs:
            assert all(start >= launch + 5 * US for launch, start in zip(step.launch, step.start, strict=True))
            assert all(start >= finish for start, finish in zip(step.start[1:], step.finish, strict=False))


def test_the_host_is_never_further_ahead_than_its_queue() -> None:
    program = Program(start=0.0, steps=(StepProgram(pause=0.0, work=(50 * US,) * 40),), launch_cost=US, queue_depth=4)
    step = run((program,), Queue())[0][0]
    assert all(step.launch[k] >= step.finish[k - 4] for k in range(4, 40))
