"""Sizes of the tab, in a real browser: few sessions and many, both themes, zoomed and on paper; layouts.mjs looks for what does not fit."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser.served import RUN_S, first_group, lacking, served

from tb_contention.simulate import random_scenario, write_scenario
from tb_contention.simulate.random_scenarios import random_session

HERE = Path(__file__).parent


def many_sessions(folder: Path, count: int) -> Path:
    """Simulate so many small sessions that take turns on a GPU."""
    rng = np.random.default_rng(5)
    made = [random_session(rng, number % 8, longest=3000.0, saturated=False) for number in range(count)]
    names = ["a-very-long-session-name-of-a-hyperparameter-search", *(f"worker_{n:03}" for n in range(1, count))]
    sessions = tuple(
        replace(spec, name=name, items=spec.items[:5], steps=3, sync_every=1)
        for spec, name in zip(made, names, strict=True)
    )
    scenario = replace(random_scenario(1, "time_slicing"), name="many", sessions=sessions)
    return write_scenario(scenario, folder, seed=1, alone=False) / "together"


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 9, 120])
def test_nothing_is_cut_off_or_too_wide(
    count: int, repo_root: Path, demo_logs: Path, pictures: Path, tmp_path: Path
) -> None:
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    logs = demo_logs / "simulated_time_slicing" if count == 2 else many_sessions(tmp_path / "logs", count)
    with served(logs, tmp_path / "log") as address:
        command = ["node", str(HERE / "layouts.mjs"), first_group(address), str(pictures), f"{count}-sessions"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, check=False)

    assert done.returncode == 0, done.stderr
    looked = json.loads(done.stdout)
    assert len(looked) == 10
    assert {layout: found for layout, found in looked.items() if found} == {}
