"""Listing a log directory, and selecting from it: nothing else is decoded."""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import tb_contention
from tb_contention.cli import main
from tb_contention.cli.parsing import parse_since
from tb_contention.recorders import load
from tb_contention.simulate import write_directory

Captured = pytest.CaptureFixture[str]
Listed = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_directory(tmp_path_factory.mktemp("logs"), 14, window_ms=80.0)


@pytest.fixture
def listed(logs: Path, capsys: Captured) -> Listed:
    def run(*words: str) -> dict[str, Any]:
        assert main(["runs", str(logs), "--format", "json", *words]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the files that are decoded."""
    seen: list[str] = []
    original = load.load_trace

    def noting(file: Any) -> Any:
        seen.append(file.relative)
        return original(file)

    monkeypatch.setattr(load, "load_trace", noting)
    return seen


def test_the_json_is_as_its_schema_states(listed: Listed) -> None:
    schema = json.loads((files("tb_contention.report") / "listing.schema.json").read_text())
    found = listed()

    jsonschema.validate(found, schema)
    assert (len(found["captures"]), len(found["groups"])) == (28, 14)
    assert {len(g["captures"]) for g in found["groups"]} == {2}


def test_text_lists_groups_and_the_captures_of_what_is_selected(logs: Path, capsys: Captured) -> None:
    assert main(["runs", str(logs)]) == 0
    whole = capsys.readouterr().out
    assert main(["runs", str(logs), "--run", "job00003"]) == 0
    part = capsys.readouterr().out

    assert "28 captures" in whole
    assert whole.count("(simulated)") == 14
    assert "memory event" not in whole
    assert "shared with job00003/evaluator" in part or "shared with evaluator" in part
    assert part.count("  window ") == 2


@pytest.mark.parametrize(
    ("words", "jobs"),
    [
        (["--run", "job00004"], {4}),
        (["--run", "job0000[12]/*"], {1, 2}),
        (["--run", "JOB00005/trainer", "--run", "job00006/*"], {5, 6}),
        (["--since", "2026-03-05T20:30+00:00"], {11, 12, 13}),
        (["--host", "simulated-*", "--latest"], {13}),
        (["--gpu", "*80 GB*", "--run", "job00007"], {7}),
        (["--gpu", "SIM-*", "--run", "job00008"], {8}),
    ],
)
def test_captures_are_selected(words: list[str], jobs: set[int], listed: Listed) -> None:
    assert {int(c["run"][3:8]) for c in listed(*words)["captures"]} == jobs


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--run", "nobody"], "No capture in"),
        (["--host", "nobody"], "No capture in"),
        (["--group", "0123456789"], "has no group"),
        (["--latest", "--group", "x"], "exclude each other"),
        (["--group", "x", "--run", "y"], "--group takes one whole group"),
        (["--since", "yesterday-ish"], "write it like"),
        (["--run", ""], "empty pattern"),
        (["--shift", "nobody=1ms"], "nobody"),
    ],
)
def test_what_selects_nothing_is_one_sentence(words: list[str], said: str, logs: Path, capsys: Captured) -> None:
    assert main(["runs", str(logs), *words]) == 2
    assert said in capsys.readouterr().err


def test_what_ran_together_with_a_selected_capture_comes_with_it(logs: Path, listed: Listed, capsys: Captured) -> None:
    groups = listed("--run", "job00004/trainer")["groups"]
    assert [(g["shared"], len(g["captures"])) for g in groups] == [(True, 2)]

    assert main(["report", str(logs), "--run", "job00004/trainer", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {s["name"].rsplit("/", 1)[-1] for s in report["sessions"]} == {"trainer", "evaluator"}
    assert len(report["devices"][0]["per_session"]) == 2


def test_a_report_of_a_group_decodes_nothing_else(
    logs: Path, listed: Listed, decoded: list[str], capsys: Captured
) -> None:
    group = listed()["groups"][5]
    decoded.clear()
    assert main(["report", str(logs), "--group", group["id"], "--format", "json", "--no-cache"]) == 0
    report = json.loads(capsys.readouterr().out)

    assert {path.split("/")[0] for path in decoded} == {group["names"][0].split("/")[0]}
    assert sorted(s["id"] for s in report["sessions"]) == sorted(
        c["session"] for c in listed()["captures"] if c["id"] in group["captures"]
    )


def test_a_report_of_a_large_directory_says_what_it_leaves_out(tmp_path: Path, capsys: Captured) -> None:
    logs = write_directory(tmp_path, 23, window_ms=80.0)
    assert main(["report", str(logs), "--format", "json"]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)

    assert len(report["devices"]) == 20
    assert [f["evidence"] for f in report["findings"] if f["rule"] == "left-out"] == [{"groups": 3, "alone": 0}]
    assert "3 more groups" in captured.err
    assert main(["report", str(logs), "--format", "json", "--all"]) == 0
    assert len(json.loads(capsys.readouterr().out)["devices"]) == 23


def test_every_command_says_what_it_leaves_out(tmp_path: Path, capsys: Captured) -> None:
    logs = str(write_directory(tmp_path, 23, window_ms=80.0))
    assert main(["whatif", logs]) == 0
    assert "3 more groups" in capsys.readouterr().err


def test_a_gate_leaves_nothing_out_by_itself(logs: Path, capsys: Captured) -> None:
    assert main(["check", str(logs), "--max-contended", "100%"]) == 2
    assert "--latest" in capsys.readouterr().err
    assert main(["check", str(logs), "--max-contended", "100%", "--latest"]) == 0


def test_the_other_commands_take_a_group(logs: Path, listed: Listed, decoded: list[str], capsys: Captured) -> None:
    first, second = (g["id"] for g in listed()["groups"][2:4])
    decoded.clear()
    assert main(["whatif", str(logs), "--group", first, "--no-cache"]) == 0
    assert main(["doctor", str(logs), "--group", first, "--no-cache", "--format", "json"]) in (0, 3)
    assert len(set(decoded)) == 2
    assert (
        main(["diff", str(logs), str(logs), "--before-group", first, "--after-group", second, "--format", "json"]) == 0
    )
    assert len(set(decoded)) <= 4
    decoded.clear()
    assert main(["diff", str(logs), str(logs), "--before-group", second, "--latest", "--no-cache"]) == 0
    capsys.readouterr()
    jobs = {
        c["run"].split("/")[0] for words in (("--group", second), ("--latest",)) for c in listed(*words)["captures"]
    }
    assert len(jobs) == 2
    assert {path.split("/")[0] for path in decoded} == jobs


def test_what_was_found_of_a_group_stands_in_the_list(logs: Path, listed: Listed, capsys: Captured) -> None:
    group = listed()["groups"][0]["id"]
    assert main(["report", str(logs), "--group", group]) == 0
    capsys.readouterr()

    found = next(g["found"] for g in listed()["groups"] if g["id"] == group)
    assert found["answer"] in ("yes", "no", "undecided")
    assert found["figure"]


def test_what_was_found_of_sessions_inside_one_process_stands_in_the_list(
    demo_logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("TB_CONTENTION_CACHE_DIR", str(tmp_path))
    logs = str(demo_logs / "recorded_two_sessions")
    assert main(["report", logs]) == 0
    capsys.readouterr()
    assert main(["runs", logs, "--format", "json"]) == 0
    (group,) = json.loads(capsys.readouterr().out)["groups"]
    assert not group["shared"]
    assert group["found"]["answer"] == "yes"


def test_listing_what_is_known_compiles_and_decodes_nothing(logs: Path, listed: Listed) -> None:
    listed()
    program = (
        "import sys\nfrom tb_contention.cli import main\n"
        "assert main(sys.argv[1:]) == 0\nassert 'numba' not in sys.modules, 'numba was imported'\n"
    )
    subprocess.run([sys.executable, "-c", program, "runs", str(logs)], check=True, stdout=subprocess.DEVNULL)


def test_python_lists_and_selects(logs: Path) -> None:
    listing = tb_contention.listing(logs)
    options = tb_contention.Options(select=tb_contention.Selection(group=listing.groups[3].id))

    assert len(tb_contention.analyse(logs, options=options).sessions) == 2


def test_since_takes_lengths_and_dates() -> None:
    from datetime import datetime, timezone

    now = datetime(2026, 3, 5, 12, tzinfo=timezone.utc)

    assert parse_since("2h", now) == int(now.timestamp() - 7200) * 10**9
    assert parse_since("1.5d", now) == int(now.timestamp() - 129_600) * 10**9
    assert parse_since("2026-03-05T10:00Z") == 1_772_704_800 * 10**9
    assert parse_since("2026-03-05") == int(datetime(2026, 3, 5).astimezone().timestamp()) * 10**9
