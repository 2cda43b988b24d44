"""By how much the clock of some sessions is off against that of the others, from their kernels: what each lost needs others' work.

At the right lag others had work wherever a kernel was held up; at a wrong one losses are left without a cause:

    A   |=====|=====|==========|=====|         one kernel was held up
    B            |===|===|                     lag 0: others had work for only half of it
    B                  |===|===|               lag 2: for all of it

The loss without a cause is summed for each lag. A lag is found where it nearly vanishes, and nowhere else does.
"""

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from tb_contention.contention.held_up import HeldUp, held_up
from tb_contention.contention.interval_sets import covered, united
from tb_contention.contention.work import SessionWork
from tb_contention.units import F64, Bool

#: Spans of each kind that are looked at; with very many lags fewer, until they have shown which leave at most such a part of the usual.
_SPANS, _FEWER, _MANY_LAGS, _PROMISING = 400, 100, 4_000, 0.3
#: Spans, and lost part of the window, from which a session's kernels or waits say something.
_LEAST_SPANS, _LEAST_LOSS = 5, 0.002
#: They can be explained where some lag leaves this part without a cause; they distinguish lags where the usual one leaves more.
_EXPLAINED, _DISTINGUISHING = 0.1, 0.04
#: Steps of the scan, ns; and of the fine one around the best lag.
_FINEST, _COARSEST, _FINE = 50_000, 500_000, 10_000
#: Bins of others' work for quick sums; spans at lags that are summed at once.
_BINS, _AT_ONCE = 1 << 19, 1 << 15
#: Spans that must still lie in the others' capture, as a part of the loss.
_INSIDE = 0.3
#: Stretches of the window whose losses count as independent.
_BLOCKS = 256
#: How far clocks are looked for that state no error, ns.
_REACH = 30_000_000
#: A lag is as good as the best where this part more of the usual loss, or of all, has no cause; rivals are so many lags outside.
_AS_GOOD, _AS_GOOD_LEAST = 0.05, 0.005
#: Rivals outside the valley: so many are compared, and each leaves at least this part more of the usual loss.
_RIVALS, _RIVAL = 20, 0.12
#: The error of a lag, as a part of half its basin, and at least; by how many standard errors rivals must be worse.
_PART_OF_BASIN, _LEAST_ERROR, _SURE_RIVAL = 0.6, 50_000, 3.0
#: A clock is refuted where nearly all losses have a cause elsewhere, so much more has none here, by so many standard errors, and by so
#: many in both halves of the window: where several lags are as good, and where one is. By so many errors it is in doubt.
_NEARLY_ALL, _REFUTED, _REFUTED_BY_ONE, _DOUBT = 0.06, (0.03, 3.5, 2.0), (0.015, 2.5, 1.2), 1.8


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

    def left(self, lags: F64) -> tuple[F64, Bool]:
        """Return what each span loses without a cause at each lag, and which spans the others' captures show; lags by spans."""
        by = self.sign * lags[:, None]
        start, end = self.spans.start + by, self.spans.end + by
        inside: Bool = (start >= self.window[0]) & (end <= self.window[1])
        return np.maximum(self.spans.owed - (self._before(end) - self._before(start)), 0.0) * inside, inside

    def curve(self, lags: F64) -> tuple[F64, F64]:
        """Return for each lag the loss without a cause, and the whole loss of the spans that the others' captures show."""
        left, whole = np.empty(len(lags)), np.empty(len(lags))
        at_once = 1 + _AT_ONCE // len(self.spans)
        for at in range(0, len(lags), at_once):
            here = slice(at, at + at_once)
            lost, inside = self.left(lags[here])
            left[here], whole[here] = lost.sum(1), inside @ self.spans.excess
        return left, whole

    def by_block(self, value: F64) -> F64:
        """Sum a value of each span over stretches of the session's capture; value: lags by spans."""
        start, end = self.own_window
        block = ((self.spans.start - start) * _BLOCKS // max(1, end - start)).clip(0, _BLOCKS - 1)
        return np.stack([np.bincount(block, each, _BLOCKS) for each in value])

    def _before(self, at: F64) -> F64:
        place = np.clip((at - self.window[0]) / self.width, 0, len(self.before) - 1.001)
        row = place.astype(np.int64)
        part = place - row
        return self.before[row] * (1 - part) + self.before[row + 1] * part


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The loss without a cause at each lag, as a part of the whole, from the witnesses that can be explained at all."""

    lags: F64
    left: F64
    witnesses: list[Witness]

    @property
    def least(self) -> float:
        """Return the part that the best lag leaves without a cause."""
        return float(self.left.min())

    @property
    def usual(self) -> float:
        """Return the part that a lag without meaning leaves."""
        return float(np.median(self.left))

    def _down_to(self, level: float) -> tuple[int, int]:
        """Return the first and last row around the best lag that leave at most so much."""
        low = high = int(np.argmin(self.left))
        while low > 0 and self.left[low - 1] <= level:
            low -= 1
        while high < len(self.lags) - 1 and self.left[high + 1] <= level:
            high += 1
        return low, high

    @property
    def good(self) -> float:
        """Return what lags leave at most that are as good as the best."""
        return self.least + max(_AS_GOOD_LEAST, _AS_GOOD * (self.usual - self.least))

    def is_unique(self) -> bool:
        """Return whether all lags outside the valley around the best one surely leave more without a cause."""
        low, high = self._down_to(self.good)
        if low == 0 or high == len(self.lags) - 1:
            return False
        low, high = self._down_to((self.least + self.usual) / 2)
        outside = np.concatenate([np.arange(low), np.arange(high + 1, len(self.lags))])
        if not len(outside):
            return False
        rivals = outside[np.argsort(self.left[outside], kind="stable")[:_RIVALS]]
        margin = self.least + _RIVAL * (self.usual - self.least)
        return (
            float(self.left[rivals].min()) > margin and float(self.surely_worse(self.lags[rivals]).min()) > _SURE_RIVAL
        )

    def best(self) -> tuple[int, int]:
        """Return the best lag, and a bound on its error: where losses need every bit of the others' work, the cover fits best."""
        low, high = self._down_to(self.good)
        step = float(self.lags[1] - self.lags[0])
        first, last = self.lags[low] - step, self.lags[high] + step
        fine = np.linspace(first, last, int(np.clip((last - first) / _FINE, 20, 400)) + 1)
        rough = _joined(self.witnesses, fine)
        good = fine[rough <= self.good]
        whole = [replace(w, spans=w.spans.without_slack()) for w in self.witnesses]
        left = _joined(whole, fine)
        at = fine[left <= left.min() + 0.0005].mean()
        half = (good.max() - good.min()) / 2 if len(good) else step
        return round(at), round(max(_PART_OF_BASIN * half, step / 2, _LEAST_ERROR))

    def at(self, lags: F64) -> F64:
        """Return the part without a cause at some lags."""
        return _joined(self.witnesses, lags)

    def surely_worse(self, lags: F64, half: int | None = None) -> F64:
        """Return by how many standard errors more is without a cause at other lags than at the best one; half: of the window."""
        best = self.lags[[np.argmin(self.left)]]
        blocks = np.zeros((len(lags), _BLOCKS))
        for witness in self.witnesses:
            least = witness.left(best)[0]
            at_once = 1 + _AT_ONCE // len(witness.spans)
            for at in range(0, len(lags), at_once):
                here = slice(at, at + at_once)
                blocks[here] += witness.by_block(witness.left(lags[here])[0] - least)
        if half is not None:
            middle = _BLOCKS // 2
            blocks = blocks[:, :middle] if half == 0 else blocks[:, middle:]
        found: F64 = blocks.sum(1) / np.sqrt((blocks**2).sum(1) + 1.0)
        return found


class Verdict(Enum):
    """What kernels say of the clock of the sessions that move: AGREES, or the place that it gives them cannot be, or hardly, right."""

    AGREES = "agrees"
    REFUTED = "refuted"
    DOUBTED = "doubted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """By how much some sessions must move so that what was lost has causes.

    at, error: the one lag at which it has, ns to move later; None where there are several. farthest: of those lags.
    """

    verdict: Verdict
    at: int | None
    error: int
    farthest: int


def find_lag(works: list[SessionWork], moves: list[bool], error: int) -> Lag | None:
    """Find by how much some sessions must move against the others; error: of the clocks, ns. None where nothing shows it."""
    window = min(w.session.end for w in works) - max(w.session.start for w in works)
    reach = max(_REACH, min(error, window // 2))
    found = scan(works, moves, reach)
    if found is None:
        return None
    unique = found.is_unique()
    if reach > _REACH and unique:
        closer = scan(works, moves, _REACH, round(float(found.lags[np.argmin(found.left)])))
        found, unique = (closer, closer.is_unique()) if closer is not None else (found, False)
    at, width = found.best()
    farthest = round(float(np.abs(found.lags[found.left <= found.good]).max()))
    verdict = _verdict(found, (at, width) if unique else None, error)
    return Lag(verdict=verdict, at=at if unique else None, error=width, farthest=max(farthest, abs(at) + width))


def _verdict(found: Scan, only: tuple[int, int] | None, error: int) -> Verdict:
    """Judge the best place within the stated error of a clock; only: the one lag that explains the losses, and its error."""
    stated = np.linspace(-error, error, 2 * min(400, 1 + error // _FINE) + 1)
    here = stated[[np.argmin(found.at(stated))]]
    more = float(found.at(here)[0]) - found.least
    sure = float(found.surely_worse(here)[0])
    halves = min(float(found.surely_worse(here, half)[0]) for half in (0, 1))
    beyond = 0.0 if only is None else max(0.0, abs(only[0]) - error) / only[1]
    limit = _REFUTED if only is None else _REFUTED_BY_ONE
    if found.least < _NEARLY_ALL and (only is None or beyond > 3) and all(np.array([more, sure, halves]) > limit):
        return Verdict.REFUTED
    return Verdict.DOUBTED if beyond > 2 and sure > _DOUBT else Verdict.AGREES


def scan(works: list[SessionWork], moves: list[bool], reach: int, around: int = 0) -> Scan | None:
    """Move some sessions against the others by up to `reach` ns from `around`; None where no kernel shows what a right lag is."""
    witnesses = [w for row in range(len(works)) for w in _witnesses(works, moves, row)]
    if not witnesses:
        return None
    finest = _FINEST if reach <= _REACH else _COARSEST
    step = float(np.clip(min(np.median(w.spans.excess) for w in witnesses) / 3, finest, _COARSEST))
    steps = int(np.ceil(reach / step))
    lags: F64 = around + step * np.arange(-steps, steps + 1, dtype=np.float64)
    rough = [replace(w, spans=w.spans.at_most(_FEWER)) for w in witnesses] if len(lags) > _MANY_LAGS else witnesses
    telling = _telling(rough, lags)
    if not telling:
        return None
    witnesses = [witnesses[row] for row in telling]
    left = _joined([rough[row] for row in telling], lags)
    if len(lags) > _MANY_LAGS:
        near = left <= _PROMISING * float(np.median(left)) + float(left.min())
        left[near] = _joined(witnesses, lags[near])
    return Scan(lags=lags, left=left, witnesses=witnesses)


def _witnesses(works: list[SessionWork], moves: list[bool], row: int) -> list[Witness]:
    """Let a session's kernels and waits testify against the sessions that move the other way."""
    work = works[row]
    against = [other for k, other in enumerate(works) if moves[k] != moves[row]]
    beside = [other for k, other in enumerate(works) if moves[k] == moves[row] and k != row]
    start = min(other.session.start for other in against)
    end = max(other.session.end for other in against)
    pending = united([other.pending for other in against])
    still = united([other.pending for other in beside])
    edges = np.linspace(start, max(end, start + 1), _BINS)
    before = pending.length_before(edges.astype(np.int64)).astype(np.float64)
    found = []
    for waits, spans in enumerate(held_up(work)):
        lost = float(spans.excess.sum())
        if len(spans) < _LEAST_SPANS or lost < _LEAST_LOSS * (work.session.end - work.session.start):
            continue
        spans = spans.at_most(_SPANS)
        owed = np.maximum(spans.owed - covered(still, spans.start, spans.end), 0.0)
        found.append(
            Witness(
                waits=bool(waits), spans=replace(spans, owed=owed), sign=1 if moves[row] else -1,
                own_window=(work.session.start, work.session.end), window=(start, end), before=before,
                width=float(edges[1] - edges[0]),
            )
        )  # fmt: skip
    return found


def _telling(witnesses: list[Witness], lags: F64) -> list[int]:
    """List the witnesses that some lag explains and not every lag does; waits only where sessions of both sides waited."""
    telling = []
    for row, witness in enumerate(witnesses):
        left = _joined([witness], lags)
        if left.min() <= _EXPLAINED and np.median(left) >= _DISTINGUISHING:
            telling.append(row)
    waited = {witnesses[row].sign for row in telling if witnesses[row].waits}
    return [row for row in telling if not witnesses[row].waits or len(waited) == 2]


def _joined(witnesses: list[Witness], lags: F64) -> F64:
    """Return the part of all losses that has no cause at each lag; all of it where captures hardly overlap."""
    left, whole = np.zeros(len(lags)), np.zeros(len(lags))
    for witness in witnesses:
        lost, seen = witness.curve(lags)
        left += lost
        whole += seen
    enough = whole >= _INSIDE * sum(float(witness.spans.excess.sum()) for witness in witnesses)
    return np.where(enough, left / np.maximum(whole, 1.0), 1.0)
