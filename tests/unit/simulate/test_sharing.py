"""Closed forms of each way of sharing: n sessions, duty, queues, demands, spin kernels, copies and the clock."""

import numpy as np
import pytest

from tb_contention.simulate.engine import Clock, Program, StepProgram, StepRun, Traits, Unit, run, simulate
from tb_contention.simulate.sharing import Demand, Demands, Policy, Queue, Rates, TimeSlices

US = 1_000.0
MS = 1_000_000.0


def steps(count: int, kernels: int, work: float, *, pause: float = 0.0, start: float = 0.0) -> Program:
    return Program(start=start, steps=(StepProgram(pause=pause, work=(work,) * kernels),) * count)


def length(runs: tuple[StepRun, ...]) -> float:
    return runs[-1].end - runs[0].begin


def spans(runs: tuple[StepRun, ...]) -> list[float]:
    return [f - s for r in runs for s, f in zip(r.start, r.finish, strict=True)]


@pytest.mark.parametrize("sessions", [2, 3, 4, 6])
@pytest.mark.parametrize("work", [20 * US, 2 * MS])
def test_n_saturating_sessions_in_time_slices_take_n_times_as_long_and_the_switches(sessions: int, work: float) -> None:
    program = steps(40, round(10 * MS / work), work)
    shared = run((program,) * sessions, TimeSlices(2 * MS, 0.1 * MS))
    for runs in shared:
        assert length(runs) / (400 * MS) == pytest.approx(sessions * 1.05, rel=0.01 * sessions)


@pytest.mark.parametrize("duty", [0.1, 0.3, 0.5, 0.8])
def test_a_session_with_pauses_costs_a_saturating_one_no_more_than_its_duty(duty: float) -> None:
    saturating = steps(300, 1, 10 * MS)
    partial = steps(1000, 1, 10 * MS, pause=10 * MS * (1 / duty - 1))
    victim = run((saturating, partial), TimeSlices(2 * MS, 0.0))[0]
    assert 1.0 < length(victim) / (3000 * MS) <= min(2.0, 1 / (1 - duty)) * 1.001


def test_a_queue_serves_whole_steps_when_hosts_run_a_step_ahead() -> None:
    short, long = steps(60, 10, 100 * US), steps(60, 30, 100 * US, start=10 * US)
    a, b = run((short, long), Queue())
    assert length(a) / (60 * MS) == pytest.approx(4.0, rel=0.05)
    assert (b[19].end - b[0].begin) / (60 * MS) == pytest.approx(4 / 3, rel=0.05)
    assert spans(a) + spans(b) == pytest.approx([100 * US] * 2400)


def test_mps_rates_add_up_to_the_system_throughput() -> None:
    first = steps(100, 10, 100 * US)
    rates = [100 * MS / length(run((first, steps(400, 10, 100 * US)), Rates(r))[0]) for r in ((0.8, 0.7), (0.7, 0.8))]
    assert rates == pytest.approx([0.8, 0.7])
    assert sum(rates) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("first", "second", "interference", "expected"),
    [
        ((0.4, 0.2), (0.6, 0.2), 0.0, 1.0),  # both fit
        ((0.8, 0.0), (0.8, 0.0), 0.0, 1.6),  # multiprocessors asked for 1.6 times
        ((0.2, 1.0), (0.2, 1.0), 0.0, 2.0),  # memory bandwidth twice
        ((0.2, 0.0), (0.2, 1.0), 0.1, 1 / 0.9),  # interference alone
    ],
)
def test_demands_slow_down_by_what_is_asked_for_too_much(
    first: tuple[float, float], second: tuple[float, float], interference: float, expected: float
) -> None:
    demands = tuple(Demand(sm=(sm,), bandwidth=(wide,)) for sm, wide in (first, second))
    a = run((steps(10, 1, MS), steps(40, 1, MS)), Demands(demands, interference))[0]
    assert length(a) / (10 * MS) == pytest.approx(expected)


def test_a_cap_below_the_demand_makes_room_for_the_other() -> None:
    demands = tuple(Demand(sm=(1.0,), bandwidth=(0.0,), cap=0.5) for _ in range(2))
    for runs in run((steps(10, 1, MS),) * 2, Demands(demands)):
        assert length(runs) == pytest.approx(10 * MS)


def test_slices_of_whole_kernels_stretch_no_kernel() -> None:
    program = steps(10, 4, 3 * MS)
    for runs in run((program, program), TimeSlices(2 * MS, 0.1 * MS, whole_kernels=True)):
        assert spans(runs) == pytest.approx([3 * MS] * 40)
        assert length(runs) / (120 * MS) == pytest.approx(2.0, rel=0.06)


def test_a_spin_kernel_ends_after_its_time_whether_it_runs_or_not() -> None:
    spinning = Program(start=0.0, steps=(StepProgram(pause=0.0, work=(10 * MS,)),), traits=Traits(spin=(True,)))
    a, _ = run((spinning, steps(1, 1, 10 * MS)), TimeSlices(2 * MS, 0.1 * MS))
    assert spans(a) == [10 * MS]


