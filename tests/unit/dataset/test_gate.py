"""Limits on a dataset: one rule for a row and for many, sums against a kept baseline, exit codes; what is not known does not pass."""

import json
import xml.etree.ElementTree as ET
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tb_contention.cli.main import main
from tb_contention.dataset.gate import Scope, judge_dataset, save_baseline
from tb_contention.dataset.place import Place
from tb_contention.dataset.schema import parquet
from tb_contention.errors import LogdirError, OptionError, OutputError
from tb_contention.model.contention import Evidence
from tb_contention.model.findings import Severity
from tb_contention.model.gate import Limits, Outcome
from tb_contention.units import NS_PER_S, Bytes

HOUR = 3600 * NS_PER_S
GIB = 1 << 30
Captured = pytest.CaptureFixture[str]


def row(group: str, *, day: int = 2, **values: Any) -> dict[str, Any]:
    at = datetime(2026, 3, day, 10, tzinfo=timezone.utc)
    base = {"place": "/logs", "group": group, "recorded_at": at, "host": "n1", "gpu": "n1/GPU:0", "is_host": False}
    return {**base, "jobs": "a + b", **values}


def slowed(
    job: str, group: str, low: float | None, figure: float | None, high: float | None, **more: Any
) -> dict[str, Any]:
    part = {"slowdown_low": low, "slowdown": figure, "slowdown_high": high, "evidence": "B", "window_ns": 10 * HOUR}
    return row(group, job=job, **{**part, "lost_ns": HOUR, "lost_low_ns": 0, "lost_high_ns": 2 * HOUR, **more})


def write(folder: Path, part: str, tables: dict[str, list[dict[str, Any]]]) -> str:
    for table, rows in {"inputs": [row("g1", outcome="analysed")], **tables}.items():
        Place(str(folder)).write(f"table={table}/date=2026-03-02/part-{part}-y.parquet", parquet(table, rows))
    return str(folder)


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    slowdowns = [
        slowed("a", "g1", 1.1, 1.2, 1.3),
        slowed("a", "g2", 1.4, 1.5, 2.0, day=9),
        slowed("b", "g1", 1.0, 1.05, 1.1),
        slowed("d", "g3", 1.0, 1.6, None, evidence="D", lost_ns=None, lost_high_ns=None),
        slowed("processor", "g3", 9.0, 9.0, 9.0, is_host=True),
    ]
    memory = [
        row("g1", headroom_bytes=3 * GIB, memory_capacity_bytes=10 * GIB),
        row("g2", headroom_bytes=GIB, memory_capacity_bytes=10 * GIB),
    ]
    tables = {"slowdowns": slowdowns, "memory": memory, "groups": [row("g1"), row("g2")]}
    return write(tmp_path / "ds", "x", tables)


def outcomes(dataset: str, scope: Scope | None = None, baseline: str = "", **limits: Any) -> dict[str, Outcome]:
    gate = judge_dataset(dataset, Limits(**limits), scope or Scope(), baseline=baseline)
    return {verdict.subject: verdict.outcome for verdict in gate.verdicts}


def test_the_worst_row_of_each_job_decides(dataset: str) -> None:
    kept = outcomes(dataset, max_slowdown=1.45)
    assert kept == {"a": Outcome.OVER, "b": Outcome.WITHIN, "d": Outcome.NOT_KNOWN}
    assert outcomes(dataset, max_slowdown=1.45, confident=True)["a"] is Outcome.WITHIN
    verdict = next(v for v in judge_dataset(dataset, Limits(max_slowdown=1.45), Scope()).verdicts if v.subject == "a")
    assert (verdict.figure, verdict.low, verdict.high, verdict.evidence) == (1.5, 1.4, 2.0, Evidence.B)
    assert verdict.why == "1 of 2 sessions, the worst in group g2"


def test_rows_are_selected_by_time_and_host(dataset: str) -> None:
    march_5 = int(datetime(2026, 3, 5, tzinfo=timezone.utc).timestamp()) * NS_PER_S
    assert outcomes(dataset, Scope(since_ns=march_5), max_slowdown=1.45) == {"a": Outcome.OVER}
    assert outcomes(dataset, Scope(hosts=("other*",)), max_slowdown=1.45) == {"": Outcome.NOT_KNOWN}


def test_each_limit_finds_its_rows(dataset: str) -> None:
    assert outcomes(dataset, min_evidence=Evidence.C) == {"a": Outcome.WITHIN, "b": Outcome.WITHIN, "d": Outcome.OVER}
    assert outcomes(dataset, min_headroom_bytes=Bytes(2 * GIB)) == {"a + b": Outcome.OVER}
    assert outcomes(dataset, min_headroom_share=0.1) == {"a + b": Outcome.WITHIN}
    assert outcomes(dataset, max_lost=0.1) == {"a": Outcome.WITHIN, "b": Outcome.WITHIN, "d": Outcome.NOT_KNOWN}
    assert outcomes(dataset, max_lost=0.09)["a"] is Outcome.OVER
    assert outcomes(dataset, fail_on=Severity.WARNING, no_problems=True) == {"": Outcome.WITHIN}
    broken = [row("g4", outcome="unreadable"), row("g5", outcome="timed_out"), row("g6", outcome="copy")]
    found = [row("g4", rule="peaks-exceed", severity="critical"), row("g4", rule="other", severity="warning")]
    write(Path(dataset), "z", {"inputs": broken, "findings": found})
    assert outcomes(dataset, no_problems=True) == {"unreadable": Outcome.OVER, "timed_out": Outcome.OVER}
    assert outcomes(dataset, fail_on=Severity.CRITICAL) == {"peaks-exceed": Outcome.OVER}


