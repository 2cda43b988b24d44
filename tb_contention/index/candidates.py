"""Captures that may show others alone, by what makes that likely and by time: of thousands, a few are looked at for each session."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain, islice

import numpy as np

from tb_contention.align.place import Placed, says_alone
from tb_contention.index.likeness import (
    FAR,
    PART_OF_IT,
    Names,
    contains,
    equally_often,
    kernels_per_step,
    leaf,
    model_used,
    on_gpu,
    same_names,
)
from tb_contention.units import SessionId

#: Captures that may be a part of another one and are looked at for it, the nearest in time.
_PARTS = 256
#: Captures whose kernels per step are compared at once.
_AT_ONCE = 1024
_Near = tuple[int, SessionId, Placed]


class _Side:
    """Captures in one direction of time: `keys`, which ascend, and how often kernels run in each."""

    def __init__(self, captures: Sequence[Placed], sign: int) -> None:
        self.captures = sorted(captures, key=lambda p: (sign * p.start, p.id))
        self.keys = [sign * p.start for p in self.captures]
        self._often = np.array([kernels_per_step(p) or 0.0 for p in self.captures])
        self._steps = np.array([p.sketch.steps for p in self.captures], np.int64)

    def walk(self, begin: int, like: Placed | None) -> Iterator[Placed]:
        """Yield the captures from one of them on; `like`: those in which kernels run as often per step, if it has steps."""
        often = None if like is None else kernels_per_step(like)
        if like is None or often is None:
            yield from islice(self.captures, begin, None)
            return
        for first in range(begin, len(self.captures), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            fits = equally_often(often, like.sketch.steps, self._often[part], self._steps[part])
            for row in np.flatnonzero(fits).tolist():
                yield self.captures[first + row]


class _Row:
    """Captures, to be walked from any instant."""

    def __init__(self, captures: Sequence[Placed]) -> None:
        timed = [p for p in captures if p.clock.origin_ns is not None]
        self._later, self._earlier = _Side(timed, 1), _Side(timed, -1)
        self._every = _Side(captures, 0)
        self._untimed = _Side([p for p in captures if p.clock.origin_ns is None], 0)

    def near(self, victim: Placed, *, often: bool) -> Iterator[_Near]:
        """Yield the captures with their times from another one, ns: the nearest first, in the order of ids where these are equal."""
        like, at = victim if often else None, victim.start
        if victim.clock.origin_ns is None:
            return ((FAR, p.id, p) for p in self._every.walk(0, like))
        sides = (
            self._later.walk(bisect_left(self._later.keys, at), like),
            self._earlier.walk(bisect_right(self._earlier.keys, -at), like),
        )
        timed = merge(*(((abs(p.start - at), p.id, p) for p in side) for side in sides), key=_order)
        return chain(timed, ((FAR, p.id, p) for p in self._untimed.walk(0, like)))


class _Shelf:
    """Captures by a key and their GPU model, "" for an unknown one. often: only those fit whose kernels run as often per step."""

    def __init__(self, *, often: bool = False) -> None:
        self._often = often
        self._captures: dict[Hashable, dict[str, list[Placed]]] = defaultdict(lambda: defaultdict(list))
        self._rows: dict[tuple[Hashable, str], _Row] = {}

    def put(self, key: Hashable, placed: Placed) -> None:
        """Add a capture, before any is looked up."""
        self._captures[key][model_used(placed) or ""].append(placed)

    def near(self, keys: Iterable[Hashable], victim: Placed) -> Iterator[Placed]:
        """Yield the captures under some keys that may be of the same model as another one, the nearest in time first."""
        model = model_used(victim) or ""
        rows = []
        for key in keys:
            by_model = self._captures.get(key, {})
            for other in by_model if not model else (m for m in (model, "") if m in by_model):
                if (key, other) not in self._rows:
                    self._rows[key, other] = _Row(by_model[other])
                rows.append(self._rows[key, other].near(victim, often=self._often))
        return (placed for _, _, placed in merge(*rows, key=_order))


class Candidates:
    """Captures by what `rank` asks of them. names: the short names of all captures."""

    def __init__(self, captures: Iterable[Placed], names: Mapping[str, str]) -> None:
        self._names = names
        self._by_command, self._said, self._parts = _Shelf(), _Shelf(), _Shelf()
        self._named, self._alike = _Shelf(often=True), _Shelf(often=True)
        self._signatures: dict[tuple[Names, bool], None] = {}
        self._likely: dict[tuple[Names, bool], tuple[list[tuple[Names, bool]], list[Names]]] = {}
        for placed in captures:
            recorded = placed.manifest.recorded if placed.manifest is not None else None
            if recorded is not None and recorded.alone:
                self._by_command.put((recorded.run, recorded.command), placed)
            if not on_gpu(placed):
                continue
            name, signature = leaf(names[placed.id]), _signature(placed)
            self._signatures[signature] = None
            self._named.put((name, signature), placed)
            self._alike.put(signature, placed)
            if says_alone(placed):
                self._said.put(name, placed)
                self._parts.put(signature[0], placed)

    def of(self, victim: Placed) -> Iterator[tuple[int, Iterator[Placed]]]:
        """Yield, rank by rank, the captures that may have it for a victim, the nearest in time first; others may be among them."""
        recorded = victim.manifest.recorded if victim.manifest is not None else None
        if recorded is not None:
            yield 0, self._by_command.near([(recorded.run, recorded.command)], victim)
        if not on_gpu(victim):
            return
        name, (alike, parts) = leaf(self._names[victim.id]), self._likely_for(_signature(victim))
        yield 1, self._said.near([name], victim)
        yield 2, self._named.near([(name, signature) for signature in alike], victim)
        yield 3, self._alike.near(alike, victim)
        yield PART_OF_IT, islice(self._parts.near(parts, victim), _PARTS)

    def _likely_for(self, signature: tuple[Names, bool]) -> tuple[list[tuple[Names, bool]], list[Names]]:
        """Return the signatures of the same work, and those that may be a part of it; compared once for all captures that have it."""
        if signature not in self._likely:
            names, has_steps = signature
            alike = [other for other in self._signatures if other[1] is has_steps and same_names(names, other[0])]
            parts = dict.fromkeys(other for other, _ in self._signatures if contains(names, other))
            self._likely[signature] = alike, list(parts)
        return self._likely[signature]


def _signature(placed: Placed) -> tuple[Names, bool]:
    return placed.sketch.names, placed.sketch.steps > 0


def _order(each: _Near) -> tuple[int, SessionId]:
    return each[:2]
