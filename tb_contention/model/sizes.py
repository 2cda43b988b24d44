"""Words for amounts of memory and lengths of time -> bytes and nanoseconds."""

import re
from decimal import Decimal

_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(?:([KMGT])(i?))?B", re.ASCII)


def bytes_in(word: str) -> int | None:
    """Read `2GiB`, `500MB` or `0B`; KiB and so on are powers of 1024, KB and so on of 1000. None where it is no such size."""
    match = _SIZE.fullmatch(word.strip()) if len(word) < 64 else None
    if match is None:
        return None
    power = "KMGT".index(match[2]) + 1 if match[2] else 0
    return int(Decimal(match[1]) * (1024 if match[3] else 1000) ** power)


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


def nanoseconds_in(word: str) -> int:
    """Read `12ms`, `-3us`, `1.5s` or `250ns` as whole nanoseconds; raise ValueError with a sentence for anything else."""
    match = _DURATION.fullmatch(word.strip()) if len(word) < 64 else None
    if match is None:
        raise ValueError(f"{word[:64]!r} is not a duration; write it like 12ms, -3us, 1.5s or 250ns")
    nanoseconds = Decimal(match[1]) * _NS[match[2]]
    if abs(nanoseconds) > _MOST_NS:
        raise ValueError(f"{word!r} is too long; the maximum is {_MOST_NS} ns")
    if nanoseconds != nanoseconds.to_integral_value():
        raise ValueError(f"{word!r} is not a whole number of nanoseconds")
    return int(nanoseconds)
