"""Run commands together and record the same window of each with its framework's profiler, without changing their code.

Write each command after a `--` of its own; wrap a command that itself needs a `--` in `sh -c '...'`. The traces go to
`LOGDIR/together/NAME` and, with `--alone`, also to `LOGDIR/alone/NAME`. A `tb_contention.json` beside each trace records the GPU, the
clocks, the environment, and which captures are of the same command, so that those made alone are the baselines of the others.

The window opens for all commands at the same moment: `--wait` after the last of them has imported TensorFlow or opened JAX's devices. If
a command starts several processes, the first one that imports a framework is recorded; if it exits before the window, the next one is.
Commands read nothing from stdin; their stdout and stderr pass through unchanged. Ctrl-C ends the recordings, waits for their traces and
then interrupts the commands; a second Ctrl-C kills them.

A process can run only one profiler at a time, so a program must not start its own during the window. Disable that part of the program,
or use `tb_contention.manifest` in it instead of this command.

The exit code is that of the first command, in the given order, that did not exit with 0; commands run alone come first. A command killed
by signal N counts as 128 + N. If all of them succeed and nothing was recorded, the exit code is 4.
"""

import argparse
import shlex
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tb_contention.capture.logdir import make_logdir
from tb_contention.cli.parsing import parse_duration, parse_limit
from tb_contention.cli.terminal import printable
from tb_contention.errors import OptionError

if TYPE_CHECKING:
    from tb_contention.capture.commands import Command
    from tb_contention.capture.coordinator import Settings
    from tb_contention.capture.facts import Recorded
    from tb_contention.capture.interrupts import Interrupts
    from tb_contention.capture.runner import Outcome

