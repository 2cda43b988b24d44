"""A device slows down only where kernels of equal work agree that it does."""

import numpy as np
import pytest

from tb_contention.diagnose.pace import pace
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64

MS = 1_000_000
WINDOW = 600 * MS
COUNT = 600
START = np.arange(COUNT, dtype=np.int64) * MS
LATE = WINDOW // 2 <= START


def measured(
    work: I64, factor: F64, *, others: Intervals | None = None, window: int = WINDOW, usual: F64 | None = None
) -> float | None:
    """Compare kernels that take 10 us times the number of their work, and so many times as long at their instants."""
    alone = (10_000.0 * (work + 1)).astype(np.float64) if usual is None else usual
    scale = window / WINDOW
    start = (START * scale).astype(np.int64)
    duration = (alone * factor).astype(np.int64)
    return pace(work, start, duration, alone, (0, window), [] if others is None else [others])


WORK = np.arange(COUNT) % 6


def test_equal_kernels_that_agree_show_a_device_that_slows_down() -> None:
    noise = np.random.default_rng(0).normal(1, 0.02, COUNT)
    assert measured(WORK, np.where(LATE, 1.12, 1.0) * noise) == pytest.approx(1.12, abs=0.01)


def test_a_device_that_keeps_its_pace_is_known_to() -> None:
    assert measured(WORK, np.ones(COUNT)) == 1.0


def test_some_kernels_that_take_longer_show_nothing() -> None:
    assert measured(WORK, np.where(LATE & (WORK < 3), 1.2, 1.0)) is None


def test_one_kernel_that_takes_much_of_the_time_does_not_speak_for_all() -> None:
    usual = np.where(WORK == 0, 800_000.0, 10_000.0)
    assert measured(WORK, np.where(LATE & (WORK == 0), 1.2, 1.0), usual=usual) is None


def test_two_kinds_of_kernels_are_too_few() -> None:
    assert measured(WORK % 2, np.where(LATE, 1.12, 1.0)) is None


def test_a_mix_that_moves_to_longer_kernels_is_no_change() -> None:
    rng = np.random.default_rng(1)
    work = np.where(rng.random(COUNT) < np.linspace(0.1, 0.9, COUNT), 3, 0) + WORK % 3
    assert measured(work, np.ones(COUNT)) == 1.0


@pytest.mark.parametrize("longer", [1.2, 3.0])
def test_steps_of_another_shape_become_more_and_no_kernel_slower(longer: float) -> None:
    rng = np.random.default_rng(2)
    shape = np.where(rng.random(COUNT) < np.linspace(0.2, 0.8, COUNT), longer, 1.0)
    alone = (10_000.0 * (WORK + 1) * shape).astype(np.float64)
    found = measured(WORK, np.ones(COUNT), usual=alone)

    assert found is None or found < 1.01


def test_kernels_without_a_key_show_nothing() -> None:
    assert measured(np.where(WORK < 4, -1, WORK), np.where(LATE, 1.12, 1.0)) is None


def test_kernels_beside_work_of_others_show_nothing_of_the_device() -> None:
    beside = Intervals.one(WINDOW // 2, WINDOW)
    assert measured(WORK, np.where(LATE, 1.12, 1.0), others=beside) is None


def test_a_short_window_shows_nothing() -> None:
    assert measured(WORK, np.where(LATE, 1.12, 1.0), window=60 * MS) is None
