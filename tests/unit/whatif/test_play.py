"""The device model returns what can be worked out by hand, for every way of sharing."""

from dataclasses import replace

import numpy as np
import pytest
from unit.whatif.works import US, work_of

from tb_contention.model.workload import Workload
from tb_contention.whatif.outcome import Outcome, Stage, run
from tb_contention.whatif.policy import Policy, Way

MS = 1e6


def played(policy: Policy, *works: Workload, begin: list[float] | None = None) -> Outcome:
    stage = Stage.of(works or (work_of("a"), work_of("b")))
    assert not stage.stuck
    return run(stage, policy, None if begin is None else np.array(begin))


def test_a_session_alone_takes_as_long_as_its_kernels_and_pauses() -> None:
    stage = Stage.of((work_of("a", pause=100 * US),))

    assert stage.done == pytest.approx((20 * 50 * 20 * US + 19 * 100 * US,))
    assert np.diff(stage.alone[0]) == pytest.approx(np.full(19, 1.1 * MS))


@pytest.mark.parametrize(("length", "switch"), [(2 * MS, 0.1 * MS), (1 * MS, 0.05 * MS), (5 * MS, 0.0)])
def test_two_that_never_pause_take_turns_at_twice_the_time_and_the_changes(length: float, switch: float) -> None:
    works = [work_of(name, steps=100) for name in "ab"]
    found = played(Policy(way=Way.TURNS, slice=length, switch=switch), *works)

    assert found.slowdown == pytest.approx((2 * (1 + switch / length),) * 2, rel=0.03)


@pytest.mark.parametrize("sessions", [2, 3, 4])
def test_so_many_that_never_pause_take_turns_at_so_many_times_the_time(sessions: int) -> None:
    works = [work_of(str(k), steps=60) for k in range(sessions)]
    found = played(Policy(way=Way.TURNS, slice=MS, switch=0.0), *works)

    assert found.slowdown == pytest.approx((sessions,) * sessions, rel=0.05)


def test_turns_that_end_with_a_kernel_give_long_kernels_the_device() -> None:
    short, long = work_of("short", steps=200), work_of("long", steps=200, kernels=1, length=10 * MS)
    policy = Policy(way=Way.TURNS, slice=MS, switch=0.0)
    cut, whole = played(policy, short, long), played(replace(policy, whole=True), short, long)

    assert cut.slowdown[0] == pytest.approx(2.0, rel=0.05)
    assert whole.slowdown[0] == pytest.approx(11.0, rel=0.05)


def test_one_queue_serves_in_the_order_of_launches() -> None:
    works = [work_of(name, steps=40) for name in "ab"]
    found = played(Policy(way=Way.QUEUE), *works)

    assert found.slowdown == pytest.approx((2.0, 2.0), rel=0.06)
    assert max(found.done) == pytest.approx(2 * 40 * 50 * 20 * US)


def test_measured_rates_slow_each_session_by_its_own_while_the_other_has_work() -> None:
    works = [work_of(name, steps=50) for name in "ab"]
    found = played(Policy(way=Way.MEASURED, rates=np.array([0.8, 0.7])), *works)

    assert found.slowdown == pytest.approx((1.25, 1 / 0.7), rel=1e-6)


@pytest.mark.parametrize(
    ("demand", "friction", "slowdown"), [(1.0, 0.0, 2.0), (0.5, 0.0, 1.0), (0.75, 0.0, 1.5), (0.5, 0.1, 1 / 0.9)]
)
def test_sessions_share_the_multiprocessors_that_both_ask_for(demand: float, friction: float, slowdown: float) -> None:
    demands = np.full(2 * 20 * 50, demand)
    found = played(Policy(way=Way.CONCURRENT, sm_demand=demands, friction=friction))

    assert found.slowdown == pytest.approx((slowdown, slowdown), rel=1e-6)


def test_a_cap_leaves_the_other_session_the_rest() -> None:
    demands = np.ones(2 * 20 * 50)
    found = played(Policy(way=Way.CONCURRENT, sm_demand=demands, caps=np.array([0.25, 0.75])))

    assert found.slowdown == pytest.approx((1.0, 1.0), rel=1e-6)


def test_copies_of_one_direction_share_their_engine_and_others_do_not() -> None:
    policy = Policy(way=Way.TURNS, slice=MS, switch=0.0)
    same = played(policy, work_of("a", unit=1), work_of("b", unit=1))
    other = played(policy, work_of("a", unit=1), work_of("b", unit=2))
    kernels = played(policy, work_of("a", unit=1), work_of("b", unit=0))

    assert same.slowdown == pytest.approx((2.0, 2.0))
    assert other.slowdown == kernels.slowdown == pytest.approx((1.0, 1.0))


def test_sessions_that_begin_later_meet_only_then() -> None:
    rates = np.array([0.5, 0.5])
    found = played(Policy(way=Way.MEASURED, rates=rates), begin=[0.0, 10 * MS])

    assert found.done == pytest.approx((30 * MS, 40 * MS))


def test_a_host_that_hides_the_wait_loses_nothing() -> None:
    rates = np.array([0.5, 0.5])
    slow = work_of("slow", kernels=1, pause=2 * MS)
    hidden = replace(slow, waits_for=np.full(len(slow.host), -1, np.int64))
    found = played(Policy(way=Way.MEASURED, rates=rates), hidden, work_of("busy", steps=100))

    assert found.slowdown[0] == pytest.approx(1.0)


def test_a_kernel_that_spins_ends_after_its_time() -> None:
    spinner = work_of("spinner", kernels=1, length=4 * MS)
    spinner = replace(spinner, spin=np.ones(len(spinner.duration), np.bool_))
    found = played(Policy(way=Way.TURNS, slice=MS, switch=0.0), spinner, work_of("busy", steps=200))

    assert found.slowdown[0] is not None
    assert found.slowdown[0] <= 1.3


def test_a_play_that_stops_tells_what_it_reached() -> None:
    stage = Stage.of((work_of("a"), work_of("b")))
    found = run(stage, Policy(way=Way.TURNS, slice=MS, switch=0.0), stop=20 * MS)

    assert all(0 < periods < 19 for periods in found.periods)
    assert found.slowdown == pytest.approx((2.0, 2.0), rel=0.15)


def test_work_that_waits_for_itself_is_told_and_does_not_hang() -> None:
    work = work_of("a", steps=2)
    waits_for = work.waits_for.copy()
    waits_for[1] = len(work.duration) - 1
    assert Stage.of((replace(work, waits_for=waits_for),)).stuck


def test_times_beyond_the_precision_of_a_nanosecond_do_not_hang() -> None:
    works = [work_of(name, steps=3, kernels=3, length=1e17 / 3) for name in "ab"]
    found = played(Policy(way=Way.MEASURED, rates=np.array([0.3, 0.7])), *works)

    assert found.slowdown[1] == pytest.approx(1 / 0.7, rel=1e-6)


def test_kernels_of_days_end_in_no_answer_instead_of_turns_without_end() -> None:
    stage = Stage.of(tuple(work_of(name, steps=2, kernels=2, length=1e15) for name in "ab"))

    found = run(stage, Policy(way=Way.TURNS, slice=MS))

    assert found.stuck
    assert found.slowdown == (None, None)
    assert not run(stage, Policy(way=Way.QUEUE)).stuck
