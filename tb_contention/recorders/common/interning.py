"""Strings at places in a file -> one table that holds each distinct string once."""

import secrets

import numpy as np
from numba import types

from tb_contention._compiled import compiled, table_size
from tb_contention.model.tables import StringTable
from tb_contention.recorders.common.array_types import BYTES, I64_1, R64_1, U8_1, frozen
from tb_contention.units import I64, U8

_SEED = np.uint64(secrets.randbits(62))


def intern_places(data: U8, places: I64) -> tuple[I64, StringTable]:
    """Intern the strings at rows of (position, length); return the table row of each, and the table of distinct strings."""
    at, length = frozen(places[:, 0]), frozen(places[:, 1])
    ids, first = np.empty(len(at), np.int64), np.zeros(len(at), np.int64)
    intern(data, at, length, np.full(table_size(len(at)), -1), ids, first, _SEED)
    first = first[: int(ids.max()) + 1] if len(ids) else first[:0]
    offsets = np.zeros(len(first) + 1, np.int64)
    np.cumsum(length[first], out=offsets[1:])
    blob = np.empty(int(offsets[-1]), np.uint8)
    gather(data, frozen(at[first]), frozen(length[first]), frozen(offsets), blob)
    return ids, StringTable(blob=blob, offsets=offsets)


@compiled(types.void(BYTES, R64_1, R64_1, I64_1, I64_1, I64_1, types.uint64))
def intern(data, at, length, table, ids, first, seed):
    """Give equal strings equal ids, in order of appearance; `first[id]` is the first row with it. FNV-1a, open addressing.

    table: -1 everywhere, a power of two at least twice as long as there are strings. seed: unknown to the writer of the file, so nobody
    can craft names that collide.
    """
    count = at.shape[0]
    size = table.shape[0]
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


@compiled(types.void(BYTES, R64_1, R64_1, R64_1, U8_1))
def gather(data, at, length, offsets, blob):
    """Copy strings of the file into one blob, at the given offsets."""
    for row in range(at.shape[0]):
        for i in range(length[row]):
            blob[offsets[row] + i] = data[at[row] + i]
