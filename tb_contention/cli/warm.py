"""Compile everything now and cache the machine code, so that no later command compiles: for container images and CI.

The first report on a machine compiles the reader and the analysis. In an image, `RUN tb-contention warm` does that once, when the image is
built: on a processor of the kind that will run it, and as the user who will, since both decide which machine code is found.
"""

import argparse
import json
import time

from tb_contention.cli.output import write_stdout
from tb_contention.cli.terminal import Progress
from tb_contention.errors import OutputError

NAME = "warm"
EXIT_CODES = ((1, "machine code cannot be cached; stderr says why"),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default text)")


def run(arguments: argparse.Namespace) -> int:
    """Compile what is not cached, and say where the machine code is."""
    from tb_contention._warming import functions, missing_of, place_of, warm
    from tb_contention.words.numbers import count

    began = time.monotonic()
    with Progress("Compiling"):
        made = warm()
        everything = functions()
        missing = missing_of(everything)
    if missing:
        raise OutputError(
            f"The machine code of {count(missing, 'function')} could not be cached. Set NUMBA_CACHE_DIR to a writable directory.",
            slug="cache-unusable",
        )
    if arguments.format == "json":
        found = {
            "compiled": made,
            "cached": len(everything),
            "directory": place_of(everything),
            "seconds": round(time.monotonic() - began, 1),
        }
        write_stdout(json.dumps(found, indent=1) + "\n")
    else:
        done = f"Compiled {count(made, 'function')}; the" if made else "Nothing was left to compile: the"
        write_stdout(f"{done} machine code of all {len(everything)} functions is cached in {place_of(everything)}\n")
    return 0
