"""Names of a file -> which of some known names or prefixes each one is, in compiled code."""

from collections.abc import Iterable

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.recorders.common.array_types import BYTES, I32_1, I64_2, R64_1, frozen, i8
from tb_contention.units import I32, I64, U8


class KnownNames:
    """Names to look for, each with a value. Names are found by length, which leaves few to compare."""

    def __init__(self, wanted: dict[bytes, int]) -> None:
        ordered = sorted(wanted, key=lambda name: (len(name), name))
        self._texts = Texts(ordered)
        self._values = np.array([*(wanted[name] for name in ordered), -1], np.int32)

    def look_up(self, data: U8, names: I64) -> I32:
        """Return the value of each name, -1 if it is unknown. names: rows of (position, length)."""
        found = np.empty(len(names), np.int32)
        match_whole(data, names, self._texts.blob, self._texts.offsets, found)
        matched: I32 = self._values[found]
        return matched


class Texts:
    """Texts, one behind the other, as compiled functions take them."""

    def __init__(self, texts: Iterable[bytes]) -> None:
        texts = list(texts)
        self.blob = np.frombuffer(b"".join(texts), np.uint8)
        self.offsets = frozen(np.cumsum([0, *map(len, texts)]))


def prefix_of(data: U8, names: I64, prefixes: Texts) -> I32:
    """Return for each name which prefix it begins with, the first that fits, -1 for none."""
    found = np.empty(len(names), np.int32)
    match_prefix(data, names, prefixes.blob, prefixes.offsets, found)
    return found


@inner(types.boolean(BYTES, i8, BYTES, i8, i8))
def same(data, at, blob, start, length):
    """Tell whether two stretches of bytes are equal."""
    k = np.int64(0)
    while k < length and data[at + k] == blob[start + k]:
        k += 1
    return k == length


@compiled(types.void(BYTES, I64_2, BYTES, R64_1, I32_1))
def match_whole(data, names, blob, offsets, found):
    """Find each name among texts that are sorted by length; -1 for none."""
    count = offsets.shape[0] - 1
    longest = offsets[count] - offsets[count - 1] if count > 0 else 0
    for row in range(names.shape[0]):
        at = names[row, 0]
        length = names[row, 1]
        found[row] = -1
        if length == 0 or length > longest:
            continue
        low = np.int64(0)
        high = np.int64(count)
        while low < high:
            middle = (low + high) >> 1
            if offsets[middle + 1] - offsets[middle] < length:
                low = middle + 1
            else:
                high = middle
        while low < count and offsets[low + 1] - offsets[low] == length:
            if same(data, at, blob, offsets[low], length):
                found[row] = low
                break
            low += 1


@compiled(types.void(BYTES, I64_2, BYTES, R64_1, I32_1))
def match_prefix(data, names, blob, offsets, found):
    """Find the first text that each name begins with; -1 for none."""
    for row in range(names.shape[0]):
        found[row] = -1
        for k in range(offsets.shape[0] - 1):
            length = offsets[k + 1] - offsets[k]
            if length <= names[row, 1] and same(data, names[row, 0], blob, offsets[k], length):
                found[row] = k
                break
