"""An untrusted SQLite file -> integer columns and texts of its tables.

The file is opened as read-only and immutable, so nothing is written beside it. Only real tables and stored columns are read: a view, a
virtual table or a computed column is a program of whoever wrote the file. SQLite stores any type in any column; a value that is not an
integer counts as absent.
"""

import os
import re
import sqlite3
import stat
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from tb_contention.errors import TraceFileError
from tb_contention.model.names import clean
from tb_contention.model.trace import NONE
from tb_contention.recorders.common.advice import GRANT_READING, REMOVE
from tb_contention.units import I64

_MAGIC = b"SQLite format 3\0"
#: The longest text that is read from a table, and the shortest possible row, in bytes.
_LONGEST, _SHORTEST_ROW = 1 << 16, 2
#: Most SQLite instructions per byte of the file; a query that needs more is a trap, an honest one needs about one.
_WORK_PER_BYTE, _LEAST_WORK, _WORK_STEP = 64, 50_000_000, 1_000_000
#: Bytes from which on it matters whether a file is really on the disk, and how many times smaller a disk may pack it.
_LARGE, _PACKED = 1 << 30, 64
#: Tables that only exports of Nsight Systems have.
_TELLING = ("TARGET_INFO_SESSION_START_TIME", "CUPTI_ACTIVITY_KIND_KERNEL", "META_DATA_EXPORT")
#: Some exports add the version of a table's form to its name.
_VERSIONED = re.compile(r"([A-Za-z_]+)_V\d{1,3}")
_EXPORT_AGAIN = "Export the report again: nsys export --type sqlite REPORT.nsys-rep."

#: What a damaged file makes SQLite raise; its messages quote bytes of the file, which need not be text.
_FAULTS = (sqlite3.Error, OverflowError, MemoryError, ValueError)


