"""Where the recorded work of the devices ends before the capture does: what came later is lost, and would look idle."""

from dataclasses import replace

import numpy as np

from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.trace import Trace
from tb_contention.recorders.common.advice import SHORTER_WINDOW
from tb_contention.units import PS_PER_NS, Picoseconds
from tb_contention.words.numbers import count, duration

#: Launches without work are a loss, not a queue, from this number on, over this part of the capture, and for this many times the
#: longest device event.
_LAUNCHES, _PART, _TIMES = 16, 0.02, 2
#: Launches tell only where at least this part of those before had work.
_MATCHED = 0.5
#: Where launches are not recorded and the profiler says that it dropped events: this many times the longest gap in the device's work.
_GAPS = 8


def with_work_end(trace: Trace, file: str) -> Trace:
    """State where the work of the devices ends, if the capture goes on without it, and what that means."""
    if trace.work_end is not None or not len(trace.kernels):
        return trace
    end, launches = _lost_after(trace)
    if end is None:
        return trace
    after = duration((end - trace.span[0]) / PS_PER_NS)
    told = f" while the program launches {count(launches, 'more kernel')}" if launches else ""
    lost = Problem(
        file=file, slug="device-work-ends-early", severity=Severity.WARNING, origin=Origin.RECORDING,
        message=f"{file}: the device events end {after} after the capture begins{told}; the window ends there.",
        advice=SHORTER_WINDOW, affects_numbers=False,
    )  # fmt: skip
    return replace(trace, work_end=end, problems=(*trace.problems, lost))


def _lost_after(trace: Trace) -> tuple[Picoseconds | None, int]:
    """Return the end of the last device event where work is lost after it, and the launches that follow, if they tell."""
    kernels = trace.kernels
    ends = kernels.start + kernels.duration
    end, (begin, last) = int(ends.max()), trace.span
    longest = int(kernels.duration.max())
    if len(trace.launches):
        later = int(np.count_nonzero(trace.launches.start > end))
        lasting = int(trace.launches.start.max()) - end
        idle = later < _LAUNCHES or lasting < max(_PART * (last - begin), _TIMES * longest)
        if idle or float(np.isin(trace.launches.correlation, kernels.correlation).sum()) < _MATCHED * (
            len(trace.launches) - later
        ):
            return None, 0
        return Picoseconds(end), later
    if not trace.dropped_events:
        return None, 0
    order = np.argsort(kernels.start, kind="stable")
    gaps = kernels.start[order][1:] - np.maximum.accumulate(ends[order])[:-1]
    usual = max(longest, int(gaps.max(initial=0)))
    return (Picoseconds(end), 0) if last - end > max(_PART * (last - begin), _GAPS * usual) else (None, 0)
