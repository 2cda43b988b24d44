"""What the commands that serve until they are interrupted share: a port that may be taken, and the end."""

import signal
import sys

from tb_contention.cli.terminal import printable
from tb_contention.errors import ContentionError


def instead_of(taken: int, host: str, *, named: bool) -> int:
    """Return 0, any free port, instead of a port that is taken, and say so.

    Raises ContentionError where the user named the port, since whoever names one goes there.
    """
    if named:
        raise ContentionError(
            f"Port {taken} on {printable(host)} is taken.",
            slug="port-taken",
            advice="Name another one with --port, or leave it out to take any free port.",
        )
    print(f"Port {taken} is taken; using a free port.", file=sys.stderr)
    return 0


def end_on_sigterm() -> None:
    """Let SIGTERM end this process as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
