"""Closed forms of the machine of hard scenarios: turns, blocks left over, requests, streams, clocks, hosts, links and inputs."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.hard.clock import Changes, samples
from tb_contention.simulate.hard.machine import play
from tb_contention.simulate.hard.sessions import Machine, Script
from tb_contention.simulate.hard.sharing import Fixed, LeftOver, OneQueue, Policy, Share, Slices

US = 1_000.0
MS = 1_000_000.0


def script(steps: int, kernels: int, work: float, *, pause: float = 0.0, fill: float = 1.0) -> Script:
    return Script(
        start=0.0, work=[[work] * kernels] * steps, pauses=[pause] * steps, arrivals=None, launch=10.0, inside=0.0, element=0.0,
        buffer=2, streams=(0,) * kernels, fill=(fill,) * kernels, copies=(0,) * kernels,
    )  # fmt: skip


def played(policy: Callable[[], Policy], *scripts: Script, **machine: object) -> list[list[StepRun]]:
    made = Machine(policy=policy, **machine)  # type: ignore[arg-type]
    return [host.runs for host in play(list(scripts), made, 1e12)]


def length(runs: list[StepRun]) -> float:
    return runs[-1].end - runs[0].begin


@pytest.mark.parametrize("sessions", [2, 3, 4])
def test_saturating_sessions_take_turns_and_pay_the_switches(sessions: int) -> None:
    shared = played(lambda: Slices(2 * MS, 0.1 * MS), *(script(30, 10, 1 * MS),) * sessions)
    assert [length(runs) / (300 * MS) for runs in shared] == pytest.approx(
        [sessions * 1.05] * sessions, rel=0.02 * sessions
    )


def test_cold_caches_cost_what_decays_over_a_turn() -> None:
    runs = played(lambda: Slices(2 * MS, 0.0, cold=0.5, decay=100 * US), *(script(30, 10, 1 * MS),) * 2)[0]
    assert 2.02 < length(runs) / (300 * MS) < 2.06


def test_what_a_kernel_leaves_is_what_the_next_one_gets() -> None:
    first, second = script(1, 1, 1 * MS, fill=0.75), replace(script(1, 1, 1 * MS, fill=0.5), start=10.0)
    a, b = played(LeftOver, first, second)
    assert a[0].finish[0] - a[0].start[0] == pytest.approx(1 * MS)
    # Half of its blocks find room for the first millisecond, all of them after.
    assert b[0].finish[0] - b[0].start[0] == pytest.approx(1.5 * MS, rel=1e-3)


def test_kernels_at_once_divide_what_they_fill_and_interfere() -> None:
    both = script(1, 1, 1 * MS, fill=0.8)
    a, _ = played(lambda: Share(0.1), both, both)
    assert length(a) == pytest.approx(1.6 / 0.9 * MS, rel=1e-3)


def test_rates_of_their_own() -> None:
    a, b = played(lambda: Fixed((0.8, 0.5)), script(1, 1, 1 * MS), script(1, 1, 1 * MS))
    assert length(a) == pytest.approx(1 / 0.8 * MS, rel=1e-3)
    assert length(b) == pytest.approx((1.25 + 0.375) * MS, rel=1e-3)


def test_one_queue_preempts_nothing() -> None:
    runs = played(OneQueue, *(script(20, 5, 100 * US),) * 2)
    spans = [f - s for r in runs for step in r for s, f in zip(step.start, step.finish, strict=True)]
    assert spans == pytest.approx([100 * US] * 200)


def test_requests_keep_their_rhythm_and_wait_longer_for_an_answer() -> None:
    arrivals = [k * 4.3 * MS for k in range(50)]
    server = replace(script(50, 1, 1 * MS), arrivals=arrivals)
    shared = played(lambda: Slices(1 * MS, 0.0), server, script(20, 1, 20 * MS))[0]
    alone = played(lambda: Slices(1 * MS, 0.0), server)[0]
    assert length(shared) == pytest.approx(length(alone), rel=0.01)
    waits = [sum(run.end - at for run, at in zip(runs, arrivals, strict=True)) for runs in (shared, alone)]
    assert waits[0] > 1.2 * waits[1]


def test_streams_of_one_session_run_at_once_and_join_at_the_step() -> None:
    spread = replace(script(10, 4, 1 * MS, fill=0.25), streams=(0, 1, 2, 3))
    assert length(played(LeftOver, spread)[0]) == pytest.approx(10 * MS, rel=1e-3)


def test_the_clock_falls_while_two_have_work() -> None:
    a, _ = played(lambda: Share(), script(1, 1, 1 * MS, fill=0.4), script(1, 1, 2 * MS, fill=0.4), fall=0.1)
    assert length(a) == pytest.approx(1.1 * MS, rel=1e-3)


def test_kernels_follow_the_clock_in_part() -> None:
    part = replace(script(1, 1, 1 * MS, fill=0.4), follows=(0.3,))
    a, _ = played(lambda: Share(), part, script(1, 1, 2 * MS, fill=0.4), fall=0.1)
    assert length(a) == pytest.approx(1.03 * MS, rel=1e-3)


def test_the_clock_sags_by_itself() -> None:
    sags = ((2 * MS, 0.1), (4 * MS, 0.2))
    a = played(lambda: Share(), script(1, 6, 1 * MS), sags=sags)[0]
    assert length(a) == pytest.approx((2 + 2 + 1.2 * (6 - 2 - 2 / 1.1)) * MS, rel=1e-3)


@pytest.mark.parametrize("recover", [0.0, 5.0])
def test_the_driver_says_how_the_clock_was(recover: float) -> None:
    changes: Changes = []
    both = [replace(script(1, 1, 100 * MS), start=200 * MS), replace(script(1, 1, 100 * MS), start=200 * MS)]
    play(both, Machine(policy=Share, fall=0.1, recover=recover * MS), 1e12, changes)
    (fell, by), (recovered, then) = changes
    assert fell == pytest.approx(200 * MS, abs=1e3)
    assert 420 * MS <= recovered <= (420.001 + recover) * MS
    assert (by, then) == (0.1, 0.0)
    seen = samples(changes, np.array([[200 * MS, 420 * MS]]), (0.0, 600 * MS), 10**18, 0)
    time, clock = ((np.array(seen["time_ns"]) - 10**18) / MS, np.array(seen["sm_clock_mhz"]))
    inside = (time > 205) & (time < 420)
    assert set(clock[inside]) <= {1800, 1785}
    assert set(clock[(time < 200) | (time > 430)]) <= {1980, 1965}
    assert np.diff(time)[:-1] == pytest.approx(50, abs=2)
    assert max(seen["utilisation_percent"]) == 100


def test_hosts_that_work_at_once_take_longer() -> None:
    busy = script(20, 1, 10 * US, pause=1 * MS)
    a, _ = played(OneQueue, busy, busy, cpu=1.6)
    assert length(a) == pytest.approx(1.6 * length(played(OneQueue, busy, cpu=1.6)[0]), rel=0.03)


@pytest.mark.parametrize(("link", "factor"), [(True, 2.0), (False, 1.0)])
def test_copies_of_one_direction_share_the_link(link: bool, factor: float) -> None:
    copy = replace(script(1, 1, 1 * MS), copies=(1,))
    assert length(played(OneQueue, copy, copy, link=link)[0]) == pytest.approx(factor * MS, rel=1e-3)


def test_steps_take_what_their_input_takes() -> None:
    starved = replace(script(40, 1, 1 * MS), element=3 * MS)
    assert length(played(OneQueue, starved)[0]) == pytest.approx(40 * 3 * MS, rel=0.05)
