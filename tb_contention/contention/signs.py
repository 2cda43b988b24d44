"""Weigh signs of turns and of kernels at once in ends and durations, where no kernel arrived in company to show how it is received."""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.baseline import centred
from tb_contention.contention.co_pending import CoPending, separate
from tb_contention.contention.mechanism_features import (
    all_long,
    bursts,
    change_time,
    common_stretch,
    exclusion,
    few_are_cut,
    never_cut,
    slice_length,
    tail,
)
from tb_contention.contention.turn_length import turn_length
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Confidence, Mechanism
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, Bool
from tb_contention.words.numbers import duration

#: Signs of turns: heaviness of the tail, bursts against chance, and how surely kernels end while others are held up.
_TAIL, BURSTS, _EXCLUSION = 1.15, 0.6, 2.8
#: Sessions that change more often than this (ns of shared time per change), in an order as by chance, are in no turns: slices are longer.
_FAST_NS, _BY_CHANCE = 250_000.0, 0.8
#: A kernel covered by less than the first part is as alone; so many of a key, and so many kernels in all, give its growth.
_BARE, _ANCHORS, _GROWN = 0.3, 2, 12
#: Growth per covered time of kernels in equal turns of two (a half, and what switches cost), and how far sessions may differ.
_TURNS_GROW, _ALIKE = (0.48, 0.64), 0.08
#: Combined progress that is more than one session's.
_MORE = 1.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What the signs say, and how surely."""

    mechanism: Mechanism
    confidence: Confidence
    detail: str


def read_signs(works: list[SessionWork], alone: list[F64], both: CoPending, progress: float | None) -> Sign:
    """Conclude from how kernels end and how their durations scatter."""
    where = both.where
    order, fast = bursts(works, where), change_time(works, where)
    if fast < _FAST_NS and order > _BY_CHANCE:
        detail = f"A kernel of another session ends every {duration(fast)}, which is too often for turns."
        return Sign(mechanism=Mechanism.CONCURRENT, confidence=Confidence.SURE, detail=detail)
    length = slice_length(works, where)
    if length is not None and any(never_cut(work, where, length) for work in works):
        detail = f"No turn of another session cuts kernels of one that has work for much longer than {duration(length)} on end."
        return Sign(mechanism=Mechanism.CONCURRENT, confidence=Confidence.LIKELY, detail=detail)
    heavy = length is not None and max(tail(work, both) for work in works) > _TAIL
    cut = heavy or any(few_are_cut(w, base, where) for w, base in zip(works, alone, strict=True))
    apart = order < BURSTS or any(exclusion(a, b, where) > _EXCLUSION for a in works for b in works if a is not b)
    if cut or apart:
        detail = (
            "A few kernels, interrupted by a turn of another session, account for nearly all of the delay."
            if cut
            else "Kernels of the sessions alternate in bursts."
            if order < BURSTS
            else "Kernels of one session begin and end only while a kernel of the other is held up."
        )
        sure = Confidence.SURE if cut and apart else Confidence.LIKELY
        return Sign(mechanism=Mechanism.TIME_SLICING, confidence=sure, detail=detail)
    if not all_long(works, where):
        detail = "Kernels of the sessions ran at the same time, and all were slowed alike."
        return Sign(mechanism=Mechanism.CONCURRENT, confidence=Confidence.LIKELY, detail=detail)
    growth = [_growth(work, [w for w in works if w is not work], both) for work in works]
    known = [g for g in growth if g is not None]
    together = progress if len(known) < len(works) else len(works) - sum(known)
    if together is not None and together > _MORE:
        detail = "Long kernels grow less than turns would make them while others have work."
        return Sign(mechanism=Mechanism.CONCURRENT, confidence=Confidence.LIKELY, detail=detail)
    length = _regular(works, alone, both, progress)
    if length:
        detail = f"Kernels begin and end in turns of {duration(length)}."
        return Sign(mechanism=Mechanism.TIME_SLICING, confidence=Confidence.LIKELY, detail=detail)
    alike = len(known) == 2 and all(_TURNS_GROW[0] < g < _TURNS_GROW[1] for g in known) and np.ptp(known) < _ALIKE
    if len(works) == 2 and alike and separate(works):
        detail = "Long kernels of both sessions grow by half of the time that the other has work, as in equal turns."
        return Sign(mechanism=Mechanism.TIME_SLICING, confidence=Confidence.LIKELY, detail=detail)
    detail = "Too few kernels begin or end while another session has work to show how the device is shared."
    return Sign(mechanism=Mechanism.UNKNOWN, confidence=Confidence.UNSURE, detail=detail)


def turn_of(works: list[SessionWork], alone: list[F64], both: CoPending, progress: float | None) -> float | None:
    """Return the length of a slice, ns, of sessions that are known to take turns; None where it cannot be seen."""
    length = slice_length(works, both.where)
    if length is not None or not all_long(works, both.where):
        return length
    return _regular(works, alone, both, progress)


def _regular(works: list[SessionWork], alone: list[F64], both: CoPending, progress: float | None) -> float | None:
    """Return the length of regular turns of long kernels, ns."""
    length = turn_length(works, both.where, progress)
    return (common_stretch(works, alone, both.where) or length) if length else None


def _growth(work: SessionWork, others: list[SessionWork], both: CoPending) -> float | None:
    """Return by how much kernels grow per time in which others have work, from keys that have instances without company as well."""
    inside = (work.start >= both.start) & (work.end <= both.end) & ~work.spin
    length = (work.end - work.start).astype(np.float64)
    cover = Intervals.union([other.pending for other in others]).covered(work.start, work.end).astype(np.float64)
    bare: Bool = inside & (cover < _BARE * length)
    anchored = np.bincount(work.key[bare], minlength=work.keys) >= _ANCHORS
    rows = np.flatnonzero(inside & anchored[work.key])
    if len(rows) < _GROWN or (cover[rows] >= _BARE * length[rows]).sum() < _GROWN // 2:
        return None
    key = work.key[rows]
    x, y = centred(key, work.keys, cover[rows]), centred(key, work.keys, length[rows])
    return float((x * y).sum() / max(1.0, (x * x).sum()))
