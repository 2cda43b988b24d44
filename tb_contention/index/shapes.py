"""Whether values rebuilt from JSON are what their classes declare: a line with a right checksum may be of another program's making."""

from dataclasses import fields
from functools import lru_cache
from types import UnionType
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
#: Integers are counts, sizes and times that end up in int64 columns, some of them added.
_LARGEST = 1 << 62


class _Shape(NamedTuple):
    """What a field may hold. parts: the types inside a tuple, none where it is no tuple; length: of the tuple, None where any."""

    name: str
    types: tuple[type, ...]
    parts: tuple[type, ...]
    length: int | None


def checked(value: T) -> T:
    """Return a dataclass as it is; raise TypeError or ValueError if a field does not hold what it declares."""
    cls: type = type(value)
    for name, types, parts, length in _shapes(cls):
        held = getattr(value, name)
        _check(held, types)
        if parts and isinstance(held, tuple):
            if length is not None and len(held) != length:
                raise ValueError(name)
            for part in held:
                _check(part, parts)
    return value


def _check(value: Any, types: tuple[type, ...]) -> None:
    kind = value.__class__
    if kind not in types and not isinstance(value, types):
        raise TypeError
    if kind is int and not -_LARGEST < value < _LARGEST:
        raise ValueError


@lru_cache(maxsize=32)
def _shapes(cls: type) -> tuple[_Shape, ...]:
    hints = get_type_hints(cls)
    return tuple(_shape(field.name, hints[field.name]) for field in fields(cls))


def _shape(name: str, hint: Any) -> _Shape:
    inside = [get_args(h) for h in _alternatives(hint) if get_origin(h) is tuple]
    args = inside[0] if inside else ()
    parts = tuple(t for arg in args if arg is not Ellipsis for t in _types(arg))
    return _Shape(name, _types(hint), parts, None if Ellipsis in args or not args else len(args))


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _types(hint: Any) -> tuple[type, ...]:
    made: list[type] = []
    for one in _alternatives(hint):
        plain = getattr(one, "__supertype__", one)
        made += (int, float) if plain is float else (get_origin(plain) or plain,)
    return tuple(made)
