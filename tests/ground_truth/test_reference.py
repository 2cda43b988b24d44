"""The plain case of every sharing mode comes out right, and the median kernel would not have told."""

import json
from pathlib import Path

import numpy as np
import pytest

import tb_contention
from tb_contention.model.trace import Trace
from tb_contention.simulate import REFERENCE, Scenario, write_scenario


def median_kernel(shared: Trace, alone: float) -> float:
    return float(np.median(shared.kernels.duration)) / alone


@pytest.mark.parametrize("scenario", REFERENCE, ids=lambda s: s.name)
def test_the_slowdown_beside_a_session_that_comes_and_goes(scenario: Scenario, tmp_path: Path) -> None:
    write_scenario(scenario, tmp_path, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text())["sessions"]["always"]["slowdown"]
    report = tb_contention.analyse(tmp_path / "together", cache_dir=None)
    cost = report.devices[0].cost
    (found,) = (r for r in cost.losses if report.session(r.session).name == "always")

    assert 1.05 < truth < 1.8
    assert found.slowdown.estimate == pytest.approx(truth, rel=0.02)
    # A few kernels of 20 ms may not show it; then that is said.
    too_few = cost.mechanism.value == "unknown" and cost.detail.startswith("Too few kernels begin or end")
    assert cost.mechanism.value == scenario.mechanism or (too_few and scenario.name.endswith("20ms"))
    if scenario.slice_ns and cost.slice:
        assert cost.slice == pytest.approx(scenario.slice_ns, rel=0.35)
