"""Who made whom lose how much. What a victim lost is divided among the sessions that were on the device meanwhile.

Shares of each kernel's stretch and wait go by the time that each other session was running during it; they are then scaled to what the
victim's steps lost, so that a victim's row adds up to its loss.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.kernel_keys import numbered
from tb_contention.model.contention import UNTRACED, Blame, KernelPair
from tb_contention.model.intervals import Intervals
from tb_contention.model.tables import StringTable
from tb_contention.units import F64, I64, Nanoseconds, SessionId

#: Kernel pairs reported per group; victims' kernels looked at per session, those that lost most; other kernels seen in all.
TOP_PAIRS, _VICTIMS, _MOST_PAIRS = 20, 100_000, 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelRuns:
    """Kernels of one session by start, ns."""

    session: SessionId
    strings: StringTable
    #: Rows of `strings`.
    name: I64
    start: I64
    end: I64
    #: How long each waited for other sessions before its start.
    stall: I64
    #: By how much other sessions delayed each, stretch and stall; noise makes some negative. None where that is unknown.
    lost: F64 | None

    def select(self, rows: I64) -> "KernelRuns":
        """Keep some kernels."""
        return KernelRuns(
            session=self.session,
            strings=self.strings,
            name=self.name[rows],
            start=self.start[rows],
            end=self.end[rows],
            stall=self.stall[rows],
            lost=None if self.lost is None else self.lost[rows],
        )


def blame(victim: KernelRuns, lost: int, running: dict[SessionId, Intervals]) -> tuple[Blame, ...]:
    """Divide a victim's loss (ns) among the others; running: when each session had kernels on the device."""
    others = [session for session in running if session != victim.session]
    per_kernel = victim.lost if victim.lost is not None else np.zeros(len(victim.start))
    rows = np.flatnonzero(per_kernel)
    waited_from = victim.start[rows] - victim.stall[rows]
    with_others = np.array([running[s].covered(waited_from, victim.end[rows]) for s in others], np.float64).reshape(
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
        unexplained = (Blame(victim=victim.session, culprit=UNTRACED, lost=Nanoseconds(lost)),) if lost > 0 else ()
        return (*(Blame(victim=victim.session, culprit=s, lost=Nanoseconds(0)) for s in others), *unexplained)
    amounts = _whole(np.append(parts, untraced) * (lost / total), lost)
    rows_of = [*others, UNTRACED]
    return tuple(
        Blame(victim=victim.session, culprit=culprit, lost=Nanoseconds(int(amount)))
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


def kernel_pairs(victim: KernelRuns, others: list[KernelRuns], top: int = TOP_PAIRS) -> list[KernelPair]:
    """Name the pairs of kernels in which the victim's lost most; where no loss is known, those that met for longest.

    A kernel's loss goes to the kernels that it met, by the time for which it met each. Of very many kernels those that lost most (or took
    longest) count.
    """
    weight = np.abs(victim.lost) if victim.lost is not None else (victim.end - victim.start).astype(np.float64)
    rows = np.flatnonzero(weight > 0)
    if len(rows) > _VICTIMS:
        rows = np.sort(rows[np.argsort(-weight[rows], kind="stable")[:_VICTIMS]])
    looked_at = victim.select(rows)
    met = np.zeros(len(rows))
    pairs = [(other, _overlapping(looked_at, other)) for other in others]
    for _, pair in pairs:
        met += np.bincount(pair.victim, pair.overlap, len(met))
    found: list[KernelPair] = []
    for other, pair in pairs:
        share = None
        if looked_at.lost is not None:
            share = pair.overlap / np.maximum(met[pair.victim], 1.0) * looked_at.lost[pair.victim]
        found += _by_name(looked_at, other, pair, share, top)
    return found


def _overlapping(victim: KernelRuns, other: KernelRuns) -> _Pairs:
    begin = victim.start - victim.stall
    reach = np.maximum.accumulate(other.end) if len(other.end) else other.end
    first = np.searchsorted(reach, begin, "right")
    last = np.maximum(np.searchsorted(other.start, victim.end, "left"), first)
    count = last - first
    fits = np.cumsum(count) <= _MOST_PAIRS
    rows, first, count = np.flatnonzero(fits), first[fits], count[fits]
    mine = np.repeat(rows, count)
    offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    row = np.repeat(first, count) + offset
    overlap = np.minimum(victim.end[mine], other.end[row]) - np.maximum(begin[mine], other.start[row])
    keep = overlap > 0
    return _Pairs(victim=mine[keep], other=row[keep], overlap=overlap[keep].astype(np.float64))


def _by_name(victim: KernelRuns, other: KernelRuns, pairs: _Pairs, share: F64 | None, top: int) -> list[KernelPair]:
    """Sum per pair of kernel names; the largest few."""
    mine, theirs = victim.name[pairs.victim], other.name[pairs.other]
    both, count = numbered((mine + 1) << 31 | (theirs + 1))
    overlap = np.bincount(both, pairs.overlap, count)
    times = np.bincount(both, minlength=count)
    lost = None if share is None else np.bincount(both, share, count)
    first = np.zeros(count, np.int64)
    first[both[::-1]] = np.arange(len(both))[::-1]
    most = overlap if lost is None else lost
    return [
        KernelPair(
            victim=victim.session,
            victim_kernel=victim.strings.get(int(mine[first[p]])) or "",
            culprit=other.session,
            culprit_kernel=other.strings.get(int(theirs[first[p]])) or "",
            count=int(times[p]),
            overlap=Nanoseconds(round(float(overlap[p]))),
            lost=None if lost is None else Nanoseconds(round(float(lost[p]))),
        )
        for p in np.argsort(-most, kind="stable")[:top].tolist()
        if most[p] >= 1
    ]
