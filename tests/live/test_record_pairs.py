"""The recorder of real pairs, tried where there is no GPU: what it leaves, and what the comparison makes of it."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from gpu.compare import Row, pairs, preemption, rows_of, table
from gpu.record import Pair, period

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.jax


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two processes, and two threads of one, on the processor."""
    out = tmp_path_factory.mktemp("pairs")
    words = ["--framework", "jax", "--pair", "hostbound+tiny", "--pair", "tiny+hostbound:threads"]
    words += ["--seconds", "1", "--rounds", "2", "--profile-seconds", "0.6", "--switches"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "gpu" / "record.py"), str(out), *words],
        capture_output=True,
        text=True,
        timeout=400,
        env={**os.environ, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_each_pair_holds_its_truth_and_captures_alone_and_together(recorded: Path) -> None:
    found = pairs(recorded)
    assert [path.relative_to(recorded).as_posix() for path in found] == [
        "jax/cpu/hostbound_tiny",
        "jax/cpu/tiny_hostbound_threads",
    ]
    for path in found:
        truth = json.loads((path / "truth.json").read_text())
        assert len(truth["slowdown"]) == 2
        for name, slowdown in truth["slowdown"].items():
            assert slowdown["low"] <= slowdown["mean"] <= slowdown["high"]
            assert slowdown["mean"] > 0.3
            assert len(truth["periods_off_s"]["together"][name]) == 2
        captures = sorted({p.relative_to(path).parts[:2] for p in path.rglob("*.xplane.pb")})
        alone = [("alone", name) for name in sorted(truth["slowdown"])]
        assert captures[:2] == alone
        assert len(captures) == (3 if truth["mode"] == "threads" else 4)
        assert not list(path.rglob("*.json.gz"))
        assert json.loads((path / "context_switches.json").read_text())["missing"]
    stated = json.loads((recorded / "jax" / "cpu" / "environment.json").read_text())
    assert any(line.startswith("jax") for line in stated["packages"])


def test_what_ran_on_a_processor_is_called_that_and_bounded_without_a_capture_alone(recorded: Path) -> None:
    rows = rows_of(recorded / "jax" / "cpu" / "hostbound_tiny")
    without = [row for row in rows if not row.has_baseline]
    assert {row.session for row in without} == {"hostbound_a", "tiny_b"}
    assert all(row.is_host and row.place == "cpu" for row in rows)
    assert {row.evidence for row in without} == {"D"}
    assert {row.estimate for row in without} == {None}
    assert {row.session for row in rows if row.has_baseline} == {"hostbound_a", "tiny_b"}
    assert "bounds only" in table(rows)


def test_kernels_of_a_pair_are_compared_together_and_alone(recorded: Path) -> None:
    found = preemption(recorded / "jax" / "cpu" / "hostbound_tiny")
    assert {each.session for each in found} == {"hostbound_a", "tiny_b"}
    assert all(each.longer > 0 and 0 <= each.at_once <= 1 for each in found)
    assert preemption(recorded / "jax" / "cpu" / "tiny_hostbound_threads") == []


def test_an_interval_holds_a_truth_that_itself_is_a_range() -> None:
    row = Row(
        place="x", pair="x", session="a", is_host=False, has_baseline=False, evidence="B", estimate=1.4, low=1.3, high=1.5, truth=1.6,
        truth_low=1.45, truth_high=1.7, profiled=1.75, mechanism="time_slicing",
    )  # fmt: skip
    assert row.holds
    assert row.error == pytest.approx(1.4 / 1.75 - 1)
    assert "| NO |" in table([replace(row, truth_low=1.55)])


def test_pairs_and_periods_are_read() -> None:
    assert Pair.parse("tiny+big:threads") == Pair(kinds=("tiny", "big"), threads=True)
    assert period([[0, 1], [1, 2], [2, 3.5], [3.5, 5], [5, 6.5]]) == pytest.approx(1.5)
    with pytest.raises(RuntimeError, match="too few"):
        period([[0, 1], [1, 2]])
