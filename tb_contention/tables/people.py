"""A table's declaration and its rows -> text for people, in the words and digits that every printer uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tb_contention.model.names import clean, shorten
from tb_contention.tables.rows import Row, Wire, rows_of_device
from tb_contention.tables.rows import rows as all_rows
from tb_contention.tables.spec import Column, Kind, TableSpec
from tb_contention.words.numbers import (
    UNKNOWN,
    between,
    count,
    duration,
    number,
    percent,
    share,
    size,
    three_digits,
    times,
)

#: Characters beyond which a name is cut in its middle.
_LONG = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A titled table of cleaned text; `numbers` are the columns to set flush right. note: below it; shades: how dark a cell is, 0 to 5.

    links: addresses that the last cells of the rows lead to, "" for none.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    note: str = ""
    shades: tuple[tuple[int, ...], ...] = ()
    narrow: frozenset[int] = frozenset()
    links: tuple[str, ...] = ()


def device_table(spec: TableSpec, device: Wire, names: Mapping[str, str]) -> TextTable:
    """Print one table of a device; without rows where there is nothing to list."""
    title = spec.for_host if spec.for_host and device["is_host"] else spec.title
    return _table(spec, rows_of_device(spec, device), names, title)


def report_table(spec: TableSpec, report: Wire, names: Mapping[str, str]) -> TextTable:
    """Print one table of the report as a whole."""
    return _table(spec, list(all_rows(spec, report)), names, spec.title)


def _table(spec: TableSpec, found: list[Row], names: Mapping[str, str], title: str) -> TextTable:
    shown = found[: spec.most]
    first, *others = spec.for_people
    columns = [first, *(c for c in others if any(_is_there(row.value(c.key)) for row in shown))]
    return TextTable(
        title=title,
        header=tuple(c.title for c in columns),
        rows=_rows(columns, shown, names),
        numbers=frozenset(n for n, c in enumerate(columns) if c.kind.is_number),
        note=" ".join(filter(None, (more(len(found) - len(shown)), spec.note if shown else ""))),
        narrow=frozenset(n for n, c in enumerate(columns) if c.kind is Kind.NAME and c.key == "sha256"),
    )


def _rows(columns: list[Column], shown: list[Row], names: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Write the cells; long words that a column repeats stand there once."""
    said = set[tuple[str, str]]()
    rows = []
    for row in shown:
        cells = []
        for column in columns:
            words = cell(column, row, names)
            again = column.once and (column.key, words) in said and words != UNKNOWN
            said.add((column.key, words))
            cells.append("as above" if again else words)
        rows.append(tuple(cells))
    return tuple(rows)


def _is_there(value: Any) -> bool:
    """Return whether a cell has content; a column without any is left out."""
    return value not in (None, "", [], {})


def more(left_out: int) -> str:
    """Say how many rows a table leaves out; '' for none."""
    return f"{count(left_out, 'more row is', 'more rows are')} in the JSON and CSV reports." if left_out else ""


def cell(column: Column, row: Row, names: Mapping[str, str]) -> str:
    """Write one cell; a dash for what is unknown."""
    value = row.value(column.key)
    if not _is_there(value):
        return column.unless or UNKNOWN
    if column.kind in (Kind.SESSION, Kind.DEVICE):
        return _label(names, value)
    if column.kind is Kind.SESSIONS:
        return ", ".join(_label(names, each) for each in value)
    if column.kind is Kind.INSTANT:
        return duration(value - row.device["window"]["start_ns"]) if row.device else duration(value)
    words = _WRITERS[column.kind](value)
    return f"{words} ({percent(value, row.value(column.of))})" if column.of else words


def _label(names: Mapping[str, str], value: str) -> str:
    try:
        return names[value]
    except KeyError:
        return clean(value)


def _range(write: Callable[[float | None], str]) -> Callable[[Wire], str]:
    """Write an estimate with its interval, the bounds alone, or one number where the ends read alike."""

    def written(value: Wire) -> str:
        estimate, low, high = value["estimate"], value["low"], value["high"]
        if low is None and high is None:
            return UNKNOWN
        if write is times and (estimate is None or low is None or high is None):
            return between(low, high)
        ends = f"{write(low)} to {write(high)}"
        if estimate is None:
            return ends
        return write(estimate) if write(low) == write(high) else f"{write(estimate)} ({ends.replace('×', '')})"

    return written


def _slowdown(value: Wire) -> str:
    return _range(times)(value if value["evidence"] != "D" else {**value, "estimate": None})


_WRITERS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: lambda value: clean(str(value)),
    Kind.WORD: lambda value: clean(value.replace("_", " ")),
    Kind.NAME: lambda value: shorten(clean(value), _LONG),
    Kind.LIST: lambda value: clean("; ".join(value)),
    Kind.MAP: lambda value: clean(", ".join(f"{key}={each}" for key, each in value.items())),
    Kind.FLAG: lambda value: "yes" if value else "no",
    Kind.COUNT: number,
    Kind.IDENTIFIER: str,
    Kind.DURATION: duration,
    Kind.BYTES: size,
    Kind.NUMBER: three_digits,
    Kind.SHARE: share,
    Kind.SLOWDOWN: _slowdown,
    Kind.FACTORS: _range(times),
    Kind.DURATIONS: _range(duration),
}
