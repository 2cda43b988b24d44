"""What starts steps is read from their gaps, and request times from what starts them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from unit.contention.works import works_of

from tb_contention import analyse
from tb_contention.contention.requests import Requests, draw_requests
from tb_contention.contention.rhythm import Rhythm, rhythm
from tb_contention.contention.work import STEP_BEGIN, STEP_END, HostInstants, SessionWork
from tb_contention.model.contention import Evidence, Loop
from tb_contention.simulate import hard_scenario, write_hard
from tb_contention.units import F64

MS = 1e6
STEPS = 200


def lengths(seed: int, count: int = STEPS) -> F64:
    """Steps of 2 to 5 ms, for a few at a time alike, as where company comes and goes."""
    rng = np.random.default_rng(seed)
    return np.repeat(rng.uniform(2, 5, -(-count // 3)), 3)[:count] * MS * rng.normal(1, 0.02, count)


def steady(seed: int, count: int = STEPS) -> F64:
    return 2 * MS * np.random.default_rng(seed).normal(1, 0.01, count)


def served(arrival: F64, length: F64) -> tuple[F64, F64]:
    """Return begin and end of the steps of a server."""
    begin, end, free = np.empty(len(arrival)), np.empty(len(arrival)), 0.0
    for i in range(len(arrival)):
        begin[i] = max(arrival[i], free)
        end[i] = free = begin[i] + length[i]
    return begin, end


def work_of(begin: F64, end: F64, kernel_after: float = -0.1 * MS) -> SessionWork:
    """Make a session of one kernel per step, which ends so long after the step's end."""
    work = works_of("a |A|")[0]
    rows = np.arange(len(begin))
    time = np.concatenate([begin, end]).astype(np.int64)
    kind = np.repeat(np.array([STEP_BEGIN, STEP_END], np.uint8), len(begin))
    order = np.lexsort((kind == STEP_BEGIN, time))
    host = HostInstants(time=time[order], kind=kind[order], step=np.concatenate([rows, rows])[order])
    return replace(work, host=host, step=rows, end=(end + kernel_after).astype(np.int64))


def judged(work: SessionWork) -> Rhythm | None:
    return rhythm(work, 0, int(work.host.time.max()))


def closed(gap: F64, length: F64) -> SessionWork:
    end = np.cumsum(length + gap) - gap
    return work_of(end - length, end)


def gaps(kind: str, count: int = STEPS) -> F64:
    rng = np.random.default_rng(5)
    each = 0.5 * MS * rng.normal(1, 0.05, count)
    if kind == "think times at random":
        return rng.exponential(1 * MS, count)
    if kind == "an evaluation now and then":
        return np.where(np.arange(count) % 5 == 4, 20 * MS, each)
    return rng.uniform(0, 8_000, count) if kind == "hardly any" else each


def arrivals(kind: str, count: int = STEPS, every: float = 7 * MS) -> F64:
    rng = np.random.default_rng(7)
    if kind == "Poisson":
        return np.cumsum(rng.exponential(every, count))
    jitter = rng.uniform(-0.3, 0.3, count) * every if kind == "jittered" else np.zeros(count)
    return (np.arange(count) + 1) * every + jitter


@pytest.mark.parametrize("kind", ["hardly any", "a pause", "an evaluation now and then", "think times at random"])
def test_steps_that_follow_from_each_other_are_a_closed_loop(kind: str) -> None:
    found = judged(closed(gaps(kind), lengths(1)))

    assert found is not None
    assert found.loop is Loop.CLOSED


@pytest.mark.parametrize("kind", ["as by a clock", "jittered", "Poisson"])
def test_gaps_that_end_at_the_next_request_are_an_open_loop(kind: str) -> None:
    arrival = arrivals(kind)
    begin, end = served(arrival, lengths(2))

    found = judged(work_of(begin, end))

    assert found is not None
    assert found.loop is Loop.OPEN
    assert (found.waited == (begin > arrival)).mean() > 0.98


def test_steps_that_end_before_their_work_does_show_no_rhythm() -> None:
    begin, end = served(arrivals("Poisson"), lengths(2))

    assert judged(work_of(begin, end, kernel_after=5 * MS)) is None


