"""Quantities that must not mix, and names for the column types that carry them.

Inside one trace time is int64 picoseconds from the trace's own origin (XEvent's precision). Once traces are aligned, time is int64
nanoseconds from the report's origin. Bytes are int64. Ratios are floats and are made last.
"""

import re
from decimal import Decimal
from typing import NewType, TypeAlias

import numpy as np
import numpy.typing as npt

Picoseconds = NewType("Picoseconds", int)
Nanoseconds = NewType("Nanoseconds", int)
Bytes = NewType("Bytes", int)
SessionId = NewType("SessionId", str)
DeviceId = NewType("DeviceId", str)

I64: TypeAlias = npt.NDArray[np.int64]
U64: TypeAlias = npt.NDArray[np.uint64]
I32: TypeAlias = npt.NDArray[np.int32]
U16: TypeAlias = npt.NDArray[np.uint16]
U8: TypeAlias = npt.NDArray[np.uint8]
F64: TypeAlias = npt.NDArray[np.float64]
Bool: TypeAlias = npt.NDArray[np.bool_]

PS_PER_NS = 1_000
NS_PER_S = 1_000_000_000

#: Times of a trace stay below this many ps (53 days), so that sums of two cannot overflow int64.
MAX_TRACE_PS = 1 << 62

_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(?:([KMGT])(i?))?B", re.ASCII)


def bytes_in(word: str) -> int | None:
    """Read `2GiB`, `500MB` or `0B`; KiB and so on are powers of 1024, KB and so on of 1000. None where it is no such size."""
    match = _SIZE.fullmatch(word.strip()) if len(word) < 64 else None
    if match is None:
        return None
    power = "KMGT".index(match[2]) + 1 if match[2] else 0
    return int(Decimal(match[1]) * (1024 if match[3] else 1000) ** power)
