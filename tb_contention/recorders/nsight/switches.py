"""Recorded context switches of the GPU -> which context had the compute engine when.

A context's stay goes from the start of its restoring to the end of its saving. Rows of other users have blurred times and no process; a
stay that began before the recording, or ended after it, has one row only.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.trace import NONE
from tb_contention.recorders.nsight.database import Database
from tb_contention.recorders.nsight.device_work import near, numbered
from tb_contention.recorders.nsight.processes import pids_of, process_of
from tb_contention.units import I64, Bool

#: ENUM_GPU_CTX_SWITCH of releases whose report has no such list.
_RESTORE_START, _SAVE_END = 8, 7
#: Share of rows without their counterpart, and of the time that two stays share, beyond which switches were lost.
_LOST = 0.01
#: A process that the switches name otherwise (a container has process ids of its own, MPS one context for all) is known by so many
#: kernels that begin inside the stays of one context, nearly all, while hardly any begins inside those of another.
_FEW, _NEARLY_ALL, _HARDLY_ANY = 20, 0.98, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """Stays of contexts on one GPU by start, ns, apart. process: global id, NONE = not told; context: the recorder's number."""

    start: I64
    end: I64
    process: I64
    context: I64


def read_switches(database: Database, first: int, last: int) -> tuple[dict[int, Stays], list[int]]:
    """Read the stays per GPU number, and the GPUs whose switches do not fit together; first, last: of the recording, ns."""
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
    """Pair each start of a restoring with the next end of a saving of the same context; None where too many have none."""
    order = np.lexsort((np.arange(len(time)), context, process))
    same = (process[order][1:] == process[order][:-1]) & (context[order][1:] == context[order][:-1])
    pair = same & begins[order][:-1] & ~begins[order][1:]
    opened, closed = order[:-1][pair], order[1:][pair]
    alone = np.ones(len(time), np.bool_)
    alone[opened] = alone[closed] = False
    left = np.flatnonzero(alone)
    # A stay that the recording cuts has one row: the first of all, or the last.
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
    """Order stays and cut what one shares with the next; None where they share too much for blurred times."""
    by_start = np.argsort(start, kind="stable")
    start, end, row = start[by_start], end[by_start], row[by_start]
    cut = np.append(np.minimum(end[:-1], start[1:]), end[-1:])
    if int((end - cut).sum()) > _LOST * max(1, int((end - start).sum())):
        return None
    kept = cut > start
    return Stays(start=start[kept], end=cut[kept], process=process[row[kept]], context=context[row[kept]])


def own_stays(stays: Stays, process: int, starts: I64, traced: I64) -> Bool:
    """Tell the stays of a process: those named so, or else those of the one context in which its kernels begin.

    starts: when its kernels began; traced: processes of the recording, whose contexts are their own.
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
