"""The manual page shows what the commands take, and groff reads it without a warning. That it is current: see tests/unit/test_pages.py."""

import shutil
import subprocess

import pytest

from tb_contention.cli import man
from tb_contention.cli.main import COMMANDS, parser
from tb_contention.cli.pages import parsers


def shown() -> str:
    if shutil.which("groff") is None:
        pytest.skip("needs groff: apt-get install groff-base")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tascii", "-P-c", "-P-b", "-P-u", "-rLL=400n"],
        input=man.page(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_the_page_shows_every_command_and_option() -> None:
    text = " ".join(shown().split())
    below = parsers(parser())
    for command in COMMANDS:
        assert f"tb-contention {command.NAME}" in text
        for action in below[command.NAME]._actions:
            for option in action.option_strings:
                assert option in text or option in ("-h", "--help"), f"{command.NAME} {option}"


def test_marks_of_the_documentation_and_of_roff_are_no_text() -> None:
    text = shown()
    assert "`" not in text
    assert "](" not in text
    assert man._text(".TP `a-b` [c](d) \\e ×") == "\\&.TP \\fBa\\-b\\fR c \\ee \\[u00D7]"
