"""Declared keys -> JSON Schema (draft 2020-12), strict: every key is required and there are no others."""

from typing import Any

from tb_contention.report.contract.shapes import Shape, classes, meaning, shape
from tb_contention.wire import Key, keys


def schema(root: type, title: str) -> dict[str, Any]:
    """Return the schema of what a class is written as."""
    inner = [cls for cls in classes(root) if cls is not root]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **_definition(root),
        "$defs": {cls.__name__: _definition(cls) for cls in sorted(inner, key=lambda cls: cls.__name__)},
    }


def _definition(cls: type) -> dict[str, Any]:
    found = shape(cls)
    if found.form == "choice":
        return {"description": meaning(cls), "type": "string", "enum": list(found.values)}
    made = keys(cls)
    return {
        "description": meaning(cls),
        "type": "object",
        "additionalProperties": False,
        "required": [key.name for key in made],
        "properties": {key.name: _property(key) for key in made},
    }


def _property(key: Key) -> dict[str, Any]:
    return {"description": key.says, **_value(shape(key.type), signed=key.signed)}


def _value(found: Shape, *, signed: bool) -> dict[str, Any]:
    if found.form in ("object", "choice"):
        inner = {"$ref": f"#/$defs/{found.cls.__name__}"}
        return {"anyOf": [inner, {"type": "null"}]} if found.nullable else inner
    if found.form == "union":
        kinds = [part.form for part in found.parts]
        return {"type": [*kinds, "null"] if found.nullable else kinds}
    if found.form == "constant":
        values = [*found.values, None] if found.nullable else found.values
        return {"const": values[0]} if len(values) == 1 else {"enum": list(values)}
    if found.form == "any":
        return {}
    made: dict[str, Any] = {"type": _NAMES.get(found.form, found.form)}
    if found.nullable:
        made["type"] = [made["type"], "null"]
    if found.form in ("integer", "number") and not signed:
        made["minimum"] = 0
    if found.item is not None:
        made["items" if found.form == "list" else "additionalProperties"] = _value(found.item, signed=signed)
    return made


_NAMES = {"list": "array", "map": "object"}
