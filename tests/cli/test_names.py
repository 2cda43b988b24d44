"""A session's name as shown works in every option that takes one, in a directory with captures of the same program alone."""

import json
from pathlib import Path

import pytest

from tb_contention.cli.main import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def logs(demo_logs: Path) -> str:
    return str(demo_logs / "simulated_time_slicing")


@pytest.mark.parametrize(
    "words",
    [
        ["report", "--for", "trainer"],
        ["report", "--shift", "trainer=1ms"],
        ["report", "--gpu", "trainer:0=left"],
        ["report", "--baseline", "trainer=alone/trainer"],
        ["report", "--mute", "latency-tail:trainer"],
        ["runs", "--shift", "trainer=1ms"],
        ["runs", "--gpu", "trainer:0=left"],
        ["whatif", "--shift", "trainer=1ms"],
        ["whatif", "--cap", "trainer=40"],
        ["whatif", "--move", "trainer"],
        ["whatif", "--memory-limit", "trainer=40GiB"],
        ["whatif", "--for", "trainer"],
        ["whatif", "--baseline", "trainer=alone/trainer"],
        ["check", "--unknown", "pass", "--max-slowdown", "2", "--session", "trainer"],
        ["check", "--max-step", "trainer=1s"],
        ["check", "--max-step", "1s", "--shift", "trainer=1ns"],
        ["check", "--max-step", "1s", "--baseline", "trainer=alone/trainer"],
    ],
    ids=" ".join,
)
def test_the_name_that_reports_show_is_known(words: list[str], logs: str, capsys: Captured) -> None:
    assert main([words[0], logs, *words[1:]]) == 0, capsys.readouterr().err


def test_a_pair_of_sessions_is_named_so_too(logs: str, capsys: Captured) -> None:
    assert main(["diff", logs, logs, "--pair", "trainer=trainer", "--format", "json"]) == 0
    (match,) = {s["match"] for s in json.loads(capsys.readouterr().out)["sessions"] if "trainer" in s["before_name"]}
    assert match == "user"


def test_a_shift_moves_the_session_that_had_company_not_the_one_alone(logs: str, capsys: Captured) -> None:
    assert main(["report", logs, "--shift", "trainer=100ms", "--format", "json"]) == 0
    sources = {s["label"]: s["clock"]["source"] for s in json.loads(capsys.readouterr().out)["sessions"]}
    assert {label for label, source in sources.items() if source == "user"} == {"together/trainer"}


@pytest.mark.parametrize(
    "words",
    [
        ["report", "--for", "trainr"],
        ["report", "--shift", "trainr=1ms"],
        ["report", "--gpu", "trainr:0=left"],
        ["report", "--baseline", "trainr=alone/trainer"],
        ["report", "--baseline", "alone/trainr"],
        ["report", "--mute", "latency-tail:trainr"],
        ["runs", "--shift", "trainr=1ms"],
        ["whatif", "--move", "trainr"],
        ["whatif", "--memory-limit", "trainr=4GiB"],
        ["check", "--max-slowdown", "2", "--session", "trainr"],
        ["check", "--max-step", "trainr=1s"],
    ],
    ids=" ".join,
)
def test_an_unknown_one_is_refused_in_one_sentence_with_the_nearest(
    words: list[str], logs: str, capsys: Captured
) -> None:
    assert main([words[0], logs, *words[1:]]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    (line,) = caught.err.splitlines()
    assert line.startswith(f"tb-contention: error: {words[-2]}: no session")
    assert "trainr'; the nearest are " in line
    assert "trainer" in line.partition("the nearest are ")[2].split(" and ")[0]
