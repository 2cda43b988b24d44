"""String codes of columns -> rows of one StringTable, which holds each distinct string once."""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.tables import StringTable
from tb_contention.recorders.common.array_types import frozen
from tb_contention.recorders.common.interning import intern_places
from tb_contention.recorders.xspace.decoding import wire
from tb_contention.recorders.xspace.decoding.lines import is_absent
from tb_contention.recorders.xspace.decoding.stats import INLINE
from tb_contention.recorders.xspace.decoding.string_codes import locate, mark_references, translate
from tb_contention.recorders.xspace.decoding.structure import Structure
from tb_contention.units import I32, I64, U8


@dataclass(slots=True)
class Interner:
    """Collects the strings that columns refer to, then assigns rows to them.

    Names (rows of the event metadata), interned stat values (rows of the stat metadata) and inline values share one table.
    """

    data: U8
    structure: Structure
    used_names: list[I64]
    used_codes: list[I64]

    @classmethod
    def of(cls, data: U8, structure: Structure) -> "Interner":
        """Start with nothing collected."""
        return cls(data, structure, [], [])

    def names(self, rows: I64) -> None:
        """Note rows of the event metadata."""
        self.used_names.append(rows)

    def codes(self, codes: I64) -> None:
        """Note codes of a text slot."""
        if not is_absent(codes):
            self.used_codes.append(codes)

    def finish(self) -> "Strings":
        """Build the table of everything noted so far."""
        names, _ = _used(self.used_names, len(self.structure.events.keys))
        refs, written_in_place = _used(self.used_codes, len(self.structure.stat_names.keys))
        inline = [c[c >= INLINE] if some else c[:0] for c, some in zip(self.used_codes, written_in_place, strict=True)]
        codes = np.concatenate([np.empty(0, np.int64), *inline])
        at, length = np.empty(len(codes), np.int64), np.empty(len(codes), np.int64)
        locate(self.data, frozen(codes), at, length)
        written = np.flatnonzero(length >= 0)
        places = np.concatenate(
            [
                self.structure.events.names[names],
                self.structure.stat_names.names[refs],
                np.stack([at, length], 1)[written],
            ]
        )
        ids, table = intern_places(self.data, places)
        numbers = np.flatnonzero(length < 0)
        table, number_ids = _with_numbers(self.data, table, codes[numbers])
        inline_ids = np.empty(len(codes), np.int32)
        inline_ids[written] = ids[len(names) + len(refs) :]
        inline_ids[numbers] = number_ids
        return Strings(
            table=table,
            name_rows=_scatter(names, ids[: len(names)], len(self.structure.events.keys)),
            ref_rows=_scatter(refs, ids[len(names) : len(names) + len(refs)], len(self.structure.stat_names.keys)),
            inline=dict(zip(map(_place, self.used_codes), _split(inline_ids, inline), strict=True)),
        )


@dataclass(slots=True)
class Strings:
    """The finished table, and the mapping from codes to its rows."""

    table: StringTable
    name_rows: I32
    ref_rows: I32
    inline: dict[int, I32]

    def of_names(self, rows: I64) -> I32:
        """Turn rows of the event metadata into rows of the table, in place; -1 stays."""
        return _translate(rows, self.name_rows, np.empty(0, np.int32))

    def of_codes(self, codes: I64) -> I32:
        """Turn a column of codes, in the same memory as when it was noted, into rows of the table, in place; absent is -1."""
        if is_absent(codes):
            return np.full(len(codes), -1, np.int32)
        return _translate(codes, self.ref_rows, self.inline[_place(codes)])


def _place(codes: I64) -> int:
    """Identify a column by its address, because each slice of a buffer is a new object."""
    return int(codes.ctypes.data)


def _split(rows: I32, parts: list[I64]) -> list[I32]:
    return np.split(rows, np.cumsum([len(p) for p in parts])[:-1]) if parts else []


def _translate(codes: I64, rows: I32, inline: I32) -> I32:
    """Turn codes into rows in place: the rows overwrite the first half of the codes' memory."""
    codes = np.ascontiguousarray(codes)
    out: I32 = codes.view(np.int32)[: len(codes)]
    translate(codes, rows, inline, out)
    return out


def _used(parts: list[I64], size: int) -> tuple[I64, list[int]]:
    """Find the rows that columns refer to, and how many inline values each column holds."""
    mark = np.zeros(size, np.uint8)
    inline = [int(mark_references(np.ascontiguousarray(part), mark)) for part in parts]
    return np.flatnonzero(mark), inline


def _scatter(rows: I64, ids: I64, size: int) -> I32:
    table = np.full(size, -1, np.int32)
    table[rows] = ids
    return table


def _with_numbers(data: U8, table: StringTable, codes: I64) -> tuple[StringTable, I32]:
    """Append the texts of numbers in string stats: TraceMe arguments that look like numbers."""
    if not len(codes):
        return table, np.empty(0, np.int32)
    distinct, rows = np.unique([_number_text(data, int(code) - INLINE) for code in codes], return_inverse=True)
    more = StringTable.of([str(t) for t in distinct])
    joined = StringTable(
        blob=np.concatenate([table.blob, more.blob]),
        offsets=np.concatenate([table.offsets, more.offsets[1:] + table.offsets[-1]]),
    )
    return joined, (rows + len(table)).astype(np.int32)


def _number_text(data: U8, code: int) -> str:
    _, start, end, value = wire.field(data, code >> 3, len(data), 0)
    if code & 7 == 2:
        return repr(float(np.frombuffer(data[start:end].tobytes(), "<f8")[0]))
    return str(value % (1 << 64) if code & 7 == 3 else value)
