"""The compiled loops of attribution: nesting on each thread, producers of consumers, and the way up from an event."""

import numpy as np
from numba import types

from tb_contention._compiled import compiled

_I64 = types.Array(types.int64, 1, "C", readonly=True)
_I32 = types.Array(types.int32, 1, "C", readonly=True)
_U8 = types.Array(types.uint8, 1, "C", readonly=True)
_OUT = types.Array(types.int64, 1, "C")
_OU8 = types.Array(types.uint8, 1, "C")

#: No chain of real events is longer; a hostile file can make it a ring.
MAX_HOPS = 64


@compiled(types.void(_I64, _I64, _I32, _I64, _I32, _OUT, _OUT, _OUT))
def nest(start, duration, thread, at, at_thread, top, parent, found):
    """Find for each event the innermost earlier one on its thread that holds its start, and the same for each point (`at`, `at_thread`).

    Events by (start, -duration), points by time. top: the innermost event per thread so far, -1 for each to begin with. -1 where nothing
    encloses.

    thread  |======= a ========|        parent of b is a, of c is b; the point is in c
              |=== b ====|
                |= c =|
                   ^
    """
    row = 0
    for point in range(at.shape[0] + 1):
        until = at[point] if point < at.shape[0] else np.int64((1 << 63) - 1)
        while row < start.shape[0] and start[row] <= until:
            line = thread[row]
            above = top[line]
            while above >= 0 and start[above] + duration[above] <= start[row]:
                above = parent[above]
            parent[row] = above
            top[line] = row if duration[row] > 0 else above
            row += 1
        if point < at.shape[0]:
            line = at_thread[point]
            if line >= 0:
                above = top[line]
                while above >= 0 and start[above] + duration[above] <= until:
                    above = parent[above]
                found[point] = above
                top[line] = above


@compiled(types.void(_I64, _I64, _I64, _I64, _I64, _I64, _I64, _I64, _OUT))
def join(keys, rows, produced, produced_type, start, asking, wanted, wanted_type, link):
    """Give each row of `asking` the latest producer of its (type, id) that had begun by then; rows that have a link keep it.

    keys: `produced` of the producers' `rows`, ascending, in time order where equal.
    """
    for i in range(asking.shape[0]):
        row = asking[i]
        if link[row] >= 0:
            continue
        low, high = 0, keys.shape[0]
        while low < high:
            middle = (low + high) // 2
            if keys[middle] < wanted[row] or (keys[middle] == wanted[row] and start[rows[middle]] <= start[row]):
                low = middle + 1
            else:
                high = middle
        # Pairs of one id and several types are rare: a few steps back find the type that is asked for.
        for back in range(1, 9):
            if low - back < 0 or keys[low - back] != wanted[row]:
                break
            candidate = rows[low - back]
            if candidate != row and produced_type[candidate] == wanted_type[row] and produced[candidate] == wanted[row]:
                link[row] = candidate
                break


@compiled(types.void(_I64, _I64, _U8, _I32, types.int64, types.int64, _OUT, _OUT, _OUT))
def climb(parent, link, is_run, model, annotation_from, hops, run, named, annotation):
    """Walk up from each event, to its producer where it has one and else outwards: outermost run, nearest model id, nearest annotation.

    is_run: 1 for runs, `annotation_from` for annotations. The rows found, -1 = none; `named` is the row that carries the model id.
    """
    for row in range(parent.shape[0]):
        here = np.int64(row)
        for _hop in range(hops):
            if is_run[here] == 1:
                run[row] = here
            elif is_run[here] == annotation_from and annotation[row] < 0:
                annotation[row] = here
            if model[here] >= 0 and named[row] < 0:
                named[row] = here
            here = link[here] if link[here] >= 0 else parent[here]
            if here < 0:
                break


@compiled(types.void(_I64, types.int64, _OU8, _OUT))
def spread_outwards(parent, hops, given, label):
    """Give events without a label (-1) that of the events inside them; -2 where these differ. given: 0 for each to begin with."""
    for row in range(label.shape[0]):
        if label[row] < 0 or given[row]:
            continue
        above = parent[row]
        for _hop in range(hops):
            if above < 0:
                break
            if label[above] == -1:
                label[above] = label[row]
                given[above] = 1
            elif given[above] and label[above] != label[row]:
                label[above] = -2
            elif not given[above]:
                break
            above = parent[above]
