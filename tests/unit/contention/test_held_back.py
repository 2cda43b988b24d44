"""Estimates are held back where what they rest on is missing: kernels without company, an interval that says something, requests apart."""

from pathlib import Path

import pytest
from ground_truth.hard import HardCase, measure

import tb_contention
from tb_contention.simulate import hard_scenario, write_hard


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("nobody_left", 84),  # no kernel is ever without company for long enough to show its own length
        ("untraced_beside_server", 81),  # the interval spans all that is possible
        ("server_queue", 78),  # each request waits for the one before: it may be a queue or a loop
        ("shapes_slices", 81),  # sizes differ by more than the few kernels without company show
    ],
)
def test_nothing_is_said_that_is_not_so(kind: str, seed: int) -> None:
    rows = measure(HardCase(kind, seed))

    assert rows
    for row in rows:
        assert not row.misses
        assert row.error is None or row.error == pytest.approx(0.0, abs=0.08)


def test_blame_stays_with_captured_sessions_where_only_the_whole_loss_is_known(tmp_path: Path) -> None:
    write_hard(hard_scenario(84, "heavy_slices"), tmp_path, seed=84, alone=False)
    report = tb_contention.analyse(tmp_path / "together", cache_dir=None)

    assert "untraced-corunner" not in {finding.rule for finding in report.findings}
    (device,) = report.devices
    for loss in device.cost.losses:
        assert sum(row.lost for row in device.cost.blame if row.victim == loss.session) == loss.lost
