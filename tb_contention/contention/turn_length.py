"""Find the length of turns from the periodogram of kernel ends: the only trace of slices that are shorter than the kernels."""

import numpy as np

from tb_contention.contention.mechanism_features import merged
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64

#: Shortest and longest turn that is looked for, ns; least and most events that are used.
_SHORTEST, _LONGEST, _LEAST, _EVENTS = 0.4e6, 80e6, 30, 2_000
#: Longer stretches are split into pieces of this many ns, at most this many, which bounds the work.
_PIECE, _PIECES = 1_000_000_000, 1 << 20
#: Power per event of a period: 3.3 was the highest of 200 simulated pairs that ran at once, few of them above 2.9.
_PERIOD, _CLEAR_PERIOD = 3.0, 3.7
#: Progress below which context switches cost, and above which sessions do not take turns.
_SWITCHES_COST, _ONE = 0.985, 1.03
#: Part of the highest power from which a peak is clear.
_MULTIPLE = 0.7


def turn_length(works: list[SessionWork], where: Intervals, progress: float | None) -> float | None:
    """Return the length of a turn (ns) of two sessions that alternate strictly; None where their kernel ends show no period.

    While two sessions take turns, kernels of each begin and end only in its own half of the rotation: with the right period the phases
    of one cluster opposite to those of the other. Phases start anew with each co-pending stretch.
    """
    if len(works) != 2 or (progress is not None and progress > _ONE):
        return None
    time, owner, _ = merged(works, where, "end")
    if len(time) < _LEAST or len(np.unique(owner)) < 2:
        return None
    time = time[:_EVENTS]
    sign: F64 = np.where(owner[: len(time)] == 0, 1.0, -1.0)
    stretch = np.searchsorted(where.start, time, "right") - 1
    since = time - where.start[stretch]
    begin = np.flatnonzero(np.diff(stretch * _PIECES + np.minimum(since // _PIECE, _PIECES - 1), prepend=-1))
    phase: F64 = (since % _PIECE).astype(np.float64)
    longest = float(phase.max())
    if longest < 4 * _SHORTEST:
        return None
    frequencies = np.arange(1 / min(_LONGEST, longest / 2), 1 / (2 * _SHORTEST), 0.15 / longest)
    power = np.concatenate(
        [_power(part, phase, sign, begin) for part in np.array_split(frequencies, 1 + len(frequencies) // 500)]
    )
    best = float(power.max())
    # Kernels as long as a few turns give multiples of the frequency too: the lowest of the clear ones is that of the rotation.
    at = float(frequencies[np.flatnonzero(power > _MULTIPLE * best)[0]])
    # In turns the switches cost: the sessions together do a little less than one session's work.
    certain = progress is not None and progress < _SWITCHES_COST
    return 0.5 / at if best > (_PERIOD if certain else _CLEAR_PERIOD) else None


def _power(frequencies: F64, since: F64, sign: F64, begin: I64) -> F64:
    """Return the power per event at each frequency, added over the stretches that begin at these rows."""
    waves = sign * np.exp(-2j * np.pi * frequencies[:, None] * since)
    power: F64 = (np.abs(np.add.reduceat(waves, begin, axis=1)) ** 2).sum(1) / len(since)
    return power
