"""Predict how the sessions of a GPU would run under another schedule: shifted, queued, MPS, time slices, capped, moved, memory limits.

Without options, the standard schedules are predicted. Options that are given together form one schedule. Every figure has a range; what
the captures cannot answer, and changes that exclude each other, are reported as unknown with the reason.
"""

import argparse
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tb_contention.cli.analysis import analyse_logdir
from tb_contention.cli.arguments import (
    add_baseline,
    add_logdir,
    add_no_cache,
    add_output,
    add_selection,
    add_steps,
    once,
    selection_of,
)
from tb_contention.cli.output import write_result
from tb_contention.cli.parsing import parsing
from tb_contention.cli.preferred import add_preferred, preferring
from tb_contention.cli.terminal import printable
from tb_contention.errors import LogdirError
from tb_contention.model.asked import POLICIES, Change, Kind

if TYPE_CHECKING:
    from tb_contention.analysis import Analysis
    from tb_contention.model.report import DeviceReport, Report

NAME = "whatif"


class Format(str, Enum):
    """How to print predictions."""

    TEXT = "text"
    JSON = "json"


#: Options that change the schedule, in their order: form of the word, and what it does.
_CHANGES = {
    Kind.SHIFT: ("SESSION=DURATION", "delay a session by DURATION, e.g. train=12ms; a negative one starts it earlier"),
    Kind.POLICY: (None, "share the GPU in this way instead"),
    Kind.CAP: ("SESSION=PERCENT", "cap a session's share of the SMs under MPS, e.g. train=40"),
    Kind.PARTITION: (
        "SESSION=PERCENT",
        "give a session this share of the SMs to itself, as MIG and MPS partitions do; a session without one gets what is left",
    ),
    Kind.PRIORITY: ("SESSION", "let the kernels of a session go first where kernels run side by side"),
    Kind.MOVE: (
        "SESSION[=GPU]",
        "move a session to another GPU: an unused one, or one of the report, e.g. train=GPU 1",
    ),
    Kind.MEMORY_LIMIT: ("SESSION=SIZE", "limit a session's allocator, e.g. train=12GiB"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser)
    parser.add_argument("--device", metavar="ID", help="device id from the report; default: the most contended GPU")
    for kind, (form, does) in _CHANGES.items():
        words = {"choices": POLICIES} if kind is Kind.POLICY else {"type": parsing(kind), "metavar": form}
        parser.add_argument(f"--{kind.value}", action="append", default=[], help=does, **words)
    add_preferred(parser)
    add_selection(parser)
    add_steps(parser)
    add_baseline(parser)
    add_output(parser, [f.value for f in Format], Format.TEXT.value)
    add_no_cache(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print or write the predictions of one device."""
    baselines = once(arguments.baseline, "--baseline")
    changes = _changes(arguments)
    analysis = analyse_logdir(
        arguments.logdir,
        baselines=baselines,
        find_baselines=not arguments.no_baseline,
        select=selection_of(arguments),
        steps=arguments.steps,
        use_cache=not arguments.no_cache,
    )
    report = preferring(analysis.report, arguments.preferred)
    device = choose_device(report, arguments.device, tuple(c.who for c in changes if c.who))
    if changes:
        device = predicted(analysis, report, device, changes, "--")
    text = _rendered(report, device, arguments)
    if arguments.device is None:
        _say_which(report, device)
    write_result(arguments.output, text, force=arguments.force)
    return 0


def predicted(
    analysis: "Analysis", report: "Report", device: "DeviceReport", changes: Sequence[Change], mark: str = ""
) -> "DeviceReport":
    """Return a device with the prediction of one schedule alone; mark: what stands before the name of an option."""
    from dataclasses import replace

    from tb_contention.whatif import Question, predict
    from tb_contention.words.typed import plan_of

    asked = Question.of(plan_of(changes, report, device, mark))
    return replace(device, predictions=predict(device, analysis.aligned, (asked,), report.devices))


def _rendered(report: "Report", device: "DeviceReport", arguments: argparse.Namespace) -> str:
    as_json = Path(arguments.output).suffix.lower() == ".json" and arguments.output != "-"
    if arguments.format == Format.JSON.value or (arguments.format is None and as_json):
        from tb_contention.report.to_json import predictions_to_json

        return predictions_to_json(report, device)
    from tb_contention.report.whatif_text import to_text

    return to_text(report, device)


def _say_which(report: "Report", device: "DeviceReport") -> None:
    """Report on stderr which device was chosen, where there are others."""
    from tb_contention.words.names import device_label
    from tb_contention.words.numbers import listing

    others = [device_label(d) for d in report.devices if d.id != device.id and len(d.cost.workloads) > 1]
    if others:
        text = f"Predicting for {device_label(device)}. Others for --device: {listing(others)}"
        print(printable(text), file=sys.stderr)


def _changes(arguments: argparse.Namespace) -> tuple[Change, ...]:
    """Collect what the options change, in the order of the help text."""
    words = ((kind, getattr(arguments, kind.value.replace("-", "_"))) for kind in _CHANGES)
    return tuple(
        Change(kind=kind, what=word) if kind is Kind.POLICY else word for kind, found in words for word in found
    )


def choose_device(report: "Report", wanted: str | None, sessions: Sequence[str] = ()) -> "DeviceReport":
    """Return the named device; by default the most contended GPU that several sessions shared, and that has the named ones."""
    from tb_contention.words.typed import called_in, devices_called, named, the_one

    shared = [d for d in report.devices if len(d.cost.workloads) > 1]
    if not shared:
        raise LogdirError(
            f"No GPU in {report.logdir} was used by several sessions at the same time.",
            slug="logdir-no-devices",
            advice="Predictions need captures of sessions that share a GPU, not of one session alone or of a host's CPU.",
            file=report.logdir,
        )
    if wanted is None:
        known = [(device, called_in(report, set(device.sessions))) for device in shared]
        having = (device for device, theirs in known if all(named(word, theirs) for word in sessions))
        return next(having, shared[0])
    chosen = the_one("--device", wanted, devices_called(shared), "GPU", "that several sessions used at the same time")
    return next(device for device in shared if device.id == chosen)
