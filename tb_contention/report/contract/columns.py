"""A column of a table -> the declared key that it shows: where its meaning and its unit come from."""

from collections.abc import Iterable
from typing import Any

from tb_contention.report.contract.documents import ReportDocument
from tb_contention.report.contract.shapes import innermost, shape
from tb_contention.tables.spec import Column, TableSpec
from tb_contention.wire import Key, keys


def key_of(spec: TableSpec, column: Column) -> Key:
    """Find the key that a column shows; KeyError if no value on the wire has it."""
    row, outer, device = _row_of(spec)
    head, _, rest = column.key.partition(".")
    if head == "device" and rest:
        return _follow(device, rest.split("."))
    return _follow(outer, rest.split(".")) if head == "outer" else _follow(row, column.key.split("."))


def help_of(spec: TableSpec, column: Column) -> str:
    """Say what a column holds, as its key is declared."""
    return key_of(spec, column).says


def row_class(spec: TableSpec) -> Any:
    """Return the class of a table's rows."""
    return _row_of(spec)[0]


def _row_of(spec: TableSpec) -> tuple[Any, Any, Any]:
    """Return the classes of a table's rows, of the object around them, and of the device."""
    row: Any = ReportDocument
    outer = device = row
    for part in spec.source.split("/"):
        outer, row = row, innermost(shape(_key(row, part).type)).cls
        device = row if part == "devices" else device
    return row, outer, device


def _follow(cls: Any, path: Iterable[str]) -> Key:
    found: Key | None = None
    for part in path:
        found = _key(cls, part)
        cls = innermost(shape(found.type)).cls
    if found is None:
        raise KeyError("no key")
    return found


def _key(cls: Any, name: str) -> Key:
    for key in keys(cls):
        if key.name == name:
            return key
    raise KeyError(f"{cls.__name__} has no key {name!r} on the wire")
