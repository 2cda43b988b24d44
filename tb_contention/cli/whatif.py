"""Predict how the sessions of a GPU would run under another schedule: shifted, queued, MPS, time slices, capped, moved, memory limits.

Without options, the standard schedules are predicted. Every figure has a range; what the captures cannot answer is reported as unknown.
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
    once,
    selection_of,
)
from tb_contention.cli.output import write_result
from tb_contention.cli.parsing import parse_cap, parse_memory_limit, parse_shift
from tb_contention.cli.preferred import add_preferred, preferring
from tb_contention.cli.terminal import printable
from tb_contention.errors import LogdirError, OptionError

if TYPE_CHECKING:
    from tb_contention.model.report import DeviceReport, Report
    from tb_contention.units import SessionId
    from tb_contention.whatif import Question

NAME = "whatif"


class Format(str, Enum):
    """How to print predictions."""

    TEXT = "text"
    JSON = "json"


_POLICIES = ("mps", "time-slicing", "one-after-another")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser)
    parser.add_argument("--device", metavar="ID", help="device id from the report; default: the most contended GPU")
    parser.add_argument(
        "--shift",
        action="append",
        type=parse_shift,
        default=[],
        metavar="SESSION=DURATION",
        help="delay a session by DURATION, e.g. train=12ms; a negative one starts it earlier",
    )
    parser.add_argument(
        "--policy", action="append", choices=_POLICIES, default=[], help="share the GPU in this way instead"
    )
    parser.add_argument(
        "--cap",
        action="append",
        type=parse_cap,
        default=[],
        metavar="SESSION=PERCENT",
        help="cap a session's share of the SMs under MPS, e.g. train=40",
    )
    parser.add_argument("--move", action="append", default=[], metavar="SESSION", help="move a session to another GPU")
    parser.add_argument(
        "--memory-limit",
        action="append",
        type=parse_memory_limit,
        default=[],
        metavar="SESSION=SIZE",
        help="limit a session's allocator, e.g. train=12GiB; all limits together form one prediction",
    )
    add_preferred(parser)
    add_selection(parser)
    add_baseline(parser)
    add_output(parser, [f.value for f in Format], Format.TEXT.value)
    add_no_cache(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print or write the predictions of one device."""
    limits = once(arguments.memory_limit, "--memory-limit")
    baselines = once(arguments.baseline, "--baseline")
    analysis = analyse_logdir(
        arguments.logdir,
        baselines=baselines,
        find_baselines=not arguments.no_baseline,
        select=selection_of(arguments),
        use_cache=not arguments.no_cache,
    )
    report = preferring(analysis.report, arguments.preferred)
    device = choose_device(report, arguments.device, _named(arguments))
    asked = _questions(arguments, report, device, limits)
    if asked:
        from dataclasses import replace

        from tb_contention.whatif import predict

        device = replace(device, predictions=predict(device, analysis.aligned, asked))
    text = _rendered(report, device, arguments)
    if arguments.device is None:
        _say_which(report, device)
    write_result(arguments.output, text, force=arguments.force)
    return 0


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

    others = [device_label(d) for d in report.devices if d.id != device.id and d.cost.workloads]
    if others:
        text = f"Predicting for {device_label(device)}. Others for --device: {listing(others)}"
        print(printable(text), file=sys.stderr)


def _named(arguments: argparse.Namespace) -> tuple[str, ...]:
    """List the sessions that the options name."""
    pairs = (*arguments.shift, *arguments.cap, *arguments.memory_limit)
    return tuple(dict.fromkeys((*(session for session, _ in pairs), *arguments.move)))


def choose_device(report: "Report", wanted: str | None, sessions: Sequence[str] = ()) -> "DeviceReport":
    """Return the named device; by default the most contended GPU that several sessions shared, and that has the named ones."""
    from tb_contention.words.typed import called_in, devices_called, named, the_one

    shared = [d for d in report.devices if d.cost.workloads]
    if not shared:
        raise LogdirError(
            f"No GPU in {report.logdir} was used by several sessions at the same time.",
            slug="logdir-no-devices",
            advice="Predictions need captures of sessions that share a GPU, not of one session alone or of a host's CPU.",
        )
    if wanted is None:
        known = [(device, called_in(report, set(device.sessions))) for device in shared]
        having = (device for device, theirs in known if all(named(word, theirs) for word in sessions))
        return next(having, shared[0])
    chosen = the_one("--device", wanted, devices_called(shared), "GPU", "that several sessions used at the same time")
    return next(device for device in shared if device.id == chosen)


def _questions(
    arguments: argparse.Namespace, report: "Report", device: "DeviceReport", limits: dict[str, int]
) -> "tuple[Question, ...]":
    """Turn the options into questions, in the order of the help text."""
    from tb_contention.model.prediction import Schedule
    from tb_contention.whatif import Question

    asked = [
        Question(schedule=Schedule.SHIFTED, session=_session(report, device, name, "--shift"), value=by)
        for name, by in arguments.shift
    ]
    asked += [Question(schedule=Schedule(policy.replace("-", "_"))) for policy in dict.fromkeys(arguments.policy)]
    asked += [
        Question(schedule=Schedule.SM_CAP, session=_session(report, device, name, "--cap"), value=percent)
        for name, percent in arguments.cap
    ]
    asked += [
        Question(schedule=Schedule.MOVED, session=_session(report, device, name, "--move"))
        for name in dict.fromkeys(arguments.move)
    ]
    if limits:
        pairs = tuple((_holder(report, device, name), size) for name, size in limits.items())
        asked.append(Question(schedule=Schedule.MEMORY_LIMITS, limits=pairs))
    return tuple(asked)


def _session(report: "Report", device: "DeviceReport", name: str, option: str) -> "SessionId":
    """Find a session of the device by its id or a unique name."""
    return _found(report, name, option, list(device.sessions))


def _holder(report: "Report", device: "DeviceReport", name: str) -> "SessionId":
    """Find a process with an allocator on the device."""
    memory = device.memory
    holders = list(dict.fromkeys(a.session for a in memory.allocators)) if memory is not None else []
    if not holders:
        raise OptionError(
            "--memory-limit needs allocator events, and none were recorded for this device.",
            slug="bad-option",
            advice=device.memory_note,
        )
    return _found(report, name, "--memory-limit", holders)


def _found(report: "Report", name: str, option: str, among: "list[SessionId]") -> "SessionId":
    from tb_contention.words.typed import called_in, the_one

    return the_one(option, name, called_in(report, set(among)), where="of this device")
