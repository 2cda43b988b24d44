"""Titles of groups of captures, and what a list of them leaves out."""

from collections.abc import Sequence
from datetime import datetime, timezone

from tb_contention.model.names import clean, shorten
from tb_contention.words.numbers import UNKNOWN, count, listing

#: Characters of a name in a title.
_LONG = 48


def group_title(names: Sequence[str], start_ns: int | None) -> str:
    """Name a group by its sessions and its time: 'trainer and evaluator, 2026-03-05 10:00 UTC'."""
    who = listing([shorten(clean(name), _LONG) for name in names], 3)
    when = instant(start_ns)
    return who if when == UNKNOWN else f"{who}, {when}"


def instant(unix_ns: int | None) -> str:
    """Write a moment in UTC to the minute: '2026-03-05 10:00 UTC'."""
    if unix_ns is None:
        return UNKNOWN
    try:
        return datetime.fromtimestamp(unix_ns // 1_000_000_000, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return UNKNOWN


def left_out(groups: int, alone: int) -> str:
    """Say what a report does not hold: '12 more groups and 340 captures that ran alone'."""
    parts = [count(groups, "more group") if groups else ""]
    parts += [count(alone, "capture that ran alone", "captures that ran alone") if alone else ""]
    return listing([part for part in parts if part])
