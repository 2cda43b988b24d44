"""Write profiler files of simulated sessions whose contention is known.

The folder then holds the sessions together, each alone, and the truth.
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
        help="time_slicing, mps, single_stream, unshared, reference_mps, ...; another name lists all",
    )
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--seed", type=int, default=0, help="equal seeds give equal files (default 0)")
    parser.add_argument("--force", action="store_true", help="write into a folder that is not empty")


def run(arguments: argparse.Namespace) -> int:
    """Write one scenario."""
    from tb_contention.simulate import NAMES, write_scenario

    if arguments.scenario not in NAMES:
        raise OptionError(
            f"There is no scenario {arguments.scenario!r}.", slug="bad-option", advice=f"There are {', '.join(NAMES)}."
        )
    out = Path(arguments.output)
    try:
        if out.is_dir() and any(out.iterdir()) and not arguments.force:
            raise OutputError(f"{out} is not empty.", slug="output-exists", advice="Use --force to write into it.")
        write_scenario(arguments.scenario, out, seed=arguments.seed)
    except OSError as error:
        raise OutputError(f"Cannot write to {out}: {error.strerror or error}.", slug="output-not-writable") from error
    say_written(out)
    return 0
