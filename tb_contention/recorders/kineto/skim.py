"""One Kineto file -> Sketch: the one pass over its JSON, and what that pass does not name is not looked up."""

import numpy as np

from tb_contention.model.allocators import device_ordinal
from tb_contention.model.sketch import MOST_PROBLEMS, Sketch, marks, uses
from tb_contention.model.trace import Device, Era
from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto.device_work import counted, outermost
from tb_contention.recorders.kineto.host_work import allocator_names, host_events_of, memory_events
from tb_contention.recorders.kineto.merged import ranks
from tb_contention.recorders.kineto.reader import clock_of, end_of, hostnames_of, problems_of, process_of, steps_of
from tb_contention.recorders.kineto.rows import Axis, Rows, placed
from tb_contention.units import U8, Picoseconds


def skim_kineto(data: bytes | U8, *, file: str) -> Sketch:
    """Skim a `.pt.trace.json` file of one process, or the first of several ranks; as `skim_ranks`."""
    return skim_ranks(data, file=file)[0][1]


def skim_ranks(data: bytes | U8, *, file: str, steps: str = "") -> tuple[tuple[str, Sketch], ...]:
    """Skim a `.pt.trace.json` file, gzip-compressed or not, by rank as `decode_ranks` does; `file` names it in messages.

    Raises TraceFileError as decoding does.
    """
    return tuple((name, _skim(document, file, steps)) for name, document in ranks(parts.read_document(data, file)))


def _skim(document: parts.Document, file: str, steps: str) -> Sketch:
    axis = placed(document)
    devices, kernels, copies, picked, lost = counted(axis)
    start, duration = axis.start[picked], axis.duration[picked]
    on_host = 0 if any(kernels) or any(copies) or not document.complete else _host_operations(axis, file)
    if on_host:
        devices, kernels, copies = (*devices, Device(name="/host:CPU", ordinal=-1, is_host=True)), [on_host], [0]
    marked = Rows.of(axis.only(parts.MARK, *((parts.OP,) if steps else ())), file)
    events, pools, *_ = memory_events(axis)
    end = end_of(axis)
    clock = clock_of(axis, end)
    return Sketch(
        era=Era.KINETO,
        hostnames=hostnames_of(document),
        process_id=process_of(axis),
        clock=clock,
        span=(Picoseconds(0), Picoseconds(end)),
        devices=devices,
        use=uses(devices, kernels, copies, {device_ordinal(name) for name in allocator_names(np.unique(pools))}),
        steps=len(steps_of(host_events_of(marked, np.empty(0, np.int64), steps))),
        allocations=len(events),
        events_in_file=len(document.rows),
        complete=document.complete,
        problems=tuple(problems_of(file, axis, axis.odd + lost))[:MOST_PROBLEMS],
        marks=marks(start, duration, clock, 0),
    )


def _host_operations(axis: Axis, file: str) -> int:
    """Count the operations that take the place of device work."""
    rows = Rows.of(axis.only(parts.OP), file)
    return len(outermost(rows, np.arange(len(rows.start))))
