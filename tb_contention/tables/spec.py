"""What a table is: a path to its rows in the JSON report, and columns with a title, a kind and a meaning."""

from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """What a column holds; it decides how people read a cell and which type programs get.

    LIST: texts. MAP: values by name. WORD: one of a fixed set, `_` shown as a space. NAME: of a kernel or an operation, which can be long.
    SESSION, DEVICE: ids, shown as labels. IDENTIFIER: a number that counts nothing. DURATION: ns. INSTANT: ns from the report's origin,
    shown from the window's start. SHARE: 0 to 1, shown in per cent. SLOWDOWN, FACTORS and DURATIONS: an estimate with its interval, which
    programs get as three columns.
    """

    TEXT = "text"
    WORD = "word"
    NAME = "name"
    SESSION = "session"
    SESSIONS = "sessions"
    DEVICE = "device"
    LIST = "list"
    MAP = "map"
    FLAG = "flag"
    COUNT = "count"
    IDENTIFIER = "identifier"
    DURATION = "duration"
    INSTANT = "instant"
    BYTES = "bytes"
    NUMBER = "number"
    SHARE = "share"
    SLOWDOWN = "slowdown"
    FACTORS = "factors"
    DURATIONS = "durations"

    @property
    def is_number(self) -> bool:
        """Return whether cells stand flush right."""
        return self not in _WORDS

    @property
    def is_range(self) -> bool:
        """Return whether a cell is an estimate with its interval."""
        return self in (Kind.SLOWDOWN, Kind.FACTORS, Kind.DURATIONS)


_WORDS = frozenset(
    (Kind.TEXT, Kind.WORD, Kind.NAME, Kind.SESSION, Kind.SESSIONS, Kind.DEVICE, Kind.LIST, Kind.MAP, Kind.FLAG)
)


class For(str, Enum):
    """Who a column is for; programs get all of them."""

    ALL = "all"
    PROGRAMS = "programs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    key: where the value is in a row, as in `slowdown.estimate`; `device.id` looks in the device that holds the row, `outer.setting` in the
    list around it. name: what programs call it, the key with `_` for `.` unless stated. of: key of the whole that the value is a part of;
    people see the share beside it. unless: what people see instead of an empty text. once: people see words that repeat once.
    """

    key: str
    title: str
    kind: Kind
    name: str = ""
    of: str = ""
    unless: str = ""
    once: bool = False
    audience: For = For.ALL

    @property
    def program_name(self) -> str:
        """Return what programs call it."""
        return self.name or self.key.replace("device.id", "device").replace("outer.", "").replace(".", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table.

    source: path of its rows in the JSON report, as in `devices/memory/holders`. most: rows that people see. note: a sentence below it.
    together: whether it needs sessions that share the device. for_host: its title for a processor. columnar: each entry of the source is
    columns of equal length.
    """

    slug: str
    title: str
    help: str
    source: str
    columns: tuple[Column, ...]
    most: int = 20
    note: str = ""
    together: bool = False
    for_host: str = ""
    columnar: bool = False

    @property
    def for_people(self) -> tuple[Column, ...]:
        """Return the columns that people see."""
        return tuple(c for c in self.columns if c.audience is not For.PROGRAMS)
