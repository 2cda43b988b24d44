"""Whole steps against captures alone correct the replay of sessions whose streams run at once."""

import json
from pathlib import Path

import numpy as np
import pytest

from tb_contention import analyse
from tb_contention.contention.by_steps import _against
from tb_contention.model.contention import Evidence
from tb_contention.simulate import hard_scenario, write_hard


@pytest.mark.parametrize("seed", [700, 1001])
def test_steps_alone_tell_what_a_replay_of_several_streams_misses(seed: int, tmp_path: Path) -> None:
    write_hard(hard_scenario(seed, "streams_left"), tmp_path, seed=seed)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]["alpha"]["slowdown"]
    losses = (each for device in analyse(tmp_path, cache_dir=None).devices for each in device.cost.losses)
    (loss,) = (each for each in losses if "together/alpha" in each.session)
    assert loss.slowdown.evidence is Evidence.A
    assert loss.slowdown.estimate == pytest.approx(truth, rel=0.02)
    assert loss.slowdown.low is not None
    assert loss.slowdown.high is not None
    assert loss.slowdown.low <= truth <= loss.slowdown.high


def test_periods_that_differ_in_company_alone_are_no_doubt() -> None:
    alone = np.tile([9.9, 10.1], 20)
    say = _against(np.tile([10.0, 30.0], 10), alone)
    assert say is not None
    assert say.slowdown == pytest.approx(2.0)
    assert say.error < 0.01
    assert _against(alone, np.tile([10.0, 30.0], 10)) is None
