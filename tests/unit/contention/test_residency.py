"""Recorded context switches: when they are used, what they say of sessions that were not captured, and when they are not believed."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

import tb_contention
from tb_contention.analysis import Options
from tb_contention.cli.main import main
from tb_contention.contention.within import contention_within
from tb_contention.model.contention import UNTRACED, Evidence, Mechanism
from tb_contention.model.report import DeviceReport
from tb_contention.pipeline import analyse_logdir
from tb_contention.simulate.named import named
from tb_contention.simulate.nsight import write_report
from tb_contention.simulate.nsight_tables import global_id

TRAINER, EVALUATOR = 4021, 4388


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("switches")
    write_report("time_slicing", place)
    return place


def device(folder: Path) -> DeviceReport:
    return tb_contention.analyse(folder, cache_dir=None).devices[0]


def changed(folder: Path, target: Path, *statements: str) -> DeviceReport:
    """Analyse a copy of a report after some SQL."""
    path = target / "report.sqlite"
    path.write_bytes((folder / "report.sqlite").read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return device(target)


def truth(folder: Path, name: str) -> float:
    return float(json.loads((folder / "truth.json").read_text())["sessions"][name]["slowdown"])


def test_turns_are_measured_and_so_is_what_they_cost(folder: Path) -> None:
    found = device(folder)

    assert found.cost.mechanism is Mechanism.TIME_SLICING
    assert "Measured by" in found.cost.detail
    assert found.cost.slice == 2_300_000
    for loss, name in zip(found.cost.losses, ("trainer", "evaluator"), strict=True):
        assert loss.slowdown.estimate == pytest.approx(truth(folder, name), rel=1e-4)
    assert found.cost.progress_sum is not None
    assert found.cost.progress_sum <= 1.0


def test_blame_adds_up_to_the_loss(folder: Path) -> None:
    cost = device(folder).cost

    for loss in cost.losses:
        assert sum(row.lost for row in cost.blame if row.victim == loss.session) == loss.lost


def test_without_switches_the_mechanism_is_told_from_kernels(folder: Path, tmp_path: Path) -> None:
    found = changed(folder, tmp_path, "DROP TABLE GPU_CONTEXT_SWITCH_EVENTS")

    assert found.cost.mechanism is Mechanism.TIME_SLICING
    assert "Measured" not in found.cost.detail
    assert found.cost.had == {}


def test_who_was_not_captured_is_blamed_by_what_the_switches_show(tmp_path: Path) -> None:
    write_report("time_slicing", tmp_path, untraced=frozenset(("evaluator",)))

    found = device(tmp_path)

    (loss,) = found.cost.losses
    assert found.cost.mechanism is Mechanism.TIME_SLICING
    assert str(EVALUATOR) in found.cost.detail
    assert loss.slowdown.estimate == pytest.approx(truth(tmp_path, "trainer"), rel=1e-3)
    assert loss.slowdown.evidence is Evidence.C
    assert loss.slowdown.measured
    assert [(row.culprit, row.lost) for row in found.cost.blame] == [(UNTRACED, loss.lost)]


def test_rows_of_another_user_count_as_a_stranger(tmp_path: Path) -> None:
    write_report("time_slicing", tmp_path, untraced=frozenset(("evaluator",)))
    blurred = (
        f"UPDATE GPU_CONTEXT_SWITCH_EVENTS SET globalPid = NULL, contextId = 0 WHERE globalPid = {global_id(EVALUATOR)}"
    )

    (tmp_path / "blurred").mkdir()
    found = changed(tmp_path, tmp_path / "blurred", blurred)

    assert "of another user" in found.cost.detail
    assert {row.culprit for row in found.cost.blame} == {UNTRACED}


def test_switches_of_another_clock_are_not_believed(folder: Path, tmp_path: Path) -> None:
    found = changed(folder, tmp_path, "UPDATE GPU_CONTEXT_SWITCH_EVENTS SET timestamp = timestamp + 3000000")

    assert "Measured" not in found.cost.detail
    assert found.cost.had == {}


def test_switches_of_a_part_of_the_window_are_not_used(folder: Path, tmp_path: Path) -> None:
    half = "(SELECT (min(timestamp) + max(timestamp)) / 2 FROM GPU_CONTEXT_SWITCH_EVENTS)"
    found = changed(folder, tmp_path, f"DELETE FROM GPU_CONTEXT_SWITCH_EVENTS WHERE timestamp > {half}")

    assert "Measured" not in found.cost.detail
    assert found.cost.had == {}


def test_what_copy_engines_do_is_still_estimated(tmp_path: Path) -> None:
    scenario = named("time_slicing")
    write_report(
        replace(scenario, sessions=tuple(replace(s, copies_compete=False) for s in scenario.sessions)), tmp_path
    )

    cost = device(tmp_path).cost

    for loss, name in zip(cost.losses, ("trainer", "evaluator"), strict=True):
        assert loss.slowdown.measured
        assert loss.slowdown.estimate == pytest.approx(truth(tmp_path, name), rel=2e-3)


def test_a_gap_between_stays_of_one_context_is_nobodys(tmp_path: Path) -> None:
    write_report("time_slicing", tmp_path, untraced=frozenset(("evaluator",)))
    (tmp_path / "gaps").mkdir()
    found = changed(
        tmp_path, tmp_path / "gaps", f"DELETE FROM GPU_CONTEXT_SWITCH_EVENTS WHERE globalPid = {global_id(EVALUATOR)}"
    )

    assert found.cost.mechanism is Mechanism.NONE
    assert found.cost.had == {}
    assert found.cost.blame == ()


def test_lost_switches_are_not_used_and_said(folder: Path, tmp_path: Path) -> None:
    lost = "DELETE FROM GPU_CONTEXT_SWITCH_EVENTS WHERE seqNo % 7 = 3"
    path = tmp_path / "report.sqlite"
    path.write_bytes((folder / "report.sqlite").read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(lost)
        connection.commit()

    report = tb_contention.analyse(tmp_path, cache_dir=None)

    assert "context-switches-lost" in [p.slug for p in report.problems]
    assert report.devices[0].cost.had == {}


def test_one_context_for_all_is_no_taking_of_turns(tmp_path: Path) -> None:
    write_report("mps", tmp_path)
    server = global_id(77)
    path = tmp_path / "report.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        (first, last) = connection.execute("SELECT min(start), max(end) FROM CUPTI_ACTIVITY_KIND_KERNEL").fetchone()
        insert = "INSERT INTO GPU_CONTEXT_SWITCH_EVENTS VALUES (?, 0, ?, 1, ?, ?, 0)"
        connection.execute(insert, (8, 0, first - 10, server))
        connection.execute(insert, (7, 1, last + 10, server))
        connection.commit()

    found = device(tmp_path)

    assert found.cost.mechanism is Mechanism.CONCURRENT
    assert "one GPU context" in found.cost.detail
    assert found.cost.had == {}


def test_a_capture_alone_still_counts_for_more(tmp_path: Path) -> None:
    scenario = named("time_slicing")
    write_report(scenario, tmp_path / "together")
    apart = replace(scenario, sessions=(scenario.sessions[0],))
    alone = write_report(apart, tmp_path / "alone")
    with closing(sqlite3.connect(alone)) as connection:
        connection.execute("UPDATE TARGET_INFO_SESSION_START_TIME SET utcEpochNs = utcEpochNs - 300000000000")
        connection.commit()
    options = Options(baselines={"together/report/python3-4021": "alone"})

    report = tb_contention.analyse(tmp_path, options=options, cache_dir=None)

    shared = next(d for d in report.devices if len(d.sessions) > 1)
    assert [loss.slowdown.evidence for loss in shared.cost.losses] == [Evidence.A, Evidence.B]
    assert shared.cost.losses[0].slowdown.estimate == pytest.approx(truth(tmp_path / "together", "trainer"), rel=0.03)


def test_a_part_of_the_window_divides_loss_as_the_whole_does(folder: Path) -> None:
    analysis = analyse_logdir(folder)
    (found,) = analysis.report.devices
    group = found.group

    part = contention_within(analysis.aligned, group, found.cost, group.start, group.end)

    whole = {(row.victim, row.culprit): row.lost for row in found.cost.blame}
    for row in part.delays:
        assert row.lost == pytest.approx(whole[row.victim, row.culprit], rel=0.02)


def test_the_command_reports_a_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(folder), "--no-cache"]) == 0

    printed = capsys.readouterr().out
    assert "Measured by" in printed
    assert "1.45" in printed


def test_a_report_says_who_was_not_captured_and_fits_the_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_report("time_slicing", tmp_path, untraced=frozenset(("evaluator",)))
    schema = json.loads((files("tb_contention.report") / "report.schema.json").read_text())

    assert main(["report", str(tmp_path), "--no-cache"]) == 0
    printed = capsys.readouterr().out
    assert main(["report", str(tmp_path), "--no-cache", "--format", "json"]) == 0
    written = json.loads(capsys.readouterr().out)

    assert "as long" in printed.splitlines()[0]
    assert "untraced work" in printed
    assert "captured alone" not in printed
    jsonschema.Draft202012Validator(schema).validate(written)
    (row,) = written["devices"][0]["blame"]
    assert (row["culprit"], row["lost_ns"]) == ("untraced", written["devices"][0]["per_session"][0]["lost_ns"])
