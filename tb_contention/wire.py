"""What of a frozen value goes over the wire: declared on its fields, written as JSON by one encoder.

`busy: Annotated[Nanoseconds, Wire("union of its work in the window")]` becomes the key `busy_ns`. A field without `Wire` stays at home.
From the same declarations `report/contract/` writes the schema, the tables of FORMAT.md and the types of the tab.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import cache, reduce
from operator import attrgetter, or_
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from tb_contention.units import Bytes, Nanoseconds

Json: TypeAlias = Any
F = TypeVar("F", bound=Callable[..., Any])
#: Turns a value of a known type into JSON, with what the whole answer is about.
Encoder: TypeAlias = Callable[[Any, Any], Json]

_SUFFIXES = {Nanoseconds: "ns", Bytes: "bytes"}


class Choice(str, Enum):
    """An enum of which each member says what it means: `NONE = "none", "they do not share"`."""

    _value_: str
    says: str

    def __new__(cls, value: str, says: str = "") -> "Choice":
        """Make a member of its value and its sentence."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.says = says
        return member


@dataclass(frozen=True, slots=True)
class Wire:
    """Put a field on the wire.

    key: by default the field's name, with the unit of its type behind it. flat: the keys of the field's value stand in the place of the
    field; all are null where it is None. via: turns a value that is not None into what is written; its return annotation is the type.
    signed: a number that can be below 0.
    """

    says: str = ""
    key: str | None = None
    flat: bool = False
    via: Callable[[Any], Any] | None = None
    signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of an object: its name, sentence and type, and how to get it.

    path: the attributes that lead to it, where it is no more than that, such as `share.busy`; else `make` makes it of a value and the
    context.
    """

    name: str
    says: str
    type: Any
    path: str = ""
    make: Callable[[Any, Any], Any] | None = None
    signed: bool = False


def wired(
    says: str, *, key: str | None = None, via: Callable[[Any], Any] | None = None, signed: bool = False
) -> Callable[[F], F]:
    """Put a property on the wire; stands below `@property`."""

    def mark(function: F) -> F:
        function.__wire__ = Wire(says, key=key, via=via, signed=signed)  # type: ignore[attr-defined]
        return function

    return mark


_ADDED: dict[type, dict[str, Key]] = {}


def adds(cls: type, key: str, says: str, *, signed: bool = False) -> Callable[[F], F]:
    """Add a key that a function makes of a value and the context; its return annotation is the key's type."""

    def mark(function: F) -> F:
        kind = _returned(function)
        _ADDED.setdefault(cls, {})[key] = Key(name=key, says=says, type=kind, make=function, signed=signed)
        keys.cache_clear()
        encoder.cache_clear()
        return function

    return mark


@cache
def keys(cls: type) -> tuple[Key, ...]:
    """List the keys of a frozen value in their order: fields, properties, what is added."""
    found: list[Key] = []
    hints = get_type_hints(cls, include_extras=True)
    for field in fields(cls):
        wires = [part for part in getattr(hints[field.name], "__metadata__", ()) if isinstance(part, Wire)]
        for wire in wires:
            found += _keys_of(field.name, wire, strip(hints[field.name]))
    members = {name: member for base in reversed(cls.__mro__) for name, member in vars(base).items()}
    for name, member in members.items():
        getter = member.fget if isinstance(member, property) else None
        if getter is not None and hasattr(getter, "__wire__"):
            found += _keys_of(name, getter.__wire__, _returned(getter))
    found += _ADDED.get(cls, {}).values()
    names = [key.name for key in found]
    if len(set(names)) < len(names):
        raise TypeError(
            f"{cls.__name__}: keys that stand twice on the wire: {sorted({n for n in names if names.count(n) > 1})}"
        )
    return tuple(found)


def _keys_of(name: str, wire: Wire, kind: Any) -> Iterator[Key]:
    present, nullable = without_none(kind)
    if wire.flat:
        for key in keys(present):
            kind = key.type | None if nullable else key.type
            if key.path and not nullable:
                yield replace(key, path=f"{name}.{key.path}")
            else:
                yield replace(key, type=kind, path="", make=_inside(name, key))
        return
    make = None
    if wire.via is not None:
        kind = _returned(wire.via) | None if nullable else _returned(wire.via)
        make = _through(name, wire.via)
    path = "" if make else name
    yield Key(
        name=wire.key or _with_unit(name, kind), says=wire.says, type=kind, path=path, make=make, signed=wire.signed
    )


