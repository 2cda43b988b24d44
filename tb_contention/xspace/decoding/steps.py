"""Host events -> steps: user steps, and runs of a session or function that no other root encloses."""

import numpy as np

from tb_contention.model.trace import NONE, HostEventTable, HostKind, StepTable
from tb_contention.units import I64


def find_steps(host: HostEventTable) -> StepTable:
    """Take the roots (`_r`, or Keras' old TraceContext) that are not inside another root of their thread, in time order.

    thread 1  |==== train 0 ====|  |==== train 1 ====|      two steps; the FunctionRun inside is part of one
                 |FunctionRun|        |FunctionRun|
    """
    rows = np.flatnonzero(((host.root != NONE) & (host.root > 0)) | (host.kind == HostKind.TRACE_CONTEXT))
    outermost = _outermost(host.thread[rows].astype(np.int64), host.start[rows], host.duration[rows])
    rows = rows[outermost]
    rows = rows[np.argsort(host.start[rows], kind="stable")]
    number = np.where(host.step[rows] != NONE, host.step[rows], np.arange(len(rows)))
    return StepTable(start=host.start[rows], duration=host.duration[rows], number=number, name=host.name[rows])


def _outermost(thread: I64, start: I64, duration: I64) -> I64:
    """Return the rows that no earlier row of the same thread encloses."""
    order = np.lexsort((-duration, start, thread))
    kept: list[I64] = []
    for rows in np.split(order, np.flatnonzero(np.diff(thread[order])) + 1):
        if len(rows):
            reach = np.maximum.accumulate(start[rows] + duration[rows])
            free = np.ones(len(rows), np.bool_)
            free[1:] = start[rows][1:] >= reach[:-1]
            kept.append(rows[free])
    return np.concatenate(kept) if kept else np.empty(0, np.int64)
