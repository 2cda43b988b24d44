"""Which threads' runs are the steps of a session, where several threads run something."""

import numpy as np

from tb_contention.attribution.callers import callers_of, driving_graph, same_graph
from tb_contention.attribution.chains import chains_of
from tb_contention.model.steps import marked_rows, root_rows, step_table
from tb_contention.model.trace import StepTable, Trace
from tb_contention.units import I64


def steps_of(trace: Trace) -> StepTable:
    """Take the roots of the threads that mark their steps; else of those that drive the others.

    A thread that fills a queue runs the session as well, often more often than the training does.
    """
    host = trace.host_events
    rows = root_rows(host)
    marked = marked_rows(host, rows)
    if len(marked) == len(rows) and len(np.unique(host.thread[rows])) > 1:
        marked = rows[np.isin(host.thread[rows], _driving_threads(trace, rows))]
    return step_table(host, marked)


def with_own_steps(trace: Trace) -> StepTable:
    """Return a whole process's steps, looked at again only where several threads have roots and the file marks none itself."""
    host = trace.host_events
    if len(host) == 0 or len(np.unique(host.thread[host.root > 0])) < 2:
        return trace.steps
    return steps_of(trace)


def _driving_threads(trace: Trace, rows: I64) -> I64:
    callers = callers_of(trace, chains_of(trace))
    if not len(callers.threads) or not callers.time.any():
        return np.unique(trace.host_events.thread[rows]).astype(np.int64)
    graph = same_graph(callers)
    driving: I64 = callers.threads[graph == driving_graph(callers, graph)]
    return driving
