"""Hold a log directory to limits, for continuous integration: exit 0 within them, 3 over one or where one is not known.

A limit on what the captures do not tell never passes silently: it is `not known`, which fails unless --unknown pass lets it through. A
figure is over its limit when the estimate is, and the line says so when the limit lies inside the interval; with --confident it is over
only when the whole 90 % interval is.
"""

import argparse
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tb_contention.cli.analysis import analysed
from tb_contention.cli.output import refuse_unfit, say_written, write_file, write_verdict
from tb_contention.cli.parsing import (
    parse_headroom,
    parse_limit,
    parse_share,
    parse_slowdown,
    parse_step_limit,
)
from tb_contention.cli.report import add_baseline, add_options, once
from tb_contention.cli.terminal import printable
from tb_contention.errors import OptionError

if TYPE_CHECKING:
    from tb_contention.model.gate import Gate, Limits

NAME = "check"
#: Exit code for a gate that stays shut; 1 is an error and 2 wrong usage.
OVER = 3
#: Stands for all sessions beside the names of single ones.
EVERY_SESSION = "every session"
EXIT_CODES = (
    (0, "all within the limits"),
    (OVER, "over a limit, or one that is not known and not let through"),
)


class Format(str, Enum):
    """How to print the verdicts."""

    TEXT = "text"
    JSON = "json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("logdir", metavar="LOGDIR", help="TensorBoard log directory (local, or an fsspec URL)")
    _add_limits(parser)
    parser.add_argument(
        "--unknown",
        choices=("fail", "pass"),
        default="fail",
        help="what to do with a limit on something that the captures do not tell (default fail)",
    )
    parser.add_argument(
        "--confident",
        action="store_true",
        help="over only where the whole 90 %% interval is over; default: where the estimate is",
    )
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="ID",
        help="judge this device only, as the report names it; without its #N: all groups of sessions on it",
    )
    parser.add_argument(
        "--session",
        action="append",
        default=[],
        metavar="SESSION",
        help="judge this session only, by id, name or last part of its name, and the devices that it is on",
    )
    parser.add_argument("--junit", metavar="FILE", help="write the verdicts as JUnit XML too")
    parser.add_argument("--force", action="store_true", help="overwrite FILE")
    parser.add_argument(
        "--format", choices=[f.value for f in Format], default=Format.TEXT.value, help="of stdout (default text)"
    )
    add_options(parser)
    add_baseline(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    """Declare the limits."""
    limits = parser.add_argument_group(
        "limits", "at least one; each is judged for every device or session that it applies to"
    )
    limits.add_argument(
        "--max-slowdown", type=parse_slowdown, metavar="RATIO", help="step period together / alone, as in 1.2"
    )
    limits.add_argument(
        "--max-contended", type=parse_share, metavar="SHARE", help="of the window with two or more at work, as in 30%%"
    )
    limits.add_argument(
        "--min-headroom",
        type=parse_headroom,
        metavar="AMOUNT",
        help="memory left at the combined peak: 2GiB, or 10%% of the device's",
    )
    limits.add_argument("--max-lost", type=parse_share, metavar="SHARE", help="of the window lost to others, as in 5%%")
    limits.add_argument(
        "--max-step",
        type=parse_step_limit,
        action="append",
        default=[],
        metavar="[SESSION=]DURATION",
        help="median step period, of all sessions or of one: 12ms, trainer=12ms; may be repeated",
    )
    limits.add_argument(
        "--max-clock-error", type=parse_limit, metavar="DURATION", help="bound on a session's clock error, as in 1ms"
    )
    limits.add_argument(
        "--min-evidence", choices=("A", "B", "C", "D"), help="what slowdowns have to rest on, A is best"
    )
    limits.add_argument("--fail-on", choices=("warning", "critical"), help="findings of this severity or a worse one")
    limits.add_argument(
        "--no-problems", action="store_true", help="no captures that are damaged, incomplete or unreadable"
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge, print, and return 0 or 3."""
    limits = limits_of(arguments)
    if arguments.junit == "-":
        raise OptionError("stdout holds the verdicts.", slug="bad-option", advice="Name a file with --junit.")
    if arguments.junit is not None:
        refuse_unfit(Path(arguments.junit), force=arguments.force)
    looked = analysed(
        arguments.logdir,
        shifts=once(arguments.shift, "--shift"),
        gpus=once(arguments.gpu, "--gpu"),
        baselines=once(arguments.baseline, "--baseline"),
        use_cache=not arguments.no_cache,
    )
    from tb_contention.gate import judge

    found = judge(looked.report, limits)
    if arguments.junit is not None:
        _write_junit(found, arguments)
    _print(found, arguments)
    return 0 if found.passed else OVER


def limits_of(arguments: argparse.Namespace) -> "Limits":
    """Make limits of what was asked for; OptionError for none, since a gate without limits would always be open."""
    from tb_contention.model.contention import Evidence
    from tb_contention.model.findings import Severity
    from tb_contention.model.gate import Limits
    from tb_contention.units import Bytes, Nanoseconds

    steps = once(((s or EVERY_SESSION, d) for s, d in arguments.max_step), "--max-step")
    headroom, error = arguments.min_headroom, arguments.max_clock_error
    general = steps.pop(EVERY_SESSION, None)
    made = Limits(
        max_slowdown=arguments.max_slowdown,
        max_contended=arguments.max_contended,
        min_headroom_share=headroom if isinstance(headroom, float) else None,
        min_headroom_bytes=Bytes(headroom) if isinstance(headroom, int) else None,
        max_lost=arguments.max_lost,
        max_step=None if general is None else Nanoseconds(general),
        max_step_of=tuple((session, Nanoseconds(length)) for session, length in steps.items()),
        max_clock_error=None if error is None else Nanoseconds(error),
        min_evidence=None if arguments.min_evidence is None else Evidence(arguments.min_evidence),
        fail_on=None if arguments.fail_on is None else Severity(arguments.fail_on),
        no_problems=arguments.no_problems,
    )
    if made == Limits():
        raise OptionError(
            "No limit is given, so nothing could fail.",
            slug="bad-option",
            advice="Add one, such as --max-slowdown 1.2.",
        )
    return replace(
        made,
        confident=arguments.confident,
        unknown_passes=arguments.unknown == "pass",
        devices=tuple(arguments.device),
        sessions=tuple(arguments.session),
    )


def _write_junit(found: "Gate", arguments: argparse.Namespace) -> None:
    from tb_contention.report.to_junit import to_junit

    path = Path(arguments.junit)
    write_file(path, to_junit(found, logdir=arguments.logdir), force=arguments.force)
    say_written(path)


def _print(found: "Gate", arguments: argparse.Namespace) -> None:
    if Format(arguments.format) is Format.JSON:
        from tb_contention.report.gate_json import to_json

        write_verdict(to_json(found, logdir=arguments.logdir))
        return
    from tb_contention.report.gate_text import to_text

    write_verdict(printable(to_text(found)))
