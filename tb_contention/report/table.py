"""A table of text for people, which each renderer prints in its own way. Cells are cleaned, not yet escaped."""

from dataclasses import dataclass

from tb_contention.words.numbers import duration

#: Shades of a cell, 0 for none.
SHADES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A titled table; `numbers` are the columns to set flush right. note: what it leaves out, "" for nothing.

    shades: per row and column, how dark a cell is, 0 to `SHADES`; empty for a plain table. narrow: columns of long words, such as hashes.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    note: str = ""
    shades: tuple[tuple[int, ...], ...] = ()
    narrow: frozenset[int] = frozenset()


def length(nanoseconds: int | None) -> str:
    """Write a length of time; a dash for what is not known."""
    return "–" if nanoseconds is None else duration(nanoseconds)


def more(left_out: int) -> str:
    """Say how many rows a table leaves out; nothing for none."""
    return f"{left_out:,} more are in the JSON and CSV reports." if left_out else ""
