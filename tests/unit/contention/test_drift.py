"""A session's own pace, told from kernels that nobody disturbed."""

import json
from pathlib import Path

import numpy as np
import pytest

import tb_contention
from tb_contention.contention.drift import differs_by_step, pace, stretched
from tb_contention.simulate import hard_scenario, write_hard


def test_kernels_of_no_length_tell_no_pace() -> None:
    ratio = stretched(np.array([2000.0, 0.0, 2000.0, 5.0, 0.0]), np.array([1000.0, 0.0, np.nan, 0.0, 7.0]))

    np.testing.assert_array_equal(ratio, [2.0, np.nan, np.nan, np.nan, np.nan])


def test_a_clock_that_falls_is_a_pace_from_then_on() -> None:
    time = np.arange(200) * 1000
    ratio = np.where(time < 100_000, 1.0, 1.5)

    np.testing.assert_array_equal(pace(time, ratio, np.ones(200, bool)), ratio)


@pytest.mark.parametrize(
    ("factors", "differs"),
    [
        ([1.0, 1.4, 0.7, 1.2, 0.6, 1.3, 1.0, 1.5, 0.8, 1.1], True),
        ([1.0] * 5 + [1.3] * 5, False),
        ([1.0, 1.01, 0.99, 1.0, 1.01, 0.99, 1.0, 1.01, 0.99, 1.0], False),
    ],
    ids=["each of its own", "a clock that falls", "hardly any"],
)
def test_steps_that_are_long_by_themselves_are_no_pace_of_the_neighbours(factors: list[float], differs: bool) -> None:
    step = np.repeat(np.arange(10), 6)
    ratio = np.repeat(np.array(factors), 6)

    assert differs_by_step(step, ratio, np.ones(60, np.bool_)) is differs
    # Of steps that company covers nothing is known.
    assert not differs_by_step(step, ratio, step < 4)


def test_the_time_until_a_third_session_leaves_is_no_warm_up(tmp_path: Path) -> None:
    """Kernels that have two others beside them at first, and one later, are compared with those that have as many."""
    write_hard(hard_scenario(1301, "three_share"), tmp_path, seed=1301, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text())["sessions"]
    report = tb_contention.analyse(tmp_path / "together", cache_dir=None)

    (device,) = report.devices
    for loss in device.cost.losses:
        true = truth[report.session(loss.session).name]
        assert loss.steps == true["periods"]
        assert loss.slowdown.estimate == pytest.approx(true["slowdown"], rel=0.01)
