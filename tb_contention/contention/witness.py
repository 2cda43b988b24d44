"""What each session lost, as evidence for the lag between clocks: how much of it has no cause in the others' work at each lag."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.held_up import HeldUp, held_up
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, Bool

#: Spans of each kind that are looked at.
_SPANS = 400
#: Spans, and lost part of the window, from which a session's kernels or waits say something.
_LEAST_SPANS, _LEAST_LOSS = 5, 0.002
#: They can be explained where some lag leaves this part without a cause; they distinguish lags where the usual one leaves more.
_EXPLAINED, _DISTINGUISHING = 0.1, 0.04
#: Waits count where kernels lost less than this part of what waits did.
_MOSTLY_WAITS = 0.25
#: Bins of others' work for quick sums; spans at lags that are summed at once.
_BINS, AT_ONCE = 1 << 19, 1 << 15
#: Spans that must still lie in the others' capture, as a part of the loss.
_INSIDE = 0.3
#: Stretches of the window whose losses count as independent.
BLOCKS = 256

#: For each lag the loss without a cause, and the whole loss that is seen.
Curve = tuple[F64, F64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One session's work at a place in time, and what it lost: by kernels, and by waits."""

    work: SessionWork
    lost: tuple[HeldUp, HeldUp]

    @classmethod
    def of(cls, work: SessionWork) -> "Seen":
        """Find what a session lost."""
        return cls(work=work, lost=held_up(work))


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Spans of one session, and the work of the sessions that move against it.

    sign: +1 where this session moves, -1 where the others do. window: when the others were captured, own_window: this session. before:
    how much of their work lies before each bin, of a width in ns.
    """

    waits: bool
    spans: HeldUp
    sign: int
    own_window: tuple[int, int]
    window: tuple[int, int]
    before: F64
    width: float

    @property
    def lost(self) -> float:
        """Return the whole loss, ns."""
        return float(self.spans.excess.sum())

    def left(self, lags: F64) -> tuple[F64, Bool]:
        """Return what each span loses without a cause at each lag, and which spans the others' captures show; lags by spans."""
        by = self.sign * lags[:, None]
        start, end = self.spans.start + by, self.spans.end + by
        inside: Bool = (start >= self.window[0]) & (end <= self.window[1])
        return np.maximum(self.spans.owed - (self._before(end) - self._before(start)), 0.0) * inside, inside

    def curve(self, lags: F64) -> Curve:
        """Return for each lag the loss without a cause, and the whole loss of the spans that the others' captures show."""
        left, whole = np.empty(len(lags)), np.empty(len(lags))
        at_once = 1 + AT_ONCE // len(self.spans)
        for at in range(0, len(lags), at_once):
            here = slice(at, at + at_once)
            lost, inside = self.left(lags[here])
            left[here], whole[here] = lost.sum(1), inside @ self.spans.excess
        return left, whole

    def by_block(self, value: F64) -> F64:
        """Sum a value of each span over stretches of the session's capture; value: lags by spans."""
        start, end = self.own_window
        block = ((self.spans.start - start) * BLOCKS // max(1, end - start)).clip(0, BLOCKS - 1)
        return np.stack([np.bincount(block, each, BLOCKS) for each in value])

    def _before(self, at: F64) -> F64:
        """Return how much of the others' work lies before each instant, in the memory of the instants where that does."""
        at -= self.window[0]
        at /= self.width
        np.clip(at, 0, len(self.before) - 1.001, out=at)
        row = at.astype(np.int64)
        part = np.subtract(at, row, out=at)
        low = self.before[row]
        row += 1
        high = self.before[row]
        high *= part
        low *= np.subtract(1, part, out=part)
        low += high
        return low


@dataclass(frozen=True, slots=True, kw_only=True)
class _Against:
    """The work of sessions that others move against. window: when they were captured; before, width: as of a witness."""

    window: tuple[int, int]
    before: F64
    width: float

    @classmethod
    def of(cls, works: list[SessionWork]) -> "_Against":
        """Sum up the work of some sessions."""
        start, end = min(work.session.start for work in works), max(work.session.end for work in works)
        edges = np.linspace(start, max(end, start + 1), _BINS)
        pending = Intervals.union([work.pending for work in works])
        before = pending.length_before(edges.astype(np.int64)).astype(np.float64)
        return cls(window=(start, end), before=before, width=float(edges[1] - edges[0]))


def witnesses_of(seen: list[Seen], moves: list[bool]) -> list[Witness]:
    """Let the kernels and waits of each session testify against the sessions that move the other way."""
    against = {
        moving: _Against.of([s.work for s, m in zip(seen, moves, strict=True) if m != moving]) for moving in set(moves)
    }
    return [w for row in range(len(seen)) for w in _of_one(seen, moves, row, against[moves[row]])]


def _of_one(seen: list[Seen], moves: list[bool], row: int, against: _Against) -> list[Witness]:
    work = seen[row].work
    still = Intervals.union([other.work.pending for k, other in enumerate(seen) if moves[k] == moves[row] and k != row])
    found = []
    for waits, spans in enumerate(seen[row].lost):
        lost = float(spans.excess.sum())
        if len(spans) < _LEAST_SPANS or lost < _LEAST_LOSS * (work.session.end - work.session.start):
            continue
        spans = spans.at_most(_SPANS)
        owed = np.maximum(spans.owed - still.covered(spans.start, spans.end), 0.0)
        found.append(
            Witness(
                waits=bool(waits), spans=replace(spans, owed=owed), sign=1 if moves[row] else -1,
                own_window=(work.session.start, work.session.end), window=against.window, before=against.before,
                width=against.width,
            )
        )  # fmt: skip
    return found


def telling_of(witnesses: list[Witness], curves: list[Curve]) -> list[int]:
    """List the witnesses that some lag explains and not every lag does; curves: of each.

    Waits can be for the host or for input as well: they count only where kernels lost little, and sessions of both sides waited.
    """
    telling = []
    for row, (witness, curve) in enumerate(zip(witnesses, curves, strict=True)):
        left = part_without_cause([witness], [curve])
        if left.min() <= _EXPLAINED and np.median(left) >= _DISTINGUISHING:
            telling.append(row)
    kernels = [row for row in telling if not witnesses[row].waits]
    waits = [row for row in telling if witnesses[row].waits]
    if sum(witnesses[row].lost for row in kernels) > _MOSTLY_WAITS * sum(witnesses[row].lost for row in waits):
        return kernels
    return telling if len({witnesses[row].sign for row in waits}) == 2 else kernels


def without_cause(witnesses: list[Witness], lags: F64) -> F64:
    """Return the part of all losses that has no cause at each lag; all of it where captures hardly overlap."""
    return part_without_cause(witnesses, [witness.curve(lags) for witness in witnesses])


def part_without_cause(witnesses: list[Witness], curves: list[Curve]) -> F64:
    """Return the same from the curve of each witness."""
    left, whole = sum(lost for lost, _ in curves), sum(seen for _, seen in curves)
    enough = whole >= _INSIDE * sum(witness.lost for witness in witnesses)
    return np.where(enough, left / np.maximum(whole, 1.0), 1.0)
