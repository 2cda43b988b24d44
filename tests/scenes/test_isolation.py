"""An exception concerns its part: at every stage and rule, the rest of the report is what it was without."""

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest

from tb_contention import analysis, diagnose, pipeline, stages
from tb_contention.cli.main import main
from tb_contention.diagnose import RULES
from tb_contention.errors import OptionError
from tb_contention.model.capture import CaptureFile
from tb_contention.model.faults import INTERNAL, Faults
from tb_contention.model.findings import Problem
from tb_contention.model.report import Report
from tb_contention.pipeline import analyse, analyse_logdir
from tb_contention.recorders import captures, skim
from tb_contention.report.to_json import to_dict

pytestmark = pytest.mark.injects

#: Where stages are called from, and those that no failure can be kept apart of: without them there is no list of files.
CALLERS = (analysis, pipeline, stages)
STAGES = tuple(
    f"tb_contention.{s}"
    for s in (
        "align",
        "attribution",
        "contention",
        "memory",
        "whatif",
        "diagnose",
        "advise",
        "baselines",
        "index.proposals",
    )
)
WITHOUT = {
    "align": {"sessions", "devices", "findings", "problems", "origin_ns"},
    # Clocks that no kernel confirmed are as they were stated, and all that rests on how sure they are with them.
    "check_clocks": {"sessions", "devices", "findings"},
    "attribute": set[str](),
    "summarise": {"sessions"},
    "proposed": set[str](),
    "decoded_beside": set[str](),
    "find_baselines": set[str](),
    "without_baselines": set[str](),
    "with_baselines": set[str](),
    "measure_overlap": {"devices", "findings"},
    "combined_memory": {"devices", "findings"},
    "memory_note": {"devices"},
    "roll_up": {"devices"},
    "with_peaks": {"devices"},
    "driver_view": set[str](),
    "measure_cost": {"devices", "findings"},
    "predict": {"devices", "findings"},
    # Actions come from findings, too.
    "diagnose": {"devices", "findings"},
    "advise": {"devices"},
}
#: Keys of a device that each stage alone may change.
OF_DEVICE = {
    "combined_memory": {"memory", "memory_note", "memory_words", "scopes", "verdict", "what_if", "advice"},
    "memory_note": {"memory_note", "memory_words", "verdict"},
    "roll_up": {"scopes", "threads"},
    "with_peaks": {"scopes"},
    "predict": {"what_if", "advice"},
    "diagnose": {"advice"},
    "advise": {"advice"},
}


def stage_names() -> list[tuple[Any, str]]:
    """List the functions of stages that the callers import; a new one must be isolated, and is tested without being named here."""
    return [
        (caller, name)
        for caller in CALLERS
        for name, value in vars(caller).items()
        if isinstance(value, FunctionType) and value.__module__.startswith(STAGES) and name != "known_options"
    ]


@pytest.fixture(scope="module")
def logdir(demo_logs: Path) -> Path:
    return demo_logs / "simulated_time_slicing" / "together"


@pytest.fixture(scope="module")
def whole(logdir: Path) -> dict[str, Any]:
    return wire_of(analyse(logdir))


def wire_of(report: Report) -> dict[str, Any]:
    """Return a report as JSON values without the line that counts what failed."""
    wire: dict[str, Any] = to_dict(report)
    for device in wire["devices"]:
        del device["verdict"]["trust"]
    return wire


