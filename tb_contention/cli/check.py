"""Check captures against limits, for continuous integration: exit 0 if all hold, 3 if one is exceeded or cannot be judged.

A limit that the captures cannot answer never passes silently: it fails unless --unknown pass is given. A limit is exceeded if the estimate
exceeds it, and the line says when the limit lies inside the 90 % interval; with --confident it is exceeded only if the whole interval is.
A log directory that is too large to be analysed as a whole is refused unless a selection or --all says what to check.

LOGDIR may be a dataset of `batch`. Then each limit is judged for every job or GPU by the row that is worst for it; --since and --host
select. --baseline NAME with --max-worse compares with what --save-baseline NAME kept.

Options may stand in the table [tool.tb_contention.check] of a pyproject.toml, here or in a folder above; those on the command line win.
"""

import argparse
import sys
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tb_contention.cli.analysis import analyse_logdir
from tb_contention.cli.arguments import (
    add_alignment,
    add_baseline,
    add_logdir,
    add_muting,
    add_selection,
    add_steps,
    gpus_of,
    muting,
    once,
    selection_of,
)
from tb_contention.cli.config import Configurable
from tb_contention.cli.output import refuse_unfit, say_written, write_file, write_verdict
from tb_contention.cli.parsing import parse_headroom, parse_limit, parse_share, parse_slowdown, parse_step_limit
from tb_contention.cli.terminal import printable
from tb_contention.errors import OptionError

if TYPE_CHECKING:
    from tb_contention.model.gate import Gate, Limits

NAME = "check"
#: Exit code of a failed check; 1 is an error and 2 wrong usage.
OVER = 3
#: Stands for all sessions beside the names of single ones.
EVERY_SESSION = "every session"
EXIT_CODES = (
    (0, "all limits hold"),
    (OVER, "a limit is exceeded, or cannot be judged and `--unknown` is `fail`"),
)


class Format(str, Enum):
    """How to print the results."""

    TEXT = "text"
    JSON = "json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser, is_optional=True)
    _add_limits(parser)
    parser.add_argument(
        "--unknown",
        choices=("fail", "pass"),
        default="fail",
        help="what to do with a limit that the captures cannot answer (default fail)",
    )
    parser.add_argument(
        "--confident",
        action="store_true",
        help="fail only if the whole 90 %% interval exceeds the limit; default: if the estimate does",
    )
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="ID",
        help="check only this device, by its id in the report; without #N: every group of sessions on it",
    )
    parser.add_argument(
        "--session",
        action="append",
        default=[],
        metavar="SESSION",
        help="check only this session (id, name or last part of the name) and its devices",
    )
    parser.add_argument(
        "--save-baseline", metavar="NAME",
        help="of a dataset: if all limits hold, or none is given, keep what its jobs lost under this name, beside its tables",
    )  # fmt: skip
    parser.add_argument("--junit", metavar="FILE", help="also write the results as JUnit XML")
    parser.add_argument("--force", action="store_true", help="overwrite an existing FILE or baseline")
    parser.add_argument(
        "--format", choices=[f.value for f in Format], default=Format.TEXT.value, help="output format (default text)"
    )
    add_selection(parser, everything="check everything, however large the directory is")
    add_alignment(parser)
    add_steps(parser)
    add_baseline(parser)
    add_muting(parser)
    parser.set_defaults(configurable=Configurable.of(NAME, parser))


def _add_limits(parser: argparse.ArgumentParser) -> None:
    """Declare the limits."""
    limits = parser.add_argument_group(
        "limits", "Give at least one; each is checked for every device or session it applies to"
    )
    limits.add_argument(
        "--max-slowdown", type=parse_slowdown, metavar="RATIO", help="step period together / alone, e.g. 1.2"
    )
    limits.add_argument(
        "--max-latency-slowdown",
        type=parse_slowdown,
        metavar="RATIO",
        help="request time together / alone, of sessions whose steps begin with requests, e.g. 2",
    )
    limits.add_argument(
        "--max-contended",
        type=parse_share,
        metavar="PERCENT",
        help="share of the window in which two or more sessions are at work, e.g. 30%%",
    )
    limits.add_argument(
        "--min-headroom",
        type=parse_headroom,
        metavar="SIZE",
        help="memory left at the combined peak, e.g. 2GiB, or 10%% of the device memory",
    )
    limits.add_argument(
        "--max-lost", type=parse_share, metavar="PERCENT", help="share of the window lost to other sessions, e.g. 5%%"
    )
    limits.add_argument(
        "--max-worse", type=parse_share, metavar="PERCENT",
        help="of a dataset: how much longer the work of a job may take than in --baseline NAME, e.g. 5%%",
    )  # fmt: skip
    limits.add_argument(
        "--max-step",
        type=parse_step_limit,
        action="append",
        default=[],
        metavar="[SESSION=]DURATION",
        help="median step period of all sessions or of one, e.g. 12ms or trainer=12ms; may be repeated",
    )
    limits.add_argument(
        "--max-clock-error", type=parse_limit, metavar="DURATION", help="error bound of a session's clock, e.g. 1ms"
    )
    limits.add_argument(
        "--min-evidence", choices=("A", "B", "C", "D"), help="weakest evidence accepted for a slowdown; A is strongest"
    )
    limits.add_argument("--fail-on", choices=("warning", "critical"), help="fail on findings of this severity or worse")
    limits.add_argument("--no-problems", action="store_true", help="fail on damaged, incomplete or unreadable captures")


