"""What drawn sessions lost, step by step, worked out by hand; one character is one microsecond."""

from dataclasses import replace

import numpy as np
from unit.contention.works import alone_of, exposed, hosted, intervals, works_of

from tb_contention.contention.alone import Alone
from tb_contention.contention.loss import Loss, measure_loss
from tb_contention.contention.results import step_times
from tb_contention.contention.work import STEP_END, SYNC, SessionWork
from tb_contention.model.contention import Evidence
from tb_contention.units import F64


def known(duration: F64, shortest: F64 | None = None) -> Alone:
    zero = np.zeros(len(duration))
    return Alone(
        evidence=Evidence.B, coverage=1.0, estimate=duration, shortest=duration if shortest is None else shortest,
        deviation=zero, error=zero, group=np.zeros(len(duration), np.int64), borrowed=np.zeros(len(duration), np.bool_),
    )  # fmt: skip


def loss_of(work: SessionWork, alone_us: float, *others: tuple[float, float]) -> Loss:
    """Measure the loss to others that were running in these spans."""
    return measure_loss(work, exposed(work, *others), known(alone_of(work, alone_us)), intervals(*others))


def us(values: F64) -> list[float]:
    return [round(float(value) / 1_000, 6) for value in values]


def test_without_steps_the_span_of_all_kernels_is_one_period() -> None:
    (work,) = works_of("a |..AAAA.BB..|")
    loss = loss_of(work, 1.0, (0, 10))

    # From 2 to 9 as recorded; alone 1 + 1 (gap) + 1.
    assert not loss.has_steps
    assert us(loss.periods.shared) == [7.0]
    assert us(loss.periods.alone) == [3.0]


def test_one_kernel_lost_what_it_was_stretched_by() -> None:
    (work,) = works_of("a |..AAAA..|")
    loss = loss_of(work, 3.0, (0, 10))

    assert (us(loss.periods.shared), us(loss.periods.alone)) == ([4.0], [3.0])
    assert loss.counted.tolist() == [True]


def test_a_session_without_kernels_has_no_period() -> None:
    (work,) = works_of("a |....|")
    loss = loss_of(work, 1.0, (0, 4))

    assert len(loss.periods.begin) == 0
    assert not loss.has_steps


def test_steps_that_wait_for_their_kernels_lose_what_those_lost() -> None:
    (work,) = works_of("a |..AAAAAAAAAAAAAAAA....AAAAAAAAAAAAAAAA....|")
    work = hosted(work, (0, STEP_END), (20, STEP_END), (40, STEP_END))
    loss = loss_of(work, 8.0, (0, 42))

    # Both kernels take 8 instead of 16 us, and the host goes on 2 us after each.
    assert loss.has_steps
    assert us(loss.periods.shared) == [20.0, 20.0]
    assert us(loss.periods.alone) == [12.0, 12.0]


def test_one_step_end_makes_no_step_period() -> None:
    (work,) = works_of("a |..AAAA....|")
    loss = loss_of(hosted(work, (8, STEP_END)), 2.0, (0, 10))

    assert not loss.has_steps
    assert us(loss.periods.shared) == [4.0]


def test_a_host_with_a_pace_of_its_own_absorbs_the_loss() -> None:
    # The steps are over before any kernel ends, so that none of them can have waited.
    (work,) = works_of("a |..............................AAAA....|")
    work = hosted(work, (0, STEP_END), (10, STEP_END), (20, STEP_END))
    loss = loss_of(work, 2.0, (0, 38))

    assert us(loss.periods.shared) == us(loss.periods.alone) == [10.0, 10.0]


def test_the_end_of_a_wait_follows_its_kernel() -> None:
    (work,) = works_of("a |.AAAAAA....|")
    loss = loss_of(hosted(work, (0, STEP_END), (8, SYNC), (9, STEP_END)), 2.0, (0, 10))

    # The kernel ends at 3 instead of 7, the wait 1 us and the step 2 us later.
    assert us(loss.played.host) == [0.0, 4.0, 5.0]
    assert us(loss.periods.alone) == [5.0]


def test_what_is_possible_at_the_least_is_replayed_too() -> None:
    (work,) = works_of("a |..AAAA..|")
    bounds = known(alone_of(work, 4.0), shortest=alone_of(work, 1.0))
    loss = measure_loss(work, exposed(work, (0, 8)), bounds, intervals((0, 8)))

    assert (us(loss.periods.alone), us(loss.shortest.alone)) == ([4.0], [1.0])


def test_time_before_a_kernel_whose_cause_is_unknown_may_have_been_waiting() -> None:
    (work,) = works_of("a |A.A.A.A.A.A......A|")
    loss = loss_of(work, 1.0, (11, 17))

    # The last kernel is 5 us late, and others ran in all of that; nothing shows that it waited.
    assert us(loss.waits.possible) == [0.0] * 6 + [5.0]
    assert us(loss.waits.stall) == [0.0] * 7


def test_what_steps_gain_by_chance_is_no_loss_of_others() -> None:
    (work,) = works_of("a |AA....AAAAAA|")
    loss = loss_of(work, 4.0, (0, 10))
    ends = np.array([0.0, 10_000.0, 30_000.0, 40_000.0, 60_000.0])
    alone = np.array([12_000.0, 14_000.0, 12_000.0, 15_000.0])
    periods = replace(
        loss.periods,
        step=np.zeros(4, np.int64),
        begin=ends[:-1],
        end=ends[1:],
        begin_alone=ends[:-1],
        end_alone=ends[:-1] + alone,
    )
    times = step_times(replace(loss, periods=periods, work=replace(work, step_number=np.zeros(1, np.int64))))

    # 2 too short, 6 longer, 2 too short, 5 longer: 7 in all.
    assert times.lost.tolist() == [0, round(6_000 * 7 / 11), 0, round(5_000 * 7 / 11)]
    assert (times.own + times.host + times.lost).tolist() == np.diff(ends).tolist()
