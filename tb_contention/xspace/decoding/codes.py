"""String codes in compiled code: find their bytes, intern them, and turn them into rows of the string table."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled
from tb_contention.xspace.decoding.stats import INLINE
from tb_contention.xspace.decoding.wire import BYTES, I32_1, I64_1, R64_1, U8_1, field, i8


@compiled(types.void(BYTES, R64_1, R64_1, I64_1, I64_1, types.uint64))
def intern(data, at, length, ids, first, seed):
    """Give equal strings equal ids, counting up in order of appearance; `first[id]` is a row that holds it. FNV-1a, open addressing.

    seed: unknown to who wrote the file, so that names cannot be made to collide.
    """
    count = at.shape[0]
    size = 16
    while size < 2 * count:
        size *= 2
    table = np.full(size, -1, np.int64)
    used = np.int64(0)
    for row in range(count):
        value = np.uint64(14695981039346656037) ^ seed
        for i in range(at[row], at[row] + length[row]):
            value = (value ^ np.uint64(data[i])) * np.uint64(1099511628211)
        slot = np.int64((value ^ (value >> np.uint64(29))) & np.uint64(size - 1))
        while True:
            known = table[slot]
            if known < 0:
                table[slot] = used
                first[used] = row
                ids[row] = used
                used += 1
                break
            other = first[known]
            same = length[other] == length[row]
            if same:
                for i in range(length[row]):
                    if data[at[other] + i] != data[at[row] + i]:
                        same = False
                        break
            if same:
                ids[row] = known
                break
            slot = (slot + 1) & (size - 1)


@compiled(types.void(BYTES, R64_1, I64_1, I64_1))
def locate(data, codes, at, length):
    """Find the bytes of inline string values; length -1 where the value is a number."""
    for row in range(codes.shape[0]):
        code = codes[row] - INLINE
        _, start, end, _ = field(data, code >> 3, np.int64(data.shape[0]), 0)
        at[row] = start
        length[row] = end - start if (code & 7) == 5 or (code & 7) == 6 else -1


@compiled(types.void(BYTES, R64_1, R64_1, R64_1, U8_1))
def gather(data, at, length, offsets, blob):
    """Copy strings of the file one behind the other."""
    for row in range(at.shape[0]):
        for i in range(length[row]):
            blob[offsets[row] + i] = data[at[row] + i]


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

    `out` may be the beginning of the memory of `codes`: no row is written before it is read.
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
