"""One sentence to the user of a program that is not ours: on stderr, and never more than that."""

import contextlib
import sys


def say(message: str) -> None:
    """Write a line to stderr, where there is one."""
    with contextlib.suppress(Exception):
        sys.stderr.write(f"tb_contention: {printable(message)}\n")
        sys.stderr.flush()


def printable(text: str) -> str:
    """Write control characters and line ends as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def reason(error: BaseException, most: int = 200) -> str:
    """Tell an error in one line, shortened; the kind alone where it says nothing."""
    words = " ".join(str(error).split()).rstrip(".")
    if not words:
        return type(error).__name__
    return words if len(words) <= most else words[: most - 3] + "..."
