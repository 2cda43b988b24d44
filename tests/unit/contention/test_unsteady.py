"""Kernels that nothing is seen to disturb show company that was not captured by a pace that changes in the middle of steps."""

import json
from pathlib import Path

import pytest

import tb_contention
from tb_contention.model.contention import Evidence, SessionLoss
from tb_contention.simulate import hard_scenario, write_hard


def losses_of(kind: str, seed: int, folder: Path) -> list[tuple[SessionLoss, float]]:
    """Play a hard scenario; return each session's loss with its true slowdown."""
    write_hard(hard_scenario(seed, kind), folder, seed=seed, alone=False)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["sessions"]
    (device,) = tb_contention.analyse(folder / "together", cache_dir=None).devices
    return [
        (loss, next(facts["slowdown"] for name, facts in truth.items() if name in loss.session))
        for loss in device.cost.losses
    ]


@pytest.mark.parametrize("seed", [70, 71, 75, 84, 304, 305])
def test_company_that_was_not_captured_leaves_bounds_that_hold(seed: int, tmp_path: Path) -> None:
    for loss, truth in losses_of("untraced_beside_server", seed, tmp_path):
        assert loss.slowdown.low is not None
        assert loss.slowdown.high is not None
        assert 0.98 * loss.slowdown.low <= truth <= 1.02 * loss.slowdown.high


@pytest.mark.parametrize("kind", ["steps_vary", "bandwidth", "clock_falls"])
def test_steps_and_clocks_that_vary_are_no_company(kind: str, tmp_path: Path) -> None:
    losses = losses_of(kind, 71, tmp_path)

    assert [loss.slowdown.evidence for loss, _ in losses] != [Evidence.D] * 2
    for loss, truth in losses:
        if loss.slowdown.estimate is not None:
            assert loss.slowdown.estimate == pytest.approx(truth, rel=0.02)
