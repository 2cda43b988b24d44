"""Predict what the sessions of a GPU would see another way: shifted, queued, under MPS, in turns, capped, moved, with memory limits.

Without a question all standard ones are predicted. Every figure has a range; what the captures do not tell is said to be unknown.
"""

import argparse
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tb_contention.cli.analysis import analysed
from tb_contention.cli.output import say_written, write_file, write_stdout
from tb_contention.cli.parsing import parse_cap, parse_memory_limit, parse_shift
from tb_contention.cli.report import add_baseline, once
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
    parser.add_argument("logdir", metavar="LOGDIR", help="TensorBoard log directory (local, or an fsspec URL)")
    parser.add_argument("--device", metavar="ID", help="id of a device in the report; default: the most contended GPU")
    parser.add_argument(
        "--shift",
        action="append",
        type=parse_shift,
        default=[],
        metavar="SESSION=DURATION",
        help="start a session so much later, as in train=12ms; negative: earlier",
    )
    parser.add_argument(
        "--policy", action="append", choices=_POLICIES, default=[], help="share the GPU this way instead"
    )
    parser.add_argument(
        "--cap",
        action="append",
        type=parse_cap,
        default=[],
        metavar="SESSION=PERCENT",
        help="give a session at most so much of the multiprocessors, under MPS",
    )
    parser.add_argument("--move", action="append", default=[], metavar="SESSION", help="move a session to another GPU")
    parser.add_argument(
        "--memory-limit",
        action="append",
        type=parse_memory_limit,
        default=[],
        metavar="SESSION=GiB",
        help="limit a session's allocator; those given together are one prediction",
    )
    add_baseline(parser)
    parser.add_argument("--format", choices=[f.value for f in Format], help="default: by the suffix of -o, else text")
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where to write, - for stdout")
    parser.add_argument("--force", action="store_true", help="overwrite what is there")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache of decoded traces")


def run(arguments: argparse.Namespace) -> int:
    """Print or write the predictions of one device."""
    limits = once(arguments.memory_limit, "--memory-limit")
    looked = analysed(
        arguments.logdir,
        shifts={},
        gpus={},
        baselines=once(arguments.baseline, "--baseline"),
        use_cache=not arguments.no_cache,
    )
    report = looked.report
    device = choose_device(report, arguments.device)
    asked = _questions(arguments, report, device, limits)
    if asked:
        from dataclasses import replace

        from tb_contention.whatif import predict

        device = replace(device, predictions=predict(device, looked.aligned, asked))
    text = _rendered(report, device, arguments)
    if arguments.device is None and len(report.devices) > 1:
        others = ", ".join(str(d.id) for d in report.devices if d.id != device.id)
        print(printable(f"Predicting for {device.id}; --device names another: {others}"), file=sys.stderr)
    if arguments.output == "-":
        write_stdout(text)
        return 0
    write_file(Path(arguments.output), text, force=arguments.force)
    say_written(Path(arguments.output))
    return 0


def _rendered(report: "Report", device: "DeviceReport", arguments: argparse.Namespace) -> str:
    as_json = Path(arguments.output).suffix.lower() == ".json" and arguments.output != "-"
    if arguments.format == Format.JSON.value or (arguments.format is None and as_json):
        from tb_contention.report.whatif_json import to_json

        return to_json(report, device)
    from tb_contention.report.whatif_text import to_text

    return to_text(report, device)


def choose_device(report: "Report", wanted: str | None) -> "DeviceReport":
    """Take the device that is named, else the most contended GPU on which several sessions ran."""
    shared = [d for d in report.devices if d.cost.workloads]
    if wanted is None:
        if not shared:
            raise LogdirError(
                f"The captures in {report.logdir} hold no GPU that several sessions used at the same time.",
                slug="logdir-no-devices",
                advice="Nothing can be predicted for a session alone, or for a host's processor.",
            )
        return shared[0]
    for device in report.devices:
        if device.id == wanted and device.cost.workloads:
            return device
    known = ", ".join(device.id for device in shared[:10]) or "none"
    raise OptionError(
        f"The report has no GPU {wanted!r} that several sessions used at the same time.",
        slug="bad-option",
        advice=f"Those that have: {known}.",
    )


def _questions(
    arguments: argparse.Namespace, report: "Report", device: "DeviceReport", limits: dict[str, int]
) -> "tuple[Question, ...]":
    """Turn arguments into questions, in the order of the options in the help text."""
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
    """Find a session of the device by id, or by a name that is unique."""
    return _found(report, name, option, list(device.sessions))


def _holder(report: "Report", device: "DeviceReport", name: str) -> "SessionId":
    """Find a process that has an allocator on the device."""
    memory = device.memory
    holders = list(dict.fromkeys(a.session for a in memory.allocators)) if memory is not None else []
    if not holders:
        raise OptionError(
            "--memory-limit needs allocator events, and none of this device were recorded.",
            slug="bad-option",
            advice=device.memory_note,
        )
    return _found(report, name, "--memory-limit", holders)


def _found(report: "Report", name: str, option: str, among: "list[SessionId]") -> "SessionId":
    matches = [s for s in among if s == name] or [s for s in among if report.session(s).name == name]
    if len(matches) == 1:
        return matches[0]
    what = "several sessions" if matches else "no session"
    raise OptionError(
        f"{option} names {name!r}, which is {what} of this device; there are: {', '.join(among)}.", slug="bad-option"
    )
