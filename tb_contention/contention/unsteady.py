"""Does the pace of kernels that nothing is seen to disturb change in the middle of steps?

undisturbed kernels   |==|==|====|====|====|==|==|==|====|     each against the same work in other steps
                              somebody unseen

Data of another size makes whole steps longer, and noise makes single kernels longer. What slows a few kernels in a row, whatever they are,
is company: of a process that was not captured, or of a captured one whose clock is wrong. What then counts as undisturbed is not.
"""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.alone import Alone
from tb_contention.contention.baseline import centred, off_medians
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.kernel_keys import numbered, numbered_places
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Evidence
from tb_contention.model.intervals import Intervals, one_after_the_other
from tb_contention.model.side_by_side import each
from tb_contention.units import F64

#: Instances of a place that show what is usual there, neighbours that are compared, and logarithms beyond which a kernel was interrupted.
_INSTANCES, _NEIGHBOURS, _MOST = 3, 40, 0.7
#: The common deviation of neighbours is no clock and no cache from here on; it is most of all, by so many standard errors.
_COMMON, _PART, _SURE = 0.05, 0.3, 4.0
#: Where company hardly ever leaves, a few neighbours are shorter than usual by this (logarithm): so many pairs, and so many times what
#: chance gives.
_SHORT, _PAIRS, _BY_CHANCE = 0.2, 5, 4.0
#: The part of kernels that company is taken to leave alone, and the least.
_FREE, _FEWEST = 0.05, 0.005
#: Part of all that which shows it where another session of the device does; less scatter than this does not.
_ONCE_KNOWN, _STEADY = 0.6, 0.06
#: Kernels of one session that overlap by more than this part share the device among themselves.
_OVERLAP = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """The pace of undisturbed kernels. least: what they take at the least, as a part of what they usually take.

    usual: what each kernel of the session usually takes at its place in ns, infinite where that is not known.
    common, error: product of neighbours' deviations, and its standard error; square: of single ones. pairs: of neighbours that are short;
    by_chance: how many there would be by chance.
    """

    least: float
    usual: F64
    common: float
    error: float
    square: float
    pairs: int
    by_chance: float

    @property
    def is_steady(self) -> bool:
        """Return whether it surely does not change, where others' paces do."""
        return self.square < _STEADY**2 and not self.changes(_ONCE_KNOWN)

    def changes(self, enough: float = 1.0) -> bool:
        """Return whether it changes in the middle of steps; enough: the part of what is asked for else that shows it."""
        freed = self.pairs >= enough * _PAIRS and self.pairs > _BY_CHANCE * self.by_chance
        return freed or self.common >= max((enough * _COMMON) ** 2, _PART * self.square, enough * _SURE * self.error)


def _pace(work: SessionWork, exposure: Exposure) -> _Pace | None:
    """Measure the pace of a session's undisturbed kernels; None where too few show it."""
    rows = np.flatnonzero(exposure.undisturbed & ~work.copy & (work.step >= 0) & (exposure.duration > 0))
    group, groups = numbered_places(work.key[rows], work.place[rows])
    seen = np.bincount(group, minlength=groups)[group] >= _INSTANCES
    rows, group = rows[seen], group[seen]
    if len(rows) <= _NEIGHBOURS or _share(work):
        return None
    off = off_medians(group, groups, np.log(exposure.duration[rows]))
    usual = np.full(len(work.copy), np.inf)
    usual[rows] = exposure.duration[rows] / np.exp(off)
    log = np.clip(off, -2 * _MOST, _MOST)
    step, steps = numbered(work.step[rows])
    rest = centred(step, steps, log)
    next_to = np.flatnonzero((np.diff(rows) == 1) & (np.diff(step) == 0))
    if len(next_to) < _NEIGHBOURS:
        return None
    product = rest[next_to] * rest[next_to + 1]
    common = float(product.mean())
    error = float(np.sqrt(np.sum(np.bincount(step[next_to], product - common, steps) ** 2))) / len(product)
    short = rest < -_SHORT
    return _Pace(
        least=float(np.exp(np.quantile(log, min(_FREE, max(float(short.mean()) / 2, _FEWEST))))),
        usual=usual,
        common=common,
        error=error,
        square=float(np.mean(rest**2)),
        pairs=int((short[next_to] & short[next_to + 1]).sum()),
        by_chance=float(short.mean()) ** 2 * len(next_to),
    )


def _share(work: SessionWork) -> bool:
    """Return whether kernels of the session itself run at once."""
    start, end = work.start[~work.copy], work.end[~work.copy]
    return not one_after_the_other(float((end - start).sum()), Intervals.union_of(start, end), _OVERLAP)


def bounded_by_pace(works: list[SessionWork], exposures: list[Exposure], alones: list[Alone]) -> list[Alone]:
    """Leave only bounds where undisturbed kernels are none: at least what they show, and at most what the fastest of them do.

    Who slows one session slows others, which then need not show it as clearly: they are left alone only if their pace is steady.
    """
    known = [alone.evidence is Evidence.A or alone.measured for alone in alones]
    if all(known):
        return alones
    paces = each(lambda pair: _pace(*pair), list(zip(works, exposures, strict=True)))
    shown = [pace.least for pace in paces if pace is not None and pace.changes()]
    if not shown:
        return alones
    return [
        a
        if k or a.evidence is Evidence.D or (pace is not None and pace.is_steady)
        else _bounded(w, e, a, pace, min(shown))
        for w, e, a, k, pace in zip(works, exposures, alones, known, paces, strict=True)
    ]


def _bounded(work: SessionWork, exposure: Exposure, alone: Alone, pace: _Pace | None, least: float) -> Alone:
    # A kernel that takes longer than its place usually does is slowed by the unseen, though nobody known is beside it.
    free = alone.estimate * least if pace is None else np.minimum(alone.estimate, pace.usual) * min(pace.least, least)
    shortest = np.where(work.copy | work.spin, alone.estimate, free)
    return replace(
        alone, evidence=Evidence.D, shortest=shortest, bounded=True, borrowed=alone.borrowed | exposure.touched
    )
