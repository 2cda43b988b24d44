"""Tokens -> rows of one string table; each text is in it once, whichever plane or event it came from."""

import numba
import numpy as np

from tb_contention._compiled import compiled
from tb_contention.units import I32, I64, U8
from tb_contention.xspace.wire import BYTES, COLUMN, SHORT, Buffer, read_varint

_INT = numba.int64


@compiled(numba.void(BYTES, COLUMN, COLUMN, COLUMN, SHORT, SHORT, COLUMN, COLUMN, COLUMN, _INT, SHORT))
def intern(
    data: Buffer, tokens: I64, meta_start: I64, meta_length: I64, meta_row: I32, table: I32, start: I64, length: I64,
    state: I64, seed: int, rows: I32,
) -> None:  # fmt: skip
    """Look each token's text up, adding it if it is new. state[0] counts the texts; `table` has a power of two of slots."""
    mask = len(table) - 1
    for i in range(len(tokens)):
        t = tokens[i]
        if t == -1:
            rows[i] = -1
            continue
        if t >= 0:
            if meta_row[t] >= 0:
                rows[i] = meta_row[t]
                continue
            at, size = meta_start[t], meta_length[t]
        else:
            size, at = read_varint(data, -2 - t, len(data))
        mixed = np.uint64(seed) ^ np.uint64(size)
        for k in range(size):
            mixed = (mixed ^ np.uint64(data[at + k])) * np.uint64(0x100000001B3)
        mixed ^= mixed >> np.uint64(29)
        slot = np.int64(mixed & np.uint64(0x7FFFFFFFFFFFFFFF)) & mask
        while True:
            row = np.int64(table[slot])
            if row < 0:
                row = state[0]
                state[0] = row + 1
                table[slot] = row
                start[row], length[row] = at, size
                break
            if length[row] == size:
                same = True
                for k in range(size):
                    if data[start[row] + k] != data[at + k]:
                        same = False
                        break
                if same:
                    break
            slot = (slot + 1) & mask
        rows[i] = row
        if t >= 0:
            meta_row[t] = row


@compiled(numba.void(BYTES, COLUMN, COLUMN, numba.types.Array(numba.uint8, 1, "C")))
def gather(data: Buffer, start: I64, offsets: I64, blob: U8) -> None:
    """Copy the texts behind each other."""
    for row in range(len(start)):
        for k in range(offsets[row + 1] - offsets[row]):
            blob[offsets[row] + k] = data[start[row] + k]
