"""For how long company slows kernels after it is gone: clocks that recover late, and caches that are cold."""

import json
from pathlib import Path

import pytest

import tb_contention
from tb_contention.contention.exposure import expose
from tb_contention.contention.overlap import planes_by_session
from tb_contention.contention.shadow import Shadow, find_shadow, shaded
from tb_contention.contention.work import session_work
from tb_contention.pipeline import analyse_logdir
from tb_contention.simulate import hard_scenario, write_hard

_MS = 1_000_000


def shadow_of(kind: str, seed: int, folder: Path) -> tuple[Shadow | None, dict[str, float]]:
    """Play a hard scenario and look for its shadow; return it with the facts of the scenario."""
    write_hard(hard_scenario(seed, kind), folder, seed=seed, alone=False)
    aligned = analyse_logdir(folder / "together").aligned
    group = next(g for g in aligned.groups if len(planes_by_session(g)) > 1)
    works = [session_work(aligned.session(s), rows) for s, rows in planes_by_session(group).items()]
    company = [next(other.pending for other in works if other is not work) for work in works]
    exposures = [expose(w, c, group.start, group.end, 0) for w, c in zip(works, company, strict=True)]
    return find_shadow(works, exposures, company), json.loads((folder / "truth.json").read_text())


@pytest.mark.parametrize("seed", [2, 6, 13])
def test_a_clock_that_recovers_late_casts_a_shadow_as_long(seed: int, tmp_path: Path) -> None:
    shadow, truth = shadow_of("clock_falls", seed, tmp_path)

    assert shadow is not None
    assert 0.75 * truth["recover"] < shadow.length < 1.5 * truth["recover"]
    assert shadow.factor == pytest.approx(1 + truth["clockfall"], abs=0.02)


@pytest.mark.parametrize(
    ("kind", "seed"), [("clock_falls", 0), ("clock_falls", 3), ("heavy_mps", 1), ("left_over", 0), ("three_slices", 1)]
)
def test_company_that_leaves_nothing_behind_casts_none(kind: str, seed: int, tmp_path: Path) -> None:
    assert shadow_of(kind, seed, tmp_path)[0] is None


@pytest.mark.parametrize("seed", [1, 2, 6, 13])
def test_a_clock_that_falls_in_company_is_a_loss_to_it(seed: int, tmp_path: Path) -> None:
    write_hard(hard_scenario(seed, "clock_falls"), tmp_path, seed=seed, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text())["sessions"]["alpha"]["slowdown"]
    report = tb_contention.analyse(tmp_path / "together", cache_dir=None)

    cost = next(device.cost for device in report.devices if len(device.sessions) > 1)
    loss = next(each for each in cost.losses if "alpha" in each.session)
    assert loss.slowdown.estimate == pytest.approx(truth, rel=0.01)
    assert loss.clock is not None
    assert 0 < loss.clock <= (loss.stretch or 0)
    by_others = sum(b.lost for b in cost.blame if b.victim == loss.session and "beta" in b.culprit)
    assert by_others > 0.95 * (loss.lost or 0)


def test_kernels_in_the_shadow_are_touched(tmp_path: Path) -> None:
    write_hard(hard_scenario(2, "clock_falls"), tmp_path, seed=2, alone=False)
    aligned = analyse_logdir(tmp_path / "together").aligned
    group = next(g for g in aligned.groups if len(planes_by_session(g)) > 1)
    one, other = (session_work(aligned.session(s), rows) for s, rows in planes_by_session(group).items())
    bright = expose(one, other.pending, group.start, group.end, 0)

    dim = shaded(one, bright, other.pending, Shadow(length=5 * _MS, factor=1.1, error=0.0))

    assert dim.undisturbed.sum() < bright.undisturbed.sum()
    assert not (dim.undisturbed & dim.touched).any()
    assert (dim.touched | ~bright.touched).all()
