"""Quantities that must not mix, and names for the column types that carry them.

Inside one trace time is int64 picoseconds from the trace's own origin (XEvent's precision). Once traces are aligned, time is int64
nanoseconds from the report's origin. Bytes are int64. Ratios are floats and are made last.
"""

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
