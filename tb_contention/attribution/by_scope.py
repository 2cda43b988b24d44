"""A session's work in a window -> its parts by name scope."""

import numpy as np

from tb_contention.attribution.callers import operation_rows
from tb_contention.attribution.chains import on_host
from tb_contention.attribution.window import WindowWork
from tb_contention.model.attribution import ScopeTotal
from tb_contention.model.scopes import NO_SCOPE, Path, Split, cut_at_split, levels_of, scope_of
from tb_contention.model.trace import Trace
from tb_contention.units import I64, Nanoseconds

#: Scopes per session; the rest is one row, as are operations beyond MAX_OPERATIONS in a hostile file.
MAX_SCOPES, MAX_OPERATIONS = 32, 20_000
OTHERS = "(others)"


def scope_totals(work: WindowWork) -> tuple[list[ScopeTotal], Split]:
    """Sum up device time and kernels by the first levels of name scope at which the session splits, longest first; and that split."""
    trace = work.session.trace
    if not scope_is_named(trace):
        return [], Split(cuts=frozenset(), operations=frozenset())
    slots = operation_rows(trace)[work.rows] + 1  # -1, a lost name, becomes 0
    count = np.bincount(slots)
    total = np.zeros(len(count), np.int64)
    np.add.at(total, slots, work.end - work.start)
    used = np.flatnonzero(count)
    used = used[np.argsort(-total[used], kind="stable")]
    names = {slot: trace.strings[slot - 1] if slot else "" for slot in used[:MAX_OPERATIONS].tolist()}
    split = _split(names, total)
    sums: dict[str, tuple[int, int]] = {}
    for slot in used.tolist():
        label = split.label(names[slot]) if slot in names else OTHERS
        time, kernels = sums.get(label, (0, 0))
        sums[label] = (time + int(total[slot]), kernels + int(count[slot]))
    if set(sums) <= {NO_SCOPE}:
        return [], split
    return _listed(work, sums), split


def _split(names: dict[int, str], total: I64) -> Split:
    operations = frozenset(levels_of(name) for name in names.values())
    weights: dict[Path, int] = {}
    for slot, name in names.items():
        path = scope_of(name, operations)
        weights[path] = weights.get(path, 0) + int(total[slot])
    return Split(cuts=cut_at_split(weights), operations=operations)


def _listed(work: WindowWork, sums: dict[str, tuple[int, int]]) -> list[ScopeTotal]:
    """Order the parts, longest first; what goes beyond the bound is one row."""
    order = sorted(sums, key=lambda label: (label == OTHERS, -sums[label][0], label))
    room = MAX_SCOPES if len(order) <= MAX_SCOPES and OTHERS not in sums else MAX_SCOPES - 1
    shown, rest = [label for label in order[:room] if label != OTHERS], order[room:]
    rest += [OTHERS] if OTHERS in order[:room] else []
    made = [_total(work, label, *sums[label]) for label in shown]
    if rest:
        made.append(_total(work, OTHERS, sum(sums[r][0] for r in rest), sum(sums[r][1] for r in rest), is_rest=True))
    return made


def scope_is_named(trace: Trace) -> bool:
    """Return whether the names of this trace are operations of a graph, and not those of kernels alone."""
    kernels = trace.kernels
    return on_host(trace) or bool((kernels.op >= 0).any()) or bool((kernels.module >= 0).any())


def _total(work: WindowWork, scope: str, time: int, kernels: int, *, is_rest: bool = False) -> ScopeTotal:
    return ScopeTotal(session=work.session.id, scope=scope, kernels=kernels, total=Nanoseconds(time), is_rest=is_rest)
