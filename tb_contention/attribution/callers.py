"""Threads that call for work -> sets of threads that run the same graph, by the operations that each of them causes."""

from dataclasses import dataclass

import numpy as np

from tb_contention.attribution.chains import Chains
from tb_contention.model.trace import Trace
from tb_contention.units import I64, Bool

#: Types of operations that hand out what several graphs' threads share: who uses the same one belongs together.
_SHARED_TYPES = ("Queue", "VarHandleOp", "Variable", "Iterator", "HashTable", "Stack", "Barrier", "StagingArea")
#: A hostile file can name any number; the threads with most device time and the most frequent operations decide.
MAX_CALLERS, MAX_OPERATIONS = 256, 4096
#: Threads run the same graph if they have this part of the smaller one's operations in common.
SAME_GRAPH = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """The threads that began runs, ascending; at most MAX_CALLERS, by device time.

    time: device time of their runs, ps; runs: how many. operations: (thread, operation) -> caused at least once; names: the operations'
    names. kernels: per kernel the row of its thread here, -1 = none.
    """

    threads: I64
    time: I64
    runs: I64
    operations: Bool
    names: "tuple[str, ...]"
    kernels: I64

    @property
    def shared(self) -> Bool:
        """Tell which operations stand for something that threads share, such as a queue."""
        kinds = (name.rpartition(":")[2] for name in self.names)
        return np.array([any(word in kind for word in _SHARED_TYPES) for kind in kinds], np.bool_)


def operation_rows(trace: Trace) -> I64:
    """Name each kernel's operation: a row of strings, of the XLA module, else the framework's op, else the kernel; -1 = lost.

    The op of every kernel of an XLA program is the word `XlaModule:`, so the module comes first.
    """
    kernels = trace.kernels
    rows = np.where(kernels.module >= 0, kernels.module, np.where(kernels.op >= 0, kernels.op, kernels.name))
    return rows.astype(np.int64)


def callers_of(trace: Trace, chains: Chains) -> Callers:
    """Sum up the device work of each calling thread."""
    host = trace.host_events
    run = chains.of_kernels(chains.run)
    thread = np.where(run >= 0, np.append(host.thread, -1)[run], -1).astype(np.int64)
    own = np.flatnonzero(chains.run == np.arange(len(host)))
    time, runs = np.zeros(len(trace.threads) + 1, np.int64), np.bincount(host.thread[own], minlength=len(trace.threads))
    np.add.at(time, thread, trace.kernels.duration)
    threads = np.flatnonzero(runs)
    threads = np.sort(threads[np.argsort(-time[threads], kind="stable")[:MAX_CALLERS]])
    place = np.full(len(trace.threads) + 1, -1, np.int64)
    place[threads] = np.arange(len(threads))
    kernels = place[thread]
    operations, names = _operations(trace, kernels, len(threads))
    return Callers(
        threads=threads, time=time[threads], runs=runs[threads], operations=operations, names=names, kernels=kernels
    )


def _operations(trace: Trace, kernels: I64, callers: int) -> "tuple[Bool, tuple[str, ...]]":
    rows = operation_rows(trace)
    picked = np.flatnonzero((kernels >= 0) & (rows >= 0))
    count = np.bincount(rows[picked], minlength=1)
    used = np.flatnonzero(count)
    used = used[np.argsort(-count[used], kind="stable")[:MAX_OPERATIONS]]
    column = np.full(len(trace.strings), -1, np.int64)
    column[used] = np.arange(len(used))
    picked = picked[column[rows[picked]] >= 0]
    operations = np.zeros((callers, len(used)), np.bool_)
    operations[kernels[picked], column[rows[picked]]] = True
    return operations, tuple(trace.strings[row] for row in used.tolist())


def same_graph(callers: Callers) -> I64:
    """Number the sets of threads that run the same operations; who only shares a queue with them is not among them."""
    own = callers.operations[:, ~callers.shared] if callers.names else callers.operations
    return _components(_alike(own))


def same_session(callers: Callers) -> I64:
    """Number the sets of threads that work on one graph: they run the same operations, or meet at a queue or variable."""
    if not callers.names:
        return np.zeros(len(callers.threads), np.int64)
    shared = callers.operations[:, callers.shared].astype(np.int64)
    own = callers.operations[:, ~callers.shared]
    return _components(_alike(own) | (shared @ shared.T > 0))


def _alike(operations: Bool) -> Bool:
    counted = operations.astype(np.float32)
    common = counted @ counted.T
    size = counted.sum(axis=1)
    smaller = np.minimum(size[:, None], size[None, :])
    alike: Bool = (common >= SAME_GRAPH * smaller) & (smaller > 0)
    return alike


def _components(linked: Bool) -> I64:
    """Number connected sets 0, 1, ... in order of their first member."""
    label = np.arange(len(linked), dtype=np.int64)
    for row in range(len(linked)):
        for other in np.flatnonzero(linked[row]).tolist():
            label[label == label[other]] = label[row]
    return np.unique(label, return_inverse=True)[1].astype(np.int64)
