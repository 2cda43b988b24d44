"""What reaches a terminal besides results: sanitised messages, and progress when it takes long."""

import sys
import threading
import time
from types import TracebackType

_PATIENCE_S = 1.0


def printable(text: str) -> str:
    """Write control characters as escapes: a name must not move the cursor, recolour or retitle a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode("ascii") for c in text)


class Progress:
    """One line on stderr that says what is going on; only on a terminal, and only after a second.

    Call it with a message and a fraction (or None). It is a context manager that wipes its line at the end. While the program is
    loading, which the first time means compiling, `loading` is said after a second without other news.
    """

    def __init__(self, loading: str = "") -> None:
        self._started = time.monotonic()
        self._shown = False
        self._on = sys.stderr.isatty()
        self._lock = threading.Lock()
        self._timer = threading.Timer(_PATIENCE_S, lambda: self(loading, None))
        self._timer.daemon = True

    def __enter__(self) -> "Progress":
        if self._on:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._shown:
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._on = False

    def __call__(self, message: str, fraction: float | None) -> None:
        """Show a message, if it is time to."""
        with self._lock:
            if not self._on or time.monotonic() - self._started < _PATIENCE_S:
                return
            share = "" if fraction is None else f" {fraction:.0%}"
            print(f"\r\x1b[K{printable(message)}{share}", end="", file=sys.stderr, flush=True)
            self._shown = True
