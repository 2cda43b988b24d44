"""Types of declared keys -> what JSON holds: the one reading of them, from which schema, pages and TypeScript are made."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

from tb_contention.wire import Choice, keys, strip, without_none


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What stands behind a key.

    form: `object` and `choice` (of `cls`), `list` and `map` (of `item`), `union` (of `parts`), `constant` (one of `values`), or the JSON
    type itself, `any` where it is open.
    """

    form: str
    nullable: bool = False
    cls: Any = None
    item: "Shape | None" = None
    parts: tuple["Shape", ...] = ()
    values: tuple[str | int, ...] = ()


_SCALARS = {int: "integer", float: "number", str: "string", bool: "boolean", Any: "any"}
_NUMBERS = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}


def shape(kind: Any) -> Shape:
    """Read a type."""
    present, nullable = without_none(strip(kind))
    present = _resolved(getattr(present, "__supertype__", present))
    origin, args = get_origin(present), get_args(present)
    if is_dataclass(present):
        return Shape(form="object", nullable=nullable, cls=present)
    if isinstance(present, type) and issubclass(present, Enum):
        return Shape(form="choice", nullable=nullable, cls=present, values=tuple(one.value for one in present))
    if origin is tuple:
        return Shape(form="list", nullable=nullable, item=shape(args[0]))
    if origin is np.ndarray:
        number = _NUMBERS[np.dtype(get_args(args[1])[0]).kind]
        return Shape(form="list", nullable=nullable, item=Shape(form=number))
    if origin in (dict, Mapping):
        return Shape(form="map", nullable=nullable, item=shape(args[1]))
    if origin in (Union, UnionType):
        return Shape(form="union", nullable=nullable, parts=tuple(shape(part) for part in args))
    if origin is Literal:
        return Shape(form="constant", nullable=nullable, values=args)
    return Shape(form=_SCALARS[present], nullable=nullable)


def _resolved(kind: Any) -> Any:
    """Return what a `type` alias stands for, as NumPy declares `NDArray` on newer Pythons."""
    alias = get_origin(kind)
    return alias.__value__[get_args(kind)] if hasattr(alias, "__value__") else kind


def innermost(found: Shape) -> Shape:
    """Return what lists and maps hold in the end."""
    return found if found.item is None else innermost(found.item)


def classes(root: type) -> Iterator[type]:
    """List a class and all that its keys hold, enums too, each once, as they are met."""
    seen: dict[type, None] = {}

    def visit(cls: type) -> None:
        if cls in seen:
            return
        seen[cls] = None
        for key in keys(cls) if is_dataclass(cls) else ():
            inner = innermost(shape(key.type))
            if inner.cls is not None:
                visit(inner.cls)

    visit(root)
    yield from seen


def meaning(cls: type) -> str:
    """Return what a class is, in one sentence; of a choice with its members."""
    first = inspect.cleandoc(cls.__doc__ or "").split("\n")[0].split(". ")[0].rstrip(".")
    return f"{first}: {members(cls)}" if issubclass(cls, Choice) else f"{first}."


def members(cls: type[Choice]) -> str:
    """Explain each member of a choice: '`turns` (one after the other), `beside` (at the same time)'."""
    return ", ".join(f"`{one.value}` ({one.says})" if one.says else f"`{one.value}`" for one in cls)
