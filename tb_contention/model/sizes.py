"""Words for amounts of memory -> bytes."""

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
