"""Threads that call for work -> sets of threads that run the same graph, by the operations that each of them causes."""

import re
from dataclasses import dataclass

import numpy as np

from tb_contention.attribution.chains import Chains
from tb_contention.model.scopes import levels_of
from tb_contention.model.trace import HostKind, Trace
from tb_contention.units import I64, Bool

#: Types of operations that stand for what several threads of one session share: who uses the same one belongs together.
_SHARED_TYPES = re.compile(
    r"(?!Read|Assign).*(?:Queue|Iterator|HashTable|Stack|Barrier|StagingArea)|VarHandleOp|Variable(?:V2)?"
)
#: Operations that only a training has: gradients, and updates of variables by an optimizer.
_TRAINING = re.compile(r"(?:^|/)(?:gradients|gradient_tape)(?:_\d+)?/|:(?:Resource)?(?:Sparse)?Apply[A-Z]")
#: A hostile file can name any number; the threads with most device time and the most frequent operations decide.
MAX_CALLERS, MAX_OPERATIONS = 256, 4096
#: Threads run the same graph if they have this part of the smaller one's operations in common.
SAME_GRAPH = 0.5
#: A graph numbers names that it has already: threads with `MatMul` and `MatMul_1` run two corners of one graph. This part of the first
#: levels of a thread's names must be such numbered ones.
_NUMBERED = re.compile(r"(.+)_\d+")
MANY_NUMBERED = 0.25


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
    names: tuple[str, ...]
    kernels: I64

    @property
    def shared(self) -> Bool:
        """Mark the operations that stand for something that threads share, such as a queue."""
        return np.array([_SHARED_TYPES.match(name.rpartition(":")[2]) is not None for name in self.names], np.bool_)


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
    operations, names = _operations(trace, chains, place, kernels)
    return Callers(
        threads=threads, time=time[threads], runs=runs[threads], operations=operations, names=names, kernels=kernels
    )


def _operations(trace: Trace, chains: Chains, place: I64, kernels: I64) -> tuple[Bool, tuple[str, ...]]:
    """Say which thread caused which operations: those of its device work, and the queues and tables that its executors touched."""
    host = trace.host_events
    touched = np.flatnonzero((host.kind == HostKind.TF_OP) & (chains.run >= 0))
    rows = np.concatenate([operation_rows(trace), host.name[touched].astype(np.int64)])
    caller = np.concatenate([kernels, place[host.thread[chains.run[touched]]]])
    picked = np.flatnonzero((caller >= 0) & (rows >= 0))
    count = np.bincount(rows[picked], minlength=len(trace.strings))
    # What threads share decides, however rarely it is used.
    count[host.name[touched]] += len(rows)
    used = np.flatnonzero(count)
    used = used[np.argsort(-count[used], kind="stable")[:MAX_OPERATIONS]]
    column = np.full(len(trace.strings), -1, np.int64)
    column[used] = np.arange(len(used))
    picked = picked[column[rows[picked]] >= 0]
    operations = np.zeros((int(place.max(initial=-1)) + 1, len(used)), np.bool_)
    operations[caller[picked], column[rows[picked]]] = True
    return operations, tuple(trace.strings[row] for row in used.tolist())


def same_graph(callers: Callers) -> I64:
    """Number the sets of threads that run the same operations; who only shares a queue with them is not among them."""
    own = callers.operations[:, ~callers.shared] if callers.names else callers.operations
    return _components(_alike(own))


def driving_graph(callers: Callers, graph: I64) -> int:
    """Choose the set of threads that the others serve: of those that train, else of all, the one with the most device time.

    Filling a queue can take more of a device than the training does that empties it.
    """
    training = np.array([_TRAINING.search(name) is not None for name in callers.names], np.bool_)
    trains = callers.operations[:, training].any(axis=1) if len(training) else np.zeros(len(graph), np.bool_)
    time = np.bincount(graph, callers.time)
    of_training = np.bincount(graph, trains) > 0
    return int(np.argmax(np.where(of_training, time, -1) if of_training.any() else time))


def same_session(callers: Callers) -> I64:
    """Number the sets of threads that work on one graph: they run the same operations, meet at a queue, or have names numbered apart."""
    if not callers.names:
        return np.zeros(len(callers.threads), np.int64)
    shared = callers.operations[:, callers.shared].astype(np.int64)
    own = callers.operations[:, ~callers.shared]
    return _components(_alike(own) | (shared @ shared.T > 0) | _numbered_apart(callers))


def _numbered_apart(callers: Callers) -> Bool:
    first = [levels_of(name)[:1] for name in callers.names]
    tops = [{first[row][0] for row in np.flatnonzero(used).tolist() if first[row]} for used in callers.operations]
    found = np.zeros((len(tops), len(tops)), np.bool_)
    for row, mine in enumerate(tops):
        stems = [match.group(1) for match in map(_NUMBERED.fullmatch, mine) if match is not None]
        stems = [stem for stem in stems if stem not in mine]
        for other in range(len(tops) if stems else 0):
            counted = sum(stem in tops[other] for stem in stems)
            found[row, other] = row != other and counted > 0 and counted >= MANY_NUMBERED * len(mine)
    either: Bool = found | found.T
    return either


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
