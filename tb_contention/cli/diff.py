"""Compare two sets of runs, before and after: slowdown, step time, lost time, device time, memory.

BEFORE and AFTER are log directories, or one with a device of it on each side. A direction is claimed only where chance does not explain it.
"""

import argparse
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tb_contention.cli.analysis import analysed
from tb_contention.cli.output import say_written, write_file, write_stdout
from tb_contention.cli.report import once
from tb_contention.cli.terminal import printable
from tb_contention.errors import LogdirError, OptionError

if TYPE_CHECKING:
    from tb_contention.model.report import DeviceReport, Report

NAME = "diff"


class Format(str, Enum):
    """How to print a comparison."""

    MARKDOWN = "markdown"
    JSON = "json"


_SUFFIXES = {".json": Format.JSON, ".md": Format.MARKDOWN, ".markdown": Format.MARKDOWN}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("before", metavar="BEFORE", help="TensorBoard log directory (local, or an fsspec URL)")
    parser.add_argument("after", metavar="AFTER", help="another one, or the same")
    for side in ("before", "after"):
        parser.add_argument(
            f"--{side}-device",
            metavar="ID",
            help="id of a device in the report; default: the most contended GPU, on both sides the same one if there is such",
        )
    parser.add_argument(
        "--pair",
        action="append",
        type=parse_pair,
        default=[],
        metavar="BEFORE=AFTER",
        help="two sessions, by id or name, that are one program; others are paired by what is equal and unambiguous",
    )
    parser.add_argument(
        "--format", choices=[f.value for f in Format], help="default: by the suffix of -o, else markdown"
    )
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where to write, - for stdout")
    parser.add_argument("--force", action="store_true", help="overwrite what is there")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache of decoded traces")


def parse_pair(word: str) -> tuple[str, str]:
    """Read `BEFORE=AFTER`."""
    before, equals, after = word.rpartition("=")
    if not equals or not before or not after:
        raise argparse.ArgumentTypeError(f"{word!r} is not BEFORE=AFTER, like trainer=trainer_with_mps")
    return before, after


def run(arguments: argparse.Namespace) -> int:
    """Print or write one comparison."""
    chosen = _format(arguments)
    pairs = once(arguments.pair, "--pair")
    before = _report(arguments.before, arguments)
    after = before if arguments.after == arguments.before else _report(arguments.after, arguments)
    first, second = choose_devices(before, after, arguments.before_device, arguments.after_device)
    from tb_contention.compare import compare

    found = compare(first, second, before.sessions, after.sessions, pairs)
    if chosen is Format.JSON:
        from tb_contention.report.compare_json import to_json as render
    else:
        from tb_contention.report.compare_text import to_markdown as render
    text = render(found, before=arguments.before, after=arguments.after)
    for side, report, device, named in (
        ("before", before, first, arguments.before_device),
        ("after", after, second, arguments.after_device),
    ):
        if named is None and len(report.devices) > 1:
            _say_which(side, report, device)
    if arguments.output == "-":
        write_stdout(text)
        return 0
    write_file(Path(arguments.output), text, force=arguments.force)
    say_written(Path(arguments.output))
    return 0


def _format(arguments: argparse.Namespace) -> Format:
    if arguments.format is not None:
        return Format(arguments.format)
    if arguments.output == "-":
        return Format.MARKDOWN
    suffix = Path(arguments.output).suffix.lower()
    if suffix not in _SUFFIXES:
        raise OptionError(
            f"The name {arguments.output!r} does not tell the format.",
            slug="bad-option",
            advice="Add --format json or markdown.",
        )
    return _SUFFIXES[suffix]


def _report(logdir: str, arguments: argparse.Namespace) -> "Report":
    report = analysed(logdir, shifts={}, gpus={}, baselines={}, use_cache=not arguments.no_cache).report
    if not report.devices:
        raise LogdirError(f"The captures in {logdir} hold no work of any device to compare.", slug="logdir-no-devices")
    return report


def choose_devices(
    before: "Report", after: "Report", before_id: str | None, after_id: str | None
) -> "tuple[DeviceReport, DeviceReport]":
    """Take the devices that are named; else the first that is no host, on both sides the same physical one if there is such."""
    first = _named(before, before_id, "--before-device")
    second = _named(after, after_id, "--after-device")
    if first is None:
        first = _first(before, second)
    return first, second or _first(after, first)


def _named(report: "Report", name: str | None, option: str) -> "DeviceReport | None":
    if name is None:
        return None
    for device in report.devices:
        if device.id == name:
            return device
    known = [str(device.id) for device in report.devices]
    raise OptionError(f"{option} names {name!r}, which is not among {known}.", slug="bad-option")


def _first(report: "Report", like: "DeviceReport | None") -> "DeviceReport":
    """Return the most contended GPU, or host where there is none; of the physical device of `like` if there is one of it."""
    devices = [d for d in report.devices if not d.group.device.device.is_host] or list(report.devices)
    same = [d for d in devices if like is not None and d.group.device.id == like.group.device.id]
    return (same or devices)[0]


def _say_which(side: str, report: "Report", device: "DeviceReport") -> None:
    """Say on stderr which device was taken and what else there is."""
    others = ", ".join(str(d.id) for d in report.devices if d is not device)
    print(printable(f"Comparing {device.id} {side}; --{side}-device names another: {others}"), file=sys.stderr)
