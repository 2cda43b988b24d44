"""How like two captures are, by what the index knows of them: whether one may show the work of the other alone."""

import re
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from tb_contention.align.place import Placed, says_alone
from tb_contention.model.manifest import model_of
from tb_contention.model.sketch import MOST_NAMES
from tb_contention.units import F64, I64, Bool

#: The kernels of a capture by their names, as a sketch has them.
Names: TypeAlias = tuple[int, ...]
#: By how much the kernels per step of two captures of the same work differ at most, beside what the edges of the captures cut off.
_PER_STEP = 0.05
#: The part of the kernels' names of a session that a process with several sessions has, too.
_INSIDE = 0.9
#: The rank of what may show one of the sessions inside a process.
PART_OF_IT = 4
#: The time between captures that have no clock in common, ns.
FAR = 1 << 62
#: A process id at the end of a name.
_PROCESS = re.compile(r"-\d+$")


def rank(victim: Placed, placed: Placed, names: Mapping[str, str]) -> int | None:
    """Return how good a candidate is, 0 for the best; None for none."""
    if _same_command(victim, placed):
        return 0
    if not (on_gpu(victim) and on_gpu(placed)):  # operations of a processor are no likeness
        return None
    is_same_name = leaf(names[victim.id]) == leaf(names[placed.id])
    if is_same_name and says_alone(placed):
        return 1
    if as_often(victim, placed):
        return 2 if is_same_name else 3
    return PART_OF_IT if says_alone(placed) and contains(victim.sketch.names, placed.sketch.names) else None


def on_gpu(placed: Placed) -> bool:
    """Return whether a capture holds work of a GPU."""
    return any(not placed.sketch.devices[use.device].is_host for use in placed.sketch.use)


def _same_command(victim: Placed, placed: Placed) -> bool:
    """Return whether one `tb-contention run` recorded the same command in company and alone."""
    here, there = victim.manifest, placed.manifest
    if here is None or there is None or here.recorded is None or there.recorded is None:
        return False
    same = (here.recorded.run, here.recorded.command) == (there.recorded.run, there.recorded.command)
    return same and there.recorded.alone and not here.recorded.alone


def leaf(name: str) -> str:
    """Return the end of a name, without the id of a process."""
    return _PROCESS.sub("", name.rsplit("/", 1)[-1])


def model_used(placed: Placed) -> str | None:
    """Return the GPU model of the device with most work."""
    use = max(placed.sketch.use, key=lambda u: (not placed.sketch.devices[u.device].is_host, u.kernels))
    return model_of(placed.sketch.devices[use.device], placed.manifest)


def as_often(victim: Placed, placed: Placed) -> bool:
    """Return whether captures have equally many kernels per step, and much the same kernels."""
    if not same_names(victim.sketch.names, placed.sketch.names):
        return False
    a, b = kernels_per_step(victim), kernels_per_step(placed)
    if a is None or b is None:
        return a is b
    return bool(equally_often(a, victim.sketch.steps, np.float64(b), np.int64(placed.sketch.steps)))


def equally_often(here: float, steps: int, there: F64 | np.float64, theirs: I64 | np.int64) -> Bool | np.bool_:
    """Return whether kernels run equally often per step in a capture of some steps and in others."""
    least = _PER_STEP + 2 / np.minimum(steps, theirs)
    return np.abs(here - there) <= least * np.maximum(here, there)


def same_names(here: Names, there: Names) -> bool:
    """Return whether captures with these signatures have much the same kernels, as far as both show their names."""
    return not here or not there or _overlap(here, there)


def kernels_per_step(placed: Placed) -> float | None:
    """Return how many kernels run per step; None without steps."""
    sketch = placed.sketch
    return sum(use.kernels for use in sketch.use) / sketch.steps if sketch.steps else None


def _overlap(here: Names, there: Names) -> bool:
    """Return whether half of the names that both signatures can show are in both."""
    a, b = _comparable(here, there)
    return 2 * len(a & b) >= len(a | b)


def contains(here: Names, there: Names) -> bool:
    """Return whether a capture may hold the work of another one beside that of other sessions in its process, by their signatures."""
    a, b = _comparable(here, there)
    return bool(b) and len(a & b) >= _INSIDE * len(b)


def _comparable(here: Names, there: Names) -> tuple[set[int], set[int]]:
    """Return the names of two captures that both signatures can show."""
    least = min((max(names) for names in (here, there) if len(names) == MOST_NAMES), default=1 << 32)
    return {name for name in here if name <= least}, {name for name in there if name <= least}


def time_apart(victim: Placed, placed: Placed) -> int:
    """Return how long after or before the other a capture was made, ns."""
    if victim.clock.origin_ns is None or placed.clock.origin_ns is None:
        return FAR
    return abs(victim.start - placed.start)
