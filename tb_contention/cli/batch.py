"""Analyse every group of captures below log directories, in parallel, and write a dataset of Parquet tables.

Each group of captures that ran together is one task. A capture that cannot be read, a group that fails or takes too long becomes a row of
the table `inputs`, and the others go on. --resume does only what is new. An interrupt keeps what is done.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tb_contention.cli.arguments import add_logdir, add_selection, once, selection_of
from tb_contention.cli.output import write_verdict
from tb_contention.cli.parsing import parse_age, parse_size
from tb_contention.cli.terminal import Progress, printable
from tb_contention.errors import OutputError

if TYPE_CHECKING:
    from tb_contention.model.dataset import RunCounts

NAME = "batch"
#: Exit code of --strict where an input has no answer.
LOSSES = 3
#: Seconds between lines of progress in the log of a job.
_EVERY_S = 60.0
EXIT_CODES = ((0, "success"), (LOSSES, "`--strict`, and an input is unreadable, failed, timed out or was left out"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser)
    parser.add_argument(
        "-o", "--output", required=True, metavar="DATASET", help="directory or fsspec URL of the dataset"
    )
    parser.add_argument("--resume", action="store_true", help="add to a dataset that exists, and do only what is new")
    parser.add_argument(
        "--strict", action="store_true", help="exit with 3 if an input is unreadable, failed, timed out or was left out"
    )
    parser.add_argument(
        "--reports", action="store_true", help="also write the HTML report of each group, which the page of `fleet` then leads to"
    )  # fmt: skip
    work = parser.add_argument_group("execution", "Where and how groups are analysed")
    work.add_argument(
        "--executor", choices=("local", "dask"), default="local", help="processes of this machine, or Dask futures (default local)"
    )  # fmt: skip
    work.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="Dask scheduler, e.g. tcp://host:8786; default: workers of this machine"
    )  # fmt: skip
    work.add_argument(
        "--workers",
        type=_positive,
        metavar="N",
        help="worker processes on this machine, with one thread each where there are as many groups; default: one per processor",
    )
    work.add_argument(
        "--time-limit", type=parse_time, default=600.0, metavar="TIME", help="time limit of one group, e.g. 90s (default 10min)"
    )  # fmt: skip
    work.add_argument(
        "--retries", type=_whole, default=1, metavar="N", help="tries again after a worker died (default 1)"
    )
    work.add_argument(
        "--memory", type=parse_size, metavar="SIZE", help="memory that each worker may use, e.g. 8GiB; Linux only"
    )
    work.add_argument("--no-cache", action="store_true", help="use no index of the log directories")
    work.add_argument("--no-baseline", action="store_true", help="use no capture alone as a baseline")
    names = parser.add_argument_group(
        "labels",
        "Names of jobs and teams, found by regular expressions in a session's id RUN/HOST and in its manifest",
    )
    names.add_argument(
        "--label", action="append", type=parse_label, default=[], metavar="KEY=[FIELD:]REGEX",
        help="label sessions with the group KEY of REGEX, else its first group, else all that fits, e.g. 'team=^([^/]+)/' or "
        r"'job=pod:^(.+)-\d+$'. FIELD is id, run, name, pod, namespace, container, node or host; without it, the first of them in this "
        "order in which REGEX is found counts. The label `job` names the job; may be repeated",
    )  # fmt: skip
    names.add_argument(
        "--where", action="append", type=parse_where, default=[], metavar="KEY=PATTERN",
        help="only groups in which a session has a label that fits, e.g. 'team=vision*'; may be repeated",
    )  # fmt: skip
    add_selection(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run, and say how the inputs ended."""
    labels, where = once(arguments.label, "--label"), once(arguments.where, "--where")
    with _kept(arguments.output), Progress("Looking for captures", every=_EVERY_S) as progress:
        from tb_contention.dataset.running import batch

        counts = batch(
            arguments.logdir,
            output=arguments.output,
            executor=arguments.executor,
            scheduler=arguments.scheduler,
            workers=arguments.workers,
            resume=arguments.resume,
            select=selection_of(arguments),
            labels=labels,
            where=where,
            find_baselines=not arguments.no_baseline,
            limit_s=arguments.time_limit,
            retries=arguments.retries,
            memory=arguments.memory,
            reports=arguments.reports,
            use_index=not arguments.no_cache,
            progress=progress,
        )
    more = counts.losses - len(counts.lost)
    rest = [f"{more:,} more without an answer: see the table inputs"] if counts.lost and more > 0 else []
    for line in (*counts.problems, *counts.notes, *counts.lost, *rest):
        print(printable(line), file=sys.stderr)
    write_verdict(printable(_summary(counts)))
    if not counts.is_whole:
        raise OutputError(
            f"The dataset has {counts.inputs:,} inputs, but {counts.rows:,} rows.",
            slug="output-incomplete",
            advice="Run again with --resume.",
            file=counts.dataset,
        )
    return LOSSES if arguments.strict and (counts.losses or counts.problems) else 0


@contextmanager
def _kept(dataset: str) -> Iterator[None]:
    """Say after an interrupt what is left of the run."""
    try:
        yield
    except KeyboardInterrupt:
        print(printable(f"Interrupted: what is done is kept in {dataset}; --resume does the rest."), file=sys.stderr)
        raise


def _summary(counts: "RunCounts") -> str:
    from tb_contention.words.numbers import count, duration

    taken = duration(round(counts.wall_s * 1e9))
    lines = [
        f"{count(counts.inputs, 'input')} in {count(counts.groups, 'group')}: {counts.done:,} analysed now, {counts.known:,} known before",
        *(f"  {number:>9,}  {word.replace('_', ' ')}" for word, number in counts.outcomes.items()),
        f"Wrote {counts.dataset} in {taken}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _positive(word: str) -> int:
    number = _whole(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{word!r} must be above zero")
    return number


def _whole(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 7):
        raise argparse.ArgumentTypeError(f"{word[:64]!r} is not a whole number")
    return int(word)


def parse_time(word: str) -> float:
    """Read `90s`, `5min` or `1h` as seconds."""
    seconds = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*s", word.strip(), re.ASCII) if len(word) < 64 else None
    try:
        found = float(seconds[1]) if seconds is not None else parse_age(word)
    except argparse.ArgumentTypeError:
        found = 0.0
    if found <= 0:
        raise argparse.ArgumentTypeError(
            f"{word[:64]!r} is not a length of time above zero; write it like 90s, 5min or 1h"
        )
    return found


def parse_label(word: str) -> tuple[str, str]:
    """Read `KEY=[FIELD:]REGEX`; what the part behind the key may be, the run decides."""
    key, equals, pattern = word.partition("=")
    if not re.fullmatch(r"[A-Za-z_]\w*", key) or not equals or not pattern:
        raise argparse.ArgumentTypeError(f"{word[:64]!r} is not KEY=REGEX; write it like 'team=^([^/]+)/'")
    return key, pattern


def parse_where(word: str) -> tuple[str, str]:
    """Read `KEY=PATTERN`."""
    key, equals, pattern = word.partition("=")
    if not key or not equals or not pattern:
        raise argparse.ArgumentTypeError(f"{word[:64]!r} is not KEY=PATTERN; write it like 'team=vision*'")
    return key, pattern
