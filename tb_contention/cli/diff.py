"""Compare captures from before and after a change: slowdown, step time, lost time, device time, memory.

BEFORE and AFTER are log directories. Each group of sessions is compared with the one that holds the same programs. To compare two groups or
two devices of one directory, give it twice, with --before-group and --after-group, or --before-device and --after-device. A figure is
called better or worse only if chance does not explain the difference.
"""

import argparse
import sys
from enum import Enum
from typing import TYPE_CHECKING

from tb_contention.cli.analysis import analyse_logdir
from tb_contention.cli.arguments import (
    LOGDIR_HELP,
    add_no_cache,
    add_output,
    add_selection,
    chosen_format,
    once,
    selection_of,
)
from tb_contention.cli.output import write_result
from tb_contention.cli.terminal import printable
from tb_contention.errors import LogdirError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tb_contention.compare.groups import PairedGroups
    from tb_contention.model.comparison import Comparison
    from tb_contention.model.report import DeviceReport, Report

NAME = "diff"


class Format(str, Enum):
    """How to print a comparison."""

    MARKDOWN = "markdown"
    JSON = "json"


_SUFFIXES = {".json": Format.JSON, ".md": Format.MARKDOWN, ".markdown": Format.MARKDOWN}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "before", metavar="BEFORE", help=f"{LOGDIR_HELP}; several, separated by commas, are taken as one"
    )
    parser.add_argument("after", metavar="AFTER", help="log directory to compare it with, or several; may be the same")
    for side in ("before", "after"):
        parser.add_argument(
            f"--{side}-device",
            metavar="ID",
            help="compare only this device, by its name or id in the report, by default with the most contended one on the other side",
        )
        parser.add_argument(
            f"--{side}-group", default="", metavar="ID",
            help="group of captures on that side, by its id from `tb-contention runs`; what else selects captures is about the other side",
        )  # fmt: skip
    parser.add_argument(
        "--pair",
        action="append",
        type=parse_pair,
        default=[],
        metavar="BEFORE=AFTER",
        help="treat two sessions, by id or name, as one program; default: pair sessions that match unambiguously",
    )
    add_output(parser, [f.value for f in Format], Format.MARKDOWN.value)
    add_selection(parser)
    add_no_cache(parser)


def parse_pair(word: str) -> tuple[str, str]:
    """Read `BEFORE=AFTER`."""
    before, equals, after = word.rpartition("=")
    if not equals or not before or not after:
        raise argparse.ArgumentTypeError(f"{word!r} is not BEFORE=AFTER; write it like trainer=trainer_with_mps")
    return before, after


def run(arguments: argparse.Namespace) -> int:
    """Print or write the comparison of all groups, or of the devices that are named."""
    chosen = chosen_format(arguments, _SUFFIXES, Format.MARKDOWN)
    pairs = once(arguments.pair, "--pair")
    before = _report(arguments.before, arguments, arguments.before_group)
    is_same = (arguments.after, arguments.after_group) == (arguments.before, arguments.before_group)
    after = before if is_same else _report(arguments.after, arguments, arguments.after_group)
    found, paired = compare_reports(before, after, pairs, arguments.before_device, arguments.after_device)
    if chosen is Format.JSON:
        from tb_contention.report.to_json import comparison_to_json as render
    else:
        from tb_contention.report.compare_text import to_markdown as render
    text = render(*found, before=arguments.before, after=arguments.after, gone=paired.gone, appeared=paired.appeared)
    write_result(arguments.output, text, force=arguments.force)
    return 0


def compare_reports(
    before: "Report",
    after: "Report",
    pairs: "Mapping[str, str]",
    before_device: str | None = None,
    after_device: str | None = None,
) -> "tuple[list[Comparison], PairedGroups]":
    """Compare all groups that hold the same programs, or else the devices that are named, or chosen and named on stderr."""
    from tb_contention.compare import compare
    from tb_contention.compare.groups import GroupPair, PairedGroups, pair_groups

    paired = PairedGroups(pairs=(), gone=(), appeared=())
    if before_device is None and after_device is None:
        paired = pair_groups(before, after, pairs)
    if not paired.pairs:
        first, second = choose_devices(before, after, before_device, after_device)
        paired = PairedGroups(pairs=(GroupPair(before=first, after=second, wanted=pairs),), gone=(), appeared=())
        for side, report, device, named in (
            ("before", before, first, before_device),
            ("after", after, second, after_device),
        ):
            if named is None and len(report.devices) > 1:
                _say_which(side, report, device)
    found = [compare(p.before, p.after, before.sessions, after.sessions, p.wanted) for p in paired.pairs]
    return found, paired


def _report(logdir: str, arguments: argparse.Namespace, group: str) -> "Report":
    from tb_contention.index import Selection

    select = Selection(group=group) if group else selection_of(arguments)
    report = analyse_logdir(logdir, select=select, use_cache=not arguments.no_cache).report
    if not report.devices:
        raise LogdirError(
            f"The captures in {logdir} contain no device work to compare.", slug="logdir-no-devices", file=logdir
        )
    return report


def choose_devices(
    before: "Report", after: "Report", before_id: str | None, after_id: str | None
) -> "tuple[DeviceReport, DeviceReport]":
    """Return the named devices; instead of one that is not named the most contended GPU, preferably the same one as on the other side."""
    first = _named(before, before_id, "--before-device")
    second = _named(after, after_id, "--after-device")
    if first is None:
        first = _first(before, second)
    return first, second or _first(after, first)


def _named(report: "Report", name: str | None, option: str) -> "DeviceReport | None":
    if name is None:
        return None
    from tb_contention.words.typed import devices_called, the_one

    chosen = the_one(option, name, devices_called(report.devices), "device", f"of {report.logdir}")
    return next(device for device in report.devices if device.id == chosen)


def _first(report: "Report", like: "DeviceReport | None") -> "DeviceReport":
    """Return the most contended GPU, else host; prefer groups on the same physical device as `like`."""
    devices = [d for d in report.devices if not d.group.device.device.is_host] or list(report.devices)
    same = [d for d in devices if like is not None and d.group.device.id == like.group.device.id]
    return (same or devices)[0]


def _say_which(side: str, report: "Report", device: "DeviceReport") -> None:
    """Report on stderr which device was chosen and which others exist."""
    from tb_contention.words.names import device_label
    from tb_contention.words.numbers import listing

    others = listing([device_label(d) for d in report.devices if d is not device])
    text = f"Comparing {device_label(device)} ({side}). Other devices for --{side}-device: {others}"
    print(printable(text), file=sys.stderr)
