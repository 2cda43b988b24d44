"""Which captures surely ran together, every two of them: the largest such sets, within bounds.

Errors differ between pairs, so "together" is no plain overlap of intervals: A and B may each be sure to have run with C, but not with one
another, though both began before C. Few captures are compared pair by pair. Of many, each window is shortened by its clock's error at
both ends; what then overlaps surely ran together, and one walk through time finds it.
"""

from dataclasses import dataclass, replace
from heapq import heappop, heappush, nlargest

import numpy as np

from tb_contention.align.windows import Windows
from tb_contention.units import I64

#: Captures of one stretch of time that are compared pair by pair.
_FEW = 64
#: The most captures in a group. With more, nobody can tell each session's share, or look at them all.
MOST_MEMBERS = 64


@dataclass(frozen=True, slots=True)
class Clique:
    """Captures that ran together, by row. left_out: how many more did, beyond the bound."""

    rows: tuple[int, ...]
    left_out: int = 0


def cliques_of(windows: Windows, weight: I64) -> list[Clique]:
    """Find the largest sets in which every pair ran together; of a set beyond the bound the captures with the largest weight stay."""
    found: list[Clique] = [Clique((row,)) for row in np.flatnonzero(~windows.known).tolist()]
    parts = windows.components()
    pairs = np.array([rows for rows in parts if len(rows) == 2], np.int64).reshape(-1, 2)
    for (a, b), sure in zip(pairs.tolist(), windows.surely(pairs[:, 0], pairs[:, 1]).tolist(), strict=True):
        found += [Clique((min(a, b), max(a, b)))] if sure else [Clique((a,)), Clique((b,))]
    for rows in parts:
        if len(rows) == 1:
            found.append(Clique((int(rows[0]),)))
        elif len(rows) == 2:
            continue
        elif len(rows) <= _FEW:
            found += [Clique(tuple(sorted(rows[k] for k in clique))) for clique in _compared(windows, rows)]
        else:
            found += _walked(windows, rows, weight)
    return found


def _compared(windows: Windows, rows: I64) -> list[set[int]]:
    a, b = np.triu_indices(len(rows), 1)
    sure = windows.surely(rows[a], rows[b])
    neighbours: list[set[int]] = [set() for _ in rows]
    for one, other in zip(a[sure].tolist(), b[sure].tolist(), strict=True):
        neighbours[one].add(other)
        neighbours[other].add(one)
    return maximal_cliques(neighbours)


def maximal_cliques(neighbours: list[set[int]]) -> list[set[int]]:
    """Find all maximal cliques (Bron and Kerbosch with a pivot), without recursion."""
    found: list[set[int]] = []
    stack: list[tuple[set[int], set[int], set[int]]] = [(set(), set(range(len(neighbours))), set())]
    while stack:
        clique, candidates, done = stack.pop()
        if not candidates:
            if clique and not done:
                found.append(clique)
            continue
        pivot = max(candidates | done, key=lambda row: len(neighbours[row] & candidates))
        for row in sorted(candidates - neighbours[pivot]):
            near = neighbours[row]
            stack.append((clique | {row}, candidates & near, done & near))
            candidates = candidates - {row}
            done = done | {row}
    return found


def _walked(windows: Windows, rows: I64, weight: I64) -> list[Clique]:
    """Walk through the shortened windows of all captures, and of those that share a clock by its smaller error."""
    walks = [_Walk(rows[one], weight, *windows.shortened(rows[one], shared=True)) for one in windows.families(rows)]
    if len(walks) != 1 or len(walks[0].rows) < len(rows):
        walks.append(_Walk(rows, weight, *windows.shortened(rows, shared=False)))
    found = list(dict.fromkeys(clique for walk in walks for clique in walk.cliques()))
    together = set().union(*(walk.together for walk in walks))
    missed = len(together - {row for clique in found for row in clique.rows})
    if missed:
        fullest = max(range(len(found)), key=lambda k: found[k].left_out)
        found[fullest] = replace(found[fullest], left_out=max(found[fullest].left_out, missed))
    alone = [Clique((int(row),)) for row in rows if int(row) not in together]
    return [*found, *alone]


class _Walk:
    """One walk through shortened windows: a set is complete when its first member ends after another began.

    together: the rows that ran together with another. Of sets beyond the bound only those are taken that differ by half from the one
    before, so that the work stays n log n.
    """

    def __init__(self, rows: I64, weight: I64, start: I64, end: I64) -> None:
        self.rows, self.together = rows, set[int]()
        self._weight, self._start, self._end = weight, start, end
        self._inside: set[int] = set()
        self._found: list[Clique] = []
        self._ended: int | None = None

    def cliques(self) -> list[Clique]:
        """Return the sets of two captures or more."""
        long = np.flatnonzero(self._end > self._start)
        until: list[tuple[int, int]] = []
        grown = False
        for k in long[np.argsort(self._start[long], kind="stable")].tolist():
            while until and until[0][0] <= self._start[k]:
                if grown:
                    self._take()
                grown = False
                self._inside.discard(heappop(until)[1])
                if self._ended is not None:
                    self._ended += 1
            self._inside.add(k)
            heappush(until, (int(self._end[k]), k))
            grown = True
        if grown:
            self._take()
        return self._found

    def _take(self) -> None:
        inside = self._inside
        if len(inside) < 2:
            return
        self.together.update(int(self.rows[k]) for k in inside)
        if len(inside) > MOST_MEMBERS:
            if self._ended is not None and 2 * self._ended < len(inside):
                return
            self._ended = 0
        kept = nlargest(MOST_MEMBERS, inside, key=lambda k: (self._weight[self.rows[k]], -k))
        self._found.append(Clique(tuple(sorted(int(self.rows[k]) for k in kept)), len(inside) - len(kept)))
