"""Tables: equal-length read-only NumPy columns; and the string table that their name columns point into."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tb_contention.units import I32, I64, U8

T = TypeVar("T", bound="Table")

#: Rows that are computed at once where several columns make another: what is in between stays in the processor's cache, and takes no new
#: pages of memory, which cost more than the sums.
_BLOCK = 1 << 15


def blocks(count: int) -> Iterator[slice]:
    """Cut so many rows into slices that are short enough to be worked on without new memory."""
    return (slice(first, min(first + _BLOCK, count)) for first in range(0, count, _BLOCK))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Base of all tables; every field is a column of the same length, set read-only."""

    def __post_init__(self) -> None:
        lengths = set()
        for field in fields(self):
            column = getattr(self, field.name)
            lengths.add(len(column))
            if column.flags.writeable:
                column.flags.writeable = False
        if len(lengths) > 1:
            raise ValueError(f"{type(self).__name__}: columns of different lengths {lengths}")

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Name the columns, in order of declaration."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def select(self: T, rows: npt.NDArray[Any] | slice) -> T:
        """Keep the rows that a mask, an index array or a slice picks, in that order."""
        return type(self)(**{name: column[rows] for name, column in self.columns().items()})

    @classmethod
    def concat(cls: type[T], parts: list[T]) -> T:
        """Put tables below each other; at least one is needed."""
        names = [field.name for field in fields(cls)]
        if len(parts) == 1:
            return parts[0]
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


#: Longer than any name that a compiler makes; what is longer is cut when shown, so that one name cannot fill a report.
MAX_STRING = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class StringTable:
    """Strings as one byte blob and offsets; row r is `blob[offsets[r]:offsets[r + 1]]`, decoded when asked for.

    A trace can hold a million names of which a page shows twenty, so no str object is made before it is read. Bytes that are not
    UTF-8 decode to U+FFFD: names are hostile text and never a reason to fail.
    """

    blob: U8
    offsets: I64

    @classmethod
    def of(cls, strings: list[str] | tuple[str, ...]) -> "StringTable":
        """Build from Python strings."""
        encoded = [s.encode("utf-8", "surrogatepass") for s in strings]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(e) for e in encoded], out=offsets[1:])
        return cls(blob=np.frombuffer(b"".join(encoded), np.uint8), offsets=offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> str:
        if not 0 <= row < len(self.offsets) - 1:
            raise IndexError(row)
        start, end = self.offsets[row : row + 2].tolist()
        text = self.blob[start : min(end, start + MAX_STRING)].tobytes().decode("utf-8", "replace")
        return text if end - start <= MAX_STRING else text + "…"

    def get(self, row: int) -> str | None:
        """Return the string, or None for row -1, which stands for 'none given'."""
        return None if row < 0 else self[row]


def rows_used(column: I32) -> list[int]:
    """List the distinct rows of strings that a name column holds, in order; without -1, which is no name."""
    if not len(column):
        return []
    first, last = int(column.min()), int(column.max())
    used = np.array([first]) if first == last else np.flatnonzero(np.bincount(column + 1)) - 1
    return [row for row in used.tolist() if row >= 0]
