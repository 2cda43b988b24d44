"""Run commands together and record the same window of each with its framework's profiler, without a change to their code.

Each command stands after a `--` of its own; one that needs a `--` itself goes into `sh -c '...'`. The traces go to
`DIR/together/NAME`, with `--alone` also to `DIR/alone/NAME`, each with a `tb_contention.json` that states the GPU, the clocks and
the surroundings.

The window opens `--wait` after the last command has imported TensorFlow or opened JAX's devices, at the same moment for all. Of the
processes of a command the first that imports a framework records, or the next one where that ends before the window. Commands read
nothing from stdin; their stdout and stderr are left as they are. An interrupt stops the recordings, waits for their traces and is passed
on to the commands; a second one kills them.

A process has one profiler: a program must not start it itself while the window is open. Leave that part of the program out, or use
`tb_contention.manifest` in it instead of this command.

The exit code is that of the first command, in their order, that did not end with 0; those that ran alone come first. A command that signal
N ended counts 128 + N.
"""

import argparse
import shlex
import sys
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
    from tb_contention.capture.interrupts import Interrupts
    from tb_contention.capture.runner import Outcome

NAME = "run"
NOT_STARTED = (126, 127)
EXIT_CODES = (
    (0, "every command ended with 0, or was stopped by `--stop`"),
    (1, "DIR cannot be made; or the code of a command"),
    (2, "wrong usage; or the code of a command"),
    (126, "a command cannot be executed; the others ran"),
    (127, "a command is not there; the others ran"),
    (130, "interrupted (SIGINT); 143: terminated (SIGTERM)"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--logdir", required=True, metavar="DIR", help="where the traces go")
    parser.add_argument(
        "--name", action="append", default=[], metavar="NAME",
        help="name of a command, in the order of the commands; default: its script or program",
    )  # fmt: skip
    parser.add_argument("--alone", action="store_true", help="first run each command alone, and record it")
    parser.add_argument("--stop", action="store_true", help="end each command (SIGTERM) when its window is recorded")
    parser.add_argument(
        "--wait", type=_wait, default="5s", metavar="DURATION",
        help="from the last import of a framework to the window, for starting and compiling; default 5s",
    )  # fmt: skip
    parser.add_argument(
        "--duration", type=parse_limit, default="10s", metavar="DURATION", help="length of the window; default 10s"
    )
    parser.add_argument(
        "--timeout", type=parse_limit, default="2min", metavar="DURATION",
        help="the longest wait for all commands to import a framework; then the window is of those that have; default 2min",
    )  # fmt: skip
    parser.add_argument(
        "commands",
        nargs=argparse.REMAINDER,
        metavar="-- CMD",
        help="a command and its arguments; the next ones follow, each after a `--`",
    )


def _wait(word: str) -> int:
    nanoseconds = parse_duration(word)
    if nanoseconds < 0:
        raise argparse.ArgumentTypeError(f"{word!r} is below zero")
    return nanoseconds


def run(arguments: argparse.Namespace) -> int:
    """Run the commands, alone first where that is asked for, and say what was recorded and how to look at it."""
    from tb_contention.capture.coordinator import Settings
    from tb_contention.capture.interrupts import Interrupts

    refuse_windows(sys.platform)
    commands, logdir = _commands(arguments), make_logdir(arguments.logdir)
    settings = Settings(
        wait_ns=arguments.wait, duration_ns=arguments.duration, timeout_ns=arguments.timeout, stop=arguments.stop
    )
    with Interrupts() as interrupts:
        alone = _alone(commands, logdir, settings, interrupts) if arguments.alone else ()
        together = () if interrupts.count else _recorded(commands, logdir / "together", settings, interrupts)
    _say_what_next(arguments.logdir, alone, together)
    failed = next((outcome.code for outcome in (*alone, *together) if outcome.code), 0)
    return failed or (128 + interrupts.number if interrupts.number is not None else 0)


def refuse_windows(platform: str) -> None:
    """Refuse a system without process groups, where signals would end the wrong programs."""
    if platform == "win32":
        raise OptionError(
            "run works on Linux and macOS only.", slug="bad-option", advice="Use tb_contention.profile in each program."
        )


def _commands(arguments: argparse.Namespace) -> "tuple[Command, ...]":
    from tb_contention.capture.commands import named, split
    from tb_contention.capture.folders import folder_name

    parts = split(arguments.commands)
    if not parts:
        raise OptionError(
            "No command is given.", slug="bad-option", advice="Write each after --: run --logdir DIR -- python a.py"
        )
    if len(arguments.name) > len(parts):
        raise OptionError(
            f"There are {len(arguments.name)} names for {len(parts)} commands.",
            slug="bad-option",
            advice="Give one --name per command.",
        )
    for name in arguments.name:
        if name != folder_name(name):
            raise OptionError(
                f"{name!r} cannot be the name of a folder.",
                slug="bad-option",
                advice="Use letters, digits and - _ . = @ +.",
            )
    if len(set(arguments.name)) < len(arguments.name):
        raise OptionError("Two commands have the same name.", slug="bad-option", advice="Give each its own --name.")
    return named(parts, arguments.name)


def _alone(
    commands: "Sequence[Command]", logdir: Path, settings: "Settings", interrupts: "Interrupts"
) -> "tuple[Outcome, ...]":
    """Run one command after the other, until an interrupt."""
    outcomes: list[Outcome] = []
    for command in commands:
        if not interrupts.count:
            outcomes += _recorded([command], logdir / "alone", settings, interrupts)
    return tuple(outcomes)


def _recorded(
    commands: "Sequence[Command]", place: Path, settings: "Settings", interrupts: "Interrupts"
) -> "tuple[Outcome, ...]":
    from tb_contention.capture.runner import run_together

    _say(f"{place.name}: {', '.join(c.name for c in commands)} -> {place}")
    outcomes = run_together(commands, [place / command.name for command in commands], settings, interrupts, _say)
    for outcome in outcomes:
        _say_what_came(outcome)
    return outcomes


def _say_what_came(outcome: "Outcome") -> None:
    name, done = outcome.command.name, outcome.done
    if done is None:
        if outcome.code not in NOT_STARTED:
            _say(f"{name} recorded nothing: {_why_nothing(outcome)}.")
        return
    for directory in done.directories:
        _say(f"{name} recorded {directory}")
    told = "; ".join(done.problems)
    if not done.directories:
        _say(f"{name} recorded nothing: {told or 'its profiler left no trace'}.")
    elif told:
        _say(f"{name}: {told}.")


def _why_nothing(outcome: "Outcome") -> str:
    if outcome.claimed:
        return "its process ended before it could write the trace"
    return (
        "neither TensorFlow nor JAX was imported, or only where PYTHONPATH does not reach (python -I or -E, sudo, a container); "
        "use tb_contention.profile in its code"
    )


def _say_what_next(logdir: str, alone: "Sequence[Outcome]", together: "Sequence[Outcome]") -> None:
    """Print the command that analyses what was recorded, with the captures alone as baselines."""
    if not any(outcome.done is not None and outcome.done.directories for outcome in (*alone, *together)):
        return
    words = ["tb-contention", "report", logdir]
    ids = {outcome.command.name: _ids(logdir, outcome) for outcome in together}
    for outcome in alone:
        for session in ids.get(outcome.command.name, ())[:1]:
            words += [word for solo in _ids(logdir, outcome)[:1] for word in ("--baseline", f"{session}={solo}")]
    _say(f"look at it with: {shlex.join(words)}")


def _ids(logdir: str, outcome: "Outcome") -> list[str]:
    """Return the sessions that a command has left, as reports name them."""
    from tb_contention.xspace.discover import discover

    places = {Path(place) for place in (outcome.done.directories if outcome.done is not None else ())}
    return [file.id for file in discover(logdir).files if Path(file.path).absolute().parent in places]


def _say(message: str) -> None:
    print(f"tb-contention: {printable(message)}", file=sys.stderr, flush=True)
