"""Generate the manual page tb-contention(1) from the parsers of all commands.

`python -m tb_contention.pages` in a checkout writes it to `docs/`; an installation puts it below `share/man`, where `man` finds it.
"""

import argparse
import inspect
import re
from collections.abc import Iterator

from tb_contention.cli.failure import VARIABLE
from tb_contention.cli.main import COMMANDS, parser
from tb_contention.cli.pages import ROOT, SHARED_CODES, listed, meaning, parsers, positional, usage, value

PATH = ROOT / "docs" / "tb-contention.1"


def page() -> str:
    """Return the manual page."""
    top = parser()
    description = str(top.description)
    lines = ['.TH TB\\-CONTENTION 1 "" "tb_contention" "User Commands"', ".SH NAME"]
    lines += [f"tb\\-contention \\- {_text(description[0].lower() + description[1:].rstrip('.'))}"]
    lines += [".SH SYNOPSIS", f"\\fB{_text(top.prog)}\\fR [options] \\fICOMMAND\\fR ...", ".SH DESCRIPTION"]
    lines += [
        _text(
            "Results go to stdout, everything else to stderr. `tb-contention COMMAND --help` prints the options of one command."
        )
    ]
    lines += [".SH OPTIONS", *_arguments(top), ".SH COMMANDS"]
    below = parsers(top)
    for command in COMMANDS:
        lines += _command(below[command.NAME], inspect.cleandoc(command.__doc__ or ""))
        lines += _codes(dict(getattr(command, "EXIT_CODES", ())))
    lines += [".SH EXIT STATUS", *_codes(SHARED_CODES), ".SH ENVIRONMENT"]
    lines += [
        ".TP",
        f"\\fB{VARIABLE}\\fR",
        _text("With the value json, errors are printed as JSON, as with --json-errors."),
    ]
    return "\n".join(lines) + "\n"


def _command(sub: argparse.ArgumentParser, description: str) -> Iterator[str]:
    yield f'.SS "{_text(sub.prog)}"'
    yield f"\\fB{_text(usage(sub))}\\fR"
    for paragraph in description.split("\n\n"):
        yield ".PP"
        yield _text(" ".join(paragraph.split()))
    yield from _arguments(sub)
    for below in parsers(sub).values():
        yield from _command(below, below.description or "")


def _arguments(sub: argparse.ArgumentParser) -> Iterator[str]:
    """Yield what a parser takes, but neither --help nor its subcommands."""
    for action in listed(sub._actions):
        if isinstance(action, argparse._SubParsersAction):
            continue
        yield ".TP"
        given = f" \\fI{_text(value(action))}\\fR" if value(action) else ""
        names = [f"\\fB{_text(option)}\\fR{given}" for option in action.option_strings]
        yield ", ".join(names) or f"\\fI{_text(positional(action))}\\fR"
        yield _text(meaning(action, sub))


def _codes(codes: dict[int, str]) -> Iterator[str]:
    for code in sorted(codes):
        yield from (".TP", f"exit status \\fB{code}\\fR", _text(codes[code]))


def _text(text: str) -> str:
    """Write text as roff: code in bold, links as their words, and nothing that troff reads as a request."""
    text = re.sub(r"\[([^]`]*)\]\([^)]*\)", r"\1", text).replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    text = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)
    return f"\\&{text}" if text[:1] in (".", "'") else text