def test_requests_to_steps_of_one_length_could_be_pauses_of_the_host() -> None:
    rng = np.random.default_rng(3)

    found = judged(closed(rng.exponential(8 * MS, STEPS), steady(4)))

    assert found is not None
    assert found.loop is Loop.UNKNOWN


def test_a_queue_that_is_hardly_ever_empty_may_be_a_server() -> None:
    idle = np.zeros(STEPS)
    idle[:4] = np.array([0.2, 3.0, 0.6, 1.5]) * MS

    found = judged(closed(idle, lengths(1)))

    assert found is not None
    assert found.loop is Loop.UNKNOWN


def test_steps_of_which_each_begins_the_moment_the_one_before_ends_may_be_a_queue() -> None:
    found = judged(closed(np.zeros(STEPS), lengths(1)))

    assert found is not None
    assert found.loop is Loop.UNKNOWN


def test_a_queue_that_is_hardly_ever_empty_is_one_although_a_pause_was_short() -> None:
    idle = np.zeros(STEPS)
    idle[:2] = np.array([0.11, 2.6]) * MS

    found = judged(closed(idle, lengths(1)))

    assert found is not None
    assert found.loop is Loop.UNKNOWN


def drawn(kind: str, length: F64, alone: F64, every: float = 7 * MS) -> tuple[Requests, F64, F64]:
    """Draw requests, and return with them how long they take in truth, together and alone."""
    arrival = arrivals(kind, len(length), every)
    begin, end = served(arrival, length)
    waited = np.concatenate([[False], begin[1:] <= end[:-1]])
    rows = np.arange(len(begin))
    steps = Rhythm(loop=Loop.OPEN, begin=begin, end=end, begins=rows, ends=rows, waited=waited, turnaround=0.0)
    return draw_requests(steps, alone, 0.99, 1.01), end - arrival, served(arrival, alone)[1] - arrival


@pytest.mark.parametrize("kind", ["as by a clock", "jittered", "Poisson"])
def test_request_times_hold_the_truth_although_arrivals_in_the_queue_are_unknown(kind: str) -> None:
    found, together, alone = drawn(kind, lengths(2), steady(4))

    low, high = np.percentile(found.ratio, [5, 95])
    assert low <= together.mean() / alone.mean() <= high
    assert np.median(found.together[:, 2]) == pytest.approx(np.percentile(together, 95), rel=0.15)
    assert np.median(found.slowdown) == pytest.approx(1.0, abs=0.01)


def test_draws_of_a_long_queue_do_not_depend_on_where_they_begin() -> None:
    """All but the first few requests wait: single arrivals cannot move far."""
    length, alone = np.concatenate([steady(4, 12), 3 * steady(4, 60)]), steady(4, 72)
    arrival = arrivals("jittered", len(length), 4 * MS)
    begin, end = served(arrival, length)
    waited = np.concatenate([[False], begin[1:] <= end[:-1]])
    rows = np.arange(len(begin))
    steps = Rhythm(loop=Loop.OPEN, begin=begin, end=end, begins=rows, ends=rows, waited=waited, turnaround=0.0)
    truth = (end[-1] - end[0]) / (served(arrival, alone)[1][-1] - end[0])

    found = [draw_requests(steps, alone, 0.99, 1.01, (start * 4 * MS, 10.0)).slowdown for start in (0.5, 1.0, 2.0)]

    assert waited.mean() > 0.7
    assert all(np.percentile(each, 5) <= truth <= np.percentile(each, 95) for each in found)
    assert np.ptp([np.median(each) for each in found]) < 0.03 * truth


def test_a_server_that_saturates_loses_throughput() -> None:
    length = np.concatenate([steady(4, 50), 3 * steady(4, 150)])

    found, together, _ = drawn("jittered", length, steady(4), every=4 * MS)

    assert together[-1] > 20 * together[0]
    assert np.percentile(found.slowdown, 5) > 1.1


