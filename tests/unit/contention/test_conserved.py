"""Under turns time is conserved, and no kernel takes longer alone than the shortest of its kind in company."""

import json
from pathlib import Path

import pytest

from tb_contention import analyse
from tb_contention.simulate import hard_scenario, write_hard


def test_a_kernel_that_is_interrupted_every_time_but_once_takes_no_longer_than_then(tmp_path: Path) -> None:
    """Equal turns alone would give the session more than it had: both meet in one phase all the time, which favours the other."""
    write_hard(hard_scenario(41, "nobody_slices"), tmp_path, seed=41, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]
    (device,) = analyse(tmp_path / "together", cache_dir=None).devices
    for loss in device.cost.losses:
        told = truth["alpha" if "alpha" in loss.session else "beta"]["slowdown"]
        assert loss.slowdown.estimate == pytest.approx(told, rel=0.02)
        assert loss.slowdown.low is not None
        assert loss.slowdown.high is not None
        assert loss.slowdown.low <= told <= loss.slowdown.high
