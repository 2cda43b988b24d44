"""Programs and command lines in README and docs run as they stand there, and print what stands there.

TB_CONTENTION_UPDATE_GOLDEN=1 writes what the commands print into the pages. Programs that record are run in `live/test_recipes.py`.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tb_contention.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_PROGRAM = re.compile(r"^```python(?: notebook)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n\$ tb-contention (.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Lines of a command's output that a page shows; the rest is an ellipsis.
SHOWN = 5


def found(pattern: re.Pattern[str]) -> list[tuple[Path, re.Match[str]]]:
    return [(page, match) for page in PAGES for match in pattern.finditer(page.read_text(encoding="utf-8"))]


def shown(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(shlex.split(words)) == 0
    lines = capsys.readouterr().out.splitlines()
    return "\n".join([*lines[:SHOWN], *(["..."] if len(lines) > SHOWN else [])]) + "\n"


@pytest.mark.parametrize(
    ("page", "match"), [pytest.param(*f, id=f"{f[0].stem}-{n}") for n, f in enumerate(found(_PROGRAM))]
)
def test_a_program_runs(page: Path, match: re.Match[str]) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", match[1]], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{page}: {done.stderr}"


def test_commands_print_what_the_pages_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert found(_CONSOLE)
    for page, match in found(_CONSOLE):
        printed = shown(match[1], capsys)
        if os.environ.get("TB_CONTENTION_UPDATE_GOLDEN") == "1":
            page.write_text(
                page.read_text(encoding="utf-8").replace(
                    match[0], f"```console\n$ tb-contention {match[1]}\n{printed}```"
                )
            )
        else:
            assert match[2] == printed, f"{page.name} is stale: run this test with TB_CONTENTION_UPDATE_GOLDEN=1"
