"""A table for programs: columns of equal length with names and units, as a DataFrame or an Arrow table on request."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Any

from tb_contention.notebook.library import library
from tb_contention.notebook.scoped import page, rows_of_html
from tb_contention.words.numbers import count

#: Rows that a notebook shows of a table.
MOST_ROWS = 20

Value = int | float | str | bool | None


class Kind(str, Enum):
    """What a column holds; every kind can hold None."""

    INTEGER = "int64"
    NUMBER = "float64"
    TEXT = "string"
    FLAG = "bool"


_PANDAS = {Kind.INTEGER: "Int64", Kind.NUMBER: "Float64", Kind.TEXT: "string", Kind.FLAG: "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One quantity. unit: `ns`, `bytes`, `ratio` or "" for none; None among the values is unknown."""

    name: str
    unit: str
    kind: Kind
    values: tuple[Value, ...]
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Table:
    """Columns of equal length."""

    name: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        if len({len(column.values) for column in self.columns}) > 1:
            raise ValueError(f"the columns of {self.name} differ in length")

    def __len__(self) -> int:
        return len(self.columns[0].values) if self.columns else 0

    def __getitem__(self, name: str) -> tuple[Value, ...]:
        for column in self.columns:
            if column.name == name:
                return column.values
        raise KeyError(name)

    def __repr__(self) -> str:
        names = ", ".join(column.name for column in self.columns)
        return f"Table {self.name}: {count(len(self), 'row')} of {names}"

    def rows(self) -> Iterable[tuple[Value, ...]]:
        """Walk over the rows."""
        return zip(*(column.values for column in self.columns), strict=True)

    def to_pandas(self) -> Any:
        """Return a DataFrame of nullable columns; `.attrs["units"]` has the units by column. Needs pandas."""
        pandas = library("pandas", "A DataFrame")
        columns = {c.name: pandas.array(list(c.values), dtype=_PANDAS[c.kind]) for c in self.columns}
        frame = pandas.DataFrame(columns)
        frame.attrs["units"] = {c.name: c.unit for c in self.columns if c.unit}
        return frame

    def to_arrow(self) -> Any:
        """Return an Arrow table; a field's metadata has its `unit`. Needs pyarrow."""
        arrow = library("pyarrow", "An Arrow table")
        types = {
            Kind.INTEGER: arrow.int64(),
            Kind.NUMBER: arrow.float64(),
            Kind.TEXT: arrow.string(),
            Kind.FLAG: arrow.bool_(),
        }
        fields = [arrow.field(c.name, types[c.kind], metadata=_metadata(c)) for c in self.columns]
        arrays = [arrow.array(c.values, type=types[c.kind]) for c in self.columns]
        return arrow.Table.from_arrays(arrays, schema=arrow.schema(fields))

    def _repr_html_(self) -> str:
        header = [
            c.name if c.unit in ("", "ratio") else f"{c.name.removesuffix('_' + c.unit)} [{c.unit}]"
            for c in self.columns
        ]
        numbers = frozenset(n for n, c in enumerate(self.columns) if c.kind in (Kind.INTEGER, Kind.NUMBER))
        rows = [[_cell(value) for value in row] for row in islice(self.rows(), MOST_ROWS)]
        left_out = len(self) - len(rows)
        note = f"{count(left_out, 'more row')}: .to_pandas() has all." if left_out else count(len(self), "row")
        return page(rows_of_html(header, rows, numbers) + f'<p class="faint">{note}</p>')


def _metadata(column: Column) -> dict[str, str] | None:
    return {k: v for k, v in (("unit", column.unit), ("help", column.help)) if v} or None


def _cell(value: Value) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else value