def test_from_a_drop_of_the_clock_on_everything_takes_longer_also_alone() -> None:
    runs = run((steps(10, 1, MS),), Rates((1.0,)), Clock(at=5 * MS, factor=1.5))[0]
    assert spans(runs) == pytest.approx([MS] * 5 + [1.5 * MS] * 5)


def test_a_graph_costs_one_launch() -> None:
    program = Program(
        start=0.0, launch_cost=50 * US, steps=(StepProgram(pause=0.0, work=(10 * US,) * 8),), traits=Traits(graph=(3,) * 8)
    )  # fmt: skip
    step = run((program,), Queue())[0][0]
    assert len(set(step.launch)) == 1
    assert step.finish[-1] == pytest.approx(50 * US + 80 * US)


def test_slack_of_a_host_bound_session_takes_up_the_stretch() -> None:
    work = (StepProgram(pause=0.0, work=(10 * US,) * 200),)
    program = Program(start=0.0, steps=work * 10, launch_cost=100 * US)
    alone, shared = run((program,), Rates((1.0,)))[0], run((program, steps(400, 1, MS)), Rates((0.5, 0.5)))[0]
    assert sum(spans(shared)) / sum(spans(alone)) == pytest.approx(2.0)
    assert length(shared) / length(alone) == pytest.approx(1.0, abs=0.002)


def test_copies_run_beside_the_kernels_of_another_session() -> None:
    copying = Program(
        start=0.0, steps=(StepProgram(pause=0.0, work=(MS,) * 4),), traits=Traits(unit=(Unit.COPY_IN,) * 4)
    )
    a, b = run((copying, steps(1, 4, MS)), TimeSlices(2 * MS, 0.1 * MS))
    assert length(a) == length(b) == pytest.approx(4 * MS)


def test_copies_of_one_direction_share_their_engine() -> None:
    into, out = (
        Program(start=0.0, steps=(StepProgram(pause=0.0, work=(MS,)),), traits=Traits(unit=(unit,)))
        for unit in (Unit.COPY_IN, Unit.COPY_OUT)
    )
    a, b, c = run((into, into, out), Queue())
    assert [length(r) for r in (a, b, c)] == pytest.approx([2 * MS, 2 * MS, MS])


def test_hosts_that_do_not_wait_end_their_steps_before_the_device() -> None:
    work = (StepProgram(pause=0.0, work=(MS,) * 4),)
    waiting, every_third = (Program(start=0.0, steps=work * 6, sync_every=every) for every in (1, 3))
    never = Program(start=0.0, steps=work * 6, sync_every=0, queue_depth=1000)
    ends = [[r.end for r in run((p,), Queue())[0]] for p in (waiting, every_third, never)]
    assert ends[0] == [4 * MS * k for k in range(1, 7)]
    assert ends[1] == [0.0, 0.0, 12 * MS, 12 * MS, 12 * MS, 24 * MS]
    assert ends[2] == [0.0] * 6


@pytest.mark.parametrize(
    "policy", [TimeSlices(2 * MS, 0.1 * MS), TimeSlices(MS, 0.0), Queue(), Rates((0.5, 0.5)), Rates((0.8, 0.7))]
)
def test_what_saturating_sessions_lose_is_what_they_waited(policy: Policy) -> None:
    program = steps(10, 10, 300 * US)
    made = simulate((program, program), policy)
    for k, runs in enumerate(made.runs):
        assert made.waits[k][k] == 0.0
        assert sum(made.waits[k]) == pytest.approx(length(runs) - 30 * MS, rel=1e-6)


def test_the_change_of_turns_after_a_session_has_left_is_put_down_to_it() -> None:
    made = simulate((steps(1, 1, 3 * MS), steps(1, 1, MS)), TimeSlices(2 * MS, 0.1 * MS))
    assert length(made.runs[0]) == 3 * MS + MS + 2 * 0.1 * MS
    assert np.array(made.waits) == pytest.approx(np.array([[0.0, 1.2 * MS], [2.1 * MS, 0.0]]))


def test_a_spin_kernel_that_goes_on_without_the_device_waits_for_nobody() -> None:
    spinning = Program(start=0.0, steps=(StepProgram(pause=0.0, work=(10 * MS,)),), traits=Traits(spin=(True,)))
    made = simulate((spinning, steps(1, 1, 10 * MS)), TimeSlices(2 * MS, 0.0))
    assert made.waits[0] == (0.0, 0.0)
    assert made.waits[1][0] == length(made.runs[1]) - 10 * MS


@pytest.mark.parametrize("switch", [0.0, 0.1 * MS])
def test_disjoint_phases_wait_for_nobody_but_one_change_of_turns(switch: float) -> None:
    made = simulate((steps(5, 4, MS), steps(5, 4, MS, start=30 * MS)), TimeSlices(2 * MS, switch))
    assert np.array(made.waits).tolist() == [[0.0, 0.0], [pytest.approx(switch), 0.0]]
