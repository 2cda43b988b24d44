"""Copies beside copies of others against the best rate of their size and direction."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tb_contention
from tb_contention.diagnose.copy_rates import Moved, rates
from tb_contention.model.trace import TO_DEVICE, TO_HOST
from tb_contention.simulate import hard_scenario, write_hard

_MIB, _GB = 1 << 20, 10**9


def moved(*copies: tuple[int, int, int, int]) -> Moved:
    """Make copies of (start, end, bytes, direction)."""
    start, end, size, direction = np.array(copies, np.int64).T
    return Moved(start=start, end=end, bytes=size, direction=direction.astype(np.uint8))


def copies(
    count: int, length: int, size: int, *, begin: int = 0, direction: int = TO_DEVICE
) -> list[tuple[int, int, int, int]]:
    """Make equal copies, one every 10 us."""
    return [(begin + 10_000 * k, begin + 10_000 * k + length, size, direction) for k in range(count)]


def test_copies_beside_others_are_compared_with_those_by_themselves() -> None:
    own = moved(*copies(10, 2_000, 40_000), *copies(10, 5_000, 50_000, begin=100_000))
    other = moved(*copies(10, 9_000, 90_000, begin=100_000))

    (rate,) = rates(own, [other])

    assert rate.direction == TO_DEVICE
    assert (rate.together, rate.best) == pytest.approx((10 * _GB, 20 * _GB))
    assert rate.stretch == 10 * 2_500


def test_only_copies_of_the_same_direction_meet() -> None:
    own = moved(*copies(20, 2_000, 40_000))

    assert rates(own, [moved(*copies(20, 9_000, 90_000, direction=TO_HOST))]) == []


def test_copies_of_another_size_show_no_rate() -> None:
    own = moved(*copies(10, 2_000, 2_000), *copies(10, 5_000, 50_000, begin=100_000))
    other = moved(*copies(10, 9_000, 90_000, begin=100_000))

    (rate,) = rates(own, [other])

    assert rate.best == pytest.approx(10 * _GB)
    assert rate.stretch is None


def test_a_few_bytes_are_no_rate_of_the_bus() -> None:
    own = moved(*copies(20, 2_000, 4, direction=TO_HOST), *copies(20, 8_000, _MIB))
    other = moved(*copies(20, 9_000, _MIB), *copies(20, 3_000, 4, direction=TO_HOST))

    assert {rate.direction for rate in rates(own, [other])} == {TO_DEVICE, TO_HOST}
    few = moved(*copies(20, 100, 4, direction=TO_HOST), *copies(20, 8_000, _MIB))
    assert [rate.direction for rate in rates(few, [other])] == [TO_DEVICE]


def test_without_bytes_there_is_no_rate() -> None:
    assert rates(Moved.nothing(), [moved(*copies(3, 9_000, _MIB))]) == []


def test_the_finding_states_the_rates_of_the_link(tmp_path: Path) -> None:
    write_hard(hard_scenario(3, "link_meets"), tmp_path, seed=3, alone=False)
    report = tb_contention.analyse(tmp_path / "together", cache_dir=None)

    found = [f for f in report.findings if f.rule == "copy-contention" and "alpha" in f.sessions[0]]

    assert len(found) == 1
    by_direction: Any = found[0].evidence["bytes_per_s"]
    # The simulated link moves 24 GB/s, and half of that for each of two that share it.
    assert by_direction["to_device"] == pytest.approx([12 * _GB, 24 * _GB], rel=0.2)
    assert "GiB per second beside copies of others, and" in found[0].detail
