"""Declared keys -> the types of the panel, `frontend/src/api/report.ts`."""

from collections.abc import Iterable, Iterator

from tb_contention.report.contract.shapes import Shape, classes, meaning, shape
from tb_contention.wire import Key, keys

_HEAD = """\
/** The JSON of the plugin's routes. Written by `python -m tb_contention.report.contract.pages`; a test fails when it is stale. */
import type { Bytes, Ns } from '../base/units';
"""
_WIDTH = 100
_NAMES = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "any": "unknown"}


def typescript(roots: Iterable[type]) -> str:
    """Return the types of what some classes are written as, each class once."""
    found = dict.fromkeys(cls for root in roots for cls in classes(root))
    return "\n".join([_HEAD, *(_declaration(cls) for cls in sorted(found, key=lambda cls: cls.__name__))])


def _declaration(cls: type) -> str:
    if shape(cls).form == "choice":
        union = " | ".join(_literal(one) for one in shape(cls).values)
        line = f"export type {cls.__name__} = {union};"
        if len(line) > _WIDTH:
            line = (
                f"export type {cls.__name__} =" + "".join(f"\n  | {_literal(one)}" for one in shape(cls).values) + ";"
            )
        return f"{_comment(meaning(cls), '')}{line}\n"
    body = "".join(f"{_comment(key.says, '  ')}  readonly {key.name}: {_of_key(key)};\n" for key in keys(cls))
    return f"{_comment(meaning(cls), '')}export interface {cls.__name__} {{\n{body}}}\n"


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
        name = found.cls.__name__
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
