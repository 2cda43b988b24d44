"""A real shell completes what the printed script teaches it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tb_contention.cli.main import COMMANDS, main


def test_without_the_package_it_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 1
    assert "tb_contention[completion]" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_knows_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert {command.NAME for command in COMMANDS if command.NAME not in text} == set()


@pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["whati"], {"whatif"}),
        (["report", "--fo"], {"--for", "--force", "--format"}),
        (["report", "--format", "mark"], {"markdown"}),
    ],
)
def test_bash_completes(
    words: list[str], offered: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "completion.bash"
    script.write_text(capsys.readouterr().out)
    line = ["tb-contention", *words]
    asked = (
        'source "$1"; shift; known=$(complete -p tb-contention); [[ $known =~ -F\\ ([^ ]+) ]] || exit 9; '
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ${BASH_REMATCH[1]} "$1" "${@: -1}" "${@: -2:1}"; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", asked, "bash", str(script), *line], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered
