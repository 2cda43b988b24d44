"""Where on the panel the evidence for an answer or a finding is."""

from dataclasses import dataclass
from typing import Annotated

from tb_contention.units import Nanoseconds
from tb_contention.wire import Choice, Wire


class PlaceKind(Choice):
    """What the panel shows."""

    CONTENDED = "contended", "the longest contended interval"
    SECTION = "section", "a section by its name: `blame`, `steps`, `what-if`"
    TABLE = "table", "a table by its name"
    MEMORY = "memory", "an instant of the memory track, with its holders"
    TIME = "time", "an instant of the timeline, with a table beside it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that the panel can show."""

    kind: Annotated[PlaceKind, Wire("what the panel shows")]
    near: Annotated[bool, Wire("so near that single kernels show")] = False
    name: Annotated[str | None, Wire("of a section or a table")] = None
    at: Annotated[Nanoseconds | None, Wire("the instant", signed=True)] = None

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
