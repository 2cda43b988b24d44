"""Turns of a process without a capture, found in the kernels of those that were captured; truth from simulated pairs and trios."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tb_contention
from tb_contention.contention.untraced import _common
from tb_contention.model.contention import UNTRACED, Cost, Evidence, Mechanism
from tb_contention.model.report import Report
from tb_contention.simulate import hard_scenario, random_scenario, write_hard, write_scenario

_MS = 1e6


def captured_of(mode: str, seed: int, folder: Path, *missing: str) -> tuple[Report, dict[str, float]]:
    """Play a scenario, lose the captures of some sessions, and return the report of the others with the true slowdowns."""
    write_scenario(random_scenario(seed, mode), folder, seed=seed, alone=False)
    for name in missing:
        shutil.rmtree(folder / "together" / name)
    sessions = json.loads((folder / "truth.json").read_text())["sessions"]
    report = tb_contention.analyse(folder / "together", cache_dir=None)
    return report, {name: values["slowdown"] for name, values in sessions.items()}


def played(kind: str, seed: int, folder: Path) -> tuple[Report, Cost, dict[str, Any]]:
    """Play a kind of hard physics, and return the report, the cost on the shared device, and the truth by session."""
    write_hard(hard_scenario(seed, kind), folder, seed=seed, alone=False)
    truth = json.loads((folder / "truth.json").read_text())["sessions"]
    report = tb_contention.analyse(folder / "together", cache_dir=None)
    return report, next(device.cost for device in report.devices if len(device.sessions) > 1), truth


@pytest.mark.parametrize("seed", [2, 7, 8, 13])
def test_one_capture_that_shows_turns_gives_its_slowdown_and_blames_what_was_not_traced(
    seed: int, tmp_path: Path
) -> None:
    report, truth = captured_of("time_slicing", seed, tmp_path, "session_b")

    cost = report.devices[0].cost
    (loss,) = cost.losses
    assert loss.slowdown.estimate == pytest.approx(truth["session_a"], rel=0.02)
    assert loss.slowdown.low is not None
    assert loss.slowdown.high is not None
    assert loss.slowdown.low <= truth["session_a"] <= loss.slowdown.high
    assert cost.mechanism is Mechanism.TIME_SLICING
    assert cost.slice is not None
    assert [(b.culprit, b.lost) for b in cost.blame] == [(UNTRACED, loss.lost)]
    assert "untraced-corunner" in {finding.rule for finding in report.findings}


@pytest.mark.parametrize("mode", ["mps", "processor_sharing", "unshared"])
def test_one_capture_without_turns_is_silent(mode: str, tmp_path: Path) -> None:
    report, _ = captured_of(mode, 3, tmp_path, "session_b")

    cost = report.devices[0].cost
    assert cost.mechanism is Mechanism.NONE
    assert not cost.blame
    assert [loss.slowdown.evidence for loss in cost.losses] == [Evidence.D]


def test_the_steps_of_one_capture_count_foreign_turns_as_lost(tmp_path: Path) -> None:
    report, _ = captured_of("time_slicing", 7, tmp_path, "session_b")

    (steps,) = report.devices[0].cost.steps
    assert steps.known
    assert int(steps.lost.sum()) == pytest.approx(report.devices[0].cost.losses[0].lost, rel=0.02)


def test_turns_share_one_length() -> None:
    rng = np.random.default_rng(0)

    assert _common(rng.normal(2 * _MS, 0.01 * _MS, 30)) == pytest.approx(2 * _MS, rel=0.01)
    assert _common(np.concatenate([rng.normal(2 * _MS, 0.01 * _MS, 20), np.full(5, 4 * _MS)])) is not None


@pytest.mark.parametrize(
    "excess",
    [
        np.full(5, 2 * _MS),
        np.random.default_rng(1).lognormal(np.log(_MS), 0.5, 60),
    ],
    ids=["too few", "of any length"],
)
def test_delays_that_are_no_turns(excess: np.ndarray) -> None:
    assert _common(excess) is None


@pytest.mark.parametrize("seed", [2, 4, 5, 70])
def test_a_traced_session_is_not_blamed_alone_for_a_third_that_was_not_traced(seed: int, tmp_path: Path) -> None:
    report, cost, truth = played("untraced_third", seed, tmp_path)

    for loss in cost.losses:
        true = next(v["slowdown"] for name, v in truth.items() if name in report.session(loss.session).name)
        assert loss.slowdown.low is not None
        assert loss.slowdown.high is not None
        assert loss.slowdown.low <= true <= loss.slowdown.high
        if loss.slowdown.estimate is not None:
            assert loss.slowdown.estimate == pytest.approx(true, rel=0.02)
        if loss.lost:
            strange = sum(b.lost for b in cost.blame if (b.victim, b.culprit) == (loss.session, UNTRACED))
            blame = next(v["blame"] for name, v in truth.items() if name in report.session(loss.session).name)
            assert strange / loss.lost == pytest.approx(blame["gamma"], abs=0.1)
            assert sum(b.lost for b in cost.blame if b.victim == loss.session) == loss.lost


@pytest.mark.parametrize(
    ("kind", "seed"),
    [("untraced_third", 62), ("untraced_third", 308), ("untraced_beside_server", 61), ("untraced_beside_server", 90)],
    ids=["one kind interrupted", "waits of every step", "waits", "one place interrupted"],
)
def test_few_signs_of_a_stranger_keep_the_answer_from_being_sure_and_wrong(
    kind: str, seed: int, tmp_path: Path
) -> None:
    report, cost, truth = played(kind, seed, tmp_path)

    for loss in cost.losses:
        true = next(v["slowdown"] for name, v in truth.items() if name in report.session(loss.session).name)
        assert loss.slowdown.low is not None
        assert loss.slowdown.high is not None
        assert 0.99 * loss.slowdown.low <= true <= 1.01 * loss.slowdown.high


@pytest.mark.parametrize(
    ("kind", "seed"),
    [("three_slices", 1), ("heavy_slices", 1), ("heavy_queue", 1), ("clock_offset", 1), ("shapes_slices", 71)],
)
def test_sessions_that_were_all_traced_meet_no_stranger(kind: str, seed: int, tmp_path: Path) -> None:
    write_hard(hard_scenario(seed, kind), tmp_path, seed=seed, alone=False)
    report = tb_contention.analyse(tmp_path / "together", cache_dir=None)

    assert "untraced-corunner" not in {finding.rule for finding in report.findings}


@pytest.mark.parametrize(("kind", "seed"), [("shapes_slices", 1001), ("heavy_slices", 1100), ("heavy_slices", 1105)])
def test_sizes_and_tails_that_a_capture_alone_shows_less_of_are_no_stranger(
    kind: str, seed: int, tmp_path: Path
) -> None:
    write_hard(hard_scenario(seed, kind), tmp_path, seed=seed)
    report = tb_contention.analyse(tmp_path, cache_dir=None)
    assert any(loss.slowdown.evidence is Evidence.A for device in report.devices for loss in device.cost.losses)
    assert "untraced-corunner" not in {finding.rule for finding in report.findings}


@pytest.mark.parametrize(("kind", "seed"), [("clock_falls", 1206), ("clock_falls_sampled", 1207)])
def test_a_clock_that_stays_low_after_company_is_no_stranger_but_a_loss_to_it(
    kind: str, seed: int, tmp_path: Path
) -> None:
    write_hard(hard_scenario(seed, kind), tmp_path, seed=seed)
    report = tb_contention.analyse(tmp_path, cache_dir=None)

    (cost,) = [device.cost for device in report.devices if device.cost.blame]
    to_captured = sum(row.lost for row in cost.blame if row.culprit != UNTRACED)
    assert to_captured > 0.95 * sum(row.lost for row in cost.blame)
    assert "untraced-corunner" not in {finding.rule for finding in report.findings}


def test_sizes_that_kinds_of_one_length_hide_are_no_turns(tmp_path: Path) -> None:
    """Kernels of about 200 us under two names are of three times that size now and then: longer by the same, and in proportion."""
    report, _, truth = played("shapes_share", 701, tmp_path)
    assert truth["beta"]["slowdown"] < 1.05
    assert "untraced-corunner" not in {finding.rule for finding in report.findings}
