"""Analyse a log directory and write a report as Markdown, JSON, HTML, CSV or OpenMetrics, or one device as a Perfetto trace.

The format is that of --format, else that of the suffix, else Markdown. perfetto-archive adds the original files that Perfetto reads.
"""

import argparse
import sys
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tb_contention.cli.analysis import analyse_logdir
from tb_contention.cli.arguments import (
    add_alignment,
    add_baseline,
    add_logdir,
    add_muting,
    add_output,
    add_selection,
    add_steps,
    chosen_format,
    gpus_of,
    muting,
    once,
    selection_of,
)
from tb_contention.cli.output import say_written, write_file_bytes, write_folder, write_result, write_stdout_bytes
from tb_contention.cli.preferred import add_preferred, preferring
from tb_contention.cli.terminal import Progress, printable
from tb_contention.errors import LogdirError, OptionError

if TYPE_CHECKING:
    from tb_contention.analysis import Analysis
    from tb_contention.model.capture import CaptureFile
    from tb_contention.model.report import DeviceReport, Report

NAME = "report"


class Format(str, Enum):
    """How to print a report."""

    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    PERFETTO = "perfetto"
    PERFETTO_ARCHIVE = "perfetto-archive"
    OPENMETRICS = "openmetrics"


_SUFFIXES = {
    ".json": Format.JSON,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".csv": Format.CSV,
    ".pftrace": Format.PERFETTO,
    ".tar": Format.PERFETTO_ARCHIVE,
    ".prom": Format.OPENMETRICS,
}
_OF_A_DEVICE = (Format.PERFETTO, Format.PERFETTO_ARCHIVE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser)
    formats = [f.value for f in Format]
    add_output(parser, formats, Format.MARKDOWN.value, also="; for csv a directory or NAME.csv")
    parser.add_argument(
        "--device",
        metavar="ID",
        help="device id from the report, for perfetto and perfetto-archive; default: the first device",
    )
    add_preferred(parser)
    add_selection(parser, everything="analyse everything, however large the directory is")
    add_alignment(parser)
    add_steps(parser)
    add_baseline(parser)
    add_muting(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print or write one report."""
    chosen = chosen_format(arguments, _SUFFIXES, Format.MARKDOWN)
    _refuse_unfit(arguments, chosen)
    analysis = analyse_logdir(
        arguments.logdir,
        shifts=once(arguments.shift, "--shift"),
        gpus=gpus_of(arguments),
        baselines=once(arguments.baseline, "--baseline"),
        find_baselines=not arguments.no_baseline,
        select=selection_of(arguments),
        steps=arguments.steps,
        use_cache=not arguments.no_cache,
    )
    report = muting(preferring(analysis.report, arguments.preferred), arguments)
    if chosen is Format.CSV:
        _write_csv(arguments, report)
        return 0
    if chosen in _OF_A_DEVICE:
        _write_perfetto(arguments, analysis, with_originals=chosen is Format.PERFETTO_ARCHIVE)
        return 0
    write_result(arguments.output, _renderer(chosen)(report), force=arguments.force)
    return 0


def _refuse_unfit(arguments: argparse.Namespace, chosen: Format) -> None:
    """Raise OptionError, before the work, for options that do not fit the format."""
    if arguments.device is not None and chosen not in _OF_A_DEVICE:
        raise OptionError(
            "--device applies to --format perfetto and perfetto-archive only; the other formats contain all devices.",
            slug="bad-option",
            advice="Leave it out, or write to NAME.pftrace.",
        )
    if chosen in _OF_A_DEVICE and arguments.output == "-" and sys.stdout is not None and sys.stdout.isatty():
        raise OptionError(
            "A Perfetto trace is binary and cannot be shown in a terminal.",
            slug="bad-option",
            advice="Name a file with -o NAME.pftrace.",
        )


def _renderer(chosen: Format) -> "Callable[[Report], str]":
    if chosen is Format.JSON:
        from tb_contention.report.to_json import to_json

        return to_json
    if chosen is Format.HTML:
        from tb_contention.report.to_html import to_html

        return to_html
    if chosen is Format.OPENMETRICS:
        from tb_contention.report.to_openmetrics import to_openmetrics

        return to_openmetrics
    from tb_contention.report.to_markdown import to_markdown

    return to_markdown


def _write_csv(arguments: argparse.Namespace, report: "Report") -> None:
    from tb_contention.report.to_csv import to_csv, to_csv_files

    path = Path(arguments.output)
    if arguments.output == "-" or path.suffix.lower() == ".csv":
        write_result(arguments.output, to_csv(report), force=arguments.force)
        return
    write_folder(path, to_csv_files(report), force=arguments.force)
    say_written(path)


def _write_perfetto(arguments: argparse.Namespace, analysis: "Analysis", *, with_originals: bool) -> None:
    device = _device(analysis.report, arguments.device)
    with Progress("Compiling (first run only)"):
        from tb_contention.report.perfetto_archive import PerfettoArchive
        from tb_contention.report.to_perfetto import to_perfetto

    archive = PerfettoArchive(analysis.aligned, device, _files(arguments.logdir)) if with_originals else None
    if archive is not None and not archive.originals:
        raise LogdirError(
            f"Perfetto reads none of the original files of {device.id}, so an archive would hold the aligned trace alone.",
            slug="logdir-nothing-to-archive",
            advice="Write the trace itself: -o NAME.pftrace.",
            file=analysis.report.logdir,
        )
    chunks = archive.chunks() if archive is not None else to_perfetto(analysis.aligned, device)
    if arguments.output == "-":
        write_stdout_bytes(chunks)
    else:
        write_file_bytes(Path(arguments.output), chunks, force=arguments.force)
        say_written(Path(arguments.output))
    for sentence in archive.left_out if archive is not None else ():
        print(printable(sentence), file=sys.stderr)


def _files(logdir: str) -> "dict[str, CaptureFile]":
    """Return the files of a log directory by their paths below it."""
    from tb_contention.recorders.discover import discover

    return {file.relative: file for file in discover(logdir).files}


def _device(report: "Report", wanted: str | None) -> "DeviceReport":
    """Return the device that a word names; by default the first."""
    if not report.devices:
        raise LogdirError(
            f"The captures in {report.logdir} contain no device.",
            slug="logdir-no-devices",
            advice="Run tb-contention runs LOGDIR to see what each capture contains.",
            file=report.logdir,
        )
    if wanted is None:
        return report.devices[0]
    from tb_contention.words.typed import devices_called, the_one

    chosen = the_one("--device", wanted, devices_called(report.devices), "device")
    return next(device for device in report.devices if device.id == chosen)
