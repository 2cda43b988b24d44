"""On a GPU: the recorder's pairs, their identity by the driver, and whether the estimates hold the truth."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from gpu.compare import pairs, preemption, rows_of

import tb_contention
from tb_contention.model.alignment import Identity

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pairs")
    words = ["--pair", "tiny+tiny", "--pair", "big+big", "--pair", "chain+chain", "--rounds", "2"]
    done = subprocess.run([sys.executable, str(HERE / "record.py"), str(out), *words], timeout=540, check=False)
    assert done.returncode == 0
    return out


def test_sessions_are_on_one_gpu_by_the_drivers_word(recorded: Path) -> None:
    for pair in pairs(recorded):
        report = tb_contention.analyse(pair / "together", cache_dir=None)
        (device,) = (d for d in report.devices if len(d.sessions) == 2)
        assert not device.group.device.device.is_host
        assert device.group.device.identity is Identity.MANIFEST
        assert device.driver is not None
        assert device.driver.used_peak


def test_intervals_hold_the_truth(recorded: Path) -> None:
    rows = [row for pair in pairs(recorded) for row in rows_of(pair)]
    assert rows
    assert [row for row in rows if not row.holds] == []


def test_kernels_hold_the_turns_of_others_in_their_duration(recorded: Path) -> None:
    (chain,) = (pair for pair in pairs(recorded) if pair.name == "chain_chain")
    truth = json.loads((chain / "truth.json").read_text())
    for each in preemption(chain):
        assert each.longer == pytest.approx(truth["slowdown_profiled"][each.session], rel=0.25)
