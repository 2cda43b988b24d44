"""Declared keys -> the tables of FORMAT.md and http_api.md, which stand between `<!-- keys of CLASS -->` and `<!-- end of keys -->`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from tb_contention.report.contract.shapes import Shape, classes, innermost, members, shape
from tb_contention.wire import Choice, keys

_BETWEEN = re.compile(r"(<!-- keys of (\w+) -->\n).*?(<!-- end of keys -->)", re.DOTALL)
_HEAD = "| Key | Type | Meaning |\n|---|---|---|\n"


def with_tables(page: str, roots: Iterable[type], others: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return a page with its tables written anew; a class that has a table of its own is not spelled out in others.

    others: pages that have tables, too, by their addresses from this one.
    """
    known = {cls.__name__: cls for root in roots for cls in classes(root)}
    apart = {known[name]: address for address, text in others.items() for name in tables_of(text) if name in known}
    apart |= {known[name]: "" for name in tables_of(page)}

    def table(found: re.Match[str]) -> str:
        rows = "".join(f"| `{name}` | {kind} | {says} |\n" for name, kind, says in _rows(known[found[2]], "", apart))
        return f'{found[1]}<a id="keys-of-{found[2]}"></a>\n\n{_HEAD}{rows}\n{found[3]}'

    return _BETWEEN.sub(table, page)


def tables_of(page: str) -> list[str]:
    """Name the classes of which a page has tables."""
    return [found[2] for found in _BETWEEN.finditer(page)]


def _rows(cls: type, before: str, apart: Mapping[type, str]) -> Iterator[tuple[str, str, str]]:
    for key in keys(cls):
        found = shape(key.type)
        inner = innermost(found)
        name = f"{before}{key.name}{'[]' if found.form == 'list' else ''}"
        says = key.says
        if inner.form == "choice" and issubclass(inner.cls, Choice):
            says = f"{says}: {members(inner.cls)}"
        own = next((one for one in getattr(inner.cls, "__mro__", ()) if one in apart), None)
        link = "" if own is None else f": [keys]({apart[own]}#keys-of-{own.__name__})"
        yield name, _kind(found), f"{says}{link}".replace("|", "\\|")
        if inner.form == "object" and own is None:
            yield from _rows(inner.cls, f"{name}.*." if found.form == "map" else f"{name}.", apart)


def _kind(found: Shape) -> str:
    if found.form == "list":
        inner = innermost(found).form
        words = "list" if inner in ("object", "any") else f"list of {_WORDS[inner]}s"
    elif found.form == "union":
        words = " or ".join(_WORDS[part.form] for part in found.parts)
    elif found.form == "constant":
        words = " or ".join(f"`{value}`" for value in found.values)
    else:
        words = _WORDS[found.form]
    return f"{words} or null" if found.nullable else words


_WORDS = {
    "object": "object",
    "map": "object",
    "choice": "name",
    "integer": "integer",
    "number": "number",
    "string": "text",
    "boolean": "boolean",
    "any": "any",
}
