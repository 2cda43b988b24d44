"""The pieces that a slowdown is made of, each against a small case whose answer is plain."""

import numpy as np
import pytest

from tb_contention.contention.baseline import baseline, group_medians
from tb_contention.contention.drift import pace
from tb_contention.contention.interval_sets import widened
from tb_contention.contention.kernel_keys import index_in_step, numbered
from tb_contention.contention.metrics import sharing_metrics
from tb_contention.model.intervals import Intervals
from tb_contention.units import I64


def ints(*values: int) -> I64:
    return np.array(values, np.int64)


def intervals(*spans: tuple[int, int]) -> Intervals:
    return Intervals.union_of(ints(*(a for a, _ in spans)), ints(*(b for _, b in spans)))


def test_covered_is_the_length_inside_each_span_in_any_order() -> None:
    where = intervals((0, 10), (20, 30), (40, 50))

    assert where.covered(ints(5, 25, 0, 12, 45, 30), ints(25, 26, 100, 18, 45, 20)).tolist() == [10, 1, 30, 0, 0, 0]


def test_covered_equals_the_sum_over_instants() -> None:
    rng = np.random.default_rng(0)
    start = rng.integers(0, 300, 60)
    where = Intervals.union_of(start, start + rng.integers(0, 9, 60))
    held = np.zeros(400, np.int64)
    for a, b in zip(where.start, where.end, strict=True):
        held[a:b] = 1
    begin = rng.integers(0, 300, 200)
    end = begin + rng.integers(-3, 60, 200)

    expected = [int(held[a:b].sum()) if b > a else 0 for a, b in zip(begin, end, strict=True)]
    assert where.covered(begin, end).tolist() == expected


def test_widening_and_uniting_keep_sets_disjoint() -> None:
    wide = widened(intervals((0, 10), (14, 20)), 3)
    both = Intervals.union([wide, intervals((30, 40))])

    assert (wide.start.tolist(), wide.end.tolist()) == ([-3], [23])
    assert (both.start.tolist(), both.end.tolist()) == ([-3, 30], [23, 40])


def test_equal_values_get_equal_numbers_in_order_of_appearance() -> None:
    assert numbered(ints(7, -1, 7, 1 << 60, -1))[0].tolist() == [0, 1, 0, 2, 1]


def test_places_count_from_each_steps_begin() -> None:
    assert index_in_step(ints(0, 0, 0, 1, -1, 1), ints(0, 0, 1, 0, 0, 0), 2).tolist() == [0, 1, 0, 0, -1, 1]


def test_medians_are_those_of_each_group() -> None:
    rng = np.random.default_rng(1)
    group, value = rng.integers(0, 7, 500), rng.normal(size=500)
    expected = [np.sort(value[group == g])[((group == g).sum() - 1) // 2] for g in range(7)]

    assert group_medians(group, 8, value)[:7].tolist() == expected
    assert np.isnan(group_medians(group, 8, value)[7])


def test_a_baseline_is_the_mean_of_undisturbed_instances_without_the_odd_one() -> None:
    count = 41
    duration = np.full(count, 100.0)
    duration[:40] += np.tile([-2.0, 2.0], 20)
    duration[40] = 900.0  # disturbed: not learned from
    undisturbed = np.ones(count, np.bool_)
    undisturbed[40] = False
    odd = duration.copy()
    odd[7] = 5_000.0
    key, place, step = np.zeros(count, np.int64), np.zeros(count, np.int64), np.arange(count)

    assert baseline(key, 1, place, step, duration, undisturbed).alone[40] == pytest.approx(100.0)
    assert baseline(key, 1, place, step, odd, undisturbed).alone[40] == pytest.approx(100.0, abs=0.1)


def test_a_kernel_that_takes_longer_at_one_place_of_the_step_has_two_baselines() -> None:
    steps = 30
    duration = np.tile([100.0, 200.0], steps) + np.tile([1.0, -1.0, -1.0, 1.0], steps // 2)
    place, step = np.tile([0, 1], steps), np.repeat(np.arange(steps), 2)
    found = baseline(np.zeros(2 * steps, np.int64), 1, place, step, duration, np.ones(2 * steps, np.bool_))

    assert found.alone[0] == pytest.approx(100.0)
    assert found.alone[1] == pytest.approx(200.0)


def test_a_baseline_needs_more_than_one_step() -> None:
    one = np.zeros(6, np.int64)

    assert np.isnan(baseline(one, 1, one, one, np.full(6, 5.0), np.ones(6, np.bool_)).alone).all()


def test_a_clock_that_falls_shows_in_undisturbed_kernels() -> None:
    ratio = np.ones(400)
    ratio[200:] = 1.3
    learn = np.ones(400, np.bool_)
    learn[250:260] = False
    found = pace(np.arange(400), ratio, learn)

    assert found[:180].tolist() == [1.0] * 180
    assert found[255] == pytest.approx(1.3)
    assert (pace(np.arange(400), np.random.default_rng(0).normal(1, 0.05, 400), learn) == 1.0).all()


def test_metrics_are_those_of_their_definitions() -> None:
    metrics = sharing_metrics([1.25, 10 / 7])

    assert metrics is not None
    assert metrics.stp == pytest.approx(1.5)
    assert metrics.antt == pytest.approx((1.25 + 10 / 7) / 2)
    assert metrics.fairness == pytest.approx(0.875)
    assert metrics.jain == pytest.approx(1.5**2 / (2 * (0.64 + 0.49)))
    assert sharing_metrics([2.0]) is None
