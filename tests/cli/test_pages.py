"""The pages of the commands are what the commands are. TB_CONTENTION_UPDATE_GOLDEN=1 rewrites them."""

import argparse
import os

import pytest

from tb_contention.cli import pages
from tb_contention.cli.main import COMMANDS, main
from tb_contention.pages import main as write_pages

STALE = "stale: run `python -m tb_contention.pages` in the checkout and commit tb_contention/cli/docs"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    if os.environ.get("TB_CONTENTION_UPDATE_GOLDEN") == "1":
        assert write_pages([]) == 0
    return pages.pages()


def test_there_is_a_page_for_every_command_and_none_besides(made: dict[str, str]) -> None:
    there = {path.name for path in pages.FOLDER.iterdir()}
    assert there == set(made), f"tb_contention/cli/docs is {STALE}"
    assert set(made) == {"README.md", *(f"{command.NAME}.md" for command in COMMANDS)}


@pytest.mark.parametrize("name", ["README", *(command.NAME for command in COMMANDS)])
def test_a_page_is_what_its_command_is(name: str, made: dict[str, str]) -> None:
    path = pages.FOLDER / f"{name}.md"
    written = path.read_text(encoding="utf-8") if path.is_file() else ""
    assert made[f"{name}.md"] == written, f"{path.name} is {STALE}"


@pytest.mark.parametrize("command", [command.NAME for command in COMMANDS])
def test_a_page_names_every_option_that_the_help_names(
    command: str, made: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    said = capsys.readouterr().out
    options = {word.strip("[],.;:()") for word in said.split() if word.strip("[],").startswith("--")} - {"--help"}
    assert {option for option in options if option not in made[f"{command}.md"]} == set()


def test_no_page_tells_where_it_was_made(made: dict[str, str]) -> None:
    for text in made.values():
        assert str(pages.FOLDER.parents[2]) not in text
        assert "/tmp" not in text


def example_parser() -> argparse.ArgumentParser:
    sub = argparse.ArgumentParser(prog="tool")
    sub.add_argument("rest", nargs="+", metavar="REST", help="what | is left")
    sub.add_argument("--many", action="append", default=[], metavar="A", help="some %% of it")
    sub.add_argument("--one", choices=("a", "b"), default="a", help="which")
    sub.add_argument("--name", default="", metavar="X", help="whose")
    sub.add_argument("--must", required=True, metavar="M", help="has to be")
    sub.add_argument("--hidden", help=argparse.SUPPRESS)
    extra = sub.add_argument_group("limits", "what counts")
    extra.add_argument("--most", type=int, default=3, metavar="N", help="how many at most")
    return sub


def test_every_kind_of_argument_is_written_out() -> None:
    sub = example_parser()
    found = "\n".join(part for group in sub._action_groups for part in pages._group(group, sub, 2))
    assert pages.usage(sub) == "tool REST [REST ...] --must M [options]"
    for row in (
        "| `REST [REST ...]` | what \\| is left. |",
        "| `--many A` | some % of it; may be repeated. |",
        "| `--one {a,b}` | which; default a. |",
        "| `--name X` | whose. |",
        "| `--must M` | has to be; required. |",
        "| `--most N` | how many at most; default 3. |",
        "## Limits\nwhat counts.",
    ):
        assert row in found
    assert "hidden" not in found


def test_commands_below_a_command_are_written_out() -> None:
    top = argparse.ArgumentParser(prog="tool do")
    below = top.add_subparsers(dest="what", metavar="WHAT", required=True)
    below.add_parser("this", description="Do this.").add_argument("--now", action="store_true", help="at once")
    found = "\n".join(pages._arguments(top, level=2))
    for row in (
        "tool do WHAT ...",
        "## tool do this\nDo this.\n```text\ntool do this [options]",
        "### Options",
        "| `--now` | at once. |",
    ):
        assert row in found
