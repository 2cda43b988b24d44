"""One process -> the sessions inside it: by model id, else by the project's annotation, else by calling thread and graph.

Every rule is shy: it names sessions only where the trace says so plainly, so that an ordinary program with helper threads stays one.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tb_contention.annotate import PREFIX
from tb_contention.attribution.callers import Callers, callers_of, operation_rows, same_session
from tb_contention.attribution.chains import RUNS, Chains, chains_of, on_host
from tb_contention.attribution.walk import MAX_HOPS, spread_outwards
from tb_contention.model.attribution import Rule
from tb_contention.model.scopes import scope_of
from tb_contention.model.trace import HostKind, Trace
from tb_contention.units import I64

#: A session found by its thread has at least this share of the process's device time and this many runs; saving, for example, has less.
LEAST_SHARE, LEAST_RUNS = 0.05, 2
#: More sessions than this in one process are not distinguished.
MAX_SESSIONS = 64
#: Names are ids and headings too; longer ones are cut.
MAX_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The sessions found in a process: names, and for each kernel, launch and host event the row of its session, -1 = none."""

    rule: Rule
    detail: str
    names: tuple[str, ...]
    kernels: I64
    launches: I64
    host_events: I64


def find_parts(trace: Trace) -> Parts | None:
    """Try the rules in turn; None when the process is one session as far as its trace shows."""
    for may_apply, rule in (
        (_several_models, _by_model),
        (_several_annotations, _by_annotation),
        (_several_threads, _by_thread),
    ):
        if may_apply(trace):
            parts = rule(trace, chains_of(trace))
            if parts is not None:
                return parts
    return None


def _several_models(trace: Trace) -> bool:
    return int(np.count_nonzero(np.bincount(trace.host_events.model + 1)[1:])) > 1


def _several_annotations(trace: Trace) -> bool:
    host = trace.host_events
    return len(np.unique(host.name[host.kind == HostKind.ANNOTATION])) > 1


def _several_threads(trace: Trace) -> bool:
    host = trace.host_events
    return len(np.unique(host.thread[host.kind == HostKind.SESSION_RUN])) > 1


def _by_model(trace: Trace, chains: Chains) -> Parts | None:
    """Take the `model_id` of SessionRun and TfrtModelRun: `name:version` from ConfigProto.experimental.session_metadata."""
    rows = np.append(trace.host_events.model, -1)[chains.model].astype(np.int64)
    texts = {row: trace.strings[row] for row in np.unique(rows).tolist() if row >= 0}
    short = {row: text.rpartition(":")[0] or text for row, text in texts.items()}
    # Two versions of one model are two sessions, distinguished by their versions.
    names = short if len(set(short.values())) == len(set(texts.values())) else texts
    return _parts(trace, chains, Rule.MODEL_ID, "its runs carry the model id {name}", rows, names)


def _by_annotation(trace: Trace, chains: Chains) -> Parts | None:
    """Take what the program itself says with `tb_contention.session`."""
    rows = np.append(trace.host_events.name, -1)[chains.annotation].astype(np.int64)
    names = {row: annotated_name(trace.strings[row]) for row in np.unique(rows).tolist() if row >= 0}
    return _parts(trace, chains, Rule.ANNOTATION, 'the program says so: tb_contention.session("{name}")', rows, names)


def annotated_name(event: str) -> str:
    """Read the session's name from an event `tb_contention.session:NAME`, without what a TraceMe appends after `#`."""
    return event.removeprefix(PREFIX).partition("#")[0].strip() or "(unnamed)"


