"""Peaks, holders, steps and leaks are what was simulated, to the byte and the nanosecond: random scenarios, from bytes to report."""

from typing import Any

import pytest
from ground_truth.memory_truth import analysed, false_alarms, mismatches, mismatches_as_recorded, pressure_mismatches

from tb_contention.simulate.memory_scenarios import Damage
from tb_contention.simulate.pressure import changed_kernels, growing_pool
from tb_contention.simulate.random_memory import random_memory

SEEDS = range(60)
#: One seed in five is played in each run, the others with --full.
PART = 5


def seeds(chosen: range, part: int = PART) -> list[Any]:
    """Return seeds: every fifth, or other `part`, is played in each run, the others are marked `full`."""
    return [seed if k % part == 0 else pytest.param(seed, marks=pytest.mark.full) for k, seed in enumerate(chosen)]


@pytest.mark.parametrize("seed", seeds(SEEDS))
def test_a_perfect_recording_gives_the_truth_exactly(seed: int) -> None:
    assert mismatches(seed) == []


@pytest.mark.parametrize("seed", seeds(SEEDS[::3]))
def test_events_reported_twice_change_nothing(seed: int) -> None:
    assert mismatches(seed, Damage(repeat=0.2)) == []


@pytest.mark.parametrize("lose", [0.02, 0.3])
@pytest.mark.parametrize("seed", seeds(SEEDS[1::6]))
def test_what_remains_of_a_lossy_recording_is_used_and_what_is_missing_has_a_name(seed: int, lose: float) -> None:
    assert mismatches_as_recorded(seed, lose) == []


def test_hardly_anything_that_does_not_leak_is_called_growing(full: bool) -> None:
    played = SEEDS[::2] if full else SEEDS[::12]
    found = [alarm for seed in played for alarm in false_alarms(*analysed(random_memory(seed)))]
    # Buffers of random sizes that outlive steps rise by chance over the ten steps of a window.
    assert len(found) <= len(played) // 10


@pytest.mark.parametrize("seed", seeds(SEEDS[:8], 4))
def test_an_operation_whose_kernel_changes_when_a_neighbour_comes_is_found(seed: int) -> None:
    assert pressure_mismatches(changed_kernels(seed)) == []


@pytest.mark.parametrize("seed", seeds(SEEDS[:8], 4))
def test_calls_of_the_driver_are_counted_and_timed(seed: int) -> None:
    assert pressure_mismatches(growing_pool(seed)) == []
