"""Kineto files to columns in four ways: by the project's scanner, and by general JSON parsers with what they need for the same columns.

A parser that builds objects is not done when it has parsed: its events must become columns too. Each way here ends at what
`recorders/kineto/` goes on with: class, name, process, thread and times of each event, and the arguments that are read of each class.
"""

import gc
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import starmap
from types import GenericAlias
from typing import Any

import numpy as np

from tb_contention.model.tables import StringTable
from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto import events as column
from tb_contention.recorders.kineto.json_text import NONE
from tb_contention.recorders.kineto.rows import Rows, placed
from tb_contention.units import I32, I64

_DEVICE = (
    "device", "stream", "correlation", "External id", "external id", "bytes", "graph id", "graph node id", "registers per thread",
    "shared memory", "est. achieved occupancy %", "grid", "block",
)  # fmt: skip
#: Classes of events, the arguments that are read of them, and how many of those stay text.
GROUPS: tuple[tuple[tuple[int, ...], tuple[str, ...], int], ...] = (
    ((parts.KERNEL, parts.COPY, parts.MEMSET), _DEVICE, 2),
    ((parts.LAUNCH,), ("correlation", "External id", "external id"), 0),
    ((parts.OP,), ("External id", "external id"), 0),
    ((parts.MEMORY,), ("Device Type", "Device Id", "Addr", "Bytes", "Total Allocated"), 0),
)
_PS, _US_PS = 1e6, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the reader goes on with. table: class, process, thread, duration (ps); start: ps; arguments: by group, texts as they are
    written.
    """

    table: I64
    start: I64
    name: I32
    names: Sequence[str] | StringTable
    arguments: tuple[I64, ...]

    def __len__(self) -> int:
        return len(self.table)


def by_scanner(data: bytes) -> Columns:
    """Read with the project's scanner."""
    rows = Rows.of(placed(parts.read_document(data, "benchmark")))
    kept = [column.CLASS, column.PROCESS, column.THREAD, column.DURATION]
    # A process id that is a text is kept as its place in the file; other parsers have no such thing.
    table = np.where(column.is_text(rows.table) & (np.arange(rows.table.shape[1]) == column.PROCESS), NONE, rows.table)[
        :, kept
    ]
    return Columns(
        table=table,
        start=rows.start,
        name=rows.names,
        names=rows.strings,
        arguments=tuple(rows.arguments(rows.of_class(*classes), keys, texts)[0] for classes, keys, texts in GROUPS),
    )


def by_json(data: bytes) -> Columns:
    """Read with the standard library."""
    return _from_objects(json.loads(data)["traceEvents"])


def by_orjson(data: bytes) -> Columns:
    """Read with orjson."""
    import orjson

    return _from_objects(orjson.loads(data)["traceEvents"])


def by_msgspec(data: bytes) -> Columns:
    """Read with msgspec, which makes objects of declared fields only and skips all else."""
    return _from_records(_msgspec_decoder()(data).traceEvents)


#: Every way by its name; a package that is not installed is left out.
PARSERS: dict[str, Callable[[bytes], Columns]] = {
    "here": by_scanner,
    "json": by_json,
    **({"orjson": by_orjson} if find_spec("orjson") else {}),
    **({"msgspec": by_msgspec} if find_spec("msgspec") else {}),
}


def _class_of(phase: Any, category: Any) -> int:
    """Return the class of an event, -1 if it is not read."""
    if phase == "X":
        found = parts.CATEGORIES.get(category, -1)
        return -1 if found == parts.MEMORY else found
    if phase == "M":
        return parts.METADATA
    return parts.MEMORY if phase in ("i", "C") and parts.CATEGORIES.get(category) == parts.MEMORY else -1


def _from_objects(events: list[Any]) -> Columns:
    """Make columns of events that are dictionaries."""
    objects = [event for event in events if isinstance(event, dict)]
    classes = [_class_of(event.get("ph"), event.get("cat")) for event in objects]
    kept = [event for event, number in zip(objects, classes, strict=True) if number >= 0]
    fields = ([event.get(key) for event in kept] for key in ("name", "pid", "tid", "ts", "dur", "args"))
    name, process, thread, at, length, stated = fields
    given: list[dict[str, Any]] = [value if isinstance(value, dict) else {} for value in stated]
    return _columns(
        [number for number in classes if number >= 0], name, process, thread, at, length,
        lambda rows, key: [given[row].get(key) for row in rows],
    )  # fmt: skip


def _from_records(events: list[Any]) -> Columns:
    """Make columns of events that are msgspec's structures."""
    classes = [_class_of(event.ph, event.cat) for event in events]
    kept = [event for event, number in zip(events, classes, strict=True) if number >= 0]
    attribute = {key: f"a{n}" for n, key in enumerate(_argument_names())}

    def argument(rows: list[int], key: str) -> list[Any]:
        name = attribute[key]
        return [getattr(kept[row].args, name, None) for row in rows]

    return _columns(
        [number for number in classes if number >= 0], [e.name for e in kept], [e.pid for e in kept], [e.tid for e in kept],
        [e.ts for e in kept], [e.dur for e in kept], argument,
    )  # fmt: skip