class Database:
    """An open database, for use in `with`. Raises TraceFileError for every fault of the file."""

    def __init__(self, path: str, relative: str) -> None:
        self._relative = relative
        self._size = _checked_size(path, relative)
        self._work = 0
        self._versioned: dict[str, str] = {}
        try:
            # Threads of the pool take turns with one connection each.
            uri = f"{Path(path).absolute().as_uri()}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except (sqlite3.Error, ValueError, OSError) as error:
            raise self._refused(error) from None
        try:
            self._guard()
            self._tables = self._real_tables()
        except _FAULTS as error:
            self._connection.close()
            raise self._refused(error) from None

    def __enter__(self) -> "Database":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    @property
    def is_export(self) -> bool:
        """Return whether Nsight Systems wrote it."""
        return any(table in self._tables for table in _TELLING)

    def has(self, table: str) -> bool:
        """Return whether a real table is there."""
        return table in self._tables

    def integers(self, table: str, *names: str) -> tuple[I64, ...]:
        """Read columns of a table in row order; a missing column is all NONE, a missing table is empty."""
        there = self._tables.get(table)
        if there is None:
            return tuple(np.empty(0, np.int64) for _ in names)
        wanted = [name for name in names if name in there]
        terms = [_integer(name) for name in wanted] or ["1"]
        rows = self._cursor(f'SELECT {", ".join(terms)} FROM "{self._stored(table)}" NOT INDEXED')
        try:
            flat = np.fromiter(chain.from_iterable(rows), np.int64)
        except _FAULTS as error:
            raise self._refused(error) from None
        found = flat.reshape(-1, len(terms))
        known = {name: np.ascontiguousarray(found[:, place]) for place, name in enumerate(wanted)}
        return tuple(known.get(name, np.full(len(found), NONE)) for name in names)

    def groups(self, table: str, keys: tuple[str, ...], within: int) -> I64:
        """Count the rows of each combination of keys, which are integers or NONE: rows of (*keys, is fine, count, first start, last end).

        A row is fine if its start and end are integers nearer to 0 than `within`, in order, and not both 0, as of events without a time.
        """
        there = self._tables.get(table, frozenset())
        picked = [_integer(name) if name in there else str(NONE) for name in keys]
        if not {"start", "end"} <= there:
            fine, bounds = "0", f"{NONE}, {NONE}"
        else:
            start, end = _integer("start"), _integer("end")
            near = " AND ".join(f"{time} > {-within} AND {time} < {within}" for time in (start, end))
            fine, bounds = (
                f"({near} AND {end} >= {start} AND NOT ({start} = 0 AND {end} = 0))",
                f"MIN({start}), MAX({end})",
            )
        places = ", ".join(str(k + 1) for k in range(len(keys) + 1))
        query = f'SELECT {", ".join([*picked, fine])}, COUNT(*), {bounds} FROM "{self._stored(table)}" NOT INDEXED GROUP BY {places}'
        rows = list(self._rows(query)) if table in self._tables else []
        return np.array(rows, np.int64).reshape(-1, len(keys) + 4)

    def longest(self, table: str, within: int) -> int:
        """Return the longest time between start and end of the rows whose times are integers nearer to 0 than `within`; 0 for none."""
        if not {"start", "end"} <= self._tables.get(table, frozenset()):
            return 0
        start, end = _integer("start"), _integer("end")
        near = " AND ".join(f"{time} > {-within} AND {time} < {within}" for time in (start, end))
        query = f'SELECT MAX({end} - {start}) FROM "{self._stored(table)}" NOT INDEXED WHERE {near}'
        ((found,),) = self._rows(query)
        return max(0, int(found or 0))

    def texts(self, table: str, key: str, *names: str) -> list[tuple[int, tuple[str | None, ...]]]:
        """Read (key, texts) per row of a small table; the key is NONE where it is not an integer."""
        there = self._tables.get(table)
        if there is None:
            return []
        whole = _integer(key) if key in there else str(NONE)
        terms = [_text(name) if name in there else "NULL" for name in names]
        rows = self._rows(f'SELECT {", ".join([whole, *terms])} FROM "{self._stored(table)}" NOT INDEXED')
        return [(int(row[0]), tuple(_decoded(part) for part in row[1:])) for row in rows]

    def text_column(self, table: str, name: str) -> tuple[list[str], I64]:
        """Read a text column of a large table as (distinct texts, index of each row's text or -1)."""
        there = self._tables.get(table)
        if there is None:
            return [], np.empty(0, np.int64)
        term = _text(name) if name in there else "NULL"
        values = [value for (value,) in self._rows(f'SELECT {term} FROM "{self._stored(table)}" NOT INDEXED')]
        numbers: dict[bytes | None, int] = {value: row for row, value in enumerate(dict.fromkeys(values))}
        which = np.fromiter(map(numbers.__getitem__, values), np.int64, len(values))
        if None in numbers:
            which[which == numbers[None]] = -1
        return [_decoded(value) or "" for value in numbers], which

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Run a query; raise TraceFileError for any error of SQLite."""
        try:
            yield from self._cursor(query)
        except _FAULTS as error:
            raise self._refused(error) from None

    def _cursor(self, query: str) -> sqlite3.Cursor:
        self._work = 0
        try:
            return self._connection.execute(f"{query} LIMIT {self._size // _SHORTEST_ROW + 1}")
        except _FAULTS as error:
            raise self._refused(error) from None

    def _guard(self) -> None:
        self._connection.text_factory = bytes
        self._connection.set_progress_handler(self._count, _WORK_STEP)
        for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0"):
            self._connection.execute(f"PRAGMA {pragma}")
        set_limit = getattr(self._connection, "setlimit", None)  # Python 3.11
        if set_limit is not None:
            set_limit(sqlite3.SQLITE_LIMIT_LENGTH, 1 << 26)  # type: ignore[attr-defined, unused-ignore]
            set_limit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)  # type: ignore[attr-defined, unused-ignore]

    def _count(self) -> int:
        """Stop a query that does more work than a file of this size can need."""
        self._work += _WORK_STEP
        return int(self._work > max(_LEAST_WORK, _WORK_PER_BYTE * self._size))

    def _real_tables(self) -> dict[str, frozenset[str]]:
        """List the tables that have pages, which virtual tables lack, with their stored columns."""
        names = [
            name.decode("utf-8", "replace")
            for (name,) in self._connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND typeof(name) = 'text' LIMIT 2000"
            )
        ]
        found = {name: self._columns(name) for name in names if name.isidentifier() and name.isascii()}
        plain = {
            match[1]: name for name in sorted(found) if (match := _VERSIONED.fullmatch(name)) and match[1] not in found
        }
        self._versioned = plain
        return found | {name: found[stored] for name, stored in plain.items()}

    def _stored(self, table: str) -> str:
        """Return under which name a table is stored."""
        return self._versioned.get(table, table)

    def _columns(self, table: str) -> frozenset[str]:
        rows = self._connection.execute(f'PRAGMA table_xinfo("{table}")').fetchall()
        return frozenset(
            row[1].decode("utf-8", "replace") for row in rows if row[6] == 0 and row[1].isascii() and b'"' not in row[1]
        )

    def _refused(self, error: Exception) -> TraceFileError:
        reason = clean(" ".join(str(error).split()))[:200] if isinstance(error, sqlite3.Error) else "damaged"
        return TraceFileError(
            f"{self._relative}: the database cannot be read ({reason}).",
            slug="bad-sqlite",
            advice=_EXPORT_AGAIN,
        )


def _integer(name: str) -> str:
    return f'CASE typeof("{name}") WHEN \'integer\' THEN "{name}" ELSE {NONE} END'


def _text(name: str) -> str:
    return f'CASE typeof("{name}") WHEN \'text\' THEN substr("{name}", 1, {_LONGEST}) END'


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


def _checked_size(path: str, relative: str) -> int:
    """Check the file before SQLite opens it, because SQLite would block on a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            info = os.fstat(stream.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise TraceFileError(f"{relative}: not a regular file.", slug="not-a-file", advice=REMOVE)
            magic = stream.read(len(_MAGIC))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise TraceFileError(
            f"{relative}: the file cannot be read ({reason}).", slug="unreadable-file", advice=GRANT_READING
        ) from None
    if not info.st_size:
        raise TraceFileError(f"{relative}: the file is empty.", slug="empty-file", advice=_EXPORT_AGAIN)
    if magic != _MAGIC:
        raise TraceFileError(
            f"{relative}: the file is not a SQLite database, or it is encrypted.",
            slug="bad-sqlite",
            advice=_EXPORT_AGAIN,
        )
    if info.st_size > _LARGE and _is_hollow(info):
        raise TraceFileError(
            f"{relative}: the file has {info.st_size / (1 << 30):.0f} GiB, but hardly any of them are on the disk.",
            slug="too-large",
            advice=_EXPORT_AGAIN,
        )
    return info.st_size


def _is_hollow(info: os.stat_result) -> bool:
    """Tell whether a file is all but holes: reading it would take hours, and no disk packs a database that small."""
    blocks = getattr(info, "st_blocks", 0)
    return blocks > 0 and blocks * 512 * _PACKED < info.st_size
