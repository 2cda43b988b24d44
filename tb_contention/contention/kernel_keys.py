"""Key kernels by the work they do (name, launch configuration, op), and index equal kernels within each step."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled, table_size
from tb_contention.model.trace import KernelTable
from tb_contention.units import I32, I64

_IN = types.Array(types.int64, 1, "C", readonly=True)
_OUT = types.Array(types.int64, 1, "C")


#: Values for which a table is made at first, and by how many times more each next one holds: few kernels differ, and a small table stays
#: in the processor's cache.
_FEW, _MORE = 1 << 12, 1 << 5
#: Places of one key in a step that are told apart.
_PLACES = 1 << 20


@compiled(types.int64(_IN, _OUT, _OUT, _OUT))
def _number(values, table, held, out):
    """Number distinct values in order of appearance; return how many there are, -1 if they would fill more than half of the table.

    table: -1 everywhere, a power of two; held: as long.
    """
    size = table.shape[0]
    count = np.int64(0)
    for i in range(values.shape[0]):
        value = values[i]
        mixed = np.uint64(value) * np.uint64(0x9E3779B97F4A7C15)
        at = np.int64((mixed >> np.uint64(20)) & np.uint64(size - 1))
        while table[at] >= 0 and held[at] != value:
            at = (at + 1) & (size - 1)
        if table[at] < 0:
            if 2 * count >= size:
                return np.int64(-1)
            table[at] = count
            held[at] = value
            count += 1
        out[i] = table[at]
    return count


@compiled(types.void(_IN, _IN, _OUT, _OUT, _OUT))
def _index_in_step(step, key, last, seen, out):
    """Count the kernels of each key within each step. last: the step in which a key was seen last, -2 = none; seen: how often."""
    for i in range(step.shape[0]):
        k = key[i]
        if step[i] < 0:
            out[i] = -1
            continue
        if last[k] != step[i]:
            last[k] = step[i]
            seen[k] = 0
        out[i] = seen[k]
        seen[k] += 1


def numbered(values: I64) -> tuple[I64, int]:
    """Replace values by dense numbers in order of appearance; return them and their count."""
    out, values = np.empty(len(values), np.int64), np.ascontiguousarray(values)
    room, count = min(_FEW, len(values)), -1
    while count < 0:
        size = table_size(room)
        count = int(_number(values, np.full(size, -1), np.empty(size, np.int64), out))
        room = min(room * _MORE, len(values))
    return out, count


def pairs(a: I64 | I32, b: I64 | I32, count_b: int) -> tuple[I64, int]:
    """Number distinct pairs; b in -1..count_b - 1."""
    both: I64 = np.multiply(a, count_b + 1, dtype=np.int64)
    both += b
    return numbered(both)


def numbered_places(key: I64, place: I64) -> tuple[I64, int]:
    """Number the distinct places of each key's work in the step; place: -1 outside steps, late places count as one."""
    return pairs(key, np.minimum(place, _PLACES - 2), _PLACES - 1)


def kernel_keys(kernels: KernelTable, strings: int) -> tuple[I64, int]:
    """Number the distinct works of kernels: name, launch configuration (`details` as written) and op."""
    key, keys = pairs(kernels.name, kernels.details, strings)
    if len(key) and (kernels.op == kernels.op[0]).all():
        return key, keys
    return pairs(key, kernels.op, strings)


def index_in_step(step: I64, key: I64, keys: int) -> I64:
    """Return the index of each kernel among those of equal key within its step: 0, 1, ... in the order given; -1 outside steps."""
    out = np.empty(len(step), np.int64)
    last, seen = np.full(max(1, keys), -2), np.zeros(max(1, keys), np.int64)
    _index_in_step(np.ascontiguousarray(step), np.ascontiguousarray(key), last, seen, out)
    return out
