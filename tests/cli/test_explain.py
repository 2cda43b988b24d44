"""`explain` gives one short object under its schema, whatever the log directory holds."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import tb_contention
from tb_contention.cli.main import main

Captured = pytest.CaptureFixture[str]
SCHEMA = Path(tb_contention.__file__).parent / "report" / "explanation.schema.json"


def answer(words: list[str], capsys: Captured, code: int = 0) -> dict[str, Any]:
    assert main(["explain", *words, "--format", "json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(found)
    return found


def test_the_demo_logs_have_an_answer_with_numbers_and_a_next_step(demo_logs: Path, capsys: Captured) -> None:
    found = answer([str(demo_logs)], capsys)
    first = found["devices"][0]
    assert found["answer"] == first["answer"] == "yes"
    assert first["trust"]["simulated"] is True
    assert first["next"]["standing"] == "act"
    for session in first["sessions"]:
        factor = session["slowdown"]
        assert factor["low"] < factor["estimate"] < factor["high"]
    assert len(json.dumps(found)) < 40_000


def test_where_nothing_is_shared_nothing_is_claimed(demo_logs: Path, capsys: Captured) -> None:
    found = answer([str(demo_logs / "simulated_time_slicing" / "alone")], capsys)
    assert found["answer"] == "unknown"
    assert all(device["trust"]["level"] == "none" and not device["answers"] for device in found["devices"])
    assert {device["next"]["standing"] for device in found["devices"]} == {"record"}


def test_unreadable_input_is_an_answer_with_an_error_and_the_exit_code_of_one(tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "plugins" / "profile" / "run"
    folder.mkdir(parents=True)
    (folder / "host.xplane.pb").write_bytes(b"<html>not a trace</html>")
    found = answer([str(tmp_path)], capsys, code=1)
    assert found["error"]["slug"] == "logdir-unreadable"
    assert (found["answer"], found["devices"]) == ("unknown", [])
    assert answer([str(tmp_path / "nowhere")], capsys, code=1)["error"]["slug"].startswith("logdir-")


def test_one_damaged_file_beside_others_is_named(demo_logs: Path, tmp_path: Path, capsys: Captured) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(demo_logs / "simulated_time_slicing" / "together", logs)
    damaged = logs / "trainer" / "plugins" / "profile" / "2026_03_05_10_00_09" / "other.xplane.pb"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"\x0a\xff\xff\xff\xff\x7f")
    found = answer([str(logs)], capsys)
    assert found["answer"] == "yes"
    assert {Path(each["file"]).name for each in found["problems"]} == {"other.xplane.pb"}
    assert {device["trust"]["complete"] for device in found["devices"]} == {False}


def test_the_text_begins_with_the_answer(demo_logs: Path, capsys: Captured) -> None:
    assert main(["explain", str(demo_logs / "simulated_time_slicing"), "--for", "trainer"]) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[0].startswith("together/evaluator takes 1.5")
    assert "What to do first: " in text
