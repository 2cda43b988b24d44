"""What the driver's samples say of a GPU's clock, and how far kernels follow it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tb_contention
from tb_contention.contention.exposure import expose
from tb_contention.contention.overlap import planes_by_session
from tb_contention.contention.sm_clock import Drift, Higher, Sampled, find_samples, follows
from tb_contention.contention.work import SessionWork, session_work
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.contention import Evidence, Slowdown
from tb_contention.model.manifest import GpuSamples
from tb_contention.pipeline import analyse_logdir
from tb_contention.simulate import hard_scenario, write_hard

_MS = 1_000_000


def sampled(clock: list[float]) -> Sampled:
    return Sampled(time=np.arange(len(clock)) * 50 * _MS, clock=np.array(clock), highest=max(clock))


def test_samples_that_are_alike_show_no_drift() -> None:
    steady = sampled([1980.0, 1965.0] * 20)

    assert steady.is_steady
    assert steady.by_itself() is None


def test_a_clock_that_sags_is_a_drift() -> None:
    drift = sampled([1980.0] * 10 + [1890.0, 1800.0] + [1710.0] * 12 + [1695.0]).by_itself()

    assert drift is not None
    assert drift.at(np.array([0, 100 * _MS])) == pytest.approx(0.0)
    assert drift.at(np.array([900 * _MS])) == pytest.approx(np.log(1980 / 1710))


def test_a_clock_that_jumps_to_and_fro_is_none() -> None:
    rng = np.random.default_rng(0)

    assert sampled(np.where(rng.random(60) < 0.5, 1980.0, 1700.0).tolist()).by_itself() is None


def scene(kind: str, seed: int, folder: Path) -> tuple[AlignedTraces, DeviceGroup, list[SessionWork]]:
    write_hard(hard_scenario(seed, kind), folder, seed=seed, alone=False)
    aligned = analyse_logdir(folder / "together").aligned
    group = next(g for g in aligned.groups if len(planes_by_session(g)) > 1)
    return aligned, group, [session_work(aligned.session(s), rows) for s, rows in planes_by_session(group).items()]


def drift_of(kind: str, seed: int, folder: Path) -> tuple[Drift | None, list[SessionWork], DeviceGroup]:
    aligned, group, works = scene(kind, seed, folder)
    samples = find_samples(aligned, group)
    assert samples is not None
    return samples.by_itself(), works, group


@pytest.mark.parametrize("seed", [0, 36])
def test_kinds_of_kernels_follow_the_clock_each_in_part(seed: int, tmp_path: Path) -> None:
    drift, works, group = drift_of("clock_sags_sampled", seed, tmp_path)
    chosen = hard_scenario(seed, "clock_sags_sampled")
    assert drift is not None
    assert drift.slower.max() == pytest.approx(np.log1p(chosen.facts["clockfall"]), abs=0.015)

    work, company, truth = works[0], works[1].pending, chosen.sessions[0]
    exposure = expose(work, company, group.start, group.end, 0)
    speed = follows(work, exposure, drift.at(work.start))

    trace = work.session.trace
    true = {item.name: part for item, part in zip(truth.spec.items, truth.follows, strict=True)}
    names = [trace.strings[int(name)] for name in trace.kernels.name[work.rows]]
    rows = np.flatnonzero(~work.copy)
    np.testing.assert_allclose(speed.part[rows], [true[names[row]] for row in rows.tolist()], atol=0.12)
    assert (speed.part[work.copy] == 0).all()


def test_what_nobody_shows_is_half_way_and_unsure(tmp_path: Path) -> None:
    drift, works, group = drift_of("clock_sags_sampled", 0, tmp_path)
    assert drift is not None
    touched = expose(works[0], works[0].pending, group.start, group.end, 0)

    speed = follows(works[0], touched, drift.at(works[0].start))

    late = works[0].start > drift.time[-1]
    assert set(speed.part[~works[0].copy].tolist()) == {0.5}
    assert (speed.error[late & ~works[0].copy] > 0.2 * drift.slower[-1]).all()


def test_a_clock_that_falls_in_company_is_no_drift_of_its_own(tmp_path: Path) -> None:
    assert drift_of("clock_falls_sampled", 1, tmp_path)[0] is None


def _cut(change: Callable[[GpuSamples], GpuSamples], aligned: AlignedTraces) -> AlignedTraces:
    sessions = []
    for session in aligned.sessions:
        manifest = session.manifest
        assert manifest is not None
        device = manifest.devices[0]
        assert device.samples is not None
        device = replace(device, samples=change(device.samples))
        sessions.append(replace(session, manifest=replace(manifest, devices={0: device})))
    return replace(aligned, sessions=tuple(sessions))


def _part(rows: slice) -> Callable[[GpuSamples], GpuSamples]:
    names = ("time", "sm_clock", "power", "utilisation", "memory_used")
    return lambda samples: replace(samples, **{name: getattr(samples, name)[rows] for name in names})


@pytest.mark.parametrize(
    "change",
    [_part(slice(None, None, 4)), _part(slice(0, 9)), lambda s: replace(s, sm_clock=np.full(len(s.time), np.nan))],
)
def test_too_few_samples_and_holes_say_nothing(change: Any, tmp_path: Path) -> None:
    aligned, group, _ = scene("clock_sags_sampled", 9, tmp_path)

    assert find_samples(aligned, group) is not None
    assert find_samples(_cut(change, aligned), group) is None
    assert find_samples(replace(aligned, origin_ns=None), group) is None


def _found(folder: Path) -> list[Slowdown]:
    report = tb_contention.analyse(folder, cache_dir=None)
    cost = next(device.cost for device in report.devices if len(device.sessions) > 1)
    return [loss.slowdown for loss in cost.losses]


def test_what_the_clock_costs_by_itself_is_no_loss_to_others(tmp_path: Path) -> None:
    chosen = hard_scenario(3, "clock_sags_sampled")
    write_hard(chosen, tmp_path / "with", seed=3, alone=False)
    write_hard(replace(chosen, sampled=False), tmp_path / "without", seed=3, alone=False)
    sessions = json.loads((tmp_path / "with" / "truth.json").read_text())["sessions"]
    truth = np.array([sessions[name]["slowdown"] for name in ("alpha", "beta")])

    told, guessed = (
        np.array([found.estimate for found in _found(tmp_path / name / "together")]) for name in ("with", "without")
    )

    assert told == pytest.approx(truth, rel=0.005)
    assert np.abs(told - truth).sum() < 0.5 * np.abs(guessed - truth).sum()


def test_a_clock_that_no_sample_shows_alone_may_be_higher_there(tmp_path: Path) -> None:
    chosen = hard_scenario(3, "clock_falls_sampled")
    aligned, group, works = scene("clock_falls_sampled", 3, tmp_path / "with")
    samples = find_samples(aligned, group)
    assert samples is not None
    assert samples.higher_alone(works).most == pytest.approx(1 + chosen.facts["clockfall"], abs=0.01)

    write_hard(replace(chosen, sampled=False), tmp_path / "without", seed=3, alone=False)
    told, guessed = (_found(tmp_path / name / "together") for name in ("with", "without"))

    truth = json.loads((tmp_path / "with" / "truth.json").read_text())["sessions"]
    assert [(found.estimate, found.low) for found in told] == [(found.estimate, found.low) for found in guessed]
    for name, found, before in zip(("alpha", "beta"), told, guessed, strict=True):
        assert (found.low or 0) < truth[name]["slowdown"] < (found.high or 0)
        assert (before.high or 0) < truth[name]["slowdown"]


def test_a_clock_that_samples_show_alone_is_known(tmp_path: Path) -> None:
    aligned, group, works = scene("clock_falls_sampled", 0, tmp_path)
    samples = find_samples(aligned, group)
    assert samples is not None

    higher = samples.higher_alone(works)

    assert higher.most == 1.0
    assert higher.known == pytest.approx(1 + hard_scenario(0, "clock_falls_sampled").facts["clockfall"], abs=0.01)


@pytest.mark.parametrize(("kind", "seed"), [("clock_falls_sampled", 1), ("clock_sags_sampled", 0)])
def test_one_sample_and_a_clock_that_sags_tell_nothing_of_company(kind: str, seed: int, tmp_path: Path) -> None:
    aligned, group, works = scene(kind, seed, tmp_path)
    samples = find_samples(aligned, group)

    assert samples is not None
    assert samples.higher_alone(works) == Higher()


def test_under_turns_bounds_from_kernels_in_company_allow_for_its_clock(tmp_path: Path) -> None:
    chosen = hard_scenario(26, "clock_falls_sampled")
    write_hard(chosen, tmp_path / "with", seed=26, alone=False)
    write_hard(replace(chosen, sampled=False), tmp_path / "without", seed=26, alone=False)
    truth = json.loads((tmp_path / "with" / "truth.json").read_text())["sessions"]["beta"]["slowdown"]

    told, guessed = (_found(tmp_path / name / "together")[1] for name in ("with", "without"))

    assert told.evidence is guessed.evidence is Evidence.C
    assert told.estimate == pytest.approx(truth, rel=0.02)
    assert truth < (guessed.high or 0) < (told.high or 0)


def test_a_clock_that_was_never_higher_is_no_higher_alone(tmp_path: Path) -> None:
    aligned, group, works = scene("clock_falls_sampled", 3, tmp_path)
    samples = find_samples(aligned, group)
    assert samples is not None

    assert replace(samples, highest=1.01 * float(np.median(samples.clock))).higher_alone(works) == Higher()
