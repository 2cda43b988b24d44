"""Command-line words -> values. Session ids may contain '/', ':' and '=', so words are taken apart from their right end."""

import argparse
import re
from decimal import Decimal

_DURATION = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(ns|us|µs|μs|ms|s|min|h)", re.ASCII)
_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_MOST_NS = 1 << 62


def parse_duration(word: str) -> int:
    """Read `12ms`, `-3us`, `1.5s` or `250ns` as whole nanoseconds."""
    match = _DURATION.fullmatch(word.strip()) if len(word) < 64 else None
    if match is None:
        raise argparse.ArgumentTypeError(f"{word[:64]!r} is not a duration; write it like 12ms, -3us, 1.5s or 250ns")
    nanoseconds = Decimal(match[1]) * _NS[match[2]]
    if abs(nanoseconds) > _MOST_NS:
        raise argparse.ArgumentTypeError(f"{word!r} is too long; the most is {_MOST_NS} ns")
    if nanoseconds != nanoseconds.to_integral_value():
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number of nanoseconds")
    return int(nanoseconds)


def parse_shift(word: str) -> "tuple[str, int]":
    """Read `SESSION=DURATION`."""
    session, equals, length = word.rpartition("=")
    if not equals or not session:
        raise argparse.ArgumentTypeError(f"{word!r} is not SESSION=DURATION, like train/host=12ms")
    return session, parse_duration(length)


def parse_baseline(word: str) -> "tuple[str, str]":
    """Read `SESSION=RUN`."""
    session, equals, run = word.rpartition("=")
    if not equals or not session or not run:
        raise argparse.ArgumentTypeError(f"{word!r} is not SESSION=RUN, like train=train_alone")
    return session, run


def parse_gpu(word: str) -> "tuple[tuple[str, int], str]":
    """Read `SESSION:ORDINAL=NAME`."""
    left, equals, name = word.rpartition("=")
    session, colon, ordinal = left.rpartition(":")
    if not (equals and colon and session and name and ordinal.isascii() and ordinal.isdigit()):
        raise argparse.ArgumentTypeError(f"{word!r} is not SESSION:ORDINAL=NAME, like train/host:0=left")
    return (session, int(ordinal[:9])), name
