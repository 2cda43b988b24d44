"""Record the same time window of several running programs through their profiler servers.

Each program must have started a server with `tf.profiler.experimental.server.start(PORT)` or `jax.profiler.start_server(PORT)`. All
traces go into one session directory. A server that returns no trace is reported, and the traces of the others are kept. Needs xprof or
TensorFlow in this environment.
"""

import argparse
import sys

from tb_contention.capture.addresses import Address, parse_address
from tb_contention.capture.remote import RemoteCapture, request_capture
from tb_contention.cli.parsing import parse_limit
from tb_contention.cli.terminal import printable
from tb_contention.errors import LogdirError
from tb_contention.words.numbers import size

NAME = "capture"
EXIT_CODES = ((1, "at least one server returned no trace; the traces of the others are kept"),)

_NS_PER_MS, _NS_PER_S = 1_000_000, 1_000_000_000
_LONGEST = 600 * _NS_PER_S


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("addresses", nargs="+", type=_address, metavar="HOST:PORT", help="address of a profiler server")
    parser.add_argument(
        "--logdir", required=True, metavar="LOGDIR", help="TensorBoard log directory to write to; created if missing"
    )
    parser.add_argument(
        "--duration", type=_duration, default=2 * _NS_PER_S, metavar="DURATION", help="how long to record (default 2s)"
    )


def _address(word: str) -> Address:
    address = parse_address(word)
    if address is None:
        raise argparse.ArgumentTypeError(f"{word[:100]!r} is not HOST:PORT; write it like localhost:9012")
    return address


def _duration(word: str) -> int:
    nanoseconds = parse_limit(word)
    if not _NS_PER_MS <= nanoseconds <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{word!r} is not between 1ms and 600s")
    return nanoseconds


def run(arguments: argparse.Namespace) -> int:
    """Record; print the session directory on stdout and the outcome of each server on stderr."""
    made = request_capture(arguments.logdir, tuple(arguments.addresses), arguments.duration // _NS_PER_MS, _say)
    for line in _lines(made):
        _say(line)
    print(printable(str(made.folder)))
    _say(f"Analyse with: tb-contention report {arguments.logdir}, or tensorboard --logdir {arguments.logdir}")
    if not made.is_whole:
        without = sum(outcome.path is None for outcome in made.outcomes)
        raise LogdirError(
            f"{without} of {len(made.outcomes)} servers returned no trace.",
            slug="logdir-incomplete",
            advice="The lines above say why. The traces of the others are kept.",
            file=str(made.folder),
        )
    return 0


def _lines(made: RemoteCapture) -> list[str]:
    width = max(len(str(outcome.address)) for outcome in made.outcomes)
    return [
        f"{outcome.address!s:<{width}}  "
        + (size(outcome.path.stat().st_size) if outcome.path is not None else f"no trace: {outcome.error}")
        for outcome in made.outcomes
    ]


def _say(message: str) -> None:
    print(printable(message), file=sys.stderr, flush=True)
