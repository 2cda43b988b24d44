"""LOGDIR as a file URL, and several of them: sessions that ran together are found together, wherever each was written."""

import json
import shutil
from pathlib import Path

import pytest

from tb_contention.cli.main import main
from tb_contention.index.directory import Index
from tb_contention.recorders.common.places import split_places
from tb_contention.recorders.discover import discover

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def logs(demo_logs: Path) -> Path:
    return demo_logs / "simulated_time_slicing"


@pytest.fixture
def apart(logs: Path, tmp_path: Path) -> tuple[str, str]:
    """Copy the two sessions that ran together into two directories, one with a name that URLs must escape."""
    for name, place in (("trainer", "of the trainer"), ("evaluator", "of_the_evaluator")):
        shutil.copytree(logs / "together" / name, tmp_path / place / name)
    return str(tmp_path / "of the trainer"), str(tmp_path / "of_the_evaluator")


@pytest.mark.parametrize("form", ["file://{}", "file://localhost{}", "file:{}", "FILE://{}"])
def test_a_file_url_is_the_path(form: str, logs: Path, capsys: Captured) -> None:
    assert main(["runs", form.format(logs / "together"), "--json"]) == 0
    by_url = json.loads(capsys.readouterr().out)
    assert main(["runs", str(logs / "together"), "--json"]) == 0
    by_path = json.loads(capsys.readouterr().out)
    assert by_url["groups"] == by_path["groups"]
    assert len(by_url["groups"]) == 1


def test_a_file_url_escapes_and_names_this_machine(apart: tuple[str, str], capsys: Captured) -> None:
    assert main(["runs", "file://" + apart[0].replace(" ", "%20")]) == 0
    assert "1 capture in " in capsys.readouterr().out
    assert main(["runs", "file://elsewhere/tmp"]) == 1
    assert "names a file of another machine, elsewhere. Write file:///PATH" in capsys.readouterr().err


def test_a_report_of_several_finds_who_ran_together(apart: tuple[str, str], capsys: Captured) -> None:
    assert main(["report", *apart, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["logdir"] == ",".join(apart)
    assert sorted(s["label"] for s in found["sessions"]) == ["evaluator", "trainer"]
    assert [sorted(d["sessions"]) for d in found["devices"] if len(d["sessions"]) == 2] != []
    assert {s["run"].split("/")[0] for s in found["sessions"]} == {"of the trainer", "of_the_evaluator"}


@pytest.mark.parametrize(
    "words",
    [
        ["runs"],
        ["check", "--max-slowdown", "9"],
        ["whatif", "--move", "trainer"],
        ["doctor"],
    ],
)
def test_every_command_that_reads_takes_several(words: list[str], apart: tuple[str, str], capsys: Captured) -> None:
    assert main([words[0], *apart, *words[1:]]) == 0
    assert "trainer" in capsys.readouterr().out


def test_diff_takes_several_on_a_side(apart: tuple[str, str], logs: Path, capsys: Captured) -> None:
    assert main(["diff", ",".join(apart), str(logs / "together"), "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["sessions"]) == 2


def test_one_of_several_that_is_missing_is_named(apart: tuple[str, str], tmp_path: Path, capsys: Captured) -> None:
    missing = str(tmp_path / "missing")
    assert main(["report", apart[0], missing]) == 1
    assert f"error: {missing}: the log directory cannot be opened" in capsys.readouterr().err


def test_a_comma_is_part_of_a_path_that_exists(logs: Path, tmp_path: Path, capsys: Captured) -> None:
    odd = tmp_path / "a,b"
    shutil.copytree(logs / "together", odd)
    assert split_places(str(odd)) == [str(odd)]
    assert main(["runs", str(odd)]) == 0
    assert main(["runs", str(odd), str(logs)]) == 2
    assert "none may have a comma in its path" in capsys.readouterr().err


def test_one_directory_twice_is_one(logs: Path) -> None:
    assert split_places(f"{logs},{logs}/") == [str(logs)]
    inside = logs / "together"
    assert len(discover(f"{logs},{inside}").files) == len(discover(str(logs)).files)


def test_the_index_of_several_is_their_own(apart: tuple[str, str], tmp_path: Path) -> None:
    both, one = (Index.of(place, "", tmp_path / "cache") for place in (",".join(apart), apart[0]))
    assert both.store is not None
    assert one.store is not None
    both.store.append({"some": "row"})
    assert one.store.read() == {}