def test_memory_that_was_not_recorded_is_not_within(dataset: str) -> None:
    partly = [
        row("g7", gpu="n1/GPU:1", headroom_bytes=5 * GIB, memory_capacity_bytes=10 * GIB, sessions_without_data="b")
    ]
    write(Path(dataset), "z", {"memory": partly, "groups": [row("g7", gpu="n1/GPU:1"), row("g8", gpu="n1/GPU:2")]})
    gate = judge_dataset(dataset, Limits(min_headroom_bytes=Bytes(GIB)), Scope())
    found = {str(verdict.where): verdict.outcome for verdict in gate.verdicts}
    assert found == {"n1/GPU:0": Outcome.WITHIN, "n1/GPU:1": Outcome.NOT_KNOWN, "n1/GPU:2": Outcome.NOT_KNOWN}


def test_sums_are_compared_with_a_kept_baseline(dataset: str, tmp_path: Path) -> None:
    save_baseline(dataset, "week", Scope(), force=False)
    again = outcomes(dataset, baseline="week", max_worse=0.05)
    assert again == {"a": Outcome.WITHIN, "b": Outcome.WITHIN, "d": Outcome.NOT_KNOWN}
    later = write(
        tmp_path / "later",
        "x",
        {
            "slowdowns": [
                slowed("a", "g1", 1.5, 1.6, 1.7, lost_ns=3 * HOUR, lost_low_ns=2 * HOUR, lost_high_ns=4 * HOUR),
                slowed("b", "g1", 1.5, 2.0, 2.5, lost_ns=6 * HOUR, lost_low_ns=5 * HOUR, lost_high_ns=7 * HOUR),
                slowed("new", "g1", 1.0, 1.1, 1.2),
            ]
        },
    )
    Place(later).write("_baselines/week.json", Place(dataset).read("_baselines/week.json"))
    surely = outcomes(later, baseline="week", max_worse=0.05, confident=True)
    assert surely == {  # a took 10/8 to 10/6 of the time alone, before 1 to 10/8: perhaps no change
        "a": Outcome.WITHIN, "b": Outcome.OVER, "d": Outcome.NOT_APPLICABLE, "new": Outcome.NOT_APPLICABLE,
    }  # fmt: skip
    gate = judge_dataset(later, Limits(max_worse=0.05), Scope(), baseline="week")
    verdict = next(each for each in gate.verdicts if each.subject == "a")
    assert verdict.outcome is Outcome.OVER
    assert (verdict.figure, verdict.low, verdict.high) == pytest.approx((9 / 7, 1.0, 10 / 6))


def test_baselines_have_sound_names_and_are_not_replaced_unasked(dataset: str) -> None:
    save_baseline(dataset, "week", Scope(), force=False)
    with pytest.raises(OutputError, match="exists"):
        save_baseline(dataset, "week", Scope(), force=False)
    save_baseline(dataset, "week", Scope(), force=True)
    with pytest.raises(OptionError, match="no name"):
        save_baseline(dataset, "../week", Scope(), force=False)
    with pytest.raises(OptionError, match="no baseline 'month'"):
        outcomes(dataset, baseline="month", max_worse=0.05)
    Place(dataset).write("_baselines/week.json", b"{}")
    with pytest.raises(LogdirError, match="cannot be read"):
        outcomes(dataset, baseline="week", max_worse=0.05)
    with pytest.raises(OptionError, match="need each other"):
        outcomes(dataset, max_worse=0.05)
    with pytest.raises(OptionError, match="--max-contended cannot be judged"):
        outcomes(dataset, max_contended=0.5)


def test_the_command_reads_limits_from_a_file_and_writes_junit(
    dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    table = '[tool.tb_contention.check]\nlogdir = "ds"\nmax-slowdown = 1.45\nunknown = "pass"\njunit = "found.xml"\n'
    (tmp_path / "pyproject.toml").write_text(table)
    assert main(["check"]) == 3
    assert "1.50× (1.40 to 2.00, class B), limit 1.45×" in capsys.readouterr().out
    suite = ET.parse(tmp_path / "found.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert main(["check", "--max-slowdown", "9", "--force", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] is True


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--save-baseline", "week"], 0),
        (["--save-baseline", "week", "--max-slowdown", "1.1"], 3),
        (["--baseline", "week", "--max-worse", "5%"], 2),
        (["--max-lost", "9%", "--run", "a*"], 2),
        (["--max-lost", "9%", "--baseline", "a=b"], 2),
        ([], 2),
    ],
)
def test_exit_codes(words: list[str], code: int, dataset: str) -> None:
    assert main(["check", dataset, "--no-config", *words]) == code
    assert bool(Place(dataset).files("_baselines")) == (code == 0)


def test_a_log_directory_has_no_named_baselines(demo_logs: Path, capsys: Captured) -> None:
    logs = str(demo_logs / "simulated_time_slicing")
    assert main(["check", logs, "--max-worse", "5%"]) == 2
    assert "needs a dataset" in capsys.readouterr().err
