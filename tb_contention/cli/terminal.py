"""Print to a terminal what is not a result: sanitised messages, and progress of long work."""

import os
import shutil
import sys
import threading
import time
from types import TracebackType

_PATIENCE_S = 1.0


def printable(text: str) -> str:
    """Escape control characters, so that a name cannot move the cursor, recolour or retitle a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode("ascii") for c in text)


def _may_move() -> bool:
    """Return whether stderr is a terminal whose cursor can return to the start of a line."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


def _line(text: str) -> str:
    """Replace the current line. With NO_COLOR, blanks do so, since people set it to be spared escape sequences."""
    if not os.environ.get("NO_COLOR"):
        return f"\r\x1b[K{text}"
    width = shutil.get_terminal_size().columns - 1
    return f"\r{' ' * width}\r{text[:width]}"


class Progress:
    """Shows one line of progress on stderr, only on a terminal that can replace a line, and only after a second.

    Call it with a message and a fraction (or None). It is a context manager that clears its line at the end. `loading` is shown after a
    second without other messages, while modules load or, the first time, compile. every: where no line can be replaced, such as in the log
    of a job, seconds after which a line is added; None for never.
    """

    def __init__(self, loading: str = "", *, every: float | None = None) -> None:
        self._started = self._last = time.monotonic()
        self._shown = False
        self._on = _may_move()
        self._every = None if self._on else every
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
                print(_line(""), end="", file=sys.stderr, flush=True)
            self._on = False

    def __call__(self, message: str, fraction: float | None) -> None:
        """Show a message once the first second has passed."""
        with self._lock:
            share, now = "" if fraction is None else f" {fraction:.0%}", time.monotonic()
            if self._every is not None and now - self._last >= self._every:
                print(f"{printable(message)}{share}", file=sys.stderr, flush=True)
                self._last = now
            if not self._on or now - self._started < _PATIENCE_S:
                return
            print(_line(f"{printable(message)}{share}"), end="", file=sys.stderr, flush=True)
            self._shown = True
