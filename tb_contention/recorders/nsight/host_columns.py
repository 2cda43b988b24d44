"""CUDA calls and NVTX ranges of one process -> host events and steps of a trace."""

import numpy as np

from tb_contention.model.steps import in_turn
from tb_contention.model.trace import NAMED_ROOT, NONE, HostEventTable, HostKind
from tb_contention.recorders.common.step_names import chosen_steps
from tb_contention.recorders.nsight.columns import Origins
from tb_contention.recorders.nsight.host import Calls, Ranges, base_name
from tb_contention.recorders.nsight.strings import Strings
from tb_contention.units import I64, PS_PER_NS


def host_event_table(calls: Calls, ranges: Ranges, threads: I64, origins: Origins, strings: Strings) -> HostEventTable:
    """Build host events: waits for the device, ranges that name a session, and the ranges that are steps."""
    waits = np.flatnonzero(calls.waits)
    chosen = np.flatnonzero(
        np.isin(ranges.kind, (HostKind.ANNOTATION, HostKind.INPUT))
        | np.isin(np.arange(len(ranges.start)), steps_of(ranges))
    )
    start = np.concatenate([calls.start[waits], ranges.start[chosen]])
    duration = np.concatenate([calls.end[waits], ranges.end[chosen]]) - start
    thread = np.concatenate([calls.thread[waits], ranges.thread[chosen]])
    kind = np.concatenate([np.full(len(waits), HostKind.SYNC, np.uint8), ranges.kind[chosen]])
    texts: list[str | None] = list(ranges.texts)
    name = np.concatenate([strings.rows(calls.name[waits]), _rows_of(strings, texts, ranges.text[chosen])])
    step = np.concatenate([np.full(len(waits), NONE), ranges.step[chosen]])
    root = np.where(ranges.named[chosen] > 0, NAMED_ROOT, np.where(ranges.kind[chosen] == HostKind.USER_STEP, 1, NONE))
    root = np.concatenate([np.full(len(waits), NONE), root])
    order = np.lexsort((-duration, start))
    unknown = np.full(len(order), NONE)
    return HostEventTable(
        start=origins.ps(start[order]), duration=duration[order] * PS_PER_NS,
        thread=np.searchsorted(threads, thread[order]).astype(np.int32), kind=kind[order], name=name[order], id=unknown, producer=unknown,
        producer_type=unknown, consumer=unknown, consumer_type=unknown, root=root[order], step=step[order],
        group=unknown, model=np.full(len(order), -1, np.int32),
    )  # fmt: skip


def _rows_of(strings: Strings, texts: list[str | None], which: I64) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Return the string row of each text, adding only texts in use."""
    used, inverse = np.unique(which, return_inverse=True)
    return strings.rows_of([texts[row] for row in used.tolist()], inverse.reshape(-1))


def steps_of(ranges: Ranges) -> I64:
    """Choose the process's steps: what the user calls so, else ranges of one name on one thread that do not nest and cover most time."""
    rows = np.flatnonzero(ranges.named)
    if len(rows):
        return rows[in_turn(ranges.thread[rows], ranges.start[rows], ranges.end[rows] - ranges.start[rows])]
    rows = np.flatnonzero(ranges.kind == HostKind.USER_STEP)
    if not len(rows):
        return rows
    bases = [base_name(text) for text in ranges.texts]
    numbers = {base: number for number, base in enumerate(dict.fromkeys(bases))}
    base = np.array([numbers[b] for b in bases], np.int64)[ranges.text[rows]]
    return rows[chosen_steps(base, ranges.thread[rows], ranges.start[rows], ranges.end[rows])]
