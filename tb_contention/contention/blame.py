"""Who made whom lose how much. What a victim lost is divided among the sessions that were on the device meanwhile.

Shares of each kernel's stretch and wait go by the time that each other session was running during it; they are then scaled to what the
victim's steps lost, so that a victim's row adds up to its loss.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.cover import covered
from tb_contention.contention.keys import numbered
from tb_contention.contention.loss import Loss
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import UNTRACED, Blame, KernelBlame
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64, Nanoseconds, SessionId

#: Kernel pairs reported per group; victims' kernels looked at per session, those that lost most; other kernels seen in all.
TOP_PAIRS, _VICTIMS, _MOST_PAIRS = 20, 100_000, 4_000_000


def kernel_losses(loss: Loss) -> F64:
    """Return what each kernel lost inside the counted periods: stretch and wait, ns; noise makes some negative."""
    lost = loss.exposure.duration - loss.alone.estimate + loss.waits.stall
    return np.where(loss.counted, lost, 0.0)


def blame(loss: Loss, lost: int, running: "dict[SessionId, Intervals]") -> "tuple[Blame, ...]":
    """Divide a victim's loss (ns) among the others; running: when each session had kernels on the device."""
    victim = loss.work.id
    others = [session for session in running if session != victim]
    per_kernel = kernel_losses(loss)
    rows = np.flatnonzero(per_kernel)
    waited_from = loss.work.start[rows] - loss.waits.stall[rows].astype(np.int64)
    with_others = np.array([covered(running[s], waited_from, loss.work.end[rows]) for s in others], np.float64).reshape(
        len(others), len(rows)
    )
    met = with_others.sum(0)
    explained = met > 0
    shares = with_others[:, explained] / met[explained]
    parts = np.maximum((shares * per_kernel[rows[explained]]).sum(1), 0.0)
    untraced = max(0.0, float(per_kernel[rows[~explained]].sum()))
    total = float(parts.sum()) + untraced
    if total <= 0:
        parts, total = with_others.sum(1), float(with_others.sum())
    if total <= 0 or lost <= 0:
        unexplained = (Blame(victim=victim, culprit=UNTRACED, lost=Nanoseconds(lost)),) if lost > 0 else ()
        return (*(Blame(victim=victim, culprit=s, lost=Nanoseconds(0)) for s in others), *unexplained)
    amounts = _whole(np.append(parts, untraced) * (lost / total), lost)
    rows_of = [*others, UNTRACED]
    return tuple(
        Blame(victim=victim, culprit=culprit, lost=Nanoseconds(int(amount)))
        for culprit, amount in zip(rows_of, amounts.tolist(), strict=True)
        if culprit != UNTRACED or amount > 0
    )


def _whole(parts: F64, total: int) -> I64:
    """Round so that the sum is exact: the largest part takes the rest."""
    whole = np.floor(parts).astype(np.int64)
    whole[int(parts.argmax())] += total - int(whole.sum())
    return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    """Overlapping kernels: rows of the victim's, rows of the other session's, and for how long (ns)."""

    victim: I64
    other: I64
    overlap: F64


def kernel_blame(loss: Loss, works: "list[SessionWork]") -> "list[KernelBlame]":
    """Name the kernels during which kernels of the victim lost most."""
    per_kernel = kernel_losses(loss)
    rows = np.flatnonzero(np.abs(per_kernel) > 0)
    if len(rows) > _VICTIMS:
        rows = np.sort(rows[np.argsort(-np.abs(per_kernel[rows]), kind="stable")[:_VICTIMS]])
    found: list[KernelBlame] = []
    met = np.zeros(len(loss.work.start))
    pairs = [(other, _overlapping(loss, rows, other)) for other in works if other is not loss.work]
    for _, pair in pairs:
        met += np.bincount(pair.victim, pair.overlap, len(met))
    for other, pair in pairs:
        share = pair.overlap / np.maximum(met[pair.victim], 1.0) * per_kernel[pair.victim]
        found += _by_name(loss.work, other, pair, share)
    return found


def _overlapping(loss: Loss, rows: I64, other: SessionWork) -> _Pairs:
    work = loss.work
    begin = work.start[rows] - loss.waits.stall[rows].astype(np.int64)
    reach = np.maximum.accumulate(other.end) if len(other.end) else other.end
    first = np.searchsorted(reach, begin, "right")
    last = np.maximum(np.searchsorted(other.start, work.end[rows], "left"), first)
    count = last - first
    fits = np.cumsum(count) <= _MOST_PAIRS
    rows, first, count, begin = rows[fits], first[fits], count[fits], begin[fits]
    victim = np.repeat(np.arange(len(rows)), count)
    offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    row = np.repeat(first, count) + offset
    overlap = np.minimum(work.end[rows][victim], other.end[row]) - np.maximum(begin[victim], other.start[row])
    keep = overlap > 0
    return _Pairs(victim=rows[victim[keep]], other=row[keep], overlap=overlap[keep].astype(np.float64))


def _by_name(work: SessionWork, other: SessionWork, pairs: _Pairs, share: F64) -> "list[KernelBlame]":
    """Sum per pair of kernel names; the largest few."""
    mine = work.session.trace.kernels.name[work.rows][pairs.victim].astype(np.int64)
    theirs = other.session.trace.kernels.name[other.rows][pairs.other].astype(np.int64)
    both, count = numbered((mine + 1) << 31 | (theirs + 1))
    lost = np.bincount(both, share, count)
    first = np.zeros(count, np.int64)
    first[both[::-1]] = np.arange(len(both))[::-1]
    top = np.argsort(-lost, kind="stable")[:TOP_PAIRS]
    return [
        KernelBlame(
            victim=work.id,
            victim_kernel=work.session.trace.strings.get(int(mine[first[p]])) or "",
            culprit=other.id,
            culprit_kernel=other.session.trace.strings.get(int(theirs[first[p]])) or "",
            lost=Nanoseconds(round(float(lost[p]))),
        )
        for p in top.tolist()
        if lost[p] >= 1
    ]
