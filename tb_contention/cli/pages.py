"""Generate a documentation page for each command, from its parser and from the output of an example.

`python -m tb_contention.pages` in a checkout writes `cli/docs/`. Every command in COMMANDS gets a page; an example is one entry in
EXAMPLES. The pages do not depend on the version of Python, although argparse prints help differently in each.
"""

import argparse
import contextlib
import inspect
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tb_contention._version import __version__
from tb_contention.cli.failure import KEYS, VARIABLE
from tb_contention.cli.main import COMMANDS, main, parser
from tb_contention.cli.terminal import printable

FOLDER = Path(__file__).parent / "docs"
ROOT = FOLDER.parents[2]
_LOGS = "demo_logs/simulated_time_slicing"
_CACHE = "TB_CONTENTION_CACHE_DIR"
_EXIT_CODES = (
    (0, "success"),
    (1, "an input cannot be read or an output cannot be written; stderr says why"),
    (2, "wrong usage"),
)
#: Those that any command may end with.
SHARED_CODES = {**dict(_EXIT_CODES), 130: "interrupted (SIGINT)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An example: the words after `tb-contention`, run in the checkout; DIR stands for a temporary directory.

    lines: how many lines of stdout to show. only: a pattern of the lines to show, for output that depends on the machine.
    """

    words: tuple[str, ...]
    lines: int = 16
    only: str = ""
    note: str = ""


EXAMPLES = {
    "report": Example(words=("report", _LOGS), lines=5),
    "explain": Example(words=("explain", f"{_LOGS}/together"), lines=14),
    "runs": Example(words=("runs", f"{_LOGS}/together")),
    "diff": Example(words=("diff", f"{_LOGS}/alone", f"{_LOGS}/together"), lines=9),
    "check": Example(
        words=("check", _LOGS, "--max-slowdown", "1.5", "--min-headroom", "2GiB", "--device", "simulated-host/GPU:0#3")
    ),
    "doctor": Example(
        words=("doctor", "demo_logs/recorded_two_processes"),
        only=r"(ok|note|fault) +(?! |versions|requirements|imports|entry-point|loads|bundle|tensorboard|xprof|gpu |gpu-rights|serialising"
        r"|trace-cache|compiled-cache)",
        note="Only the lines about traces are shown. Those about the installation come first and depend on the machine.",
    ),
    "warm": Example(
        words=("warm",),
        only=r"(?!)",
        note="It prints how many functions it compiled, and the folder of their machine code.",
    ),
    "cache": Example(words=("cache",), only=r"  ", note="The first line names the directory."),
    "demo": Example(words=("demo", "--logdir-only")),
    "simulate": Example(words=("simulate", "time_slicing", "-o", "DIR")),
}


def pages() -> dict[str, str]:
    """Return every page by its file's name."""
    made = {f"{command.NAME}.md": page(command) for command in COMMANDS}
    return {"README.md": _index(), **made}


def _index() -> str:
    rows = [f"| [`{command.NAME}`]({command.NAME}.md) | {_summary(command)} |" for command in COMMANDS]
    text = (
        "Results go to stdout, everything else to stderr. `python -m tb_contention.pages` generates these pages from the "
        "parsers; a test fails when they are stale."
    )
    top = parser()
    parts = ["# Commands of tb-contention", text, "\n".join(["| command | |", "|---|---|", *rows])]
    parts += [*_group(top._action_groups[1], top, level=2), *_errors(), *_terminal()]
    return "\n\n".join(parts) + "\n"


def _errors() -> Iterator[str]:
    """Yield the exit codes that all commands share, and what scripts get instead of a sentence."""
    yield "## Errors"
    yield _table_of_codes(SHARED_CODES)
    yield (
        "Other codes belong to one command, and its page lists them: they are answers, as that of `check` for a limit that is exceeded, or "
        "the code of a program that `run` started."
    )
    yield (
        f"Scripts get errors as JSON with `tb-contention --json-errors COMMAND ...`, or with `{VARIABLE}=json` in the environment. Where a "
        "command ends with 1 or 2 because of an error, wrong usage included, the last line of stderr is then one JSON object. Notices, "
        "the traceback of an internal error and the output of programs that `run` started may stand above it. stdout stays as it is."
    )
    yield "\n".join(["| key of `error` | |", "|---|---|", *(f"| `{key}` | {_sentence(text)} |" for key, text in KEYS)])
    words = ("--json-errors", "report", "missing")
    text, _ = _output(Example(words=words))
    yield _fenced("\n".join([f"$ tb-contention {' '.join(words)}", text.rstrip()]))


def _terminal() -> Iterator[str]:
    """Yield what terminals get."""
    yield "## Terminals"
    yield (
        "No command colours its output. Where stderr is a terminal, long work shows one line of progress and replaces it in place. "
        "With [`NO_COLOR`](https://no-color.org) set to anything but an empty value it does so without escape sequences, and with "
        "`TERM=dumb` it shows no progress."
    )


def _summary(command: ModuleType) -> str:
    return (command.__doc__ or "").splitlines()[0]


def page(command: ModuleType) -> str:
    """Return the page of one command."""
    parts = [f"# tb-contention {command.NAME}", inspect.cleandoc(command.__doc__ or "")]
    parts += _arguments(parsers(parser())[command.NAME], level=2)
    parts += ["## Exit codes", _exit_codes(command), *_example(command.NAME)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _arguments(sub: argparse.ArgumentParser, level: int) -> Iterator[str]:
    """Yield the usage and the tables of a parser, then those of its subcommands."""
    yield _fenced(usage(sub))
    for group in sub._action_groups:
        yield from _group(group, sub, level)
    for below in parsers(sub).values():
        yield f"{'#' * level} {below.prog}"
        yield below.description or ""
        yield from _arguments(below, level + 1)


def parsers(top: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of the subcommands by name."""
    found = (action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    return {name: below for action in found for name, below in action.choices.items()}


def usage(sub: argparse.ArgumentParser) -> str:
    """Return the usage in one line, alike in every version of Python."""
    actions = [action for action in sub._actions if not isinstance(action, argparse._HelpAction)]
    words = [positional(a) for a in actions if not a.option_strings and a.nargs != argparse.REMAINDER]
    needed = [action for action in actions if action.option_strings and action.required]
    words += [f"{action.option_strings[-1]} {value(action)}" for action in needed]
    words += ["[options]"] if any(a.option_strings for a in actions) else []
    return " ".join([sub.prog, *words, *(positional(a) for a in actions if a.nargs == argparse.REMAINDER)])


def positional(action: argparse.Action) -> str:
    """Return the placeholder of a positional argument, and whether several may stand there."""
    name = value(action)
    several = {
        argparse.OPTIONAL: f"[{name}]",
        argparse.ZERO_OR_MORE: f"[{name} ...]",
        argparse.ONE_OR_MORE: f"{name} [{name} ...]",
        argparse.REMAINDER: f"{name} ...",
        argparse.PARSER: f"{name} ...",
    }
    return several.get(str(action.nargs), name)


def value(action: argparse.Action) -> str:
    """Return the placeholder of an option's value, "" for one that takes none."""
    if action.nargs == 0:
        return ""
    if action.metavar is not None:
        return action.metavar if isinstance(action.metavar, str) else " ".join(action.metavar)
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.dest.upper()


def _group(group: argparse._ArgumentGroup, sub: argparse.ArgumentParser, level: int) -> Iterator[str]:
    rows = [_row(action, sub) for action in listed(group._group_actions)]
    if not rows:
        return
    # The first two groups are argparse's own, whose titles changed with Python 3.10.
    own = sub._action_groups[:2]
    title = ("Arguments", "Options")[own.index(group)] if group in own else (group.title or "").capitalize()
    yield f"{'#' * level} {title}"
    if group not in own and group.description:
        yield _sentence(group.description)
    yield "\n".join(["| | |", "|---|---|", *rows])


def listed(actions: Iterable[argparse.Action]) -> list[argparse.Action]:
    """Return the arguments that pages list: all but --help and hidden ones."""
    return [a for a in actions if a.help is not argparse.SUPPRESS and not isinstance(a, argparse._HelpAction)]


def _row(action: argparse.Action, sub: argparse.ArgumentParser) -> str:
    given = value(action)
    if action.option_strings:
        name = ", ".join(f"`{option}{' ' + given if given else ''}`" for option in action.option_strings)
    else:
        name = f"`{positional(action)}`"
    return f"| {name.replace('|', chr(92) + '|')} | {meaning(action, sub).replace('|', chr(92) + '|')} |"


def meaning(action: argparse.Action, sub: argparse.ArgumentParser) -> str:
    """Return the help of an argument as a sentence that also states its choices and its default."""
    text = (action.help or "") % {**vars(action), "prog": sub.prog}
    parts = [text]
    if action.choices is not None and action.metavar is not None:
        parts.append(f"one of {', '.join(map(str, action.choices))}")
    if action.required and action.option_strings:
        parts.append("required")
    if isinstance(action, argparse._AppendAction) and "repeated" not in text:
        parts.append("may be repeated")
    if not _is_plain_default(action) and "default" not in text:
        parts.append(f"default {action.default}")
    return _sentence("; ".join(part for part in parts if part))


def _is_plain_default(action: argparse.Action) -> bool:
    return action.default is None or action.default is False or action.default in ([], "", argparse.SUPPRESS)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _exit_codes(command: ModuleType) -> str:
    return _table_of_codes({**dict(_EXIT_CODES), **dict(getattr(command, "EXIT_CODES", ()))})


def _table_of_codes(codes: dict[int, str]) -> str:
    return "\n".join(["| code | |", "|--:|---|", *(f"| {code} | {codes[code]} |" for code in sorted(codes))])


def _example(name: str) -> Iterator[str]:
    """Run the example of a command, if it has one, and yield what it prints."""
    example = EXAMPLES.get(name)
    if example is None:
        return
    yield "## Example"
    yield example.note
    text, code = _output(example)
    lines = [line for line in text.splitlines() if re.match(example.only, line)]
    shown = [*lines[: example.lines], *(["..."] if len(lines) > example.lines else [])]
    ending = f"\n\nThe exit code is {code}." if code else ""
    yield _fenced("\n".join([f"$ tb-contention {' '.join(example.words)}", *shown])) + ending


def _output(example: Example) -> tuple[str, int]:
    """Run a command in the checkout and return its stdout, else stderr, and its exit code; mask paths and the version."""
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, _inside(ROOT, cache=Path(folder) / "cache"):
        words = [str(Path(folder) / "new") if word == "DIR" else word for word in example.words]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words)
        text = out.getvalue() or err.getvalue()
        text = text.replace(str(Path(folder) / "new"), "DIR")
    text = re.sub(rf"(?<![\d.]){re.escape(__version__)}(?![\d.])", "VERSION", text.replace(str(ROOT), "CHECKOUT"))
    return printable(text), code


@contextlib.contextmanager
def _inside(folder: Path, cache: Path) -> Iterator[None]:
    """Run in a directory with an empty cache, whose entries from older code could hold other sentences."""
    before, cached = Path.cwd(), os.environ.get(_CACHE)
    os.chdir(folder)
    os.environ[_CACHE] = str(cache)
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.pop(_CACHE)
        if cached is not None:
            os.environ[_CACHE] = cached


def _fenced(text: str) -> str:
    return f"```text\n{text}\n```"
