"""Kernels and host events -> who called for them: launch -> executor -> producer -> run, model id and annotation.

calling thread  |============== SessionRun (_p 7) ==============|
executor thread        |= Process (_c 7) =|   |= Process (_c 7) =|
launches                  | kernel 1             | kernel 2
device                     |== 1 ==|              |==== 2 ====|
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.attribution.walk import MAX_HOPS, climb, join, nest
from tb_contention.model.launching import launch_rows
from tb_contention.model.trace import NONE, HostEventTable, HostKind, Trace
from tb_contention.units import I64, U8

#: What a thread calls to have work done. A user's step encloses them and is no run itself.
RUNS = (HostKind.SESSION_RUN, HostKind.FUNCTION_RUN, HostKind.RUN_GRAPH, HostKind.TFRT_MODEL_RUN)
_RUN, _ANNOTATION = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Chains:
    """Rows of `host_events`, -1 = none.

    Per host event: parent, the innermost event around it on its thread; run, the outermost run that it serves; model, the event that
    carries its model id; annotation, the innermost annotation around it or around what it serves. Per launch and per kernel: the
    innermost host event around it; for a kernel around its launch, or the root of its `group_id` where it has no launch.
    """

    parent: I64
    run: I64
    model: I64
    annotation: I64
    launch: I64
    kernel: I64

    def of_kernels(self, column: I64) -> I64:
        """Look a column of the host events up for each kernel; -1 stays -1."""
        return np.append(column, -1)[self.kernel]


def chains_of(trace: Trace) -> Chains:
    """Follow every kernel and host event of a trace to whoever called for it."""
    host = trace.host_events
    rows = len(host)
    host_work = on_host(trace)
    # Host operations are on their thread themselves; of kernels the launches are.
    at, line = (
        (trace.kernels.start, trace.kernels.stream) if host_work else (trace.launches.start, trace.launches.thread)
    )
    parent, found = np.full(rows, -1, np.int64), np.full(len(at), -1, np.int64)
    nest(host.start, host.duration, host.thread, at, line, np.full(len(trace.threads), -1), parent, found)
    link = _links(host)
    run, model, annotation = (np.full(rows, -1, np.int64) for _ in range(3))
    roles = np.zeros(256, np.uint8)
    roles[list(RUNS)], roles[HostKind.ANNOTATION] = _RUN, _ANNOTATION
    climb(parent, link, roles[host.kind], host.model, _ANNOTATION, MAX_HOPS, run, model, annotation)
    launch = np.full(len(trace.launches), -1, np.int64) if host_work else found
    kernel = found if host_work else np.append(found, -1)[launch_rows(trace.kernels, trace.launches)]
    return Chains(
        parent=parent, run=run, model=model, annotation=annotation, launch=launch,
        kernel=_by_group(trace, kernel),
    )  # fmt: skip


def on_host(trace: Trace) -> bool:
    """Return whether a trace has no GPU work, so its kernels are operations of the host's threads."""
    return bool(trace.devices) and trace.devices[-1].is_host and len(trace.streams) == len(trace.threads)


def _links(host: HostEventTable) -> I64:
    """Find the producer of each consumer by (type, id), and of executor events also by the run's own id."""
    link = np.full(len(host), -1, np.int64)
    asking = np.flatnonzero(host.consumer != NONE)
    if len(asking):
        made = np.flatnonzero(host.producer != NONE)
        made = made[np.argsort(host.producer[made], kind="stable")]
        join(
            host.producer[made], made, host.producer, host.producer_type, host.start, asking, host.consumer,
            host.consumer_type, link,
        )  # fmt: skip
    asking = np.flatnonzero((host.kind == HostKind.EXECUTOR) & (host.id != NONE) & (link < 0))
    if len(asking):
        runs = np.flatnonzero(_is_run(host.kind) & (host.id != NONE))
        runs = runs[np.argsort(host.id[runs], kind="stable")]
        same = np.zeros(len(host), np.int64)
        join(host.id[runs], runs, host.id, same, host.start, asking, host.id, same, link)
    return link


def _is_run(kind: U8) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.isin(kind, RUNS)


def _by_group(trace: Trace, kernel: I64) -> I64:
    """Give kernels without a launch the first run of their `group_id`, which files of TensorFlow 2.3 to 2.10 carry."""
    lost = np.flatnonzero((kernel < 0) & (trace.kernels.group >= 0))
    host = trace.host_events
    roots = np.flatnonzero((host.group != NONE) & (_is_run(host.kind) | (host.root > 0)))
    if not len(lost) or not len(roots):
        return kernel
    # Of a user's step and the run inside it the run says more: it comes first.
    roots = roots[np.lexsort((roots, ~_is_run(host.kind[roots]), host.group[roots]))]
    groups = host.group[roots]
    row = np.minimum(np.searchsorted(groups, trace.kernels.group[lost]), len(groups) - 1)
    kernel = kernel.copy()
    kernel[lost] = np.where(groups[row] == trace.kernels.group[lost], roots[row], -1)
    return kernel
