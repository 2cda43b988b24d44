"""String codes in compiled code: find their bytes, and turn codes into rows of the string table."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled
from tb_contention.recorders.common.array_types import BYTES, I32_1, I64_1, R64_1, U8_1, i8
from tb_contention.recorders.xspace.decoding.stats import INLINE
from tb_contention.recorders.xspace.decoding.wire import field


@compiled(types.void(BYTES, R64_1, I64_1, I64_1))
def locate(data, codes, at, length):
    """Find the bytes of inline string values; the length is -1 for numbers."""
    for row in range(codes.shape[0]):
        code = codes[row] - INLINE
        _, start, end, _ = field(data, code >> 3, np.int64(data.shape[0]), 0)
        at[row] = start
        length[row] = end - start if (code & 7) == 5 or (code & 7) == 6 else -1


@compiled(i8(R64_1, U8_1))
def mark_references(codes, used):
    """Mark the rows that codes refer to; return how many codes are inline values."""
    inline = np.int64(0)
    for row in range(codes.shape[0]):
        code = codes[row]
        if code >= INLINE:
            inline += 1
        elif 0 <= code < used.shape[0]:
            used[code] = 1
    return inline


@compiled(types.void(R64_1, I32_1, I32_1, I32_1))
def translate(codes, rows, inline, out):
    """Turn codes into rows of the string table: `rows` for references, the next of `inline` for inline values, -1 for none.

    `out` may share the start of the memory of `codes`, because each row is read before it is written.
    """
    following = 0
    for row in range(codes.shape[0]):
        code = codes[row]
        if code >= INLINE:
            out[row] = inline[following]
            following += 1
        elif 0 <= code < rows.shape[0]:
            out[row] = rows[code]
        else:
            out[row] = -1
