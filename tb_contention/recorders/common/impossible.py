"""Device events whose times cannot be: a stream does one thing after the other."""

import numpy as np

from tb_contention.units import I64, Bool

#: An event is stamped too long if it covers so many whole later ones of its stream, and lasts so many times the longest of them.
_COVERED, _TIMES = 3, 8


def overlong(device: I64, stream: I64, start: I64, duration: I64) -> Bool:
    """Mark events that last beyond what their stream did after them. Two kernels may overlap (programmatic dependent launch), not many."""
    order = np.lexsort((start, stream, device))
    device, stream, start, duration = (each[order] for each in (device, stream, start, duration))
    found = np.zeros(len(order), np.bool_)
    if len(order) <= _COVERED:
        return found
    same = (device[_COVERED:] == device[:-_COVERED]) & (stream[_COVERED:] == stream[:-_COVERED])
    end = start + duration
    longest, last = duration[1:], end[1:]
    for k in range(1, _COVERED):
        longest = np.maximum(longest[:-1], duration[1 + k :])
        last = np.maximum(last[:-1], end[1 + k :])
    covered = same & (end[:-_COVERED] > last) & (duration[:-_COVERED] > _TIMES * longest)
    found[order[:-_COVERED][covered]] = True
    return found
