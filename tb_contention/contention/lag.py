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

from tb_contention.contention.witness import (
    AT_ONCE,
    BLOCKS,
    Seen,
    Witness,
    part_without_cause,
    telling_of,
    without_cause,
    witnesses_of,
)
from tb_contention.units import F64

#: With very many lags few spans of each kind are looked at, until they have shown which lags leave at most such a part of the usual.
_FEWER, _MANY_LAGS, _PROMISING = 100, 4_000, 0.3
#: Steps of the scan, ns; and of the fine one around the best lag.
_FINEST, _COARSEST, _FINE = 50_000, 500_000, 10_000
#: How far clocks are looked for that state no error, ns.
_REACH = 30_000_000
#: A lag is as good as the best where this part more of the usual loss, or of all, has no cause; rivals are so many lags outside.
_AS_GOOD, _AS_GOOD_LEAST = 0.05, 0.005
#: How many lags outside the valley are compared with the best. None is a rival if all leave more of the usual loss without a cause: by
#: the first part and the first number of standard errors, or by the second part and number.
_RIVALS, _RIVAL = 20, ((0.12, 3.0), (0.3, 2.5))
#: The error of a lag, as a part of half its basin, and at least.
_PART_OF_BASIN, _LEAST_ERROR = 0.8, 50_000
#: A clock is refuted only if another lag leaves less than this part of the losses without a cause,
_NEARLY_ALL = 0.06
#: and if the stated one leaves more: a larger part of the losses, more standard errors, and more of them in either half of the window.
#: Less is asked where a single lag explains the losses than where several do.
_REFUTED, _REFUTED_BY_ONE = (0.03, 3.5, 2.0), (0.015, 2.0, 0.8)
#: A clock is in doubt beyond this many standard errors. It is, too, where lags leave next to nothing without a cause, and the stated one
#: more than the first part of what a lag without meaning does, by so many standard errors, in either half and in so many losses.
_DOUBT, _NOTHING, _MEANS_LITTLE, _LIKELY, _LIKELY_HALVES, _LOSSES = 1.8, 0.03, 0.12, 1.5, 0.5, 30
#: How far beyond the stated error a single lag must lie, in multiples of its own error: to doubt the clock, and to refute it.
_BEYOND = 1.4, 2.0


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
    def losses(self) -> int:
        """Return how many spans with a loss there are."""
        return sum(len(witness.spans) for witness in self.witnesses)

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
        margin = float(self.left[rivals].min() - self.least) / max(self.usual - self.least, 1e-9)
        sure = float(self.surely_worse(self.lags[rivals]).min())
        return any(margin > least and sure > errors for least, errors in _RIVAL)

    def best(self) -> tuple[int, int]:
        """Return the best lag, and a bound on its error: where losses need every bit of the others' work, the cover fits best."""
        low, high = self._down_to(self.good)
        step = float(self.lags[1] - self.lags[0])
        first, last = self.lags[low] - step, self.lags[high] + step
        fine = np.linspace(first, last, int(np.clip((last - first) / _FINE, 20, 400)) + 1)
        rough = without_cause(self.witnesses, fine)
        good = fine[rough <= self.good]
        whole = [replace(w, spans=w.spans.without_slack()) for w in self.witnesses]
        left = without_cause(whole, fine)
        at = fine[left <= left.min() + 0.0005].mean()
        half = (good.max() - good.min()) / 2 if len(good) else step
        elsewhere = self.lags[(self.left <= self.good) & ((self.lags < first) | (self.lags > last))]
        error = max(_PART_OF_BASIN * half, step / 2, _LEAST_ERROR, *np.abs(elsewhere - at))
        return round(at), round(error)

    def at(self, lags: F64) -> F64:
        """Return the part without a cause at some lags."""
        return without_cause(self.witnesses, lags)

    def surely_worse(self, lags: F64, half: int | None = None) -> F64:
        """Return by how many standard errors more is without a cause at other lags than at the best one; half: of the window."""
        best = self.lags[[np.argmin(self.left)]]
        blocks = np.zeros((len(lags), BLOCKS))
        for witness in self.witnesses:
            least = witness.left(best)[0]
            at_once = 1 + AT_ONCE // len(witness.spans)
            for at in range(0, len(lags), at_once):
                here = slice(at, at + at_once)
                blocks[here] += witness.by_block(witness.left(lags[here])[0] - least)
        if half is not None:
            middle = BLOCKS // 2
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


