"""What the user's cache directory holds."""

from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """The kinds of files in the cache. LEFTOVER: of a writer that was killed."""

    TRACE = "trace"
    INDEX = "index"
    LEFTOVER = "leftover"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file of the cache. used_s: Unix seconds of its last use."""

    path: str
    kind: Kind
    size: int
    used_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many bytes the cache may hold. source: where that comes from: "default", "setting" or the name of a variable."""

    size: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The state of the cache. trouble: why the directory is not used, "" where it is or where it can be created."""

    directory: str
    exists: bool
    trouble: str
    limit: Limit
    files: tuple[StoredFile, ...] = ()

    def of(self, kind: Kind) -> tuple[StoredFile, ...]:
        """Return the files of one kind."""
        return tuple(file for file in self.files if file.kind is kind)

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(file.size for file in self.files)
