"""Names of operations -> name scopes: `gradients/part_1/dense/MatMul_grad/MatMul:MatMul` belongs to `part_1/dense`."""

from collections import Counter

#: Scopes under which frameworks put work that belongs to other scopes, named further on.
_WRAPPERS = frozenset({"gradient_tape", "gradients", "StatefulPartitionedCall", "PartitionedCall"})
MAX_LEVELS = 32


def scope_of(operation: str) -> "tuple[str, ...]":
    """Split the scopes off an operation's name; wrappers such as `gradients/` are left out, so that backward work counts to its part.

    `update_part_1` of an optimizer is part_1's too: `Adam/update_part_1/dense/kernel/Apply` gives (part_1, dense, kernel).
    """
    path = operation.partition(":")[0] if not operation.startswith("(") else operation
    levels = [level for level in path.split("/") if level][:MAX_LEVELS]
    found = [level for level in levels[:-1] if not _is_wrapper(level)]
    for place, level in enumerate(found[:2]):
        if level.startswith("update_") and len(level) > len("update_"):
            return (level.removeprefix("update_"), *found[place + 1 :])
    return tuple(found)


def _is_wrapper(level: str) -> bool:
    stem, _, number = level.rpartition("_")
    return level in _WRAPPERS or (stem in _WRAPPERS and number.isdigit())


def common_depth(paths: "Counter[tuple[str, ...]]") -> int:
    """Return how many first levels nearly all of the work has in common, so that the next one is where it splits."""
    depth = 0
    total = sum(paths.values())
    while depth < MAX_LEVELS and total:
        levels: Counter[str] = Counter()
        for path, weight in paths.items():
            if len(path) > depth:
                levels[path[depth]] += weight
        if not levels:
            break
        (_, most), *others = levels.most_common(2)
        if most < NEARLY_ALL * total or not _goes_on(paths, depth):
            break
        depth += 1
        del others
    return depth


#: A level that has this part of the work does not split it.
NEARLY_ALL = 0.95


def _goes_on(paths: "Counter[tuple[str, ...]]", depth: int) -> bool:
    return any(len(path) > depth + 1 for path in paths)
