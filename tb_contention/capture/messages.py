"""Print one-line messages to stderr from inside a user's program, and never raise there."""

import contextlib
import sys


def say(message: str) -> None:
    """Print a line to stderr, if there is one."""
    with contextlib.suppress(Exception):
        sys.stderr.write(f"tb_contention: {printable(message)}\n")
        sys.stderr.flush()


def printable(text: str) -> str:
    """Escape control characters and line ends."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def reason(error: BaseException, most: int = 200) -> str:
    """Return an error's message in one line, shortened, or its type if it has none."""
    words = " ".join(str(error).split()).rstrip(".")
    if not words:
        return type(error).__name__
    return words if len(words) <= most else words[: most - 3] + "..."
