"""Arguments that several commands share, and what follows from them."""

import argparse
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tb_contention.cli.parsing import (
    parse_baseline,
    parse_gpu_or_pattern,
    parse_mute,
    parse_pattern,
    parse_shift,
    parse_since,
)
from tb_contention.errors import OptionError
from tb_contention.model.names import SEPARATOR

if TYPE_CHECKING:
    from tb_contention.index import Selection
    from tb_contention.model.report import Report

LOGDIR_HELP = "TensorBoard log directory: a local path, file:///PATH or an fsspec URL"
SEVERAL = "several are taken as one, as where each program writes a directory of its own"
K = TypeVar("K")
V = TypeVar("V")
F = TypeVar("F", bound=Enum)


def add_logdir(parser: argparse.ArgumentParser, *, is_optional: bool = False, text: str = LOGDIR_HELP) -> None:
    """Declare the log directories to read."""
    parser.add_argument(
        "logdir",
        nargs="*" if is_optional else "+",
        metavar="LOGDIR",
        action=_Joined,
        default=None,
        help=f"{text}; {SEVERAL}",
    )


class _Joined(argparse.Action):
    """Takes several log directories as the one that every part of this package understands."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        places = [str(place) for place in values] if isinstance(values, list) else []
        if len(places) > 1 and any(SEPARATOR in place for place in places):
            parser.error("of several log directories none may have a comma in its path; analyse it alone, or rename it")
        setattr(namespace, self.dest, SEPARATOR.join(places) or None)


def add_output(parser: argparse.ArgumentParser, formats: Iterable[str], default: str, *, also: str = "") -> None:
    """Declare the output file and its format; `also` completes the help of -o."""
    parser.add_argument(
        "--format", choices=list(formats), help=f"output format; default: by the suffix of -o, else {default}"
    )
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help=f"output file, - for stdout{also}")
    parser.add_argument("--force", action="store_true", help="overwrite existing files")


def add_no_cache(parser: argparse.ArgumentParser) -> None:
    """Declare whether to use the cache."""
    parser.add_argument(
        "--no-cache", action="store_true", help="use no cache of decoded traces, and no index of the log directory"
    )


def add_steps(parser: argparse.ArgumentParser) -> None:
    """Declare how steps are called."""
    parser.add_argument(
        "--steps", default="", metavar="REGEX",
        help="take events as steps whose name contains this regular expression, e.g. '^forward_backward'; its first group may be the "
        "number. Default: TB_CONTENTION_STEPS, else the names that programs and servers usually give",
    )  # fmt: skip


def add_alignment(parser: argparse.ArgumentParser) -> None:
    """Declare corrections to clocks and GPU identities."""
    parser.add_argument(
        "--shift", action="append", type=parse_shift, default=[], metavar="SESSION=DURATION",
        help="move a session in time, e.g. train=12ms or train=-3us",
    )  # fmt: skip
    parser.add_argument(
        "--gpu", action="append", type=parse_gpu_or_pattern, default=[], metavar="SESSION:ORDINAL=NAME",
        help="name the physical GPU behind a CUDA ordinal of a session; equal names are one GPU. Without =: captures on such GPUs, "
        "by the name, model or UUID of a GPU, e.g. '*H100*'",
    )  # fmt: skip
    add_no_cache(parser)


def add_selection(parser: argparse.ArgumentParser, *, everything: str = "") -> None:
    """Declare which captures of a log directory to take; `everything` says what --all does, where that is an option."""
    chosen = parser.add_argument_group(
        "selection",
        "Which captures to take; those that ran together with them come along, and nothing else is decoded. Patterns may contain "
        "* and ?, and ignore case",
    )
    chosen.add_argument(
        "--group", default="", metavar="ID", help="one group of captures that ran together, by its id from `tb-contention runs`"
    )  # fmt: skip
    chosen.add_argument(
        "--run", dest="runs", action="append", type=parse_pattern, default=[], metavar="PATTERN",
        help="captures whose run, name or file fits, or a directory in that path, e.g. 'job7' or 'exp*/train'; may be repeated",
    )  # fmt: skip
    chosen.add_argument(
        "--host", action="append", type=parse_pattern, default=[], metavar="PATTERN", help="captures of these hosts; may be repeated"
    )  # fmt: skip
    chosen.add_argument(
        "--since", type=parse_since, metavar="WHEN",
        help="captures that ended after WHEN: how long ago (90min, 12h, 3d, 2w), or a date or time such as 2026-03-05T10:00, in local time",
    )  # fmt: skip
    chosen.add_argument("--latest", action="store_true", help="the last group of captures that ran together")
    if everything:
        chosen.add_argument("--all", action="store_true", help=everything)


def selection_of(arguments: argparse.Namespace) -> "Selection":
    """Return what the options of `add_selection` select; raise OptionError for options that exclude each other."""
    from tb_contention.index import Selection

    everything = getattr(arguments, "all", False)
    if sum((bool(arguments.group), arguments.latest, everything)) > 1:
        raise OptionError("--group, --latest and --all exclude each other.", slug="bad-option", advice="Keep one.")
    select = Selection(
        group=arguments.group,
        runs=tuple(arguments.runs),
        hosts=tuple(arguments.host),
        gpus=tuple(word for word in getattr(arguments, "gpu", ()) if isinstance(word, str)),
        since_ns=arguments.since,
        latest=arguments.latest,
        everything=everything,
    )
    if select.group and select.filters:
        raise OptionError(
            "--group takes one whole group, so nothing can be selected beside it.",
            slug="bad-option",
            advice="Leave out --run, --host, --since and patterns of --gpu, or leave out --group.",
        )
    return select


def gpus_of(arguments: argparse.Namespace) -> dict[tuple[str, int], str]:
    """Return the GPUs that --gpu names."""
    return once((word for word in arguments.gpu if not isinstance(word, str)), "--gpu")


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """Declare what slowdowns are measured against."""
    parser.add_argument(
        "--baseline", action="append", type=parse_baseline, default=[], metavar="[SESSION=]RUN",
        help="measure the slowdown of SESSION, by default of every session, against RUN, which captured the same work alone: a session, a "
        "run or a directory of runs, by name or pattern ('*/trainer=alone/*'), or a path outside LOGDIR. Default: captures alone that are "
        "found in LOGDIR",
    )  # fmt: skip
    parser.add_argument(
        "--no-baseline", action="store_true", help="use no capture as a baseline unless --baseline names it"
    )


def add_muting(parser: argparse.ArgumentParser) -> None:
    """Declare which findings to leave out."""
    parser.add_argument(
        "--mute", action="append", type=parse_mute, default=[], metavar="RULE[:SESSION]",
        help="leave out the findings of a rule, e.g. reserved-unused, or only those about SESSION; may be repeated",
    )  # fmt: skip


def muting(report: "Report", arguments: argparse.Namespace) -> "Report":
    """Set the findings aside that --mute names; raise OptionError for a rule or a session that does not exist."""
    if not arguments.mute:
        return report
    from tb_contention.diagnose import RULES
    from tb_contention.words.findings import OTHER_RULES, without_muted

    return without_muted(report, arguments.mute, (*(rule.slug for rule in RULES), *OTHER_RULES))


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
