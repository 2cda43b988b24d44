"""The types of arrays and integers that compiled readers take."""

import numpy as np
from numba import types

from tb_contention.units import I64

BYTES = types.Array(types.uint8, 1, "C", readonly=True)
I64_1 = types.Array(types.int64, 1, "C")
I64_2 = types.Array(types.int64, 2, "C")
R64_1 = types.Array(types.int64, 1, "C", readonly=True)
I32_1 = types.Array(types.int32, 1, "C")
U8_1 = types.Array(types.uint8, 1, "C")
i8 = types.int64
PAIR = types.UniTuple(i8, 2)


def frozen(column: I64) -> I64:
    """Return a column that is contiguous and read-only, as compiled functions take it."""
    column = np.ascontiguousarray(column)
    column.flags.writeable = False
    return column
