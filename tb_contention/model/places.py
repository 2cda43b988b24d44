"""Where on the panel the evidence for an answer or a finding is."""

from dataclasses import dataclass
from enum import Enum

from tb_contention.units import Nanoseconds


class PlaceKind(str, Enum):
    """CONTENDED: the longest contended interval, whole or near. SECTION and TABLE: by name. MEMORY and TIME: at an instant."""

    CONTENDED = "contended"
    SECTION = "section"
    TABLE = "table"
    MEMORY = "memory"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that the panel can show. near: so near that single kernels show; name: of a section or table; at: an instant."""

    kind: PlaceKind
    near: bool = False
    name: str | None = None
    at: Nanoseconds | None = None

    @classmethod
    def contended(cls, *, near: bool = False) -> "Place":
        """Point to the longest contended interval."""
        return cls(kind=PlaceKind.CONTENDED, near=near)

    @classmethod
    def section(cls, name: str) -> "Place":
        """Point to a section of the panel: `blame`, `steps`, `what-if`."""
        return cls(kind=PlaceKind.SECTION, name=name)

    @classmethod
    def table(cls, name: str) -> "Place":
        """Point to a table by its title."""
        return cls(kind=PlaceKind.TABLE, name=name)

    @classmethod
    def memory(cls, at: Nanoseconds) -> "Place":
        """Point to an instant of the memory track, with its holders."""
        return cls(kind=PlaceKind.MEMORY, at=at)

    @classmethod
    def time(cls, at: Nanoseconds, table: str) -> "Place":
        """Point to an instant of the timeline, and a table beside it."""
        return cls(kind=PlaceKind.TIME, at=at, name=table)
