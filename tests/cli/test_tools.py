"""What agents may ask: the answers are those of the commands, and only the log directory is read."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tb_contention.cli.main import main
from tb_contention.cli.tools import TITLES, Tools
from tb_contention.errors import LogdirError, OptionError

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def tools(demo_logs: Path) -> Tools:
    return Tools(str(demo_logs / "simulated_time_slicing"))


@pytest.fixture(scope="module")
def shared(tools: Tools) -> str:
    return str(tools.list_groups()["groups"][0]["id"])


def printed(words: list[str], capsys: Captured) -> Any:
    capsys.readouterr()
    assert main([*words, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def logdir_of(tools: Tools) -> str:
    return str(tools.list_groups(1)["logdir"])


def test_groups_are_those_of_the_listing_cut_to_a_limit(tools: Tools, capsys: Captured) -> None:
    whole = printed(["runs", logdir_of(tools)], capsys)
    found = tools.list_groups(limit=1)
    assert [each["id"] for each in found["groups"]] == [whole["groups"][0]["id"]]
    assert found["more_groups"] == len(whole["groups"]) - 1
    assert found["captures"] == len(whole["captures"])


def test_an_explanation_is_that_of_the_command(tools: Tools, shared: str, capsys: Captured) -> None:
    assert tools.explain(shared) == printed(["explain", logdir_of(tools), "--group", shared], capsys)


def test_a_session_can_matter_most(tools: Tools, shared: str) -> None:
    assert tools.explain(shared, prefer="trainer")["devices"][0]["next"] != tools.explain(shared)["devices"][0]["next"]
    with pytest.raises(OptionError, match="nearest"):
        tools.explain(shared, prefer="trainee")


def test_findings_are_those_of_the_report(tools: Tools, shared: str, capsys: Captured) -> None:
    whole = printed(["report", logdir_of(tools), "--group", shared], capsys)
    assert tools.findings(shared)["findings"] == whole["findings"]
    rule = whole["findings"][0]["rule"]
    assert {each["rule"] for each in tools.findings(shared, rule)["findings"]} == {rule}


def test_a_schedule_is_predicted_as_by_the_command(tools: Tools, shared: str, capsys: Captured) -> None:
    words = ["whatif", logdir_of(tools), "--group", shared, "--cap", "trainer=40", "--policy", "mps"]
    assert tools.what_if(shared, ["cap:trainer=40", "policy:mps"]) == printed(words, capsys)
    assert len(tools.what_if(shared)["what_if"]) > 1


@pytest.mark.parametrize("change", ["nonsense:x", "cap:trainer=400", "cap:nobody=40", "policy:magic"])
def test_a_change_that_means_nothing_says_why(tools: Tools, shared: str, change: str) -> None:
    with pytest.raises(OptionError):
        tools.what_if(shared, [change])


def test_two_groups_are_compared(tools: Tools, shared: str, capsys: Captured) -> None:
    other = next(each["id"] for each in tools.list_groups()["groups"] if each["id"] != shared)
    where = logdir_of(tools)
    words = ["diff", where, where, "--before-group", other, "--after-group", shared]
    assert tools.compare(other, shared) == printed(words, capsys)


def test_an_id_of_nothing_is_an_error_that_names_it(tools: Tools) -> None:
    with pytest.raises(OptionError, match="0000000000"):
        tools.explain("0000000000")


def test_without_captures_it_says_what_is_there(tmp_path: Path) -> None:
    for name in ("list_groups", "explain", "findings", "what_if"):
        with pytest.raises(LogdirError, match="no profiler captures"):
            getattr(Tools(str(tmp_path)), name)()


def test_files_that_appear_are_seen_and_nothing_is_written(demo_logs: Path, tmp_path: Path) -> None:
    source, logs = demo_logs / "simulated_time_slicing", tmp_path / "logs"
    shutil.copytree(source / "alone", logs / "alone")
    tools = Tools(str(logs))
    assert tools.explain()["answer"] == "unknown"
    shutil.copytree(source / "together", logs / "together")
    before = sorted(path for path in logs.rglob("*"))
    assert tools.explain()["answer"] == "yes"
    assert sorted(path for path in logs.rglob("*")) == before


def test_every_tool_says_what_it_does() -> None:
    assert all(getattr(Tools, name).__doc__ for name in TITLES)
