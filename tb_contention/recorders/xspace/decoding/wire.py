"""The protobuf wire format in compiled code: varints, fields, and how to skip values.

Nothing recurses; unknown fields and groups are skipped. A length is used only after a check that it fits into the enclosing bytes.
"""

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.recorders.common.array_types import BYTES, PAIR, i8


@inner(PAIR(BYTES, i8, i8))
def varint(data, pos, end):
    """Read a varint: (value as int64, next position); the position is -1 if it does not end before `end`."""
    if pos < end:
        first = data[pos]
        if first < 0x80:
            return np.int64(first), pos + 1
    value = np.uint64(0)
    shift = np.uint64(0)
    for step in range(10):
        if pos + step >= end:
            return np.int64(0), np.int64(-1)
        byte = np.uint64(data[pos + step])
        value |= (byte & np.uint64(0x7F)) << shift
        if byte < np.uint64(0x80):
            return np.int64(value), pos + step + 1
        shift += np.uint64(7)
    return np.int64(0), np.int64(-1)


@inner(i8(BYTES, i8, i8, i8))
def skip(data, pos, end, wire):
    """Skip the value of an unknown field; count groups instead of recursing. -1 if it does not fit."""
    depth = 0
    while True:
        if wire == 0:
            _, pos = varint(data, pos, end)
        elif wire == 1:
            pos += 8
        elif wire == 5:
            pos += 4
        elif wire == 2:
            length, pos = varint(data, pos, end)
            if pos < 0 or length < 0 or length > end - pos:
                return np.int64(-1)
            pos += length
        elif wire == 3:
            depth += 1
        elif wire == 4:
            depth -= 1
            if depth < 0:
                return np.int64(-1)
        else:
            return np.int64(-1)
        if pos < 0 or pos > end:
            return np.int64(-1)
        if depth == 0:
            return pos
        tag, pos = varint(data, pos, end)
        if pos < 0:
            return np.int64(-1)
        wire = tag & 7


@compiled(types.UniTuple(i8, 4)(BYTES, i8, i8, i8))
def field(data, pos, end, cut):
    """Read the head of a field: (number * 8 + wire type, start of the value, end of the value, value of a varint).

    If `cut` says that the file itself stops at `end`, a length-delimited value that reaches beyond is clipped to it, and its length is
    returned as -1. The start is -1 if no field could be read.
    """
    tag, value = varint(data, pos, end)
    if value < 0 or tag < 8:
        return np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
    wire = tag & 7
    if wire == 0:
        number, after = varint(data, value, end)
        if after < 0:
            return np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
        return tag, value, after, number
    if wire == 2:
        length, start = varint(data, value, end)
        if start < 0 or length < 0:
            return np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
        if length > end - start:
            if cut == 0:
                return np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
            return tag, start, end, np.int64(-1)
        return tag, start, start + length, length
    after = skip(data, value, end, wire)
    if after < 0:
        return np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
    return tag, value, after, np.int64(0)