@pytest.mark.parametrize("seed", [2, 3])
def test_a_server_keeps_its_throughput_and_its_requests_take_longer(seed: int, tmp_path: Path) -> None:
    write_hard(hard_scenario(seed, "server_mps"), tmp_path, seed=seed, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]["beta"]
    losses = {loss.session[:4]: loss for loss in analyse(tmp_path / "together", cache_dir=None).devices[0].cost.losses}

    server = losses["beta"]
    assert losses["alph"].loop is Loop.CLOSED
    assert server.loop is Loop.OPEN
    assert server.latency is not None
    assert server.slowdown.estimate == pytest.approx(truth["slowdown"], rel=0.01)
    assert server.latency.slowdown.low is not None
    assert server.latency.slowdown.high is not None
    assert server.latency.slowdown.low <= truth["latency"]["mean"]["ratio"] <= server.latency.slowdown.high
    assert server.latency.shared.p95.estimate == pytest.approx(truth["latency"]["p95"]["together_ms"] * MS, rel=0.03)


@pytest.mark.parametrize("seed", [20, 22])
def test_captures_alone_tell_that_a_queue_which_is_never_empty_is_one(seed: int, tmp_path: Path) -> None:
    """In company such a server looks like a loop, as the next request always waits; its sessions share a process."""
    write_hard(hard_scenario(seed, "server_queue"), tmp_path, seed=seed, alone=True)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]["beta"]["slowdown"]
    (device,) = (device for device in analyse(tmp_path, cache_dir=None).devices if len(device.sessions) > 2)
    server = next(loss for loss in device.cost.losses if loss.session.endswith("#beta"))
    assert server.loop is Loop.OPEN
    assert server.slowdown.evidence is Evidence.A
    assert server.slowdown.low is not None
    assert server.slowdown.high is not None
    assert server.slowdown.low <= truth <= server.slowdown.high < 2


FEW = 9


@pytest.mark.parametrize("jitter", [0.0, 0.3])
def test_a_few_requests_at_a_rhythm_of_their_own_are_not_taken_for_a_loop(jitter: float) -> None:
    rng = np.random.default_rng(1)
    arrival = 60 * MS * (np.arange(FEW) + rng.uniform(-jitter, jitter, FEW))
    found = judged(work_of(*served(arrival, lengths(0, FEW) * 4)))
    assert found is not None
    assert found.loop is Loop.UNKNOWN


@pytest.mark.parametrize("pause", [5 * MS, 40 * MS])
def test_a_few_steps_after_equal_pauses_are_a_loop(pause: float) -> None:
    gap = pause * np.random.default_rng(2).normal(1, 0.05, FEW)
    found = judged(closed(gap, lengths(0, FEW) * 4))
    assert found is not None
    assert found.loop is Loop.CLOSED


def test_a_few_steps_between_short_pauses_and_a_long_one_are_a_loop() -> None:
    gap = MS * np.array([7.22, 6.94, 7.19, 83.79, 6.73, 6.67, 6.65, 6.99, 7.07, 7.21, 7.0])
    length = MS * np.array([27.48, 21.21, 30.63, 32.98, 17.41, 31.6, 32.54, 27.34, 25.25, 25.61, 34.68])
    found = judged(closed(gap, length))
    assert found is not None
    assert found.loop is Loop.CLOSED


def test_a_few_steps_with_hardly_a_pause_are_a_loop() -> None:
    gap = MS * np.random.default_rng(3).uniform(1, 3, FEW)
    found = judged(closed(gap, lengths(0, FEW) * 2))
    assert found is not None
    assert found.loop is Loop.CLOSED


def test_a_host_that_rests_after_the_same_short_step_each_time_is_a_loop() -> None:
    rng = np.random.default_rng(0)
    place = np.arange(30) % 3
    length = np.array([9.4, 8.6, 9.3])[place] * MS * rng.normal(1, 0.006, 30)
    gap = np.array([0.7, 25.6, 0.7])[place] * MS * rng.normal(1, 0.01, 30)

    found = judged(closed(gap, length))

    assert found is not None
    assert found.loop is Loop.CLOSED


def test_steps_that_begin_by_a_clock_follow_requests_however_alike_they_are() -> None:
    begin: F64 = 3.3 * MS * np.arange(60, dtype=np.float64)
    length: F64 = 1.2 * MS * np.random.default_rng(4).normal(1, 0.02, 60)
    found = judged(work_of(begin, begin + length))
    assert found is not None
    assert found.loop is Loop.OPEN
