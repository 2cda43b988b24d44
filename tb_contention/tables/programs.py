"""A table's declaration and its rows -> columns of values for programs: nothing rounded, nothing left out, None for what is unknown."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tb_contention.tables.rows import Row, Wire, ends
from tb_contention.tables.rows import rows as all_rows
from tb_contention.tables.spec import Column, Kind, TableSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramColumn:
    """One column of values. unit: `ns`, `bytes`, `ratio` or ""; shows: the declared column that it is, or is an end of."""

    name: str
    unit: str
    kind: Kind
    values: tuple[Any, ...]
    shows: Column


_UNITS = {
    Kind.DURATION: "ns", Kind.DURATIONS: "ns", Kind.INSTANT: "ns", Kind.BYTES: "bytes", Kind.FACTORS: "ratio",
    Kind.SLOWDOWN: "ratio", Kind.SHARE: "ratio",
}  # fmt: skip


def program_columns(spec: TableSpec, report: Wire, found: Iterable[Row] | None = None) -> tuple[ProgramColumn, ...]:
    """Return the columns of a table of a report as JSON values; found: rows to take instead of those that the report has."""
    listed = list(all_rows(spec, report)) if found is None else list(found)
    return tuple(
        ProgramColumn(
            name=name,
            unit=_UNITS.get(column.kind, ""),
            kind=column.kind,
            values=tuple(_values(column, key, listed)),
            shows=column,
        )
        for column in spec.columns
        for key, name in ends(column)
    )


def _values(column: Column, key: str, listed: list[Row]) -> Iterator[Any]:
    found = (row.value(key) for row in listed)
    if column.kind in (Kind.SESSIONS, Kind.LIST):
        between = " " if column.kind is Kind.SESSIONS else "; "
        return (between.join(value or ()) for value in found)
    if column.kind is Kind.MAP:
        return (None if value is None else json.dumps(value, sort_keys=True) for value in found)
    if column.kind is Kind.SLOWDOWN and key.endswith(".estimate"):
        evidence = f"{column.key}.evidence"
        return (None if row.value(evidence) == "D" else value for row, value in zip(listed, found, strict=True))
    return found
