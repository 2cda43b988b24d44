"""Host events -> steps: user steps, and runs of a session or function that no other root encloses."""

import numpy as np

from tb_contention.model.steps import marked_rows, root_rows, step_table
from tb_contention.model.trace import HostEventTable, StepTable
from tb_contention.recorders.xspace.decoding.lines import RawEvents
from tb_contention.units import I32


def find_steps(host: HostEventTable) -> StepTable:
    """Take the outermost roots; if steps are numbered, only those on the threads that number them."""
    return step_table(host, marked_rows(host, root_rows(host)))


def steps_of_lines(raw: RawEvents, names: I32) -> StepTable:
    """Take the `Steps` lines that TensorFlow 2.3 to 2.10 saved per GPU: events of one name are one step over all GPUs."""
    distinct, which = np.unique(names, return_inverse=True)
    start = np.full(len(distinct), np.iinfo(np.int64).max)
    end = np.full(len(distinct), np.iinfo(np.int64).min)
    np.minimum.at(start, which, raw.start)
    np.maximum.at(end, which, raw.start + raw.duration)
    order = np.argsort(start, kind="stable")
    return StepTable(
        start=start[order],
        duration=(end - start)[order],
        number=np.arange(len(order), dtype=np.int64),
        name=distinct[order],
    )
