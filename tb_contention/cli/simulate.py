"""Simulate sessions whose contention is known and write their profiler files.

The output directory holds the sessions together, each session alone, and the ground truth.
"""

import argparse
from pathlib import Path

from tb_contention.cli.output import say_written
from tb_contention.errors import OptionError, OutputError

NAME = "simulate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        help="scenario to simulate, e.g. time_slicing, mps, single_stream or unshared; an unknown name prints the list",
    )
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="output directory")
    parser.add_argument("--seed", type=int, default=0, help="random seed; equal seeds give equal files (default 0)")
    parser.add_argument("--force", action="store_true", help="write into a directory that is not empty")


def run(arguments: argparse.Namespace) -> int:
    """Write one scenario."""
    from tb_contention.simulate import NAMES, write_scenario

    if arguments.scenario not in NAMES:
        raise OptionError(
            f"Unknown scenario {arguments.scenario!r}.", slug="bad-option", advice=f"Scenarios: {', '.join(NAMES)}."
        )
    out = Path(arguments.output)
    try:
        if out.is_dir() and any(out.iterdir()) and not arguments.force:
            advice = "Use --force to write into it."
            raise OutputError(f"{out} is not empty.", slug="output-exists", advice=advice, file=str(out))
        write_scenario(arguments.scenario, out, seed=arguments.seed)
    except OSError as error:
        raise OutputError(
            f"Cannot write to {out}: {error.strerror or error}.", slug="output-not-writable", file=str(out)
        ) from error
    say_written(out)
    return 0
