"""Passes over long columns of spans; imported where there are such, so that what has none does not wait for a compiler."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled
from tb_contention.units import I64

_IN = types.Array(types.int64, 1, "C", readonly=True)
_OUT = types.Array(types.int64, 1, "C")
#: Instants from which on one walk is quicker than a search for each.
_LONG = 20_000


@compiled(types.int64(_IN, _IN, _IN, _OUT, _OUT, _OUT))
def _unite(start, end, bounds, head, out_start, out_end):
    """Merge runs that are each sorted by start; return how many intervals were written, -1 where a run is not sorted."""
    runs = head.shape[0]
    written = 0
    latest = np.int64(-(1 << 63))
    while True:
        first = -1
        for k in range(runs):
            if head[k] < bounds[k + 1] and (first < 0 or start[head[k]] < start[head[first]]):
                first = k
        if first < 0:
            return written
        row = head[first]
        head[first] += 1
        if end[row] <= start[row]:
            continue
        if start[row] < latest:
            return -1
        latest = start[row]
        if written > 0 and start[row] <= out_end[written - 1]:
            out_end[written - 1] = max(out_end[written - 1], end[row])
        else:
            out_start[written] = start[row]
            out_end[written] = end[row]
            written += 1


def unite(start: I64, end: I64, bounds: I64) -> tuple[I64, I64] | None:
    """Unite the spans of runs, rows bounds[k]..bounds[k + 1] of each; None unless each run is sorted by start."""
    out_start, out_end = np.empty(len(start), np.int64), np.empty(len(start), np.int64)
    made = _unite(
        np.ascontiguousarray(start), np.ascontiguousarray(end), bounds, bounds[:-1].copy(), out_start, out_end
    )
    return None if made < 0 else (out_start[:made], out_end[:made])


@compiled(types.void(_IN, _IN, _OUT))
def _last_upto(where, at, out):
    """Write the row of the last instant at or before each one, -1 = none; both ascend."""
    row = np.int64(-1)
    for i in range(at.shape[0]):
        while row + 1 < where.shape[0] and where[row + 1] <= at[i]:
            row += 1
        out[i] = row


def last_upto(where: I64, at: I64) -> I64:
    """Return the row of the last instant at or before each one, -1 where there is none; both ascend, so that one walk finds them all."""
    if len(at) < _LONG:
        return np.searchsorted(where, at, "right") - 1
    out = np.empty(len(at), np.int64)
    _last_upto(np.ascontiguousarray(where), np.ascontiguousarray(at), out)
    return out


@compiled(types.void(_IN, _IN, _IN, _OUT))
def _length_before(start, end, at, out):
    """Write how much of sorted, disjoint intervals lies before each instant. Quick where instants hardly step back."""
    row, done = 0, np.int64(0)
    for i in range(at.shape[0]):
        while row > 0 and end[row - 1] > at[i]:
            row -= 1
            done -= end[row] - start[row]
        while row < start.shape[0] and end[row] <= at[i]:
            done += end[row] - start[row]
            row += 1
        out[i] = done
        if row < start.shape[0] and start[row] < at[i]:
            out[i] += at[i] - start[row]


def length_before(start: I64, end: I64, at: I64) -> I64:
    """Return how much of sorted, disjoint intervals lies before each instant."""
    out = np.empty(len(at), np.int64)
    _length_before(start, end, np.ascontiguousarray(at), out)
    return out


@compiled(types.void(_IN, _IN, _IN, _IN, _IN, _OUT))
def _covered(where_start, where_end, before, start, end, out):
    """Write the covered length of each span; before: length of all intervals before each one. Quick where starts hardly step back."""
    count = where_start.shape[0]
    at = 0
    for i in range(start.shape[0]):
        first, last = start[i], end[i]
        if last <= first:
            continue
        while at > 0 and where_end[at - 1] > first:
            at -= 1
        while at < count and where_end[at] <= first:
            at += 1
        if at == count or where_start[at] >= last:
            continue
        low, step = at, 1
        while low + step < count and where_start[low + step] < last:
            low += step
            step *= 2
        while step > 0:
            if low + step < count and where_start[low + step] < last:
                low += step
            step //= 2
        total = before[low] - before[at] + min(where_end[low], last) - where_start[low]
        out[i] = total - max(0, first - where_start[at])


def covered(where_start: I64, where_end: I64, start: I64, end: I64) -> I64:
    """Return how much of sorted, disjoint intervals each span holds."""
    out = np.zeros(len(start), np.int64)
    length = where_end - where_start
    before = np.cumsum(length)
    before -= length
    _covered(where_start, where_end, before, np.ascontiguousarray(start), np.ascontiguousarray(end), out)
    return out
