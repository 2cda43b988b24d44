"""Parse command-line words into values. Session ids may contain '/', ':' and '=', so words are split from the right."""

import argparse
import re
from collections.abc import Callable
from datetime import datetime, timezone
from decimal import Decimal

from tb_contention.model.asked import Change, Kind, parse_change
from tb_contention.model.sizes import bytes_in, nanoseconds_in

_MOST_NS = 1 << 62
_AGE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(min|h|d|w)", re.ASCII)
_SECONDS = {"min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SHARE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*%", re.ASCII)
_RATIO = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*[x×]?", re.ASCII)


def parse_duration(word: str) -> int:
    """Read `12ms`, `-3us`, `1.5s` or `250ns` as whole nanoseconds."""
    try:
        return nanoseconds_in(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def parse_shift(word: str) -> tuple[str, int]:
    """Read `SESSION=DURATION`."""
    session, equals, length = word.rpartition("=")
    if not equals or not session:
        raise argparse.ArgumentTypeError(f"{word!r} is not SESSION=DURATION; write it like train/host=12ms")
    return session, parse_duration(length)


def parse_baseline(word: str) -> tuple[str, str]:
    """Read `SESSION=RUN`, or `RUN` for every session."""
    session, equals, run = word.rpartition("=")
    if not run.strip() or (equals and not session):
        raise argparse.ArgumentTypeError(f"{word!r} is not SESSION=RUN; write it like train=train_alone")
    return session or "*", run


def parse_gpu(word: str) -> tuple[tuple[str, int], str]:
    """Read `SESSION:ORDINAL=NAME`."""
    left, equals, name = word.rpartition("=")
    session, colon, ordinal = left.rpartition(":")
    if not (equals and colon and session and name and ordinal.isascii() and ordinal.isdigit()):
        raise argparse.ArgumentTypeError(f"{word!r} is not SESSION:ORDINAL=NAME; write it like train/host:0=left")
    return (session, int(ordinal[:9])), name


def parse_size(word: str) -> int:
    """Read `2GiB`, `500MB` or `0B` as bytes; KiB and so on are powers of 1024, KB and so on of 1000."""
    amount = bytes_in(word)
    if amount is None:
        raise argparse.ArgumentTypeError(f"{word[:64]!r} is not a memory size; write it like 2GiB or 500MB")
    if amount > _MOST_NS:
        raise argparse.ArgumentTypeError(f"{word!r} is more memory than any device has")
    return amount


def parse_port(word: str) -> int:
    """Read the number of a port; 0 stands for any that is free."""
    if not (word.isascii() and word.isdigit() and int(word[:6]) < 65536):
        raise argparse.ArgumentTypeError(f"{word!r} is not a port number from 0 to 65535")
    return int(word)


def parse_share(word: str) -> float:
    """Read `30%` as 0.3; require the sign, since a bare 0.3 or 30 is ambiguous."""
    match = _SHARE.fullmatch(word.strip()) if len(word) < 64 else None
    if match is None or Decimal(match[1]) > 100:
        raise argparse.ArgumentTypeError(f"{word[:64]!r} is not a percentage from 0% to 100%; write it like 30%")
    return float(Decimal(match[1]) / 100)


def parse_slowdown(word: str) -> float:
    """Read `1.2` or `1.2x`; reject values below 1, since sharing speeds nothing up."""
    match = _RATIO.fullmatch(word.strip()) if len(word) < 64 else None
    if match is None or not 1 <= Decimal(match[1]) <= 1_000_000:
        raise argparse.ArgumentTypeError(
            f"{word[:64]!r} is not a slowdown of 1 or more; write it like 1.2 for steps that take 1.2 times as long"
        )
    return float(match[1])


def parse_limit(word: str) -> int:
    """Read a duration above zero."""
    nanoseconds = parse_duration(word)
    if nanoseconds <= 0:
        raise argparse.ArgumentTypeError(f"{word!r} must be above zero")
    return nanoseconds


def parse_step_limit(word: str) -> tuple[str, int]:
    """Read `DURATION`, for all sessions, or `SESSION=DURATION`; the first has "" for the session."""
    session, equals, length = word.rpartition("=")
    if equals and not session:
        raise argparse.ArgumentTypeError(
            f"{word!r} is not DURATION or SESSION=DURATION; write it like 12ms or trainer=12ms"
        )
    return session, parse_limit(length)


def parse_headroom(word: str) -> float | int:
    """Read a share of the device's memory (float, 0 to 1) or an amount (int, bytes)."""
    if word.strip().endswith("%"):
        return parse_share(word)
    if bytes_in(word) is None:
        raise argparse.ArgumentTypeError(
            f"{word[:64]!r} is neither a percentage nor a memory size; write it like 10% or 2GiB"
        )
    return parse_size(word)


def parsing(kind: Kind) -> Callable[[str], Change]:
    """Return how to read the word of an option that changes a schedule."""

    def parse(word: str) -> Change:
        try:
            return parse_change(kind, word)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse


def parse_gpu_or_pattern(word: str) -> tuple[tuple[str, int], str] | str:
    """Read `SESSION:ORDINAL=NAME`, which names a GPU, or else a pattern that selects captures by their GPU."""
    return parse_gpu(word) if "=" in word else parse_pattern(word)


def parse_mute(word: str) -> tuple[str, str]:
    """Read `RULE` or `RULE:SESSION`; the session is '' where none is given."""
    rule, colon, session = word.partition(":")
    if not rule.strip() or (colon and not session.strip()):
        raise argparse.ArgumentTypeError(
            f"{word[:64]!r} is not RULE or RULE:SESSION; write it like reserved-unused or reserved-unused:trainer"
        )
    return rule.strip(), session.strip()


def parse_pattern(word: str) -> str:
    """Read a pattern that is not empty."""
    if not word.strip():
        raise argparse.ArgumentTypeError("an empty pattern fits nothing; use * for everything")
    return word


def parse_age(word: str) -> float:
    """Read `30d`, `12h` or `90min` as seconds."""
    seconds = _seconds(word)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"{word[:64]!r} is not an age; write it like 30d, 12h or 90min")
    return seconds


def _seconds(word: str) -> float | None:
    """Read a length of time in minutes to weeks; None for anything else."""
    match = _AGE.fullmatch(word.strip()) if len(word) < 64 else None
    return None if match is None else float(Decimal(match[1]) * _SECONDS[match[2]])


def parse_since(word: str, now: datetime | None = None) -> int:
    """Read how long ago (`90min`, `12h`, `3d`, `2w`), or a date or time in ISO 8601 (local unless it states a zone), as Unix ns."""
    now = now or datetime.now(timezone.utc)
    ago = _seconds(word)
    try:
        if ago is not None:
            return int((now.timestamp() - ago) * 1_000_000_000)
        instant = datetime.fromisoformat(word.strip().replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"{word[:64]!r} is neither a length of time nor a date; write it like 12h, 3d, 2026-03-05 or 2026-03-05T10:00"
        ) from None
    return int(instant * 1_000_000_000)
