"""How an error ends a command: the sentence or the JSON object on stderr, and the exit code."""

import argparse
import json
import os
import sys

from tb_contention.cli.terminal import printable
from tb_contention.errors import ContentionError, OptionError

VARIABLE = "TB_CONTENTION_ERRORS"
#: The keys of `error` in the JSON object, in their order, and what they say.
KEYS = (
    ("slug", "what kind of error it is; stable"),
    ("message", "what is wrong, in one sentence"),
    ("advice", "what to do about it, empty where nothing helps"),
    ("file", "the file, directory or URL concerned; null where there is none, or several"),
    ("exit_code", "the exit code of the command"),
)


class UsageError(OptionError):
    """The words after `tb-contention` are not those of a command."""

    def __init__(self, parser: argparse.ArgumentParser, message: str) -> None:
        super().__init__(message, slug="bad-usage", advice=f"Run {parser.prog} --help.")
        self.parser = parser


def as_json_by_default() -> bool:
    """Return whether the environment asks for JSON. Raises OptionError where it asks for what does not exist."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in ("", "text", "json"):
        raise OptionError(f"{VARIABLE} is {wanted[:64]!r}.", slug="bad-option", advice="Set it to text or json.")
    return wanted == "json"


def internal(error: Exception) -> ContentionError:
    """Turn a fault of this program into an error that can be told as JSON."""
    return ContentionError(
        f"{type(error).__name__}: {error}",
        slug="internal-error",
        advice="This is a fault of tb-contention. Report it with the traceback above.",
    )


def tell(error: ContentionError, *, as_json: bool) -> int:
    """Print an error to stderr and return the exit code. JSON is one line, so that it is the last line whatever was printed before."""
    code = 2 if isinstance(error, OptionError) else 1
    if as_json:
        values = (error.slug, error.message, error.advice, error.file, code)
        told = {"error": dict(zip((key for key, _ in KEYS), values, strict=True))}
        print(json.dumps(told), file=sys.stderr, flush=True)
    elif isinstance(error, UsageError):
        error.parser.print_usage(sys.stderr)
        print(f"{error.parser.prog}: error: {printable(error.message)}", file=sys.stderr)
    else:
        print(f"tb-contention: error: {printable(str(error))}", file=sys.stderr)
    return code
