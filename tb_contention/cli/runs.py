"""List the captures in a log directory, and which of them ran together, from its index.

Only what is new is looked through, and nothing is decoded. Each group has an id for `--group` of the other commands; the most interesting
group comes first. Of an object store only names and sizes are read, unless --read is given.
"""

import argparse
import gc
from enum import Enum
from typing import TYPE_CHECKING

from tb_contention.cli.analysis import no_captures
from tb_contention.cli.arguments import add_alignment, add_logdir, add_selection, add_steps, gpus_of, once, selection_of
from tb_contention.cli.output import write_stdout
from tb_contention.cli.terminal import Progress, printable

if TYPE_CHECKING:
    from tb_contention.index import Selection, Snapshot

NAME = "runs"


class Format(str, Enum):
    """How to print the captures."""

    TEXT = "text"
    JSON = "json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser)
    parser.add_argument(
        "--format", choices=[f.value for f in Format], default=Format.TEXT.value, help="output format (default text)"
    )
    parser.add_argument(
        "--json", action="store_const", const=Format.JSON.value, dest="format", help="same as --format json"
    )
    parser.add_argument("--read", action="store_true", help="read the files of an object store too")
    add_selection(parser, everything="print all groups and captures, however many there are")
    add_steps(parser)
    add_alignment(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the groups and captures."""
    from tb_contention.align import AlignOptions
    from tb_contention.cache import DEFAULT_CACHE, TraceCache
    from tb_contention.index import Index
    from tb_contention.recorders.common.step_names import checked_steps
    from tb_contention.recorders.discover import discover

    gc.disable()  # everything made here is kept until the end, which looking for garbage would only delay
    select = selection_of(arguments)
    options = AlignOptions(shifts=once(arguments.shift, "--shift"), gpus=gpus_of(arguments))
    cache = None if arguments.no_cache else TraceCache.at(DEFAULT_CACHE)
    with Progress("Compiling (first run only)") as progress:
        discovery = discover(arguments.logdir, steps=checked_steps(arguments.steps))
        if not discovery.files:
            raise no_captures(discovery)
        index = Index.of(arguments.logdir, "", None if cache is None else cache.directory)
        read = (lambda file: True) if arguments.read else None
        snapshot = _selected(index.look(discovery, options, read=read, progress=progress), select)
        listing = snapshot.listing
    if arguments.format == Format.JSON.value:
        from tb_contention.report.to_json import listing_to_json

        write_stdout(listing_to_json(listing))
        return 0
    from tb_contention.report.listing_text import to_text

    write_stdout(printable(to_text(listing, everything=arguments.all)))
    return 0


def _selected(snapshot: "Snapshot", select: "Selection") -> "Snapshot":
    """Return the part of a directory that is selected. Raises OptionError when nothing is, or an option names no session."""
    from tb_contention.index import choose, matching

    whole = snapshot
    if select.filters:
        snapshot = matching(snapshot, select)
    if select.group or select.latest:
        snapshot = snapshot.only(choose(snapshot, select).files)
    snapshot.require_known_options(whole)
    return snapshot
