"""Show, limit or clear the cache: decoded traces, and the indexes of log directories.

Everything in the cache is made again from the log directories when it is missing, so it can be cleared at any time, also while other
programs use it.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tb_contention.cli.output import write_stdout
from tb_contention.cli.parsing import parse_age, parse_size
from tb_contention.cli.terminal import printable
from tb_contention.errors import OutputError

if TYPE_CHECKING:
    from tb_contention.model.stored import Stored, StoredFile

NAME = "cache"
EXIT_CODES = ((1, "the cache cannot be used or changed; stderr says why"),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--limit", type=parse_size, metavar="SIZE",
        help="keep the cache below SIZE from now on, e.g. 2GiB; TB_CONTENTION_CACHE_LIMIT overrides it (default 4GiB)",
    )  # fmt: skip
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--clear", action="store_true", help="remove all decoded traces and indexes")
    what.add_argument("--clear-index", action="store_true", help="remove the indexes only")
    parser.add_argument(
        "--older-than", type=parse_age, metavar="AGE",
        help="remove only what has not been used for AGE, e.g. 30d, 12h or 90min",
    )  # fmt: skip
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default text)")


def run(arguments: argparse.Namespace) -> int:
    """Change the cache as asked, then print what it holds."""
    from tb_contention.cache import default_cache_directory, remove, set_limit, stored
    from tb_contention.model.stored import Kind

    directory = default_cache_directory()
    found = stored(directory)
    clears = arguments.clear or arguments.clear_index or arguments.older_than is not None
    if (clears or arguments.limit is not None) and found.trouble:
        raise _cannot(directory, found.trouble)
    try:
        if clears and found.exists:
            kinds = {Kind.INDEX} if arguments.clear_index else set(Kind)
            removed = remove(directory, kinds, arguments.older_than or 0)
            size = sum(file.size for file in removed)
            print(f"Removed {_counted(removed)}{_sized(size)}", file=sys.stderr)
        if arguments.limit is not None:
            set_limit(directory, arguments.limit)
    except OSError as error:
        raise _cannot(directory, f"{error.strerror or error}") from error
    found = stored(directory)
    if arguments.format == "json":
        write_stdout(json.dumps(_as_json(found), indent=1) + "\n")
    else:
        write_stdout(printable("\n".join(_text(found))) + "\n")
    return 0


def _cannot(directory: Path, reason: str) -> OutputError:
    return OutputError(
        f"Cannot change the cache in {directory}: {reason.rstrip('.')}.",
        slug="cache-unusable",
        advice="Set TB_CONTENTION_CACHE_DIR to another directory.",
        file=str(directory),
    )


def _text(found: "Stored") -> Iterator[str]:
    from tb_contention.index.store import place_of
    from tb_contention.model.stored import Kind
    from tb_contention.words.numbers import size

    yield found.directory
    if found.trouble:
        yield f"  trouble         {found.trouble}"
    elif not found.exists:
        yield "  does not exist yet; it is created when the first log directory is read"
    sources = {"default": "the default", "setting": "set with --limit"}
    source = sources.get(found.limit.source, f"set by {found.limit.source}")
    yield f"  limit           {size(found.limit.size)}, {source}"
    yield f"  in use          {size(found.size)}"
    yield f"  decoded traces  {_summary(found.of(Kind.TRACE))}"
    indexes = found.of(Kind.INDEX)
    yield f"  indexes         {_summary(indexes)}"
    for index in sorted(indexes, key=lambda file: -file.used_s):
        yield f"    {size(index.size)}, used {_ago(index)}: {place_of(Path(index.path)) or 'log directory unknown'}"


def _summary(files: "tuple[StoredFile, ...]") -> str:
    if not files:
        return "none"
    by_use = sorted(files, key=lambda file: file.used_s)
    text = f"{len(files):,}{_sized(sum(file.size for file in files))}"
    return f"{text}, last used {_ago(by_use[-1])}" + (f", the oldest {_ago(by_use[0])}" if len(files) > 1 else "")


def _sized(amount: int) -> str:
    from tb_contention.words.numbers import size

    return f", {size(amount)}"


def _counted(files: "tuple[StoredFile, ...]") -> str:
    from tb_contention.model.stored import Kind
    from tb_contention.words.numbers import count

    kinds = [file.kind for file in files]
    return f"{count(kinds.count(Kind.TRACE), 'decoded trace')} and {count(kinds.count(Kind.INDEX), 'index', 'indexes')}"


def _ago(file: "StoredFile") -> str:
    from tb_contention.words.numbers import duration

    age = time.time() - file.used_s
    return "just now" if age < 60 else f"{duration(age * 1e9)} ago"


def _as_json(found: "Stored") -> dict[str, object]:
    from tb_contention.index.store import place_of
    from tb_contention.model.stored import Kind

    indexes = found.of(Kind.INDEX)
    return {
        "format_version": 1,
        "directory": found.directory,
        "exists": found.exists,
        "trouble": found.trouble,
        "limit_bytes": found.limit.size,
        "limit_source": found.limit.source,
        "bytes": found.size,
        "traces": _totals(found.of(Kind.TRACE)),
        "indexes": {
            **_totals(indexes),
            "log_directories": [
                {"place": place_of(Path(file.path)), "bytes": file.size, "used_s": file.used_s} for file in indexes
            ],
        },
    }


def _totals(files: "tuple[StoredFile, ...]") -> dict[str, object]:
    uses = [file.used_s for file in files]
    return {
        "count": len(files),
        "bytes": sum(file.size for file in files),
        "oldest_use_s": min(uses, default=None),
        "newest_use_s": max(uses, default=None),
    }
