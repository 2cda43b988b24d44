"""Lives of buffers in several allocators -> what each allocator did, event by event: addresses, bytes in use, fragmentation."""

from dataclasses import dataclass, replace
from itertools import pairwise, permutations

_FIRST = 0x7F_4000_0000_00
_APART = 1 << 44
#: Moves of one allocator that are nearer than this (ns) may be given one timestamp.
_NEAR = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A buffer: where it is allocated, bytes as asked for and as given, and what the framework says of it; step: id of its run."""

    allocator: str
    requested: int
    size: int
    op: str = ""
    region: str = ""
    shape: str = ""
    data_type: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An allocation (gives) or release of a buffer. time: ns of the simulation; thread: id of the host thread; life: number of it.

    Lists of moves are in the order in which they happened, equal times included. A life whose first move is its release, or that has
    none, was there from the beginning.
    """

    time: int
    thread: int
    life: int
    gives: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A move as its allocator saw it. in_use: bytes after it; peak: the highest in_use since the process began.

    fragmentation: share of the free pool outside its largest block, None while nothing is free.
    """

    move: Move
    life: Life
    address: int
    in_use: int
    peak: int
    fragmentation: float | None


class _Heap:
    """One allocator: a released block is given again to a buffer of its size."""

    def __init__(self, first: int) -> None:
        self._first = self._next = first
        self._free: dict[int, list[int]] = {}
        self.in_use = self.peak = 0

    def give(self, size: int) -> int:
        self.in_use += size
        self.peak = max(self.peak, self.in_use)
        blocks = self._free.get(size)
        if blocks:
            return blocks.pop()
        self._next += size
        return self._next - size

    def take(self, address: int, size: int) -> None:
        self.in_use -= size
        self._free.setdefault(size, []).append(address)

    def fragmentation(self) -> float | None:
        free = self._next - self._first - self.in_use
        if not free:
            return None
        return (free - max(size for size, blocks in self._free.items() if blocks)) / free


def changes_of(lives: tuple[Life, ...], moves: tuple[Move, ...]) -> list[Change]:
    """Follow the allocators through all moves."""
    names = list(dict.fromkeys(life.allocator for life in lives))
    heaps = {name: _Heap(_FIRST + k * _APART) for k, name in enumerate(names)}
    given = {move.life for move in moves if move.gives}
    where = {k: heaps[life.allocator].give(life.size) for k, life in enumerate(lives) if k not in given}
    changes = []
    for move in moves:
        life = lives[move.life]
        heap = heaps[life.allocator]
        if move.gives:
            where[move.life] = heap.give(life.size)
        else:
            heap.take(where[move.life], life.size)
        changes.append(
            Change(
                move=move, life=life, address=where[move.life], in_use=heap.in_use, peak=heap.peak, fragmentation=heap.fragmentation()
            )
        )  # fmt: skip
    return changes


def with_ties(lives: tuple[Life, ...], moves: tuple[Move, ...], share: float, first: int) -> tuple[Move, ...]:
    """Give some neighbouring moves of an allocator one timestamp, a share of those near each other (every 1 / share of them).

    Only where the bytes in use still tell their order; the moves up to `first` (ns) stay, since the state before them is unknown.
    """
    if not share:
        return moves
    made = list(moves)
    every, seen = round(1 / share), 0
    groups: dict[str, list[int]] = {}
    for row, move in enumerate(moves):
        name = lives[move.life].allocator
        group = groups.setdefault(name, [row])
        start = made[group[0]].time
        near = group[0] != row and start > first and move.time - start < _NEAR and len(group) < 3
        seen += near
        if near and seen % every == 0 and _one_order([made[k] for k in (*group, row)], lives):
            made[row] = replace(move, time=start)
            group.append(row)
        else:
            groups[name] = [row]
    return tuple(sorted(made, key=lambda m: m.time))


def _one_order(moves: list[Move], lives: tuple[Life, ...]) -> bool:
    """Return whether bytes in use allow only one order of moves, even if the bytes in use before them are unknown."""
    level, spans = 0, []
    for move in moves:
        change = lives[move.life].size * (1 if move.gives else -1)
        spans.append((level, level + change))
        level += change
    fitting = sum(all(a[1] == b[0] for a, b in pairwise(p)) for p in permutations(spans))
    return fitting == 1