NAME = "run"
NOT_STARTED = (126, 127)
#: Exit code where all commands succeeded, but no trace came of it.
NOTHING_RECORDED = 4
EXIT_CODES = (
    (0, "every command exited with 0 or was stopped by `--stop`"),
    (1, "LOGDIR cannot be created; or the exit code of a command"),
    (2, "wrong usage; or the exit code of a command"),
    (NOTHING_RECORDED, "every command succeeded, but nothing was recorded; or the exit code of a command"),
    (126, "a command could not be executed; the others ran"),
    (127, "a command was not found; the others ran"),
    (130, "interrupted (SIGINT); 143: terminated (SIGTERM)"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--logdir", required=True, metavar="LOGDIR", help="log directory to write to; created if missing"
    )
    parser.add_argument(
        "--name", action="append", default=[], metavar="NAME",
        help="name of a command, in the order of the commands; default: its script or program",
    )  # fmt: skip
    parser.add_argument("--alone", action="store_true", help="first run and record each command alone")
    parser.add_argument("--stop", action="store_true", help="stop each command (SIGTERM) once its window is recorded")
    parser.add_argument(
        "--wait", type=_wait, default="5s", metavar="DURATION",
        help="time from the last framework import to the window, for startup and compilation; default 5s",
    )  # fmt: skip
    parser.add_argument(
        "--duration", type=parse_limit, default="10s", metavar="DURATION", help="length of the window; default 10s"
    )
    parser.add_argument(
        "--timeout", type=parse_limit, default="2min", metavar="DURATION",
        help="how long to wait for every command to import a framework; then record those that have; default 2min",
    )  # fmt: skip
    parser.add_argument(
        "commands",
        nargs=argparse.REMAINDER,
        metavar="-- CMD",
        help="a command and its arguments; write each further command after another `--`",
    )


def _wait(word: str) -> int:
    nanoseconds = parse_duration(word)
    if nanoseconds < 0:
        raise argparse.ArgumentTypeError(f"{word!r} must not be negative")
    return nanoseconds


def run(arguments: argparse.Namespace) -> int:
    """Run the commands, first alone if asked; report what was recorded and how to analyse it."""
    from tb_contention.capture.coordinator import Settings
    from tb_contention.capture.interrupts import Interrupts

    refuse_windows(sys.platform)
    commands, logdir = _commands(arguments), make_logdir(arguments.logdir)
    settings = Settings(
        wait_ns=arguments.wait, duration_ns=arguments.duration, timeout_ns=arguments.timeout, stop=arguments.stop
    )
    with Interrupts() as interrupts:
        run_id = uuid.uuid4().hex
        outcomes = _alone(commands, logdir, settings, interrupts, run_id) if arguments.alone else ()
        if not interrupts.count:
            of = [_of(run_id, number, alone=len(commands) == 1) for number in range(len(commands))]
            outcomes += _recorded(commands, logdir / "together", settings, interrupts, of)
    _say_next_step(arguments.logdir, outcomes)
    failed = next((outcome.code for outcome in outcomes if outcome.code), 0)
    failed = failed or (128 + interrupts.number if interrupts.number is not None else 0)
    return failed or (0 if any(map(_has_recorded, outcomes)) else NOTHING_RECORDED)


def refuse_windows(platform: str) -> None:
    """Raise OptionError on Windows, which has no process groups to signal."""
    if platform == "win32":
        raise OptionError(
            "tb-contention run works on Linux and macOS only.",
            slug="bad-option",
            advice="Use tb_contention.profile in each program.",
        )


def _commands(arguments: argparse.Namespace) -> "tuple[Command, ...]":
    from tb_contention.capture.commands import named, split
    from tb_contention.capture.folders import folder_name

    parts = split(arguments.commands)
    if not parts:
        raise OptionError(
            "No command is given.",
            slug="bad-option",
            advice="Write each after a --, e.g. tb-contention run --logdir logs -- python a.py -- python b.py",
        )
    if len(arguments.name) > len(parts):
        raise OptionError(
            f"There are more --name options ({len(arguments.name)}) than commands ({len(parts)}).",
            slug="bad-option",
            advice="Give at most one --name per command.",
        )
    for name in arguments.name:
        if name != folder_name(name):
            raise OptionError(
                f"--name {name!r} cannot be used as a directory name.",
                slug="bad-option",
                advice="Use letters, digits and - _ . = @ +.",
            )
    if len(set(arguments.name)) < len(arguments.name):
        raise OptionError("Two --name are equal.", slug="bad-option", advice="Give each command a name of its own.")
    return named(parts, arguments.name)


def _alone(
    commands: "Sequence[Command]", logdir: Path, settings: "Settings", interrupts: "Interrupts", run_id: str
) -> "tuple[Outcome, ...]":
    """Run one command after the other until an interrupt."""
    outcomes: list[Outcome] = []
    for number, command in enumerate(commands):
        if not interrupts.count:
            of = [_of(run_id, number, alone=True)]
            outcomes += _recorded([command], logdir / "alone", settings, interrupts, of)
    return tuple(outcomes)


def _of(run_id: str, number: int, *, alone: bool) -> "Recorded":
    from tb_contention.capture.facts import Recorded

    return Recorded(run=run_id, command=number, alone=alone)


def _recorded(
    commands: "Sequence[Command]", place: Path, settings: "Settings", interrupts: "Interrupts", of: "list[Recorded]"
) -> "tuple[Outcome, ...]":
    from tb_contention.capture.runner import run_together

    _say(f"{place.name}: running {', '.join(c.name for c in commands)}; traces go to {place}")
    outcomes = run_together(commands, [place / command.name for command in commands], settings, interrupts, _say, of)
    for outcome in outcomes:
        _say_recorded(outcome)
    return outcomes


def _say_recorded(outcome: "Outcome") -> None:
    from tb_contention.capture.recording import NOT_RECORDED

    name, done = outcome.command.name, outcome.done
    if done is None:
        if outcome.code not in NOT_STARTED:
            _say(f"{name} recorded nothing: {_why_nothing(outcome)}.")
        return
    for directory in done.directories:
        _say(f"{name} recorded {directory}")
    problems = "; ".join(problem.removeprefix(NOT_RECORDED) for problem in done.problems)
    if not done.directories:
        _say(f"{name} recorded nothing: {problems or 'its profiler wrote no trace'}.")
    elif problems:
        _say(f"{name}: {problems}.")


def _why_nothing(outcome: "Outcome") -> str:
    if outcome.claimed:
        return "its process exited before the trace was written"
    if outcome.code:
        return f"it failed with exit code {outcome.code} before TensorFlow or JAX was imported; its own output says why"
    return (
        "it did not import TensorFlow or JAX, or did so where PYTHONPATH does not reach (python -I or -E, sudo, a container); "
        "in that case use tb_contention.profile in its code"
    )


def _say_next_step(logdir: str, outcomes: "Sequence[Outcome]") -> None:
    """Print the command that analyses the recordings, which finds those made alone by itself, or that there are none."""
    if any(map(_has_recorded, outcomes)):
        _say(f"analyse with: {shlex.join(['tb-contention', 'report', logdir])}")
    else:
        _say(f"nothing was recorded, so there is nothing new to analyse in {logdir}.")


def _has_recorded(outcome: "Outcome") -> bool:
    return outcome.done is not None and bool(outcome.done.directories)


def _say(message: str) -> None:
    print(f"tb-contention: {printable(message)}", file=sys.stderr, flush=True)