def _by_thread(trace: Trace, chains: Chains) -> Parts | None:
    """Take threads that call `session.run` and cause different operations of the graph, and share neither queue nor variable."""
    callers = callers_of(trace, chains)
    session_runs = np.zeros(len(trace.threads), np.bool_)
    session_runs[trace.host_events.thread[trace.host_events.kind == HostKind.SESSION_RUN]] = True
    worked = np.flatnonzero((callers.time > 0) & session_runs[callers.threads])
    if len(worked) < 2:
        return None
    component = same_session(callers)
    time = np.bincount(component[worked], callers.time[worked])
    runs = np.bincount(component[worked], callers.runs[worked])
    chosen = np.flatnonzero((time >= LEAST_SHARE * time.sum()) & (runs >= LEAST_RUNS))
    if len(chosen) < 2:
        return None
    of_thread = np.full(len(trace.threads) + 1, -1, np.int64)
    of_thread[callers.threads] = np.where(np.isin(component, chosen), component, -1)
    run = chains.run
    rows = np.where(run >= 0, of_thread[np.append(trace.host_events.thread, -1)[run]], -1)
    names = {int(c): _graph_name(trace, callers, component == c) for c in chosen}
    counts = Counter(names.values())
    if max(counts.values()) > 1:
        names = {c: f"{name} {list(names).index(c) + 1}" for c, name in names.items()}
    detail = (
        "its graph ({name}) is run from threads of its own and shares no operation, queue or variable with the others"
    )
    return _parts(trace, chains, Rule.THREAD_AND_SCOPE, detail, rows, names)


def _graph_name(trace: Trace, callers: Callers, members: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    """Name a graph by the name scope that holds most of its operations, else by its thread."""
    used = np.flatnonzero(callers.operations[members].any(axis=0))
    paths = [scope_of(callers.names[row]) for row in used.tolist()]
    first = Counter(path[0] for path in paths if path)
    scope, count = first.most_common(1)[0] if first else ("", 0)
    if 2 * count > len(paths):
        return scope
    return trace.threads[int(callers.threads[members][0])] or "session"


def _parts(trace: Trace, chains: Chains, rule: Rule, detail: str, rows: I64, names: dict[int, str]) -> Parts | None:
    """Number the sessions in order of their first event; `rows` says per host event which one its chain names.

    A name that no run and no kernel carries, such as an annotation around others, is no session.
    """
    called = rows[np.isin(trace.host_events.kind, RUNS)]
    carried = np.bincount(np.concatenate([called, np.append(rows, -1)[chains.kernel]]) + 1)[1:] > 0
    in_order = rows[np.sort(np.unique(rows, return_index=True)[1])].tolist()
    names = {row: name[:MAX_NAME] for row, name in names.items()}
    merged = list(dict.fromkeys(names[row] for row in in_order if row in names and row < len(carried) and carried[row]))
    if not 2 <= len(merged) <= MAX_SESSIONS:
        return None
    number = np.full(int(rows.max()) + 2, -1, np.int64)
    for row, name in names.items():
        number[row] = merged.index(name) if name in merged else -1
    label = number[rows]
    by_event = np.append(label, -1)
    kernels = by_event[chains.kernel]
    if rule is not Rule.ANNOTATION:
        kernels = _with_cut_runs(trace, chains, kernels)
    if np.count_nonzero(np.bincount(kernels + 1)[1:]) < 2:
        return None
    spread_outwards(chains.parent, MAX_HOPS, np.zeros(len(label), np.uint8), label)
    return Parts(
        rule=rule,
        detail=detail,
        names=tuple(merged),
        kernels=kernels,
        launches=by_event[chains.launch],
        host_events=label,
    )


def _with_cut_runs(trace: Trace, chains: Chains, label: I64) -> I64:
    """Give kernels of runs that the edges of the capture cut, so that the run is not in the file, to who alone runs their operation.

    Operations are distinguished by their names in the graph; where two sessions run the same one, the kernel stays unattributed.
    """
    within = np.append(trace.host_events.kind, HostKind.EXECUTOR)[chains.kernel]
    cut = (label < 0) & (chains.of_kernels(chains.run) < 0) & (within == HostKind.EXECUTOR)
    kernels = trace.kernels
    if not on_host(trace):
        cut &= (kernels.op >= 0) | (kernels.module >= 0)
    if not cut.any():
        return label
    slots = operation_rows(trace) + 1
    known = label >= 0
    least = np.full(len(trace.strings) + 1, MAX_SESSIONS, np.int64)
    most = np.full(len(trace.strings) + 1, -1, np.int64)
    np.minimum.at(least, slots[known], label[known])
    np.maximum.at(most, slots[known], label[known])
    return np.where(cut, np.where(least == most, most, -1)[slots], label)
