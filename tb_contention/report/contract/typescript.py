"""Declared keys -> the types of the panel, `frontend/src/api/report.ts`."""

from collections.abc import Iterable, Iterator

from tb_contention.report.contract.shapes import Shape, classes, meaning, shape
from tb_contention.wire import Key, keys

_HEAD = """\
/** The JSON of the plugin's routes. Written by `python -m tb_contention.pages`; a test fails when it is stale. */
import type { Bytes, Ns } from '../base/units';
"""
_WIDTH = 100
#: What the panel calls a class, where that is not its own name.
_CALLED = {
    "AllocationStall": "MemoryStall",
    "AllocatorPeak": "SessionMemory",
    "Bounds": "Range",
    "Changes": "DriverLevels",
    "CombinedMemory": "DeviceMemory",
    "ComparisonDocument": "Comparison",
    "Curve": "DriverLevels",
    "DeviceReport": "Device",
    "Distribution": "KernelDistribution",
    "Growth": "MemoryGrowth",
    "Holding": "HolderKind",
    "Interval": "Bounds",
    "LaunchConfig": "LaunchConfiguration",
    "ReportDocument": "Report",
    "ScopeTotal": "ScopeRow",
    "SearchHits": "SearchResult",
    "SessionOnDevice": "DeviceSession",
    "SessionReport": "Session",
    "ShiftedAnswer": "Shifted",
    "Span": "WireSpan",
    "StepRuns": "StepTimes",
    "ThreadTotal": "ThreadRow",
    "WholeBounds": "Range",
    "tb_contention.model.places.Place": "EvidencePlace",
    "WholeChange": "Change",
    "Window": "WireSpan",
}
_NAMES = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "any": "unknown"}


def typescript(roots: Iterable[type]) -> str:
    """Return the types of what some classes are written as, each class once."""
    found: dict[str, type] = {}
    for cls in (cls for root in roots for cls in classes(root)):
        first = found.setdefault(_called(cls), cls)
        if _body(first) != _body(cls):
            raise TypeError(f"{cls} and {first} are both {_called(cls)} in the panel, and not alike")
    return "\n".join([_HEAD, *(_declaration(name, cls) for name, cls in sorted(found.items()))])


def _called(cls: type) -> str:
    return _CALLED.get(f"{cls.__module__}.{cls.__name__}", _CALLED.get(cls.__name__, cls.__name__))


def _body(cls: type) -> dict[str, str] | tuple[str | int, ...]:
    found = shape(cls)
    return found.values if found.form == "choice" else {key.name: _of_key(key) for key in keys(cls)}


def _declaration(called: str, cls: type) -> str:
    if shape(cls).form == "choice":
        union = " | ".join(_literal(one) for one in shape(cls).values)
        line = f"export type {called} = {union};"
        if len(line) > _WIDTH:
            line = f"export type {called} =" + "".join(f"\n  | {_literal(one)}" for one in shape(cls).values) + ";"
        return f"{_comment(meaning(cls), '')}{line}\n"
    body = "".join(f"{_comment(key.says, '  ')}  readonly {key.name}: {_of_key(key)};\n" for key in keys(cls))
    return f"{_comment(meaning(cls), '')}export interface {called} {{\n{body}}}\n"


def _comment(text: str, indent: str) -> str:
    line = f"{indent}/** {text} */\n" if text else ""
    if len(line) <= _WIDTH + 1:
        return line
    return (
        f"{indent}/**\n"
        + "".join(f"{indent} * {part}\n" for part in _wrapped(text, _WIDTH - len(indent) - 3))
        + f"{indent} */\n"
    )


def _wrapped(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _of_key(key: Key) -> str:
    brand = "Ns" if key.name.endswith("_ns") else "Bytes" if key.name == "bytes" or key.name.endswith("_bytes") else ""
    return _type(shape(key.type), brand)


def _type(found: Shape, brand: str) -> str:
    if found.form in ("object", "choice"):
        name = _called(found.cls)
    elif found.form == "list" and found.item is not None:
        inner = _type(found.item, brand)
        name = f"readonly ({inner})[]" if " | " in inner else f"readonly {inner}[]"
    elif found.form == "map" and found.item is not None:
        name = f"Readonly<Record<string, {_type(found.item, brand)}>>"
    elif found.form == "union":
        name = " | ".join(dict.fromkeys(_type(part, brand) for part in found.parts))
    elif found.form == "constant":
        name = " | ".join(_literal(value) for value in found.values)
    else:
        name = brand if brand and found.form in ("integer", "number") else _NAMES[found.form]
    return f"{name} | null" if found.nullable else name


def _literal(value: str | int) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
