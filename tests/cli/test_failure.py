"""Errors for scripts: one JSON object on the last line of stderr, whatever went wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tb_contention.cli import explain, failure
from tb_contention.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


def told(text: str) -> dict[str, Any]:
    document = json.loads(text.splitlines()[-1])
    assert list(document) == ["error"]
    assert list(document["error"]) == [key for key, _ in failure.KEYS]
    return dict(document["error"])


def test_an_error_names_its_kind_file_remedy_and_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing"
    assert main(["--json-errors", "report", str(missing)]) == 1
    caught = capsys.readouterr()
    assert (caught.out, caught.err.count("\n")) == ("", 1)
    assert told(caught.err) == {
        "slug": "logdir-missing",
        "message": f"{missing}: the log directory cannot be opened (No such file or directory).",
        "advice": "Name the directory that TensorBoard gets as --logdir.",
        "file": str(missing),
        "exit_code": 1,
    }


@pytest.mark.parametrize(
    ("words", "slug", "advice"),
    [
        ([], "bad-usage", "Run tb-contention --help."),
        (["nonsense"], "bad-usage", "Run tb-contention --help."),
        (["report"], "bad-usage", "Run tb-contention report --help."),
        (["report", "x", "--format", "pdf"], "bad-usage", "Run tb-contention report --help."),
        (["report", "x", "--nonsense"], "bad-usage", "Run tb-contention --help."),
        (["report", "x", "--latest", "--all"], "bad-option", "Keep one."),
    ],
)
def test_wrong_usage_is_one_object(
    words: list[str], slug: str, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--json-errors", *words]) == 2
    caught = capsys.readouterr()
    error = told(caught.err)
    assert (caught.out, caught.err.count("\n")) == ("", 1)
    assert (error["slug"], error["advice"], error["exit_code"]) == (slug, advice, 2)


def test_an_output_that_exists_is_named(demo_logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "there.json"
    there.write_text("")
    assert main(["--json-errors", "report", str(demo_logs), "-o", str(there)]) == 1
    error = told(capsys.readouterr().err)
    assert (error["slug"], error["file"]) == ("output-exists", str(there))


def test_names_in_errors_cannot_steer_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json-errors", "report", str(tmp_path / "\x1b[31m\udcff")]) == 1
    text = capsys.readouterr().err.removesuffix("\n")
    assert text.isascii()
    assert text.isprintable()


def test_a_program_gets_the_object_by_option_and_by_environment(tmp_path: Path) -> None:
    words = ("report", str(tmp_path))
    by_option, by_variable, plain, switched_off = (
        subprocess.run(
            [sys.executable, "-m", "tb_contention", *options, *words],
            env={**os.environ, failure.VARIABLE: variable}, cwd=ROOT, capture_output=True, text=True, check=False,
        )
        for options, variable in ((("--json-errors",), ""), ((), "json"), ((), ""), ((), "text"))
    )  # fmt: skip

    assert told(by_option.stderr) == told(by_variable.stderr)
    assert told(by_option.stderr)["slug"] == "logdir-no-captures"
    assert plain.stderr == switched_off.stderr
    assert plain.stderr.startswith("tb-contention: error: ")
    assert [done.returncode for done in (by_option, by_variable, plain, switched_off)] == [1] * 4


def test_success_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json-errors", "demo", "--logdir-only"]) == 0
    assert capsys.readouterr().err == ""


def test_an_unknown_value_of_the_variable_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(failure.VARIABLE, "xml")
    assert main(["--json-errors", "demo", "--logdir-only"]) == 2
    assert capsys.readouterr().err == f"tb-contention: error: {failure.VARIABLE} is 'xml'. Set it to text or json.\n"


def test_an_internal_error_keeps_its_traceback_and_ends_with_the_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(explain, "analyse_logdir", broken)
    assert main(["--json-errors", "explain", "x"]) == 1
    text = capsys.readouterr().err
    assert text.startswith("Traceback")
    assert told(text)["slug"] == "internal-error"
    assert told(text)["message"] == "RuntimeError: no such luck"
    with pytest.raises(RuntimeError):
        main(["explain", "x"])


def test_a_program_that_is_run_keeps_its_own_words(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What comes after `--` is not ours: neither the option, nor the exit code."""
    code = "import sys; print(sys.argv[1], file=sys.stderr); sys.exit(1)"
    assert main(["run", "--logdir", str(tmp_path), "--", sys.executable, "-c", code, "--json-errors"]) == 1
    text = capfd.readouterr().err
    assert "--json-errors" in text
    assert '{"error"' not in text
