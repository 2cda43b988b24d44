"""The rhythm of two sessions that take turns: when kernels are longer than slices, only their ends show it."""

import numpy as np

from tb_contention.contention.signs import merged
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals

#: Turns looked for, ns; co-pending stretches and events used at most.
_SHORTEST, _LONGEST, _EVENTS = 0.4e6, 80e6, 4_000
#: Power per event of a rhythm: 3.3 was the highest of 200 simulated pairs that ran at once, few of them above 2.9.
_RHYTHM, _CLEAR_RHYTHM = 3.0, 3.7
_SWITCHES_COST, _ONE, _MULTIPLE = 0.985, 1.03, 0.7


def rotation(works: "list[SessionWork]", where: Intervals, progress: "float | None") -> "float | None":
    """Find the turn (ns) in which kernels begin and end when sessions alternate strictly; None where there is no such rhythm.

    While two sessions take turns, kernels of each begin and end only in its own half of the rotation: with the right period the phases
    of one cluster opposite to those of the other. Phases start anew with each co-pending stretch.
    """
    time, owner, _ = merged(works, where, "end")
    if len(works) != 2 or len(time) < 30 or len(np.unique(owner)) < 2:
        return None
    stretch = np.searchsorted(where.start, time, "right") - 1
    time, owner, stretch = time[:_EVENTS], owner[:_EVENTS], stretch[:_EVENTS]
    since = (time - where.start[stretch]).astype(np.float64)
    sign = np.where(owner == 0, 1.0, -1.0)
    longest = float(since.max())
    if longest < 4 * _SHORTEST:
        return None
    step = 0.15 / longest
    frequencies = np.arange(1 / min(_LONGEST, longest / 2), 1 / (2 * _SHORTEST), step)
    counts = np.bincount(stretch, minlength=int(stretch.max()) + 1).astype(np.float64)
    power = np.zeros(len(frequencies))
    first = 0
    for block in np.array_split(frequencies, max(1, len(frequencies) * len(since) // 2_000_000)):
        waves = sign * np.exp(-2j * np.pi * block[:, None] * since)
        sums = np.zeros((len(block), len(counts)), np.complex128)
        for number in np.flatnonzero(counts).tolist():
            sums[:, number] = waves[:, stretch == number].sum(1)
        power[first : first + len(block)] = (np.abs(sums) ** 2).sum(1) / len(since)
        first += len(block)
    best = float(power.max())
    # Kernels as long as a few turns give the rhythm's multiples too: the slowest of the clear ones is the rotation.
    at = float(frequencies[np.flatnonzero(power > _MULTIPLE * best)[0]])
    if progress is not None and progress > _ONE:
        return None
    # In turns the switches cost: what gets done is a little less than one session's work.
    certain = progress is not None and progress < _SWITCHES_COST
    return 0.5 / at if best > (_RHYTHM if certain else _CLEAR_RHYTHM) else None
