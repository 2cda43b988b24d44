"""Arguments that several commands share, and what follows from them."""

import argparse
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import TypeVar

from tb_contention.cli.parsing import parse_baseline, parse_gpu, parse_shift
from tb_contention.errors import OptionError

LOGDIR_HELP = "TensorBoard log directory (a local path or an fsspec URL)"
K = TypeVar("K")
V = TypeVar("V")
F = TypeVar("F", bound=Enum)


def add_logdir(parser: argparse.ArgumentParser) -> None:
    """Declare the log directory to read."""
    parser.add_argument("logdir", metavar="LOGDIR", help=LOGDIR_HELP)


def add_output(parser: argparse.ArgumentParser, formats: Iterable[str], default: str, *, also: str = "") -> None:
    """Declare the output file and its format; `also` completes the help of -o."""
    parser.add_argument(
        "--format", choices=list(formats), help=f"output format; default: by the suffix of -o, else {default}"
    )
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help=f"output file, - for stdout{also}")
    parser.add_argument("--force", action="store_true", help="overwrite existing files")


def add_no_cache(parser: argparse.ArgumentParser) -> None:
    """Declare whether to use the cache."""
    parser.add_argument("--no-cache", action="store_true", help="do not use the cache of decoded traces")


def add_alignment(parser: argparse.ArgumentParser) -> None:
    """Declare corrections to clocks and GPU identities."""
    parser.add_argument(
        "--shift", action="append", type=parse_shift, default=[], metavar="SESSION=DURATION",
        help="move a session in time, e.g. train=12ms or train=-3us",
    )  # fmt: skip
    parser.add_argument(
        "--gpu", action="append", type=parse_gpu, default=[], metavar="SESSION:ORDINAL=NAME",
        help="name the physical GPU behind a CUDA ordinal of a session; equal names are one GPU",
    )  # fmt: skip
    add_no_cache(parser)


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """Declare what slowdowns are measured against."""
    parser.add_argument(
        "--baseline", action="append", type=parse_baseline, default=[], metavar="SESSION=RUN",
        help="measure the slowdown of SESSION against RUN, a run (or a directory of runs) that captured the same work alone",
    )  # fmt: skip


def once(pairs: Iterable[tuple[K, V]], option: str) -> dict[K, V]:
    """Make a mapping; raise OptionError if one key is given two different values."""
    made: dict[K, V] = {}
    for key, value in pairs:
        if made.setdefault(key, value) != value:
            raise OptionError(
                f"{option} is given twice for {key!r}, with different values.", slug="bad-option", advice="Keep one."
            )
    return made


def chosen_format(arguments: argparse.Namespace, suffixes: Mapping[str, F], default: F) -> F:
    """Return the format of --format, else that of the output file's suffix, else the default."""
    if arguments.format is not None:
        return type(default)(arguments.format)
    if arguments.output == "-":
        return default
    found = suffixes.get(Path(arguments.output).suffix.lower())
    if found is None:
        *names, last = (format_.value for format_ in type(default))
        raise OptionError(
            f"Cannot infer the format from the file name {arguments.output!r}.",
            slug="bad-option",
            advice=f"Add --format {', '.join(names)} or {last}.",
        )
    return found
