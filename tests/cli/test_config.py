"""Options of `check` from a pyproject.toml."""

import json
from pathlib import Path

import pytest

from tb_contention.cli.main import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def logs(demo_logs: Path) -> str:
    return str(demo_logs / "simulated_time_slicing" / "together")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder below the one where files of settings are written."""
    below = tmp_path / "project" / "below"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    return below.parent


def write(folder: Path, table: str, name: str = "pyproject.toml") -> Path:
    path = folder / name
    path.write_text(f'[project]\nname = "x"\n[tool.tb_contention.check]\n{table}\n', encoding="utf-8")
    return path


def test_limits_stand_in_the_nearest_file_above(folder: Path, logs: str, capsys: Captured) -> None:
    (folder / "below" / "pyproject.toml").write_text("[project]\nname = 'tb_contention'\n", encoding="utf-8")
    path = write(folder, 'max-contended = "10%"\nunknown = "pass"')

    assert main(["check", logs]) == 3
    caught = capsys.readouterr()
    assert "max-contended" in caught.out
    assert caught.err == f"Options of {path} apply.\n"


def test_the_command_line_wins_also_with_a_default(folder: Path, logs: str, capsys: Captured) -> None:
    write(folder, 'max-contended = "10%"')
    assert main(["check", logs, "--max-contended", "99%"]) == 0

    write(folder, 'min-evidence = "A"\nunknown = "pass"\nmax_step = ["1ns", "trainer=1ns"]')
    assert main(["check", logs, "--max-step", "10s"]) == 3
    assert "1 ns" not in capsys.readouterr().out


def test_every_kind_of_value_is_read_as_its_option_reads_it(folder: Path, logs: str, capsys: Captured) -> None:
    table = "\n".join(
        (
            "max-slowdown = 9",
            'min-headroom = "1MiB"',
            "confident = true",
            'session = ["trainer"]',
            'mute = "latency-tail"',
            'max-step = { trainer = "10s" }',
            'format = "json"',
        )
    )
    write(folder, table)
    assert main(["check", logs]) == 0
    subjects = {verdict["session"] for verdict in json.loads(capsys.readouterr().out)["verdicts"]}
    assert "trainer" in {str(name).partition("/")[0] for name in subjects}
    assert "evaluator" not in {str(name).partition("/")[0] for name in subjects}


def test_places_are_meant_from_the_folder_of_the_file(folder: Path, logs: str) -> None:
    (folder / "logs").symlink_to(logs)
    write(folder, 'logdir = "logs"\nmax-slowdown = 9\njunit = "check.xml"')
    assert main(["check"]) == 0
    assert (folder / "check.xml").is_file()


def test_a_file_can_be_named_or_left_out(folder: Path, logs: str, capsys: Captured) -> None:
    write(folder, 'max-contended = "10%"')
    named = write(folder, 'max-contended = "99%"', "other.toml")
    assert main(["check", logs, "--config", str(named)]) == 0
    assert main(["check", logs, "--no-config", "--max-contended", "99%"]) == 0
    capsys.readouterr()
    assert main(["check", logs, "--no-config"]) == 2
    assert "No limit is given" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("max-slowdwn = 2", "no key is called 'max-slowdwn'; the nearest are max-slowdown, "),
        ("max-slowdown = 0.9", "max-slowdown: '0.9' is not a slowdown of 1 or more"),
        ("max-slowdown = true", "max-slowdown: it takes a text or a number, not bool"),
        ("max-slowdown = [2]", "max-slowdown: it takes a text or a number, not list"),
        ('confident = "yes"', "confident: it takes true or false"),
        ('unknown = "perhaps"', "unknown: it takes fail, pass, not 'perhaps'"),
        ("max-slowdown = = 2", "is not valid TOML: "),
    ],
)
def test_what_cannot_be_understood_names_the_file_and_the_key(
    table: str, says: str, folder: Path, logs: str, capsys: Captured
) -> None:
    path = write(folder, table)
    assert main(["check", logs]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert str(path) in caught.err
    assert says in caught.err


def test_a_broken_file_of_others_is_no_concern(folder: Path, logs: str) -> None:
    (folder / "pyproject.toml").write_text("[project\n", encoding="utf-8")
    assert main(["check", logs, "--max-slowdown", "9"]) == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--config", "none.toml"], "--config: none.toml cannot be read (No such file or directory)"),
        (["--config", "empty.toml"], "--config: empty.toml has no table [tool.tb_contention.check]"),
        ([], "No log directory is given. Name one, or set logdir in [tool.tb_contention.check]."),
    ],
)
def test_what_is_missing_is_said(words: list[str], says: str, folder: Path, capsys: Captured) -> None:
    (folder / "below" / "empty.toml").write_text("", encoding="utf-8")
    assert main(["check", *words]) == 2
    assert says in capsys.readouterr().err
