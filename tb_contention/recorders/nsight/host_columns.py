"""CUDA calls and NVTX ranges of one process -> host events and steps of a trace."""

import numpy as np

from tb_contention.model.trace import NONE, HostEventTable, HostKind, StepTable
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
    order = np.lexsort((-duration, start))
    unknown = np.full(len(order), NONE)
    is_step = kind[order] == HostKind.USER_STEP
    return HostEventTable(
        start=origins.ps(start[order]), duration=duration[order] * PS_PER_NS,
        thread=np.searchsorted(threads, thread[order]).astype(np.int32), kind=kind[order], name=name[order], id=unknown, producer=unknown,
        producer_type=unknown, consumer=unknown, consumer_type=unknown, root=np.where(is_step, 1, NONE), step=step[order],
        group=unknown, model=np.full(len(order), -1, np.int32),
    )  # fmt: skip


def _rows_of(strings: Strings, texts: list[str | None], which: I64) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Return the string row of each text, adding only texts in use."""
    used, inverse = np.unique(which, return_inverse=True)
    return strings.rows_of([texts[row] for row in used.tolist()], inverse.reshape(-1))


def steps_of(ranges: Ranges) -> I64:
    """Choose the process's steps: ranges of one base name on one thread that do not nest and cover the most time."""
    rows = np.flatnonzero(ranges.kind == HostKind.USER_STEP)
    if not len(rows):
        return rows
    bases = [base_name(text) for text in ranges.texts]
    numbers = {base: number for number, base in enumerate(dict.fromkeys(bases))}
    base = np.array([numbers[b] for b in bases], np.int64)[ranges.text[rows]]
    return rows[chosen_steps(base, ranges.thread[rows], ranges.start[rows], ranges.end[rows])]


def step_table(host: HostEventTable) -> StepTable:
    """Build the step table from the host events that are steps; number unnumbered ones by position."""
    rows = np.flatnonzero(host.kind == HostKind.USER_STEP)
    number = np.where(host.step[rows] != NONE, host.step[rows], np.arange(len(rows)))
    return StepTable(start=host.start[rows], duration=host.duration[rows], number=number, name=host.name[rows])
