"""Captures alone are found, and those of other work, another GPU, another clock or in company are refused with the reason."""

import json
import shutil
from pathlib import Path

import pytest
from captures_alone import (
    Change,
    analysed,
    as_other_gpu,
    evidence,
    notes,
    other_batch,
    other_program,
    scaled,
    scenario_of,
    shared,
    twice_as_often,
    write_in_company,
    written,
)

import tb_contention
from tb_contention.errors import OptionError
from tb_contention.model.baseline import Found, Use
from tb_contention.model.contention import UNTRACED, Evidence
from tb_contention.report.to_json import to_dict
from tb_contention.simulate import hard_scenario, write_hard, write_scenario


def test_a_capture_that_is_faster_than_any_clock_leaves_only_bounds(tmp_path: Path) -> None:
    folder = written(tmp_path, lambda spec: scaled(spec, 0.5))
    plain, report = analysed(folder, find=False), analysed(folder)

    (note,) = notes(report)
    assert note.use is Use.REFUSED
    before, after = (
        next(loss.slowdown for loss in shared(one).cost.losses if "session_a" in loss.session)
        for one in (plain, report)
    )
    assert before.estimate is not None
    assert before.high is not None
    assert after.high is not None
    assert after.estimate is None
    assert before.low is not None
    assert after.low is not None
    assert 1.0 <= after.low <= before.low
    # Its kernels may take half the time alone, so that it is slower by a factor of up to two.
    assert 1.2 * before.high < after.high < 2.2 * before.high
    assert "perhaps a program ran that was not captured" in after.settle


def test_the_same_work_alone_is_found_used_and_named(tmp_path: Path) -> None:
    report = analysed(written(tmp_path))

    (note,) = notes(report)
    assert (note.label, note.found, note.use, note.reason) == ("alone/session_a", Found.KERNELS, Use.USED, "")
    assert evidence(report) is Evidence.A
    wire = next(d for d in to_dict(report)["devices"] if len(d["sessions"]) > 1)
    (row,) = (r for r in wire["per_session"] if "session_a" in r["session"])
    assert row["slowdown"]["baseline"] == "alone/session_a"
    assert row["basis"] == "measured against alone/session_a, a capture of the session alone (class A)"
    assert row["baselines"][0]["words"] in wire["verdict"]["trust"]
    assert row["baselines"][0]["words"] == "baseline of together/session_a: alone/session_a, found by its kernels"


def test_it_is_found_under_another_name_by_its_kernels(tmp_path: Path) -> None:
    report = analysed(written(tmp_path, place="monday/quiet"))

    (note,) = notes(report)
    assert (note.label, note.use) == ("quiet", Use.USED)
    assert evidence(report) is Evidence.A


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (other_batch, "it runs the same kernels with other launch sizes, as with another batch size"),
        (twice_as_often, "kernels per step, and "),
        (
            lambda spec: scaled(spec, 1.25),
            "as long as undisturbed ones here, as at another clock or beside other programs",
        ),
        (lambda spec: scaled(spec, 0.6), "as long as there, as at another clock"),
    ],
    ids=["batch", "counts", "slower", "faster"],
)
@pytest.mark.parametrize("named", [False, True])
def test_other_work_and_another_clock_are_refused(change: Change, reason: str, named: bool, tmp_path: Path) -> None:
    folder = written(tmp_path, change)
    report = analysed(folder, {"together/session_a": "alone/session_a"} if named else {})

    (note,) = notes(report)
    assert note.use is Use.REFUSED
    assert reason in note.reason
    plain = analysed(folder, find=False)
    assert shared(report).cost.losses == shared(plain).cost.losses
    assert shared(report).predictions == shared(plain).predictions
    assert report.findings == plain.findings


def test_another_program_is_refused_where_the_user_names_it_and_else_not_worth_a_word(tmp_path: Path) -> None:
    folder = written(tmp_path, other_program)

    assert notes(analysed(folder)) == []
    (note,) = notes(analysed(folder, {"session_a": "alone"}))
    assert (note.use, note.reason) == (Use.REFUSED, "it runs other kernels")


def test_another_gpu_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path)
    as_other_gpu(folder / "alone")

    (note,) = notes(analysed(folder, {"session_a": "alone/session_a"}))
    assert note.use is Use.REFUSED
    assert note.reason == "it ran on another GPU (Simulated GPU 40 GB, not Simulated GPU 80 GB)"


