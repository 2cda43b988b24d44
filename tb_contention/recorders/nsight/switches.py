"""Recorded context switches of the GPU -> the stays of each context on the compute engine.

A stay lasts from the start of restoring a context to the end of saving it. Rows of other users have blurred times and no process. A stay
that began before the recording, or ended after it, has only one row.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.trace import NONE
from tb_contention.recorders.nsight.database import Database
from tb_contention.recorders.nsight.device_work import near, numbered
from tb_contention.recorders.nsight.processes import pids_of, process_of
from tb_contention.units import I64, Bool

#: Values of ENUM_GPU_CTX_SWITCH, for reports without this list.
_RESTORE_START, _SAVE_END = 8, 7
#: If more than this share of rows lacks its counterpart, or of the time belongs to two stays, switches were lost.
_LOST = 0.01
#: A process whose id differs in the switches (containers have their own ids, MPS has one context for all) is matched to the context in
#: whose stays nearly all of its kernels begin, given at least _FEW kernels and at most _HARDLY_ANY in any other context.
_FEW, _NEARLY_ALL, _HARDLY_ANY = 20, 0.98, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """Disjoint stays of contexts on one GPU, by start, in ns. process: global id, NONE = unknown; context: the recorder's number."""

    start: I64
    end: I64
    process: I64
    context: I64


def read_switches(database: Database, first: int, last: int) -> tuple[dict[int, Stays], list[int]]:
    """Read the stays per GPU number, and the GPUs whose switches are incomplete; first, last: ends of the recording, ns."""
    columns = ("timestamp", "seqNo", "tag", "gpuId", "globalPid", "contextId")
    time, order, tag, gpu, pid, context = database.integers("GPU_CONTEXT_SWITCH_EVENTS", *columns)
    begins, ends = tag == _tag(database, "RESTORE_START", _RESTORE_START), tag == _tag(database, "SAVE_END", _SAVE_END)
    rows = np.flatnonzero((near(time)) & (begins | ends))
    rows = rows[np.lexsort((order[rows], time[rows], gpu[rows]))]
    found, unfit = {}, []
    for number in np.unique(gpu[rows]).tolist():
        mine = rows[gpu[rows] == number]
        stays = _paired(time[mine], begins[mine], process_of(pid)[mine], context[mine], first, last)
        if stays is None:
            unfit.append(number)
        elif len(stays.start):
            found[number] = stays
    return found, unfit


def _tag(database: Database, name: str, usual: int) -> int:
    for number, (text,) in database.texts("ENUM_GPU_CTX_SWITCH", "id", "name"):
        if number != NONE and (text or "").upper().replace(" ", "_").endswith(name):
            return number
    return usual


def _paired(time: I64, begins: Bool, process: I64, context: I64, first: int, last: int) -> Stays | None:
    """Pair each restore with the next save of the same context; None if too many rows remain unpaired."""
    order = np.lexsort((np.arange(len(time)), context, process))
    same = (process[order][1:] == process[order][:-1]) & (context[order][1:] == context[order][:-1])
    pair = same & begins[order][:-1] & ~begins[order][1:]
    opened, closed = order[:-1][pair], order[1:][pair]
    alone = np.ones(len(time), np.bool_)
    alone[opened] = alone[closed] = False
    left = np.flatnonzero(alone)
    # A stay that the recording cuts has one row: the very first, or the very last.
    start, end, row = [time[opened]], [time[closed]], [opened]
    if len(left) and left[0] == 0 and not begins[0]:
        start, end, row = [*start, np.array([min(first, time[0])])], [*end, time[:1]], [*row, np.array([0])]
        left = left[1:]
    if len(left) and left[-1] == len(time) - 1 and begins[-1]:
        start, end, row = (
            [*start, time[-1:]],
            [*end, np.array([max(last, time[-1])])],
            [*row, np.array([len(time) - 1])],
        )
        left = left[:-1]
    if len(left) > max(2, _LOST * len(time)):
        return None
    return _apart(np.concatenate(start), np.concatenate(end), np.concatenate(row), process, context)


def _apart(start: I64, end: I64, row: I64, process: I64, context: I64) -> Stays | None:
    """Sort the stays and cut overlaps; None if they overlap by more than blurred times explain."""
    by_start = np.argsort(start, kind="stable")
    start, end, row = start[by_start], end[by_start], row[by_start]
    cut = np.append(np.minimum(end[:-1], start[1:]), end[-1:])
    if int((end - cut).sum()) > _LOST * max(1, int((end - start).sum())):
        return None
    kept = cut > start
    return Stays(start=start[kept], end=cut[kept], process=process[row[kept]], context=context[row[kept]])


def own_stays(stays: Stays, process: int, starts: I64, traced: I64) -> Bool:
    """Mark the stays of a process: those with its id, or else those of the one context in which its kernels begin.

    starts: of its kernels; traced: all traced processes, whose contexts belong to nobody else.
    """
    named = stays.process == process
    pid = (process >> 24) & ((1 << 24) - 1)
    if not named.any() and (pids_of(traced) == pid).sum() == 1:
        named = pids_of(stays.process) == pid  # of another virtual machine's number, but the only one with this id
    if named.any() or len(starts) < _FEW:
        found: Bool = named
        return found
    at = np.searchsorted(stays.start, starts, "right") - 1
    inside = (at >= 0) & (starts < stays.end[np.maximum(at, 0)])
    code, _ = numbered(stays.process, stays.context)
    begun = np.bincount(code[at[inside]], minlength=int(code.max()) + 1) / len(starts)
    begun[np.unique(code[np.isin(pids_of(stays.process), pids_of(traced))])] = 0.0
    ranked = np.sort(begun)[::-1]
    if ranked[0] < _NEARLY_ALL or (len(ranked) > 1 and ranked[1] > _HARDLY_ANY):
        return np.zeros(len(code), np.bool_)
    own: Bool = code == int(begun.argmax())
    return own
