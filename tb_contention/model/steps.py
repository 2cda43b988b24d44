"""Host events -> steps: user steps, and runs of a session or function that no other root encloses."""

import numpy as np

from tb_contention.model.trace import NAMED_ROOT, NONE, HostEventTable, HostKind, StepTable
from tb_contention.units import I64


def root_rows(host: HostEventTable) -> I64:
    """Take the roots (`_r`, or Keras' old TraceContext) that are not inside another root of their thread and level, in time order.

    thread 1  |==== train 0 ====|  |==== train 1 ====|      two steps; the FunctionRun inside is part of one
                 |FunctionRun|        |FunctionRun|

    Where the user names the steps, those alone.
    """
    named = np.flatnonzero(host.root == NAMED_ROOT)
    if len(named):
        rows = named[in_turn(host.thread[named].astype(np.int64), host.start[named], host.duration[named])]
        return rows[np.argsort(host.start[rows], kind="stable")]
    context = host.kind == HostKind.TRACE_CONTEXT
    rows = np.flatnonzero(((host.root != NONE) & (host.root > 0)) | context)
    level = np.where(host.root[rows] > 0, host.root[rows], 1)
    rows = rows[outermost_rows(host.thread[rows].astype(np.int64), level, host.start[rows], host.duration[rows])]
    return rows[np.argsort(host.start[rows], kind="stable")]


def in_turn(thread: I64, start: I64, duration: I64) -> I64:
    """Take the outermost spans of all threads if they follow one another, else those of the thread on which they cover the most time."""
    rows = np.sort(outermost_rows(thread, np.zeros(len(thread), np.int64), start, duration))
    ordered = rows[np.argsort(start[rows], kind="stable")]
    if (start[ordered][1:] < (start + duration)[ordered][:-1]).any():
        threads, which = np.unique(thread[rows], return_inverse=True)
        longest = np.bincount(which, duration[rows].astype(np.float64), len(threads)).argmax()
        rows = rows[which == longest]
    return rows


def marked_rows(host: HostEventTable, rows: I64) -> I64:
    """Keep, of some roots, those of the threads on which a step is marked by number; all where none is.

    What other threads run meanwhile, such as filling a queue, is no step of the program.
    """
    marked = (host.kind[rows] == HostKind.TRACE_CONTEXT) | (
        (host.kind[rows] == HostKind.USER_STEP) & (host.step[rows] != NONE)
    )
    if not marked.any():
        return rows
    return rows[np.isin(host.thread[rows], host.thread[rows[marked]])]


def step_table(host: HostEventTable, rows: I64) -> StepTable:
    """Make steps of host events, in time order; one without a number gets its place."""
    number = np.where(host.step[rows] != NONE, host.step[rows], np.arange(len(rows)))
    return StepTable(start=host.start[rows], duration=host.duration[rows], number=number, name=host.name[rows])


def outermost_rows(thread: I64, level: I64, start: I64, duration: I64) -> I64:
    """Return the rows that no earlier row of the same thread and level encloses."""
    order = np.lexsort((-duration, start, level, thread))
    kept: list[I64] = []
    new = (np.diff(thread[order]) != 0) | (np.diff(level[order]) != 0)
    for rows in np.split(order, np.flatnonzero(new) + 1):
        if len(rows):
            end = start[rows] + duration[rows]
            free = np.ones(len(rows), np.bool_)
            free[1:] = end[1:] > np.maximum.accumulate(end)[:-1]
            kept.append(rows[free])
    return np.concatenate(kept) if kept else np.empty(0, np.int64)