@pytest.mark.parametrize(("there", "use"), [(1410, Use.REFUSED), (1980, Use.USED), (2500, Use.REFUSED)])
def test_clocks_that_the_driver_reports_decide(there: int, use: Use, tmp_path: Path) -> None:
    folder = written(tmp_path)
    for place, clock in (("together", 1980), ("alone", there)):
        for file in (folder / place / "session_a").rglob("tb_contention.json"):
            manifest = json.loads(file.read_text())
            samples = {"time_ns": list(range(9)), "sm_clock_mhz": [clock] * 9, "utilisation_percent": [90] * 9}
            manifest["sessions"]["*"]["devices"]["0"]["samples"] = samples
            file.write_text(json.dumps(manifest))

    (note,) = notes(analysed(folder))
    assert note.use is use
    assert note.reason == ("" if use is Use.USED else f"its SM clock was {there:,} MHz, and 1,980 MHz here")


def test_a_capture_in_company_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path)
    shutil.rmtree(folder / "alone")
    run = write_in_company(folder)

    assert notes(analysed(folder)) == []
    (note,) = notes(analysed(folder, {"together/session_a": run}))
    assert note.use is Use.REFUSED
    assert note.reason == "it ran beside later/together/session_b, which slowed it"


def test_runs_may_be_patterns_directories_and_places_outside(tmp_path: Path) -> None:
    folder = written(tmp_path / "logs")
    outside = Path(shutil.move(folder / "alone", tmp_path / "outside"))
    for run in (str(outside), str(outside / "session_a"), f"{outside}/session_a/"):
        report = analysed(folder, {"*/session_a": run})
        (note,) = notes(report)
        assert (note.found, note.use, note.label) == (Found.USER, Use.USED, run.rstrip("/"))
        assert evidence(report) is Evidence.A
        assert len(report.sessions) == 2
    shutil.move(outside, folder / "quiet")
    for run in ("quiet", "quiet/*", "qui*", "quiet/session_a"):
        (note,) = notes(analysed(folder, {"session_a": run}, find=False))
        assert (note.found, note.use) == (Found.USER, Use.USED)
    assert notes(analysed(folder, find=False)) == []
    assert notes(analysed(folder, {"session_a": ""})) == []
    with pytest.raises(OptionError, match="nowhere"):
        analysed(folder, {"session_a": "nowhere"})


def test_a_manifest_that_names_the_command_outweighs_names(tmp_path: Path) -> None:
    folder = written(tmp_path, place="x/y")
    for place, alone in (("together/session_a", False), ("x/y", True)):
        for file in (folder / place).rglob("tb_contention.json"):
            manifest = json.loads(file.read_text())
            manifest["sessions"]["*"]["recorded"] = {"run": "ab", "command": 0, "alone": alone}
            file.write_text(json.dumps(manifest))

    (note,) = notes(analysed(folder))
    assert (note.label, note.found, note.use) == ("y", Found.MANIFEST, Use.USED)


def test_captures_alone_that_clocks_put_together_stay_baselines(tmp_path: Path) -> None:
    scenario = scenario_of()
    write_scenario(scenario, tmp_path, seed=1)
    for file in (tmp_path / "alone").rglob("tb_contention.json"):
        manifest = json.loads(file.read_text())
        manifest["sessions"]["*"]["clock"] = {"origin_ns": 1_700_000_000_000_000_000, "error_ns": 1000}
        file.write_text(json.dumps(manifest))

    report = tb_contention.analyse(tmp_path, cache_dir=None)

    assert [len(device.sessions) for device in report.devices] == [2]
    assert {note.use for note in report.devices[0].cost.baselines} == {Use.USED}
    assert {loss.slowdown.evidence for loss in report.devices[0].cost.losses} == {Evidence.A}
    first, *rest = tb_contention.listing(tmp_path, cache_dir=None).groups
    assert (first.shared, {group.shared for group in rest}) == (True, {False})


@pytest.mark.parametrize("seed", [32, 35])
def test_kernels_that_somebody_else_interrupts_are_no_other_work(seed: int, tmp_path: Path) -> None:
    """A third session takes turns and was not captured: kernels at some places of the step always meet it, also beside nobody known."""
    write_hard(hard_scenario(seed, "untraced_third"), tmp_path, seed=seed, alone=True)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]
    report = analysed(tmp_path)
    device = shared(report)
    assert {note.use for note in device.cost.baselines} == {Use.USED}
    for loss in device.cost.losses:
        told = truth[loss.session.split("/")[1]]
        assert loss.slowdown.evidence is Evidence.A
        assert loss.slowdown.estimate == pytest.approx(told["slowdown"], rel=0.01)
        lost = {row.culprit: row.lost for row in device.cost.blame if row.victim == loss.session}
        assert lost[UNTRACED] / sum(lost.values()) == pytest.approx(told["blame"]["gamma"], abs=0.1)
    rules = {found.rule for found in report.findings}
    assert "untraced-corunner" in rules
    assert "destructive-sharing" not in rules
