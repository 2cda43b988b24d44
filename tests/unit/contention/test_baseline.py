"""Baselines from undisturbed instances, small enough for a pencil; lengths in ns."""

import numpy as np
import pytest

from tb_contention.contention.baseline import SIZES, Baseline, baseline, group_means, usual
from tb_contention.units import F64


def learned(
    duration: list[float], *, place: list[int], step: list[int], undisturbed: list[bool] | None = None
) -> Baseline:
    """Learn from kernels of one key."""
    count = len(duration)
    learn = np.ones(count, np.bool_) if undisturbed is None else np.array(undisturbed)
    key = np.zeros(count, np.int64)
    return baseline(key, 1, np.array(place, np.int64), np.array(step, np.int64), np.array(duration), learn)


def values(found: F64) -> list[float]:
    return [round(float(value), 6) for value in found]


def test_two_instances_of_two_steps_make_a_mean_with_its_error() -> None:
    found = learned([90.0, 110.0], place=[0, 0], step=[0, 1])

    # Deviation sqrt((10² + 10²) / 1) = 14.142; of the mean of two: / sqrt(2) = 10.
    assert values(found.alone) == [100.0, 100.0]
    assert values(found.deviation) == [14.142136, 14.142136]
    assert values(found.error) == [10.0, 10.0]


def mean_of(durations: list[float], *, sizes: float = SIZES) -> float:
    """Learn from one kernel per step."""
    count = len(durations)
    key = np.zeros(count, np.int64)
    found = baseline(key, 1, key, np.arange(count), np.array(durations), np.ones(count, np.bool_), sizes=sizes)
    return float(found.alone[0])


def test_an_instance_that_something_disturbed_is_left_out_but_in_a_capture_alone() -> None:
    durations = [100.0] * 10 + [500.0]

    assert mean_of(durations) == pytest.approx(100.0)
    assert mean_of(durations, sizes=0.0) == pytest.approx(1500 / 11)


def test_sizes_that_a_name_hides_are_no_outliers() -> None:
    durations = [100.0] * 6 + [500.0] * 5

    assert mean_of(durations) == pytest.approx(3100 / 11)
    # Where turns cut most of them, the long ones are those.
    assert mean_of(durations, sizes=1.0) == pytest.approx(100.0)


@pytest.mark.parametrize(("second", "together"), [([90.0, 110.0], 2.0), ([110.0, 90.0], 1.0)], ids=["alike", "against"])
def test_kernels_that_are_long_together_make_a_step_vary_more(second: list[float], together: float) -> None:
    # Two kernels in each of eight steps, 10 off their mean: a step is 20 off or not at all, and its variance twice theirs or none.
    first = [90.0, 110.0] * 4
    pairs = [value for both in zip(first, second * 4, strict=True) for value in both]
    found = learned(pairs, place=[0, 1] * 8, step=[k // 2 for k in range(16)])

    assert found.together == pytest.approx(together)


def test_one_kernel_makes_no_baseline() -> None:
    assert np.isnan(learned([100.0], place=[0], step=[0]).alone).all()


def test_no_kernels_make_no_baseline() -> None:
    assert len(learned([], place=[], step=[]).alone) == 0


def test_where_nothing_is_undisturbed_nothing_is_learned() -> None:
    found = learned([100.0] * 6, place=[0] * 6, step=list(range(6)), undisturbed=[False] * 6)

    assert np.isnan(found.alone).all()


def test_disturbed_instances_get_what_undisturbed_ones_teach() -> None:
    found = learned([90.0, 110.0, 400.0], place=[0, 0, 0], step=[0, 1, 2], undisturbed=[True, True, False])

    assert values(found.alone) == [100.0, 100.0, 100.0]


def test_few_instances_at_two_places_count_for_their_place_only() -> None:
    found = learned([100.0, 200.0, 100.0, 200.0], place=[0, 1, 0, 1], step=[0, 0, 1, 1])

    assert values(found.alone) == [100.0, 200.0, 100.0, 200.0]
    assert found.group[0] != found.group[1]


def test_a_place_seen_once_among_few_stays_unknown() -> None:
    found = learned([100.0, 200.0, 100.0], place=[0, 1, 0], step=[0, 0, 1])

    assert values(found.alone)[::2] == [100.0, 100.0]
    assert np.isnan(found.alone[1])


def test_a_group_without_instances_has_no_mean() -> None:
    found = group_means(np.array([0, 0, 2]), 3, np.array([1.0, 3.0, 7.0]))

    assert values(found.mean)[::2] == [2.0, 7.0]
    assert np.isnan(found.mean[1])
    assert found.count.tolist() == [2, 0, 1]


@pytest.mark.parametrize(("odd", "kept"), [(159.0, True), (161.0, False), (63.0, True), (62.0, False)])
def test_an_instance_within_a_factor_of_1_6_of_the_median_is_never_an_outlier(odd: float, kept: bool) -> None:
    value = np.array([100.0, 100.0, 100.0, 100.0, odd])

    assert usual(np.zeros(5, np.int64), 1, value).tolist() == [True] * 4 + [kept]
