"""Parse the arguments, run one command and return its exit code. Heavy imports wait until the command runs.

An error is one sentence for people, or with --json-errors one JSON object for programs (`failure.py`).
"""

import argparse
import contextlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from tb_contention._version import __version__
from tb_contention.cli import (
    batch,
    cache,
    capture,
    check,
    completion,
    demo,
    diff,
    doctor,
    explain,
    failure,
    fleet,
    mcp,
    report,
    run,
    runs,
    serve,
    simulate,
    warm,
    whatif,
)
from tb_contention.cli.output import forget_stdout, write_stdout
from tb_contention.errors import ContentionError

#: Each module has NAME, add_arguments(parser) and run(arguments) -> exit code; the first line of its docstring is its help.
COMMANDS: tuple[ModuleType, ...] = (
    report,
    explain,
    run,
    runs,
    diff,
    whatif,
    check,
    batch,
    fleet,
    serve,
    mcp,
    doctor,
    warm,
    cache,
    capture,
    demo,
    simulate,
    completion,
)


class _Parser(argparse.ArgumentParser):
    """An argparse parser that raises wrong usage as an error of this package."""

    def error(self, message: str) -> NoReturn:
        raise failure.UsageError(self, message)


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    top = _Parser(
        prog="tb-contention",
        description="Align the traces of several profiled sessions and show where they contend for a GPU.",
    )
    top.add_argument(
        "--version", action="version", version=f"tb-contention {__version__}", help="print the version and exit"
    )
    top.add_argument(
        "--json-errors", action="store_true",
        help=f"print errors as JSON, for scripts; write it before the command, or set {failure.VARIABLE}=json",
    )  # fmt: skip
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        text = (command.__doc__ or "").partition("\n")[0]
        sub = commands.add_parser(command.NAME, help=text, description=text)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lasts
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # Filled while words are read: --json-errors counts also where a later word is wrong.
    arguments = argparse.Namespace(json_errors=False)
    try:
        arguments.json_errors = failure.as_json_by_default()
        parser().parse_args(argv, arguments)
        code = int(arguments.run(arguments))
        if sys.stdout is not None:
            write_stdout("")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except ContentionError as error:
        return failure.tell(error, as_json=arguments.json_errors)
    except BrokenPipeError:
        forget_stdout()
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not arguments.json_errors:
            raise
        traceback.print_exc()
        return failure.tell(failure.internal(error), as_json=True)
    return code
