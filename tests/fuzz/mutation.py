"""Valid bytes -> damaged ones that keep their form: fields of protobuf messages, values of JSON, cells of SQLite, and plain bytes."""

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeAlias

#: Numbers at which arithmetic, casts and bounds change.
NUMBERS = (
    0, 1, 2, 127, 128, 1000, 10**6, 2**31 - 1, 2**31, 2**32, 2**53, 10**17, 10**18, 2**60, 2**62, 2**63 - 1, 2**63, 2**64 - 1,
)  # fmt: skip
TEXTS = (
    b"", b"\x00", b"/device:GPU:0", b"/device:GPU:999999", b"/host:CPU", b"<script>alert(1)</script>", b"=1+1", b"\xff\xfe", b"a:B",
    b"../../etc/passwd", b"\r\n|`", b"SessionRun", b"MemoryAllocation", b"correlation_id", b"Memcpy", "\u202e\u0000é".encode(), b"x" * 5000,
)  # fmt: skip
#: The messages within an XSpace, by the numbers of their fields.
_STAT: dict[int, Any] = {}
_SPACE: dict[int, Any] = {1: {3: {4: {4: _STAT}}, 4: {2: {5: _STAT}}, 5: {2: {}}, 6: _STAT}}

#: Number of a field, wire type, and its value: a number, bytes, or the fields within.
Field: TypeAlias = list[Any]


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def parsed(data: bytes, form: dict[int, Any] | None = None) -> list[Field]:
    """Read a valid message."""
    form = _SPACE if form is None else form
    fields, at = [], 0
    while at < len(data):
        tag, at = _read(data, at)
        number, wire = tag >> 3, tag & 7
        value: Any
        if wire == 0:
            value, at = _read(data, at)
        elif wire == 2:
            length, at = _read(data, at)
            value, at = data[at : at + length], at + length
            value = parsed(value, form[number]) if number in form else value
        else:
            length = 8 if wire == 1 else 4
            value, at = data[at : at + length], at + length
        fields.append([number, wire, value])
    return fields


def written(fields: list[Field]) -> bytes:
    """Write a message."""
    out = bytearray()
    for number, wire, value in fields:
        out += varint(number << 3 | wire)
        if wire == 0:
            out += varint(value)
            continue
        inside = written(value) if isinstance(value, list) else value
        out += (varint(len(inside)) if wire == 2 else b"") + inside
    return bytes(out)


def xspace(data: bytes, rng: random.Random) -> bytes:
    """Change a few fields of an XSpace, or the same field of many events."""
    tree = parsed(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        fields = tree
        while True:
            at = rng.randrange(len(fields)) if fields else -1
            if at < 0:
                break
            inside = fields[at][2]
            if isinstance(inside, list) and inside and rng.random() < 0.9:
                fields = inside
                continue
            _change(fields, at, rng)
            break
    return written(tree)


def _change(fields: list[Field], at: int, rng: random.Random) -> None:
    number, wire, value = fields[at]
    way = rng.random()
    if way < 0.12:
        del fields[at]
    elif way < 0.24:
        fields[at:at] = [fields[at]] * rng.choice((1, 2, 50))
    elif way < 0.3:
        rng.shuffle(fields)
    elif way < 0.36:
        fields[at] = [rng.randrange(1, 8), wire, value]
    elif wire == 0:
        fields[at] = [number, 0, rng.choice((*NUMBERS, value + 1, max(0, value - 1), value * 2 % 2**64))]
    elif wire == 2 and not isinstance(value, list):
        fields[at] = [number, 2, rng.choice((*TEXTS, value + value, value[: len(value) // 2]))]
    elif isinstance(value, list):
        fields[at] = [number, 2, value[: rng.randrange(len(value) + 1)]]
    else:
        fields[at] = [number, wire, rng.randbytes(len(value))]


def document(data: bytes, rng: random.Random) -> bytes:
    """Change a few values of a JSON document."""
    tree = json.loads(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        node = tree
        while isinstance(node, dict | list) and node:
            key: Any = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
            inside: Any = node[key]
            if isinstance(inside, dict | list) and inside and rng.random() < 0.9:
                node = inside
                continue
            _replace(node, key, rng)
            break
    return json.dumps(tree).encode()


def _replace(node: Any, key: Any, rng: random.Random) -> None:
    way = rng.random()
    if way < 0.15:
        del node[key]
    elif way < 0.25 and isinstance(node, list):
        node[key:key] = [node[key]] * rng.choice((1, 50))
    else:
        value = node[key]
        near = (
            [value + 1, value * 2, -value, value / 3] if isinstance(value, int | float) else [f"{value}{value}"[:9000]]
        )
        texts = [text.decode("utf-8", "replace") for text in TEXTS]
        node[key] = rng.choice([None, True, [], {}, -1, 0.5, 1e300, float("nan"), *NUMBERS, *texts, *near * 6])


def plain(data: bytes, rng: random.Random) -> bytes:
    """Flip, cut, repeat or overwrite bytes."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        if not out:
            break
        at = rng.randrange(len(out))
        way = rng.random()
        if way < 0.5:
            out[at] ^= 1 << rng.randrange(8)
        elif way < 0.7:
            out[at] = rng.randrange(256)
        elif way < 0.8:
            del out[at:]
        elif way < 0.9:
            del out[at : at + rng.randrange(1, 40)]
        else:
            out[at:at] = out[at : at + rng.randrange(1, 400)]
    return bytes(out)


def database(path: Path, rng: random.Random) -> None:
    """Change cells of a SQLite file in place, or its bytes."""
    if rng.random() < 0.3:
        path.write_bytes(plain(path.read_bytes(), rng))
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection, connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        for _ in range(rng.choice((1, 2, 5))):
            table = rng.choice(names)
            column = rng.choice([row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')])
            value: Any = rng.choice((None, "text", b"\xff", -1, 0.5, *(number for number in NUMBERS if number < 2**63)))
            where = rng.choice(("", f" WHERE rowid % {rng.randrange(2, 50)} = 0"))
            action = rng.choice(
                (f'UPDATE "{table}" SET "{column}" = ?{where}',) * 4 + (f'DELETE FROM "{table}"{where}',)
            )
            with suppress(sqlite3.Error):
                connection.execute(action, (value,) if "?" in action else ())


Change: TypeAlias = Callable[[bytes, random.Random], bytes]
