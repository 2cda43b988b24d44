"""A table's declaration and the JSON report -> its rows, and the value of a column in one of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tb_contention.tables.spec import Column, TableSpec

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One row with what it is in: `outer`, the object around it, and the device that holds it, {} for none."""

    own: Wire
    outer: Wire
    device: Wire

    def value(self, key: str) -> Any:
        """Return the value of a key such as `slowdown.estimate`, `device.id` or `outer.setting`; None where something on the way is."""
        if "." not in key:
            return self.own.get(key)
        head, _, rest = key.partition(".")
        if head == "device" and rest:
            return _follow(self.device, rest)
        return _follow(self.outer, rest) if head == "outer" else _follow(self.own, key)


def _follow(value: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def rows(spec: TableSpec, report: Wire) -> Iterator[Row]:
    """Walk over the rows of a table in a report as JSON values."""
    for row in _walk(Row(report, {}, {}), spec.source.split("/")):
        if spec.together and len(row.device.get("sessions", ())) < 2:
            continue
        if spec.columnar:
            yield from _periods(spec, row)
        else:
            yield row


def rows_of_device(spec: TableSpec, device: Wire) -> list[Row]:
    """List the rows of a table that belong to one device."""
    return list(rows(spec, {"devices": [device]}))


def _walk(row: Row, path: list[str]) -> Iterator[Row]:
    if not path:
        yield row
        return
    found = row.own.get(path[0])
    for item in found if isinstance(found, list) else [] if found is None else [found]:
        yield from _walk(Row(item, row.own, item if path[0] == "devices" else row.device), path[1:])


def _periods(spec: TableSpec, row: Row) -> Iterator[Row]:
    """Take columns apart; what an entry does not know (`known` false) is unknown in each of its rows."""
    columns = {c.key: row.own[c.key] for c in spec.columns if isinstance(row.own.get(c.key), list)}
    if not row.own.get("known", True):
        columns["lost_ns"] = [None] * len(columns["lost_ns"])
    rest = {key: value for key, value in row.own.items() if key not in columns}
    for values in zip(*columns.values(), strict=True):
        yield Row({**rest, **dict(zip(columns, values, strict=True))}, row.outer, row.device)


def ends(column: Column) -> tuple[tuple[str, str], ...]:
    """Return the keys of an estimate and its interval, with what programs call them; of any other column its own."""
    name = column.program_name
    if not column.kind.is_range:
        return ((column.key, name),)
    unit = "_ns" if name.endswith("_ns") else ""
    stem = name.removesuffix(unit)
    return (
        (f"{column.key}.estimate", name),
        *((f"{column.key}.{end}", f"{stem}_{end}{unit}") for end in ("low", "high")),
    )