def broken(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("injected")


def internal(report: Report) -> list[Problem]:
    return [problem for problem in report.problems if problem.slug == INTERNAL]


def same_but(found: dict[str, Any], whole: dict[str, Any], apart_from: set[str]) -> None:
    for key, value in whole.items():
        if key not in apart_from | {"problems"}:
            assert found[key] == value, key


def command_of(problem: Problem) -> list[str]:
    return shlex.split(problem.advice.partition("reproduces it: ")[2])


@pytest.mark.parametrize(("caller", "name"), stage_names(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_stage_that_fails_leaves_the_rest(
    caller: Any, name: str, logdir: Path, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(caller, name)

    def fails_on_captures(first: Any, *rest: Any, **options: Any) -> Any:
        return broken() if name != "align" or first else real(first, *rest, **options)

    monkeypatch.setattr(caller, name, fails_on_captures)

    report = analyse(logdir)

    found = internal(report)
    assert found
    assert all("ZeroDivisionError: injected (test_isolation.py:" in problem.message for problem in found)
    assert all(command_of(problem)[:3] == ["tb-contention", "report", str(logdir)] for problem in found)
    wire = wire_of(report)
    changed = WITHOUT[name]
    if name == "combined_memory":
        assert "memory-unseen" not in {finding["rule"] for finding in wire["findings"]}
    if name in OF_DEVICE:
        for device, before in zip(wire["devices"], whole["devices"], strict=True):
            same_but(device, before, OF_DEVICE[name])
    same_but(wire, whole, changed)
    if changed & {"devices"}:
        assert name in ("align", "check_clocks", "diagnose") or any("GPU 0 on " in problem.message for problem in found)


@pytest.mark.parametrize("rule", [rule.slug for rule in RULES])
def test_a_rule_that_fails_leaves_the_others(
    rule: str, logdir: Path, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tuple(replace(each, look=broken) if each.slug == rule else each for each in RULES)
    monkeypatch.setattr(diagnose, "RULES", rules)

    report = analyse(logdir)

    (problem,) = internal(report)
    assert f"The rule {rule} failed for GPU 0 on " in problem.message
    wire = wire_of(report)
    assert wire["findings"] == [finding for finding in whole["findings"] if finding["rule"] != rule]
    same_but(wire, whole, {"findings", "devices"})
    for device, before in zip(wire["devices"], whole["devices"], strict=True):
        same_but(device, before, {"verdict", "advice"})
        kept = [action for action in before["advice"]["actions"] if action["kind"] != rule]
        assert device["advice"]["actions"] == kept


def test_one_damaged_group_leaves_the_others(
    demo_logs: Path, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = demo_logs / "simulated_time_slicing"
    before = analyse(folder)
    assert len(before.devices) > 1
    broken_one = before.devices[-1].id
    measured: Callable[..., Any] = vars(stages)["measure_cost"]

    def once(aligned: Any, group: Any, *more: Any) -> Any:
        return broken() if group.id == broken_one else measured(aligned, group, *more)

    monkeypatch.setattr(stages, "measure_cost", once)
    report = analyse(folder)

    (problem,) = internal(report)
    kept = {device.id: device for device in report.devices}
    assert "The cost of sharing failed for " in problem.message
    assert kept[broken_one].cost.detail == problem.message
    assert not kept[broken_one].cost.pending
    wire, old = wire_of(report), wire_of(before)
    others = {device["id"]: device for device in wire["devices"] if device["id"] != broken_one}
    for device in old["devices"]:
        if device["id"] != broken_one:
            same_but(others[device["id"]], device, {"verdict"})


@pytest.mark.parametrize("reader", ["load_parts", "read_manifest"])
def test_a_reader_that_fails_leaves_the_other_files(reader: str, logdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = getattr(captures, reader)

    def fails(file: Any, *rest: Any) -> Any:
        return broken() if file.relative.startswith("trainer/") else real(file, *rest)

    monkeypatch.setattr(captures, reader, fails)
    monkeypatch.setattr(pipeline, reader, fails, raising=False)

    report = analyse_logdir(logdir).report

    assert any(problem.file.startswith("trainer/") for problem in internal(report))
    assert {item.session.run.partition("/")[0] for item in report.sessions} == (
        {"evaluator"} if reader == "load_parts" else {"trainer", "evaluator"}
    )


def test_a_skim_that_fails_leaves_the_other_files_and_names_the_command(
    logdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = skim.skim_parts

    def fails(file: CaptureFile) -> Any:
        return broken() if file.relative.startswith("trainer/") else real(file)

    monkeypatch.setattr(skim, "skim_parts", fails)
    report = analyse_logdir(logdir).report

    (problem,) = internal(report)
    assert problem.file.startswith("trainer/")
    assert "Skimming failed for trainer/" in problem.message
    assert command_of(problem) == ["tb-contention", "report", str(logdir), "-o", "report.json"]
    assert [item.session.run.partition("/")[0] for item in report.sessions] == ["evaluator"]


def test_attribution_of_one_session_fails_alone(demo_logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tb_contention.attribution import sessions

    real: Callable[..., Any] = vars(sessions)["find_parts"]
    folder = demo_logs / "simulated_time_slicing" / "together"
    first = analyse(folder).sessions[0].session

    def fails(trace: Any) -> Any:
        return broken() if trace.sha256 == first.trace.sha256 else real(trace)

    monkeypatch.setattr(sessions, "find_parts", fails)
    report = analyse(folder)

    (problem,) = internal(report)
    assert problem.file == first.file
    assert f"Attribution failed for {first.id} with ZeroDivisionError" in problem.message
    assert len(report.sessions) == 2


def test_the_command_of_a_problem_runs_and_shows_it_without_a_traceback(
    logdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stages, "predict", broken)
    (problem,) = internal(analyse(logdir))
    monkeypatch.chdir(tmp_path)

    assert main(command_of(problem)[1:]) == 0

    assert "Traceback" not in capsys.readouterr().err
    written = (tmp_path / "report.json").read_text()
    assert INTERNAL in written
    assert "The predictions failed for GPU 0 on" in written


def test_a_mistake_of_the_user_goes_on() -> None:
    faults = Faults()

    def mistaken() -> None:
        raise OptionError("no such session", slug="bad-option")

    with pytest.raises(OptionError):
        faults.attempt("A stage", mistaken, lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        faults.attempt("A stage", lambda: (_ for _ in ()).throw(KeyboardInterrupt()), lambda _: None)
    assert not faults.problems


def test_the_text_of_an_exception_stays_on_its_line() -> None:
    def fails() -> None:
        raise ValueError("a\nb\u202e" + "x" * 10_000)

    problem = Faults(logdir="/a folder/x").on("GPU 0", group="abc").attempt("A stage", fails, lambda found: found)

    assert isinstance(problem, Problem)
    assert "a\\x0ab\\u202e" in problem.message
    assert len(problem.message) < 400
    assert command_of(problem) == [
        "tb-contention", "report", "/a folder/x", "--group", "abc", "-o", "report.json",
    ]  # fmt: skip


def test_a_numeric_warning_is_a_failure_here(failures: list[str]) -> None:
    faults = Faults()

    faults.attempt("A stage", lambda: np.ones(1) / np.zeros(1), lambda _: np.zeros(0))

    assert re.search("RuntimeWarning: divide by zero", failures[0])
    assert len(faults.problems) == 1
