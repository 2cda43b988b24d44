"""Compiled loops of the timeline: sub-lanes of overlapping events, and the slices of one lane in one tile."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled

_I = types.Array(types.int64, 1, "A", readonly=True)
_U8 = types.Array(types.uint8, 1, "A", readonly=True)
_U16 = types.Array(types.uint16, 1, "A", readonly=True)
_OUT = types.Array(types.float64, 1, "C")
_OUT_U32 = types.Array(types.uint32, 1, "C")
_OUT_I = types.Array(types.int64, 1, "C")
_OUT_U16 = types.Array(types.uint16, 1, "C")
_OUT_U8 = types.Array(types.uint8, 1, "C")


@compiled(types.void(_I, _I, _OUT_I, _OUT_U16))
def assign_rows(start, end, free, out):
    """Put each event into the first sub-lane that is free at its start; the last takes what finds none. free: since when each is."""
    rows = free.shape[0]
    for i in range(start.shape[0]):
        row = rows - 1
        for candidate in range(rows):
            if free[candidate] <= start[i]:
                row = candidate
                break
        out[i] = row
        free[row] = max(free[row], end[i])


@compiled(
    types.int64(
        _I, _I, _I, _U8, _U16, types.int64, types.int64, types.int64, types.int64, types.int64, _OUT_I, _OUT_I,
        _OUT, _OUT, _OUT, _OUT_I, _OUT_U32, _OUT_U16, _OUT_U8, _OUT_I,
    )
)  # fmt: skip
def slices(
    start, end, name, kind, row, first, last, tile_start, level, buckets, open_slice, open_bucket,
    out_start, out_end, out_busy, out_name, out_count, out_row, out_kind, longest,
):  # fmt: skip
    """Write the slices of events `first..last` in a tile; return how many.

    An event as long as a bucket (2**level ns) is a slice of its own; shorter ones that start in the same bucket and sub-lane are one,
    named by the longest. open_slice, open_bucket: of each sub-lane, -1 to begin with.
    """
    count = np.int64(0)
    tile_end = tile_start + (buckets << level)
    size = np.int64(1) << level
    capacity = out_start.shape[0]
    for i in range(first, last):
        length = end[i] - start[i]
        lane = np.int64(row[i])
        if length >= size:
            if end[i] <= tile_start:
                continue
        else:
            if start[i] < tile_start or start[i] >= tile_end:
                continue
            bucket = (start[i] - tile_start) >> level
            if open_bucket[lane] == bucket:
                at = open_slice[lane]
                out_end[at] = max(out_end[at], np.float64(end[i]))
                out_busy[at] += length
                out_count[at] += 1
                if length > longest[at]:
                    longest[at] = length
                    out_name[at] = name[i]
                    out_kind[at] = kind[i]
                continue
            if count < capacity:
                open_bucket[lane] = bucket
                open_slice[lane] = count
        if count == capacity:  # only where more events overlap than there are sub-lanes
            out_count[count - 1] += 1
            continue
        out_start[count] = start[i]
        out_end[count] = end[i]
        out_busy[count] = length
        out_name[count] = name[i]
        out_count[count] = 1
        out_row[count] = lane
        out_kind[count] = kind[i]
        longest[count] = length
        count += 1
    return count
