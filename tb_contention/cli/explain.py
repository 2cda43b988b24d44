"""Print the short answer: is it contention, who, how much, how sure, and what to do next; for people, scripts and agents.

The JSON is small and stable, under `explanation.schema.json`. A log directory without an answer has one, too: it says why there is none,
and the exit code is 1.
"""

import argparse
from enum import Enum

from tb_contention.cli.analysis import analyse_logdir
from tb_contention.cli.arguments import (
    add_alignment,
    add_baseline,
    add_logdir,
    add_muting,
    add_selection,
    gpus_of,
    muting,
    once,
    selection_of,
)
from tb_contention.cli.output import write_stdout
from tb_contention.cli.preferred import add_preferred, preferring
from tb_contention.cli.terminal import printable
from tb_contention.errors import ContentionError, OptionError

NAME = "explain"


class Format(str, Enum):
    """How to print the answer."""

    TEXT = "text"
    JSON = "json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser)
    parser.add_argument(
        "--format", choices=[f.value for f in Format], default=Format.TEXT.value, help="output format (default text)"
    )
    add_preferred(parser)
    add_selection(parser, everything="analyse everything, however large the directory is")
    add_alignment(parser)
    add_baseline(parser)
    add_muting(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the answer, or why there is none."""
    try:
        analysis = analyse_logdir(
            arguments.logdir,
            shifts=once(arguments.shift, "--shift"),
            gpus=gpus_of(arguments),
            baselines=once(arguments.baseline, "--baseline"),
            find_baselines=not arguments.no_baseline,
            select=selection_of(arguments),
            use_cache=not arguments.no_cache,
        )
        report = muting(preferring(analysis.report, arguments.preferred), arguments)
    except OptionError:
        raise
    except ContentionError as error:
        if arguments.format == Format.JSON.value:
            from tb_contention.report.contract.explanation import no_explanation
            from tb_contention.report.to_json import explained_to_json

            write_stdout(explained_to_json(no_explanation(arguments.logdir, error)))
        raise
    if arguments.format == Format.JSON.value:
        from tb_contention.report.to_json import explanation_to_json

        write_stdout(explanation_to_json(report))
        return 0
    from tb_contention.report.contract.explanation import explanation
    from tb_contention.report.explain_text import to_text

    write_stdout(printable(to_text(explanation(report))))
    return 0
