"""Under turns time is conserved, and no kernel takes longer alone than the shortest of its kind in company."""

import json
from pathlib import Path

import pytest

from tb_contention import analyse
from tb_contention.model.contention import Evidence
from tb_contention.simulate import hard_scenario, random_scenario, write_hard, write_scenario


@pytest.mark.parametrize("seed", [41, 42])
def test_kernels_that_are_always_interrupted_are_told_by_others_of_their_kind(seed: int, tmp_path: Path) -> None:
    """Equal turns alone would give the session more than it had: both meet in one phase all the time, which favours the other."""
    write_hard(hard_scenario(seed, "nobody_slices"), tmp_path, seed=seed, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]
    (device,) = analyse(tmp_path / "together", cache_dir=None).devices
    for loss in device.cost.losses:
        told = truth["alpha" if "alpha" in loss.session else "beta"]["slowdown"]
        assert loss.slowdown.estimate == pytest.approx(told, rel=0.02)
        assert loss.slowdown.low is not None
        assert loss.slowdown.high is not None
        assert loss.slowdown.low <= told <= loss.slowdown.high


def test_what_switches_cost_more_than_is_known_does_not_make_durations_doubtful(demo_logs: Path) -> None:
    """The durations of this pair sum up to 5 % less than the time."""
    pair = demo_logs / "simulated_time_slicing"
    truth = json.loads((pair / "truth.json").read_text(encoding="utf-8"))["sessions"]
    (device,) = analyse(pair / "together", cache_dir=None).devices
    for loss in device.cost.losses:
        told = truth["evaluator" if "evaluator" in loss.session else "trainer"]["slowdown"]
        assert loss.slowdown.estimate == pytest.approx(told, rel=0.02)


@pytest.mark.parametrize("seed", [3, 21])
def test_sizes_that_a_kind_of_kernel_hides_are_not_taken_for_interruptions(seed: int, tmp_path: Path) -> None:
    """Nobody ever pauses, and kernels of one name are of two or three sizes, by their place in the step."""
    write_scenario(random_scenario(seed, "time_slicing", saturated=True), tmp_path, seed=seed, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]
    (device,) = analyse(tmp_path / "together", cache_dir=None).devices
    for loss in device.cost.losses:
        told = truth["session_a" if "session_a" in loss.session else "session_b"]["slowdown"]
        assert loss.slowdown.estimate == pytest.approx(told, rel=0.02)


def test_undisturbed_kernels_in_cold_caches_tell_less_than_uncut_ones(tmp_path: Path) -> None:
    write_hard(hard_scenario(41, "cold_caches"), tmp_path, seed=41, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]
    (device,) = analyse(tmp_path / "together", cache_dir=None).devices
    (loss,) = (each for each in device.cost.losses if "beta" in each.session)
    assert loss.slowdown.evidence is Evidence.C
    assert loss.slowdown.low is not None
    assert loss.slowdown.high is not None
    assert loss.slowdown.low <= truth["beta"]["slowdown"] <= loss.slowdown.high


@pytest.mark.parametrize(("kind", "seed"), [("cold_caches", 703), ("clock_falls_sampled", 26)])
def test_what_work_takes_longer_in_company_is_told_by_kernels_that_no_turn_cuts(
    kind: str, seed: int, tmp_path: Path
) -> None:
    """Without it the other session would have had too much of the time, and this one too little."""
    write_hard(hard_scenario(seed, kind), tmp_path, seed=seed, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]
    (device,) = analyse(tmp_path / "together", cache_dir=None).devices
    (loss,) = (each for each in device.cost.losses if "beta" in each.session)
    assert loss.slowdown.evidence is Evidence.C
    assert loss.slowdown.estimate == pytest.approx(truth["beta"]["slowdown"], rel=0.04)
    assert loss.slowdown.low is not None
    assert loss.slowdown.high is not None
    assert loss.slowdown.low <= truth["beta"]["slowdown"] <= loss.slowdown.high


@pytest.mark.parametrize("seed", [302, 306])
def test_bounds_hold_where_the_other_session_goes_first(seed: int, tmp_path: Path) -> None:
    write_hard(hard_scenario(seed, "priority"), tmp_path, seed=seed, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]
    (device,) = analyse(tmp_path / "together", cache_dir=None).devices
    (loss,) = (each for each in device.cost.losses if "beta" in each.session)
    assert loss.slowdown.evidence is Evidence.D
    assert loss.slowdown.high is not None
    assert truth["beta"]["slowdown"] <= loss.slowdown.high
