"""Analyse a log directory and print the report as Markdown, JSON, HTML or CSV, or one device's sessions as a Perfetto trace.

The format is Markdown unless --format or the suffix of the output file says otherwise.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tb_contention.cli.analysis import analysed
from tb_contention.cli.output import (
    say_written,
    write_file,
    write_file_bytes,
    write_folder,
    write_stdout,
    write_stdout_bytes,
)
from tb_contention.cli.parsing import parse_baseline, parse_gpu, parse_shift
from tb_contention.cli.terminal import Progress
from tb_contention.errors import LogdirError, OptionError

if TYPE_CHECKING:
    from tb_contention.model.report import DeviceReport, Report
    from tb_contention.pipeline import Analysis

NAME = "report"
K = TypeVar("K")
V = TypeVar("V")


class Format(str, Enum):
    """How to print a report."""

    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    PERFETTO = "perfetto"


_SUFFIXES = {
    ".json": Format.JSON,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".csv": Format.CSV,
    ".pftrace": Format.PERFETTO,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("logdir", metavar="LOGDIR", help="TensorBoard log directory (local, or an fsspec URL)")
    parser.add_argument(
        "--format", choices=[f.value for f in Format], help="default: by the suffix of -o, else markdown"
    )
    parser.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="where to write, - for stdout; for csv a folder or NAME.csv"
    )
    parser.add_argument(
        "--device", metavar="ID", help="for perfetto: the device to write, as the report names it; default: its first"
    )
    parser.add_argument("--force", action="store_true", help="overwrite what is there")
    add_options(parser)
    add_baseline(parser)


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """Declare what slowdowns are measured against; `check` has it too."""
    parser.add_argument(
        "--baseline",
        action="append",
        type=parse_baseline,
        default=[],
        metavar="SESSION=RUN",
        help="RUN, or the directory of runs, holds the work of SESSION captured alone: its slowdown is measured against that",
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what says how to look at the captures; other commands have these too."""
    parser.add_argument(
        "--shift",
        action="append",
        type=parse_shift,
        default=[],
        metavar="SESSION=DURATION",
        help="move a session in time, as in train=12ms or train=-3us",
    )
    parser.add_argument(
        "--gpu",
        action="append",
        type=parse_gpu,
        default=[],
        metavar="SESSION:ORDINAL=NAME",
        help="say which physical GPU an ordinal of a session is; equal names are one GPU",
    )
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache of decoded traces")


def run(arguments: argparse.Namespace) -> int:
    """Print or write one report."""
    chosen = _format(arguments)
    _refuse_unfit(arguments, chosen)
    looked = analysed(
        arguments.logdir,
        shifts=once(arguments.shift, "--shift"),
        gpus=once(arguments.gpu, "--gpu"),
        baselines=once(arguments.baseline, "--baseline"),
        use_cache=not arguments.no_cache,
    )
    if chosen is Format.CSV:
        _write_csv(arguments, looked.report)
        return 0
    if chosen is Format.PERFETTO:
        _write_perfetto(arguments, looked)
        return 0
    text = _renderer(chosen)(looked.report)
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
            advice="Add --format json, html, markdown, csv or perfetto.",
        )
    return _SUFFIXES[suffix]


def _refuse_unfit(arguments: argparse.Namespace, chosen: Format) -> None:
    """Refuse, before the work, what cannot be done with this format."""
    if arguments.device is not None and chosen is not Format.PERFETTO:
        raise OptionError(
            "--device is for --format perfetto; the other formats hold all devices.",
            slug="bad-option",
            advice="Leave it out, or write NAME.pftrace.",
        )
    if chosen is Format.PERFETTO and arguments.output == "-" and sys.stdout.isatty():
        raise OptionError(
            "A Perfetto trace is no text for a terminal.", slug="bad-option", advice="Name a file: -o NAME.pftrace."
        )


def _renderer(chosen: Format) -> "Callable[[Report], str]":
    if chosen is Format.JSON:
        from tb_contention.report.to_json import to_json

        return to_json
    if chosen is Format.HTML:
        from tb_contention.report.to_html import to_html

        return to_html
    from tb_contention.report.to_markdown import to_markdown

    return to_markdown


def _write_csv(arguments: argparse.Namespace, report: "Report") -> None:
    from tb_contention.report.to_csv import to_csv, to_csv_files

    path = Path(arguments.output)
    if arguments.output == "-":
        write_stdout(to_csv(report))
        return
    if path.suffix.lower() == ".csv":
        write_file(path, to_csv(report), force=arguments.force)
    else:
        write_folder(path, to_csv_files(report), force=arguments.force)
    say_written(path)


def _write_perfetto(arguments: argparse.Namespace, looked: "Analysis") -> None:
    device = _device(looked.report, arguments.device)
    with Progress("Compiling (first run only)"):
        from tb_contention.report.to_perfetto import to_perfetto

    chunks = to_perfetto(looked.aligned, device)
    if arguments.output == "-":
        write_stdout_bytes(chunks)
        return
    write_file_bytes(Path(arguments.output), chunks, force=arguments.force)
    say_written(Path(arguments.output))


def _device(report: "Report", wanted: str | None) -> "DeviceReport":
    """Find a device by its id, or the first."""
    for device in report.devices:
        if wanted is None or device.id == wanted:
            return device
    if wanted is None:
        raise LogdirError(
            f"{report.logdir} holds no device to write.",
            slug="logdir-no-devices",
            advice="tb-contention runs LOGDIR tells what each capture holds.",
        )
    known = ", ".join(device.id for device in report.devices[:10]) or "none"
    raise OptionError(f"The report has no device {wanted!r}.", slug="bad-option", advice=f"Its devices: {known}.")


def once(pairs: Iterable[tuple[K, V]], option: str) -> dict[K, V]:
    """Make a mapping; naming a session twice with different values is a contradiction."""
    made: dict[K, V] = {}
    for key, value in pairs:
        if made.setdefault(key, value) != value:
            raise OptionError(f"{option} names {key!r} twice.", slug="bad-option", advice="Keep one of the two.")
    return made
