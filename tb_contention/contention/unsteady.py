"""Does the pace of kernels that nothing is seen to disturb change in the middle of steps?

undisturbed kernels   |==|==|====|====|====|==|==|==|====|     each against the same work in other steps
                              somebody unseen

Data of another size makes whole steps longer, and noise makes single kernels longer. What slows a few kernels in a row, whatever they are,
is company: of a process that was not captured, or of a captured one whose clock is wrong. What then counts as undisturbed is not.
"""

from dataclasses import replace

import numpy as np

from tb_contention.contention.alone import Alone
from tb_contention.contention.baseline import centred, group_medians
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.kernel_keys import numbered, numbered_places
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Evidence
from tb_contention.model.intervals import Intervals
from tb_contention.model.side_by_side import each

#: Instances of a place that show what is usual there, neighbours that are compared, and logarithms beyond which a kernel was interrupted.
_INSTANCES, _NEIGHBOURS, _MOST = 3, 40, 0.7
#: The common deviation of neighbours is no clock and no cache from here on; it is most of all, by so many standard errors.
_COMMON, _PART, _SURE = 0.07, 0.35, 4.0
#: Where company hardly ever leaves, a few neighbours are shorter than usual by this (logarithm): so many pairs, and so many times what
#: chance gives.
_SHORT, _PAIRS, _BY_CHANCE = 0.2, 5, 4.0
#: The part of kernels that company is taken to leave alone, and the least.
_FREE, _FEWEST = 0.05, 0.005
#: Part of all that which shows it where another session of the device does.
_ONCE_KNOWN = 0.6
#: Kernels of one session that overlap by more than this part share the device among themselves.
_OVERLAP = 0.01


def unsteady(work: SessionWork, exposure: Exposure, enough: float = 1.0) -> float | None:
    """Return what kernels take at the least, as a part of what undisturbed ones usually take; None where their pace is steady.

    enough: the part of what is asked for elsewhere that shows it.
    """
    rows = np.flatnonzero(exposure.undisturbed & ~work.copy & (work.step >= 0) & (exposure.duration > 0))
    group, groups = numbered_places(work.key[rows], work.place[rows])
    seen = np.bincount(group, minlength=groups)[group] >= _INSTANCES
    rows, group = rows[seen], group[seen]
    if len(rows) <= _NEIGHBOURS or _share(work):
        return None
    log = np.log(exposure.duration[rows])
    log = np.clip(log - group_medians(group, groups, log)[group], -2 * _MOST, _MOST)
    step, steps = numbered(work.step[rows])
    rest = centred(step, steps, log)
    next_to = np.flatnonzero((np.diff(rows) == 1) & (np.diff(step) == 0))
    if len(next_to) < _NEIGHBOURS:
        return None
    product = rest[next_to] * rest[next_to + 1]
    common = float(product.mean())
    error = float(np.sqrt(np.sum(np.bincount(step[next_to], product - common, steps) ** 2))) / len(product)
    short = rest < -_SHORT
    pairs, chance = int((short[next_to] & short[next_to + 1]).sum()), float(short.mean()) ** 2 * len(next_to)
    freed = pairs >= enough * _PAIRS and pairs > _BY_CHANCE * chance
    if not freed and common < max((enough * _COMMON) ** 2, _PART * float(np.mean(rest**2)), enough * _SURE * error):
        return None
    return float(np.exp(np.quantile(log, min(_FREE, max(float(short.mean()) / 2, _FEWEST)))))


def _share(work: SessionWork) -> bool:
    """Return whether kernels of the session itself run at once."""
    kernels = ~work.copy
    total = float((work.end - work.start)[kernels].sum())
    return total > (1 + _OVERLAP) * Intervals.union_of(work.start[kernels], work.end[kernels]).total


def bounded_by_pace(works: list[SessionWork], exposures: list[Exposure], alones: list[Alone]) -> list[Alone]:
    """Leave only bounds where undisturbed kernels are none: at least what they show, and at most what the fastest of them do.

    Who slows one session slows others, which then need not show it as clearly.
    """
    known = [alone.evidence is Evidence.A or alone.measured for alone in alones]
    if all(known):
        return alones
    least = each(lambda pair: unsteady(*pair), list(zip(works, exposures, strict=True)))
    if any(part is not None for part in least):
        least = each(lambda pair: unsteady(*pair, _ONCE_KNOWN), list(zip(works, exposures, strict=True)))
    return [
        a if k or part is None or a.evidence is Evidence.D else _bounded(w, e, a, part)
        for w, e, a, k, part in zip(works, exposures, alones, known, least, strict=True)
    ]


def _bounded(work: SessionWork, exposure: Exposure, alone: Alone, least: float) -> Alone:
    shortest = np.where(work.copy | work.spin, alone.estimate, alone.estimate * least)
    return replace(
        alone, evidence=Evidence.D, shortest=shortest, bounded=True, borrowed=alone.borrowed | exposure.touched
    )
