"""Host events -> steps: the user's own, and those that TensorFlow marks implicitly."""

from collections.abc import Callable

import numpy as np

from tb_contention.model.trace import NONE, HostEventTable, HostKind, StepTable
from tb_contention.units import I64, Bool

_IMPLICIT = (HostKind.SESSION_RUN, HostKind.FUNCTION_RUN)


def host_steps(events: HostEventTable) -> StepTable:
    """Take the roots (`_r`) that have no root of the same level around them on their thread; TraceContext is a root of level 1."""
    is_root = (events.root > 0) & np.isin(events.kind, (HostKind.USER_STEP, *_IMPLICIT))
    is_root &= (events.kind != HostKind.USER_STEP) | (events.step != NONE)
    is_root |= events.kind == HostKind.TRACE_CONTEXT
    rows = np.flatnonzero(is_root)
    keep = rows[_outermost(events, rows)]
    return _table(events, keep)


def _outermost(events: HostEventTable, rows: I64) -> Bool:
    keep = np.ones(len(rows), np.bool_)
    last: dict[tuple[int, int], int] = {}
    for k, row in enumerate(rows.tolist()):
        level = int(events.root[row])
        where = int(events.thread[row]), level if level > 0 else 1
        end = int(events.start[row] + events.duration[row])
        # Rows come by (start, longest first), so the furthest end so far on this thread and level encloses or precedes.
        if end <= last.get(where, -1):
            keep[k] = False
        else:
            last[where] = end
    return keep


def _table(events: HostEventTable, rows: I64) -> StepTable:
    number = events.step[rows].copy()
    unnumbered = number == NONE
    number[unnumbered] = np.arange(int(unnumbered.sum()))
    return StepTable(start=events.start[rows], duration=events.duration[rows], number=number, name=events.name[rows])


def device_steps(events: HostEventTable, text: "Callable[[int], str]") -> StepTable:
    """Take the `Steps` lines of files of 2.3 to 2.10: events named by their number, once per step over all devices."""
    first: dict[int, tuple[int, int, int]] = {}
    for k in range(len(events)):
        name = text(int(events.name[k]))
        number = int(name) if name.isascii() and name.isdigit() and len(name) < 18 else k
        start, end = int(events.start[k]), int(events.start[k] + events.duration[k])
        if number in first:
            start, end = min(start, first[number][0]), max(end, first[number][1])
        first[number] = start, end, int(events.name[k])
    rows = np.array(sorted((s, e - s, n, name) for n, (s, e, name) in first.items()), np.int64).reshape(-1, 4)
    return StepTable(start=rows[:, 0], duration=rows[:, 1], number=rows[:, 2], name=rows[:, 3].astype(np.int32))
