"""An input pipeline that keeps up with steps in company may not keep up with them alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from tb_contention import analyse
from tb_contention.contention.input_pace import slowest_delivery
from tb_contention.model.contention import Evidence, SessionLoss
from tb_contention.simulate import hard_scenario, write_hard
from tb_contention.units import F64

MS = 1e6


def fetched(between: F64) -> F64:
    return np.concatenate([[0.0], np.cumsum(between)])


def test_two_fetches_in_a_row_that_wait_show_what_the_pipeline_needs() -> None:
    between = np.tile([2.0, 2.0, 5.0, 5.0], 10) * MS
    got = fetched(between)
    waited = np.concatenate([[False], between == 2 * MS])
    assert slowest_delivery(got, waited) == pytest.approx(2 * MS)


def test_a_pipeline_that_never_makes_wait_needs_no_longer_than_fast_steps_took_but_for_what_lay_ready() -> None:
    between = np.concatenate([np.full(100, 3.0), np.full(100, 1.0)]) * MS
    slowest = slowest_delivery(fetched(between), np.zeros(201, np.bool_))
    assert 1.0 * MS < slowest < 1.1 * MS


def test_a_few_fast_steps_show_nothing_as_their_batches_may_have_lain_ready() -> None:
    between = np.where(np.arange(200) % 20 < 4, 1.0, 3.0) * MS
    slowest = slowest_delivery(fetched(between), np.zeros(201, np.bool_))
    assert slowest == pytest.approx(between.mean())


@pytest.mark.parametrize("seed", [20, 31, 32])
def test_the_slowdown_of_a_session_with_input_allows_for_a_slow_pipeline(seed: int, tmp_path: Path) -> None:
    write_hard(hard_scenario(seed, "input_starves"), tmp_path, seed=seed, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]["alpha"]["slowdown"]
    loss = _alpha(tmp_path / "together")
    assert loss.slowdown.low is not None
    assert loss.slowdown.high is not None
    assert loss.slowdown.low - 0.02 * truth <= truth <= loss.slowdown.high
    assert loss.slowdown.evidence is Evidence.D


def test_a_capture_alone_leaves_nothing_open(tmp_path: Path) -> None:
    write_hard(hard_scenario(31, "input_starves"), tmp_path, seed=31, alone=True)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]["alpha"]["slowdown"]
    loss = _alpha(tmp_path)
    assert loss.slowdown.evidence is Evidence.A
    assert loss.slowdown.estimate == pytest.approx(truth, rel=0.02)


def _alpha(logdir: Path) -> SessionLoss:
    report = analyse(logdir, cache_dir=None)
    (device,) = (device for device in report.devices if len(device.sessions) == 2)
    return next(loss for loss in device.cost.losses if "alpha" in loss.session)
