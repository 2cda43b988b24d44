"""A session's work in a window -> the threads that drive it: what they run, and for whom they wait."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tb_contention.attribution.callers import Callers, callers_of, driving_graph, same_graph
from tb_contention.attribution.chains import Chains, chains_of
from tb_contention.attribution.window import WindowWork
from tb_contention.model.attribution import ThreadTotal
from tb_contention.model.intervals import Intervals
from tb_contention.model.trace import HostKind, Trace
from tb_contention.units import I64, PS_PER_NS, Bool, Nanoseconds

MAX_THREADS = 32
OTHERS = "(others)"
#: Who was at work during this part of a wait is named; no wait is laid on somebody who was mostly idle as well.
MOST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Driver:
    """Threads that run the same graph: their runs, and when work of these was on the device or an executor; ns, in the window."""

    name: str
    runs: int
    open: Intervals
    at_work: Intervals
    kernels: int
    total: int


def thread_totals(work: WindowWork) -> list[ThreadTotal]:
    """Sum up by thread, threads that run the same graph together; nothing where a single thread drives the session."""
    trace = work.session.trace
    host = trace.host_events
    runs = np.isin(
        host.kind, (HostKind.SESSION_RUN, HostKind.FUNCTION_RUN, HostKind.RUN_GRAPH, HostKind.TFRT_MODEL_RUN)
    )
    if len(np.unique(host.thread[runs])) < 2:
        return []
    chains = chains_of(trace)
    callers = callers_of(trace, chains)
    graph = same_graph(callers)
    by_time = np.argsort(-np.bincount(graph, callers.time), kind="stable")
    names = _names(trace, callers, graph)
    drivers = [_driver(work, chains, callers, graph == row, names[row]) for row in by_time.tolist()]
    return [_total(work, driver, drivers) for driver in _bounded(drivers)]


def _names(trace: Trace, callers: Callers, graph: I64) -> list[str]:
    """Name each set of threads: by the queue that it fills, else by its thread, with a number where names are equal."""
    shared = callers.shared if callers.names else np.zeros(0, np.bool_)
    main = driving_graph(callers, graph)
    names = []
    for row in range(int(graph.max()) + 1):
        members = graph == row
        used = np.flatnonzero(callers.operations[members].any(axis=0) & shared)
        thread = trace.threads[int(callers.threads[members][0])]
        queues = [
            callers.names[column].partition(":")[0] for column in used.tolist() if "Queue" in callers.names[column]
        ]
        name = queues[0] if len(set(queues)) == 1 and row != main else thread
        names.append(name if members.sum() == 1 else f"{name} ({int(members.sum())} threads)")
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name} #{row + 1}" for row, name in enumerate(names)]


def _driver(work: WindowWork, chains: Chains, callers: Callers, members: Bool, name: str) -> _Driver:
    host = work.session.trace.host_events
    threads = np.isin(np.append(host.thread, -1)[chains.run], callers.threads[members])
    own = np.flatnonzero((chains.run == np.arange(len(host))) & threads)
    executor = np.flatnonzero(threads & (host.kind == HostKind.EXECUTOR))
    start, end = _in_window(work, host.start[own], host.duration[own])
    began = (host.start[own] // PS_PER_NS + work.session.offset >= work.window[0]) & (start < work.window[1])
    picked = np.isin(callers.kernels[work.rows], np.flatnonzero(members))
    busy = _in_window(work, host.start[executor], host.duration[executor])
    return _Driver(
        name=name,
        runs=int(began.sum()),
        open=Intervals.union_of(start, end),
        at_work=Intervals.union_of(
            np.concatenate([busy[0], work.start[picked]]), np.concatenate([busy[1], work.end[picked]])
        ),
        kernels=int(picked.sum()),
        total=int((work.end - work.start)[picked].sum()),
    )


def _in_window(work: WindowWork, start: I64, duration: I64) -> tuple[I64, I64]:
    begin = start // PS_PER_NS + work.session.offset
    end = (start + duration) // PS_PER_NS + work.session.offset
    return np.maximum(begin, work.window[0]), np.minimum(end, work.window[1])


def _bounded(drivers: list[_Driver]) -> list[_Driver]:
    if len(drivers) <= MAX_THREADS:
        return drivers
    rest = drivers[MAX_THREADS - 1 :]
    return [
        *drivers[: MAX_THREADS - 1],
        _Driver(
            name=OTHERS,
            runs=sum(d.runs for d in rest),
            open=_union([d.open for d in rest]),
            at_work=_union([d.at_work for d in rest]),
            kernels=sum(d.kernels for d in rest),
            total=sum(d.total for d in rest),
        ),
    ]


def _union(sets: list[Intervals]) -> Intervals:
    return Intervals.union_of(np.concatenate([s.start for s in sets]), np.concatenate([s.end for s in sets]))


def _total(work: WindowWork, driver: _Driver, drivers: list[_Driver]) -> ThreadTotal:
    waiting = _without(driver.open, driver.at_work)
    shares = {other.name: (waiting & other.at_work).total for other in drivers if other.name != driver.name}
    # Work that the profiler wrote for no executor was done on the thread itself: that is no wait for others.
    longest = max(shares, key=lambda name: shares[name], default="") if len(driver.at_work) else ""
    return ThreadTotal(
        session=work.session.id,
        thread=driver.name,
        runs=driver.runs,
        busy=Nanoseconds(driver.open.total),
        waited=Nanoseconds(waiting.total),
        waits_for=longest if longest and shares[longest] > MOST * waiting.total else "",
        kernels=driver.kernels,
        total=Nanoseconds(driver.total),
    )


def _without(whole: Intervals, taken: Intervals) -> Intervals:
    """Return the instants of `whole` that are not in `taken`."""
    if not len(whole) or not len(taken):
        return whole
    low, high = int(min(whole.start[0], taken.start[0])), int(max(whole.end[-1], taken.end[-1]))
    start, end = np.append(low, taken.end), np.append(taken.start, high)
    return whole & Intervals.union_of(start, end)