def find_lag(seen: list[Seen], moves: list[bool], error: int) -> Lag | None:
    """Find by how much some sessions must move against the others; error: of the clocks, ns. None where nothing shows it."""
    sessions = [s.work.session for s in seen]
    window = min(s.end for s in sessions) - max(s.start for s in sessions)
    reach = max(_REACH, min(error, window // 2))
    found = scan(seen, moves, reach)
    if found is None:
        return None
    unique = found.is_unique()
    if reach > _REACH and unique:
        closer = scan(seen, moves, _REACH, round(float(found.lags[np.argmin(found.left)])))
        found, unique = (closer, closer.is_unique()) if closer is not None else (found, False)
    at, width = found.best()
    farthest = round(float(np.abs(found.lags[found.left <= found.good]).max()))
    verdict = _verdict(found, (at, width) if unique else None, error)
    return Lag(verdict=verdict, at=at if unique else None, error=width, farthest=max(farthest, abs(at) + width))


def _verdict(found: Scan, only: tuple[int, int] | None, error: int) -> Verdict:
    """Judge the best place within the stated error of a clock; only: the one lag that explains the losses, and its error."""
    fine = np.linspace(-error, error, 2 * min(400, 1 + error // _FINE) + 1)
    stated = np.concatenate([fine, found.lags[np.abs(found.lags) <= error]])
    here = stated[[np.argmin(found.at(stated))]]
    more = float(found.at(here)[0]) - found.least
    sure = float(found.surely_worse(here)[0])
    halves = min(float(found.surely_worse(here, half)[0]) for half in (0, 1))
    beyond = 0.0 if only is None else max(0.0, abs(only[0]) - error) / only[1]
    limit = _REFUTED if only is None else _REFUTED_BY_ONE
    if (
        found.least < _NEARLY_ALL
        and (only is None or beyond > _BEYOND[1])
        and all(np.array([more, sure, halves]) > limit)
    ):
        return Verdict.REFUTED
    elsewhere = found.least < _NOTHING and more > _MEANS_LITTLE * (found.usual - found.least)
    elsewhere &= sure > _LIKELY and halves > _LIKELY_HALVES and found.losses >= _LOSSES
    return Verdict.DOUBTED if elsewhere or (beyond > _BEYOND[0] and sure > _DOUBT) else Verdict.AGREES


def scan(seen: list[Seen], moves: list[bool], reach: int, around: int = 0) -> Scan | None:
    """Move some sessions against the others by up to `reach` ns from `around`; None where no kernel shows what a right lag is."""
    witnesses = witnesses_of(seen, moves)
    if not witnesses:
        return None
    finest = _FINEST if reach <= _REACH else _COARSEST
    step = float(np.clip(min(np.median(w.spans.excess) for w in witnesses) / 3, finest, _COARSEST))
    steps = int(np.ceil(reach / step))
    lags: F64 = around + step * np.arange(-steps, steps + 1, dtype=np.float64)
    rough = [replace(w, spans=w.spans.at_most(_FEWER)) for w in witnesses] if len(lags) > _MANY_LAGS else witnesses
    curves = [w.curve(lags) for w in rough]
    telling = telling_of(rough, curves)
    if not telling:
        return None
    witnesses = [witnesses[row] for row in telling]
    left = part_without_cause([rough[row] for row in telling], [curves[row] for row in telling])
    if len(lags) > _MANY_LAGS:
        near = left <= _PROMISING * float(np.median(left)) + float(left.min())
        left[near] = without_cause(witnesses, lags[near])
    return Scan(lags=lags, left=left, witnesses=witnesses)