def _columns(
    classes: list[int], name: list[Any], process: list[Any], thread: list[Any], at: list[Any], length: list[Any],
    argument: Callable[[list[int], str], list[Any]],
) -> Columns:  # fmt: skip
    """Make columns of lists, one per field."""
    table = np.empty((len(classes), 4), np.int64)
    table[:, 0], table[:, 1], table[:, 2] = classes, _numbers(process), _numbers(thread)
    times, lengths = _floats(at), _floats(length)
    timed = table[:, 0] != parts.METADATA
    table[:, 3] = np.where(np.isfinite(lengths), np.rint(np.nan_to_num(lengths) * _PS), 0)
    fine = timed & np.isfinite(times)
    origin = np.floor(times[fine].min()) if fine.any() else 0.0
    start = np.where(fine, np.rint((np.nan_to_num(times) - origin) * _PS), 0).astype(np.int64)
    kept = np.flatnonzero(fine | ~timed)
    ids: dict[Any, int] = {}
    numbers = np.fromiter((ids.setdefault(each, len(ids)) for each in name), np.int32, len(name))
    found = []
    for wanted, keys, texts in GROUPS:
        rows = kept[np.isin(table[kept, 0], wanted)]
        order = rows[np.argsort(start[rows], kind="stable")].tolist()
        plain = [_numbers(argument(order, key)) for key in keys[: len(keys) - texts]]
        for key in keys[len(keys) - texts :]:
            argument(order, key)  # fetched, as the scanner finds their places
        found.append(np.column_stack(plain))
    return Columns(
        table=table[kept], start=start[kept], name=numbers[kept], names=list(map(str, ids)), arguments=tuple(found)
    )


def _numbers(values: list[Any]) -> I64:
    """Make whole numbers of values; NONE where there is none."""
    return np.fromiter((v if type(v) is int else _whole(v) for v in values), np.int64, len(values))


def _whole(value: Any) -> int:
    if value is None or isinstance(value, (bool, list, dict)):
        return NONE
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return NONE
    return number if abs(number) < 10**18 else NONE


def _floats(values: list[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.fromiter((v if type(v) is float else _real(v) for v in values), np.float64, len(values))


def _real(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _argument_names() -> list[str]:
    return list(dict.fromkeys(key for _, keys, _ in GROUPS for key in keys))


def _msgspec_decoder() -> Callable[[bytes], Any]:
    """Declare what is read, once per call as a program would once per process: it costs microseconds."""
    import msgspec

    def structure(name: str, fields: Iterable[tuple[str, str]], inner: dict[str, Any]) -> Any:
        declared = starmap(
            lambda field, key: (field, inner.get(field, Any), msgspec.field(default=None, name=key)), fields
        )
        return msgspec.defstruct(name, declared, gc=False)

    arguments = structure("Arguments", ((f"a{n}", key) for n, key in enumerate(_argument_names())), {})
    fields = ("ph", "cat", "name", "pid", "tid", "ts", "dur", "args")
    event = structure("Event", ((key, key) for key in fields), {"args": arguments | None})
    beside = ("traceEvents", "baseTimeNanoseconds", "deviceProperties", "host_name")
    file = structure("File", ((key, key) for key in beside), {"traceEvents": GenericAlias(list, (event,))})
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(file).decode
    return decode


def differences(one: Columns, other: Columns) -> list[str]:
    """List in what two readings of a file differ; times may differ by what a float of 64 bits rounds off."""
    if len(one) != len(other):
        return [f"{len(one)} and {len(other)} events"]
    found = [
        title
        for k, title in enumerate(("class", "process", "thread"))
        if not np.array_equal(one.table[:, k], other.table[:, k])
    ]
    if [one.names[k] for k in one.name.tolist()] != [other.names[k] for k in other.name.tolist()]:
        found.append("name")
    found += [
        f"arguments of {keys[0]}"
        for a, b, (_, keys, _) in zip(one.arguments, other.arguments, GROUPS, strict=True)
        if not np.array_equal(a, b)
    ]
    if time_error(one, other) > _US_PS:
        found.append("times")
    return found


def time_error(one: Columns, other: Columns) -> int:
    """Return the largest difference of a start or a duration between two readings, ps."""
    apart = [np.abs(one.start - other.start), np.abs(one.table[:, 3] - other.table[:, 3])]
    return max((int(each.max()) for each in apart if len(each)), default=0)


def without_collector(work: Callable[[], object]) -> Callable[[], None]:
    """Do work without Python's collector of cycles, whose passes over millions of new objects would count against the peers."""

    def quietly() -> None:
        gc.disable()
        try:
            work()
        finally:
            gc.enable()

    return quietly