def run(arguments: argparse.Namespace) -> int:
    """Check the limits, print the results, and return 0 or 3."""
    arguments = arguments.configurable.completed(arguments)
    if arguments.config_file is not None:
        print(printable(f"Options of {arguments.config_file} apply."), file=sys.stderr)
    if arguments.logdir is None:
        raise OptionError(
            "No log directory is given.",
            slug="bad-option",
            advice="Name one, or set logdir in [tool.tb_contention.check].",
        )
    from tb_contention.dataset.gate import is_dataset

    of_dataset = is_dataset(arguments.logdir)
    limits = limits_of(arguments, may_be_none=of_dataset and arguments.save_baseline is not None)
    if arguments.junit == "-":
        raise OptionError(
            "--junit cannot write to stdout, which carries the results.", slug="bad-option", advice="Name a file."
        )
    if arguments.junit is not None:
        refuse_unfit(Path(arguments.junit), force=arguments.force)
    found = _of_dataset(arguments, limits) if of_dataset else _of_logdir(arguments, limits)
    if arguments.junit is not None:
        _write_junit(found, arguments)
    _print(found, arguments)
    return 0 if found.passed else OVER


def _of_dataset(arguments: argparse.Namespace, limits: "Limits") -> "Gate":
    """Judge a dataset, and keep a baseline where all limits hold."""
    given = ("group", "runs", "latest", "gpu", "shift", "no_baseline", "mute")
    for name in given:
        if getattr(arguments, name):
            option = "run" if name == "runs" else name.replace("_", "-")
            raise OptionError(
                f"--{option} does not apply to a dataset.", slug="bad-option", advice="Select with --since and --host."
            )
    from tb_contention.dataset.gate import Scope, judge_dataset, save_baseline

    names = [name for session, name in arguments.baseline if session == "*"]
    if len(names) != len(arguments.baseline) or len(names) > 1:
        raise OptionError("--baseline takes one NAME of a dataset's baselines.", slug="bad-option")
    scope = Scope(since_ns=arguments.since, hosts=tuple(arguments.host))
    found = judge_dataset(arguments.logdir, limits, scope, baseline=names[0] if names else "")
    if arguments.save_baseline is not None and found.passed:
        save_baseline(arguments.logdir, arguments.save_baseline, scope, force=arguments.force)
        print(printable(f"Saved the baseline {arguments.save_baseline}"), file=sys.stderr)
    return found


def _of_logdir(arguments: argparse.Namespace, limits: "Limits") -> "Gate":
    """Analyse a log directory, and judge the report."""
    for option in ("max_worse", "save_baseline"):
        if getattr(arguments, option) is not None:
            raise OptionError(
                f"--{option.replace('_', '-')} needs a dataset.",
                slug="bad-option",
                advice="Write one with tb-contention batch LOGDIR -o DATASET.",
            )
    analysis = analyse_logdir(
        arguments.logdir,
        shifts=once(arguments.shift, "--shift"),
        gpus=gpus_of(arguments),
        baselines=once(arguments.baseline, "--baseline"),
        find_baselines=not arguments.no_baseline,
        select=replace(selection_of(arguments), is_gate=True),
        steps=arguments.steps,
        use_cache=not arguments.no_cache,
    )
    from tb_contention.gate import judge

    return judge(muting(analysis.report, arguments), limits)


def limits_of(arguments: argparse.Namespace, *, may_be_none: bool = False) -> "Limits":
    """Build the limits from the options; raise OptionError if there are none, since such a check could never fail."""
    from tb_contention.model.contention import Evidence
    from tb_contention.model.findings import Severity
    from tb_contention.model.gate import Limits
    from tb_contention.units import Bytes, Nanoseconds

    steps = once(((s or EVERY_SESSION, d) for s, d in arguments.max_step), "--max-step")
    headroom, error = arguments.min_headroom, arguments.max_clock_error
    general = steps.pop(EVERY_SESSION, None)
    made = Limits(
        max_slowdown=arguments.max_slowdown,
        max_latency_slowdown=arguments.max_latency_slowdown,
        max_contended=arguments.max_contended,
        min_headroom_share=headroom if isinstance(headroom, float) else None,
        min_headroom_bytes=Bytes(headroom) if isinstance(headroom, int) else None,
        max_lost=arguments.max_lost,
        max_worse=arguments.max_worse,
        max_step=None if general is None else Nanoseconds(general),
        max_step_of=tuple((session, Nanoseconds(length)) for session, length in steps.items()),
        max_clock_error=None if error is None else Nanoseconds(error),
        min_evidence=None if arguments.min_evidence is None else Evidence(arguments.min_evidence),
        fail_on=None if arguments.fail_on is None else Severity(arguments.fail_on),
        no_problems=arguments.no_problems,
    )
    if made == Limits() and not may_be_none:
        raise OptionError(
            "No limit is given, so the check could never fail.",
            slug="bad-option",
            advice="Add one, e.g. --max-slowdown 1.2.",
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
        from tb_contention.report.to_json import gate_to_json

        write_verdict(gate_to_json(found, logdir=arguments.logdir))
        return
    from tb_contention.report.gate_text import to_text

    write_verdict(printable(to_text(found)))
