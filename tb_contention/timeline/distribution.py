"""How long all kernels of one name took, contended against undisturbed."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from tb_contention.model.trace import KernelTable
from tb_contention.timeline.lanes import DeviceTimeline, Lane
from tb_contention.units import F64, I64, PS_PER_NS, Bool, Nanoseconds
from tb_contention.wire import Wire

#: A kernel is contended when two or more sessions had work for more than this share of its time.
_TOUCHED = 0.02
_MOST_BINS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Durations of the kernels of one name and operation in the analysed window, in logarithmic bins."""

    edges: Annotated[tuple[float, ...], Wire("edges of the bins, ns; one more than there are bins", key="edges_ns")]
    contended: Annotated[tuple[int, ...], Wire("contended kernels in each bin")]
    undisturbed: Annotated[tuple[int, ...], Wire("undisturbed kernels in each bin")]
    median_contended: Annotated[Nanoseconds | None, Wire("median duration of the contended kernels; null without any")]
    median_undisturbed: Annotated[
        Nanoseconds | None, Wire("median duration of the undisturbed kernels; null without any")
    ]
    count_contended: Annotated[int, Wire("number of contended kernels")]
    count_undisturbed: Annotated[int, Wire("number of undisturbed kernels")]


def distribution(timeline: DeviceTimeline, lane: Lane, row: int) -> Distribution | None:
    """Sort the durations of all kernels that share a kernel's name and operation into bins; None without any in the window."""
    session = timeline.sessions[lane.session]
    kernels = session.trace.kernels
    rows = np.flatnonzero((kernels.name == kernels.name[row]) & (kernels.op == kernels.op[row]))
    rows = rows[_on_device(timeline, lane, kernels, rows)]
    start = kernels.start[rows] // PS_PER_NS + session.offset
    end = (kernels.start[rows] + kernels.duration[rows]) // PS_PER_NS + session.offset
    group = timeline.report.group
    inside = (start >= group.start) & (end <= group.end)
    start, end = start[inside], end[inside]
    if not len(start):
        return None
    shared = timeline.report.overlap.contended
    contended = shared.length_before(end) - shared.length_before(start) > _TOUCHED * (end - start)
    length = np.maximum(end - start, 1)
    edges = _edges(length)
    touched, alone = length[contended], length[~contended]
    return Distribution(
        edges=tuple(round(float(edge), 3) for edge in edges),
        contended=tuple(np.histogram(touched, edges)[0].tolist()),
        undisturbed=tuple(np.histogram(alone, edges)[0].tolist()),
        median_contended=_median(touched),
        median_undisturbed=_median(alone),
        count_contended=len(touched),
        count_undisturbed=len(alone),
    )


def _on_device(timeline: DeviceTimeline, lane: Lane, kernels: KernelTable, rows: I64) -> Bool:
    session = timeline.sessions[lane.session]
    devices = {plane.device for plane in timeline.report.group.planes if plane.session == session.id}
    here = np.array([stream.device in devices for stream in session.trace.streams], np.bool_)
    on: Bool = here[kernels.stream[rows]]
    return on


def _edges(length: I64) -> F64:
    """Choose bins between the shortest and the longest, a tenth of an octave or wider; the ends lie a little outside."""
    low, high = float(length.min()) * 0.999, float(length.max()) * 1.001
    bins = int(np.clip(np.ceil(np.log2(high / low) * 10), 1, _MOST_BINS))
    return np.geomspace(low, high, bins + 1)


def _median(length: I64) -> Nanoseconds | None:
    return Nanoseconds(round(float(np.median(length)))) if len(length) else None
