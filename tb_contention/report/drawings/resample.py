"""Intervals and step functions -> a bounded number of columns for a drawing."""

import numpy as np

from tb_contention.model.intervals import Intervals
from tb_contention.model.levels import Levels, sum_of
from tb_contention.model.memory import CombinedMemory
from tb_contention.units import F64, I64

#: Columns of a drawing, however long the capture.
COLUMNS = 800


def coverage(intervals: Intervals, start: int, end: int, columns: int = COLUMNS) -> F64:
    """Return for each column of [start, end) the share of it that the intervals cover."""
    edges = _edges(start, end, columns)
    if len(intervals) == 0 or end <= start:
        return np.zeros(columns)
    covered = np.append(0, np.cumsum(intervals.end - intervals.start))
    row = np.searchsorted(intervals.start, edges, "right")
    last = np.maximum(row - 1, 0)
    beyond = np.where(row > 0, np.maximum(intervals.end[last] - edges, 0), 0)
    until = covered[row] - beyond
    widths = np.maximum(np.diff(edges), 1)
    return np.clip(np.diff(until) / widths, 0.0, 1.0)


def _edges(start: int, end: int, columns: int) -> I64:
    return start + np.arange(columns + 1, dtype=np.int64) * (end - start) // columns


def runs(levels: I64) -> list[tuple[int, int, int]]:
    """Join equal neighbours: (first column, columns, level), level 0 left out."""
    starts = np.flatnonzero(np.append(True, levels[1:] != levels[:-1]))
    ends = np.append(starts[1:], len(levels))
    return [(int(a), int(b - a), int(levels[a])) for a, b in zip(starts, ends, strict=True) if levels[a] > 0]


def levels_of(shares: F64, steps: int = 4) -> I64:
    """Grade shares in 1..steps; 0 only where there is nothing at all."""
    graded = np.ceil(shares * steps).astype(np.int64)
    return graded.clip(0, steps)


def stacked(memory: CombinedMemory, start: int, end: int, columns: int = COLUMNS) -> list[I64]:
    """Return each curve in columns, all read at the instant of the column where their sum is highest, so that no peak is lost."""
    edges = _edges(start, end, columns)
    total = sum_of([curve.levels for curve in memory.curves])
    first = np.searchsorted(total.time, edges[:-1], "right")
    last = np.maximum(np.searchsorted(total.time, edges[1:], "left"), first)
    instants = edges[:-1].copy()
    for column in np.flatnonzero(last > first).tolist():
        at = first[column] + int(total.value[first[column] : last[column] + 1].argmax())
        if at > first[column]:
            instants[column] = total.time[at - 1]
    return [curve.levels.value[np.searchsorted(curve.time, instants, "right")] for curve in memory.curves]


def peaks(levels: Levels, start: int, end: int, columns: int = COLUMNS) -> I64:
    """Return the highest value of a step function in each column."""
    edges = _edges(start, end, columns)
    first = np.searchsorted(levels.time, edges[:-1], "right")
    last = np.maximum(np.searchsorted(levels.time, edges[1:], "left"), first)
    highest = np.maximum(levels.value[first], levels.value[last])
    for column in np.flatnonzero(last > first + 1).tolist():  # few samples: rarely more than one change in a column
        highest[column] = levels.value[first[column] : last[column] + 1].max()
    return highest
