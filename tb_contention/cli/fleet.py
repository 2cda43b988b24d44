"""Sum up a dataset of `batch` on one HTML page: who lost how much time where, to whom, since when, and what would have helped."""

import argparse

from tb_contention.cli.output import write_result
from tb_contention.cli.terminal import Progress

NAME = "fleet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "dataset", metavar="DATASET", help="dataset that `tb-contention batch` wrote: a directory or fsspec URL"
    )
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="output file, - for stdout")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")


def run(arguments: argparse.Namespace) -> int:
    """Print or write the page."""
    with Progress("Reading the dataset"):
        from tb_contention.dataset.fleet import read_fleet
        from tb_contention.report.fleet_html import to_html

        page = to_html(read_fleet(arguments.dataset))
    write_result(arguments.output, page, force=arguments.force)
    return 0