def _inside(name: str, key: Key) -> Callable[[Any, Any], Any]:
    outer, inner = attrgetter(name), getter(key)

    def make(value: Any, context: Any) -> Any:
        found = outer(value)
        return None if found is None else inner(found, context)

    return make


def _through(name: str, via: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def make(value: Any, context: Any) -> Any:
        found = getattr(value, name)
        return None if found is None else via(found)

    return make


def getter(key: Key) -> Callable[[Any, Any], Any]:
    """Return what gets a key from a value and the context."""
    if key.make is not None:
        return key.make
    get = attrgetter(key.path)
    return lambda value, context: get(value)


def _with_unit(name: str, kind: Any) -> str:
    suffix = _SUFFIXES.get(without_none(kind)[0], "")
    return name if not suffix or name == suffix or name.endswith(f"_{suffix}") else f"{name}_{suffix}"


def _returned(function: Callable[..., Any]) -> Any:
    return strip(get_type_hints(function)["return"])


def strip(kind: Any) -> Any:
    """Return a type without what is annotated on it."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def without_none(kind: Any) -> tuple[Any, bool]:
    """Return a type without None, and whether it had it."""
    if get_origin(kind) not in (Union, UnionType) or NoneType not in get_args(kind):
        return kind, False
    return reduce(or_, [part for part in get_args(kind) if part is not NoneType]), True


def encode(value: Any, context: Any = None) -> Json:
    """Return a frozen value as JSON values; context: what the functions behind added keys ask, mostly the whole report."""
    kind: Any = type(value)
    return encoder(kind)(value, context)


@cache
def encoder(kind: Any) -> Encoder:
    """Compile the encoder of a type."""
    present, nullable = without_none(strip(kind))
    present = getattr(present, "__supertype__", present)
    if nullable:
        inner = encoder(present)
        return lambda value, context: None if value is None else inner(value, context)
    origin, args = get_origin(present), get_args(present)
    if is_dataclass(present):
        return _of_object(present)
    if origin in (tuple, list, Sequence) and args[-1:] in (args[1:], (Ellipsis,)):
        item = encoder(args[0])
        return lambda value, context: [item(part, context) for part in value]
    if origin in (dict, Mapping):
        item = encoder(args[1])
        return lambda value, context: {_name(key): item(value[key], context) for key in sorted(value)}
    return _SCALARS.get(present, _of_any)


def _of_object(cls: Any) -> Encoder:
    """Compile the encoder of a class to a literal of its keys, so that a row of a long table costs no more than one written by hand."""
    scope: dict[str, Any] = {}
    entries = [f"{key.name!r}: {_source(key, f'_{number}', scope)}" for number, key in enumerate(keys(cls))]
    write: Encoder = eval(f"lambda value, context: {{{', '.join(entries)}}}", scope)
    return write


def _source(key: Key, name: str, scope: dict[str, Any]) -> str:
    kind, nullable = without_none(key.type)
    kind = getattr(kind, "__supertype__", kind)
    if key.path and kind in (str, int):
        found = f"value.{key.path}"
        whole_number = f"None if {found} is None else int({found})" if nullable else f"int({found})"
        return whole_number if kind is int else found
    scope[name], scope[f"get{name}"] = encoder(key.type), key.make
    return f"{name}(value.{key.path}, context)" if key.path else f"{name}(get{name}(value, context), context)"


def _of_any(value: Any, context: Any) -> Json:
    """Go by the value where the type leaves it open; what is not a finite number is unknown, that is null."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, dict):
        return {_name(key): _of_any(value[key], context) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_of_any(item, context) for item in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return _of_any(value.tolist(), context)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return encode(value, context) if is_dataclass(value) else str(value)


def _name(key: object) -> str:
    return str(key.value if isinstance(key, Enum) else key)


def ratio(value: float) -> float | None:
    """Round to six digits after the point; what is not a finite number is unknown, that is null."""
    return round(float(value), 6) if math.isfinite(value) else None


def whole(value: float) -> int:
    """Round to a whole number."""
    return round(value)


_SCALARS: dict[Any, Encoder] = {
    str: lambda value, _: value,
    int: lambda value, _: int(value),
    float: lambda value, _: ratio(value),
    bool: lambda value, _: bool(value),
}
