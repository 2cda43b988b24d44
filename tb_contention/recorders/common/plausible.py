"""How much a file may hold for its size. What is beyond is made to exhaust its reader: each row costs far more memory than its bytes."""

from typing import NamedTuple

from tb_contention.errors import TraceFileError
from tb_contention.recorders.common.advice import COPY_AGAIN


class Most(NamedTuple):
    """A bound on rows of one kind. free: allowed in a file of any size; each: beyond them, one for so many bytes of the file (0: none)."""

    what: str
    free: int
    each: int

    def of(self, size: int) -> int:
        """Return how many rows a file of that size in bytes may have."""
        return self.free + size // self.each if self.each else self.free


#: Threads that the events of one file may have.
THREADS = Most("threads", 1 << 15, 0)


def refuse_beyond(most: Most, found: int, size: int, file: str) -> None:
    """Raise TraceFileError where a file of `size` bytes holds more rows of a kind than any profiler writes."""
    allowed = most.of(size)
    if found > allowed:
        raise TraceFileError(
            f"{file}: the file holds {found:,} {most.what}, but no profiler writes more than {allowed:,} into a file of this size.",
            slug="too-many-rows",
            advice=COPY_AGAIN,
        )
