"""Sum up a dataset of `batch` on one HTML page: who lost how much time where, to whom, since when, and what would have helped.

--format openmetrics prints the sums for a monitoring system.
"""

import argparse
import os
from enum import Enum
from pathlib import Path
from urllib.parse import quote

from tb_contention.cli.arguments import add_output, chosen_format
from tb_contention.cli.output import write_result
from tb_contention.cli.terminal import Progress

NAME = "fleet"


class Format(str, Enum):
    """How to print the sums."""

    HTML = "html"
    OPENMETRICS = "openmetrics"


_SUFFIXES = {".html": Format.HTML, ".htm": Format.HTML, ".prom": Format.OPENMETRICS}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "dataset", metavar="DATASET", help="dataset that `tb-contention batch` wrote: a directory or fsspec URL"
    )
    add_output(parser, [each.value for each in Format], Format.HTML.value)


def _from(arguments: argparse.Namespace) -> str:
    """Return the address of the dataset as seen from the page."""
    place = arguments.dataset
    if "://" in place:
        return str(place)
    whole = Path(place).expanduser().resolve()
    if arguments.output == "-":
        return whole.as_uri()
    try:
        return quote(Path(os.path.relpath(whole, Path(arguments.output).resolve().parent)).as_posix())
    except ValueError:  # on another drive
        return whole.as_uri()


def run(arguments: argparse.Namespace) -> int:
    """Print or write the page or the metrics."""
    chosen = chosen_format(arguments, _SUFFIXES, Format.HTML)
    with Progress("Reading the dataset"):
        from tb_contention.dataset.fleet import read_fleet
        from tb_contention.report.fleet_html import Addresses, to_html
        from tb_contention.report.to_openmetrics import fleet_to_openmetrics

        found = read_fleet(arguments.dataset)
        at = _from(arguments)
        page = (
            fleet_to_openmetrics(found)
            if chosen is Format.OPENMETRICS
            else to_html(found, addresses=Addresses(report=lambda name: f"{at}/{name}"))
        )
    write_result(arguments.output, page, force=arguments.force)
    return 0
