"""Names of operations -> name scopes, and the level at which a model splits into parts."""

from collections.abc import Set
from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str, ...]

#: Scopes under which frameworks put work that belongs to other scopes, named further on.
_WRAPPERS = frozenset({"gradient_tape", "gradients", "StatefulPartitionedCall", "PartitionedCall"})
MAX_LEVELS = 32
#: A scope that has this part of the time does not split it: its inner scopes are shown instead, if they hold enough of it.
NEARLY_ALL, ENOUGH_INSIDE = 0.8, 0.5
NO_SCOPE = "(no scope)"


def levels_of(operation: str) -> Path:
    """Split an operation's name `a/b/MatMul:MatMul` into its levels; `_send_a/b` and `_recv_a/b` move the result of a/b."""
    path = operation.partition(":")[0]
    if path.startswith(("_send_", "_recv_")):
        path = path[len("_send_") :]
    return tuple([level for level in path.split("/") if level][:MAX_LEVELS])


def scope_of(operation: str, operations: Set[Path] = frozenset()) -> Path:
    """Name the scope that an operation works for; of `operations`, which are paths of operations and so no scopes, the last is left out.

    gradients/part_1/dense/MatMul_grad/MatMul  ->  part_1 dense
    SGD/update_part_1/dense/kernel/Apply       ->  part_1 dense
    dense/MatMul/ReadVariableOp                ->  dense, if dense/MatMul is an operation
    """
    levels = levels_of(operation)[:-1]
    wrapper = next((place for place, level in enumerate(levels) if _is_wrapper(level)), None)
    if wrapper is not None:
        # Gradients that were taken inside a scope repeat it: a/gradients/a/dense.
        outer, inner = levels[:wrapper], tuple(level for level in levels[wrapper + 1 :] if not _is_wrapper(level))
        levels = inner if inner[: len(outer)] == outer else (*outer, *inner)
        levels = levels[:-1] if levels and levels[-1].endswith("_grad") else levels
    levels = _updated(levels)
    while levels and levels in operations:
        levels = levels[:-1]
    return levels


def _updated(levels: Path) -> Path:
    """Lay the update of a variable on the variable's scope, and on the optimizer where it has none."""
    for place, level in enumerate(levels):
        if level.startswith("update_"):
            variable = (level.removeprefix("update_"), *levels[place + 1 :])
            return variable[:-1] or levels[:place]
    return levels


def _is_wrapper(level: str) -> bool:
    stem, _, number = level.rpartition("_")
    return level in _WRAPPERS or (stem in _WRAPPERS and number.isdigit())


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Where a session's operations split into parts: the scopes chosen, and the paths that are operations."""

    cuts: frozenset[Path]
    operations: frozenset[Path]

    def label(self, operation: str) -> str:
        """Name the chosen scope that an operation works for."""
        return "/".join(longest_cut(scope_of(operation, self.operations), self.cuts)) or NO_SCOPE


def cut_at_split(weights: dict[Path, int]) -> frozenset[Path]:
    """Choose the scopes to sum up by, by time per path: the first levels, and inside one that has nearly all, the next.

    model/part_1 40%, model/part_2 50%, loss 10%  ->  model/part_1, model/part_2, model, loss
    """
    total = sum(weights.values())
    inside: dict[Path, list[Path]] = {}
    for path in weights:
        inside.setdefault(path[:1], []).append(path)
    cuts = {cut for cut in inside if cut}
    for _level in range(MAX_LEVELS):
        time = {cut: sum(weights[path] for path in inside[cut]) for cut in cuts}
        largest = max(time, key=lambda cut: (time[cut], cut), default=())
        deeper = [path for path in inside.get(largest, ()) if len(path) > len(largest)]
        enough = sum(weights[path] for path in deeper) >= ENOUGH_INSIDE * time.get(largest, 0)
        if not deeper or not enough or time[largest] < NEARLY_ALL * total:
            break
        inside[largest] = [path for path in inside[largest] if len(path) == len(largest)]
        for path in deeper:
            inside.setdefault(path[: len(largest) + 1], []).append(path)
        cuts |= {path[: len(largest) + 1] for path in deeper}
    return frozenset(cuts)


def longest_cut(path: Path, cuts: frozenset[Path]) -> Path:
    """Return the innermost chosen scope that holds a path; () when none does."""
    for depth in range(len(path), 0, -1):
        if path[:depth] in cuts:
            return path[:depth]
    return ()
