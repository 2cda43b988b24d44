"""Who had the GPU when, measured by recorded context switches; where they are there, what a session lost need not be estimated.

    engine   |AAAA|  |BBBB|  |AAAA|      a context's stays, and change-overs between them
    kernel      |=====================|  of A: its own time is what of it lies in stays of A

A change-over counts against the context that takes over from A, or that A takes over from.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.work import SessionWork
from tb_contention.model.alignment import DeviceGroup
from tb_contention.model.contention import UNTRACED
from tb_contention.model.intervals import Intervals
from tb_contention.model.trace import NONE
from tb_contention.units import F64, I64, PS_PER_NS, Bool, SessionId

#: Share of the window that the switches must span, and share of kernels that may begin or end while their context is away, by more
#: than two clocks of one machine may differ, ns (45 us cost 0.5 % in simulation): beyond it the switches do not belong to these kernels.
_SPANS, _ASTRAY, _NEAR_NS = 0.98, 0.02, 50_000
#: Kernels without which nothing can be checked.
_FEW = 20
#: Sessions whose stays coincide for more than this part of the shorter have one context: MPS, or one process.
_ONE_CONTEXT = 0.5
#: Copies go with the context when hardly any begins or ends while it is away, though chance alone would have some do so.
_COPIES_ASTRAY, _BY_CHANCE = 0.02, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """Stays on the engine of one GPU by start, apart; ns from the report's origin. own: of the session; process: NONE = unknown."""

    start: I64
    end: I64
    process: I64
    own: Bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """What the switches say of one session. away: when its context did not have the engine; had: who had it then, change-overs
    included, UNTRACED for contexts of no session; stays: as recorded.
    """

    away: Intervals
    had: dict[SessionId, Intervals]
    stays: Stays


@dataclass(frozen=True, slots=True, kw_only=True)
class Residency:
    """Turns of all sessions of a group. length: median of stays that ended though more work was pending, ns; change: median change-over.

    count: stays in the window. one_context: several sessions are in one context, which is never switched between them. strangers: ids of
    processes that were not traced and had the engine in the window (None: unknown), and for how long, ns.
    """

    turns: dict[SessionId, Turns]
    length: float | None
    change: float | None
    count: int
    one_context: bool
    strangers: tuple[tuple[int | None, int], ...]


def measure_residency(
    works: list[SessionWork], planes: dict[SessionId, list[int]], group: DeviceGroup
) -> Residency | None:
    """Read the switches of a group's sessions; None where one has none, or they do not fit its kernels."""
    stays = [_stays(work, planes[work.id]) for work in works]
    if any(s is None for s in stays) or any(work.session.process is not None for work in works):
        return None
    known = [s for s in stays if s is not None]
    own = [Intervals.union_of(s.start[s.own], s.end[s.own]) for s in known]
    if not all(_spans(s, group) for s in known):
        return None
    owners = dict(zip((work.id for work in works), own, strict=True))
    turns = {work.id: _turns(work.id, s, owners) for work, s in zip(works, known, strict=True)}
    if not all(_fits(work, turns[work.id]) for work in works):
        return None
    window = Intervals.one(group.start, group.end)
    return Residency(
        turns=turns,
        length=_length(works, known),
        change=_change(known[0]),
        count=int(window.covered(known[0].start, known[0].end).astype(np.bool_).sum()),
        one_context=_one_context(own),
        strangers=_strangers(known[0], own, window),
    )


def _stays(work: SessionWork, devices: list[int]) -> Stays | None:
    table = work.session.trace.residency
    rows = np.flatnonzero(np.isin(table.device, devices))
    if not len(rows) or not table.own[rows].any():
        return None
    start = table.start[rows] // PS_PER_NS + work.session.offset
    end = (table.start[rows] + table.duration[rows]) // PS_PER_NS + work.session.offset
    order = np.argsort(start, kind="stable")
    return Stays(
        start=start[order], end=end[order], process=table.process[rows][order], own=table.own[rows][order] == 1
    )


def _spans(stays: Stays, group: DeviceGroup) -> bool:
    inside = min(int(stays.end[-1]), group.end) - max(int(stays.start[0]), group.start)
    return inside >= _SPANS * (group.end - group.start)


def _turns(session: SessionId, stays: Stays, owners: dict[SessionId, Intervals]) -> Turns:
    """Give each time in which the session's context was away to who had the engine, with the change-overs around it.

    Between two stays of its own no other context is known to have had it, so that time is not taken for away.
    """
    foreign = ~stays.own
    begin, end = stays.start.copy(), stays.end.copy()
    begin[1:] = np.where(foreign[1:], stays.end[:-1], begin[1:])
    end[:-1] = np.where(foreign[:-1] & stays.own[1:], stays.start[1:], end[:-1])
    middle = (stays.start + stays.end) // 2
    left = foreign.copy()
    had: dict[SessionId, Intervals] = {}
    for other, intervals in owners.items():
        if other == session:
            continue
        theirs = left & _holds(intervals, middle)
        left &= ~theirs
        had[other] = Intervals.union_of(begin[theirs], end[theirs])
    had[UNTRACED] = Intervals.union_of(begin[left], end[left])
    away = Intervals.union_of(
        np.concatenate([part.start for part in had.values()]), np.concatenate([part.end for part in had.values()])
    )
    return Turns(away=away, had=had, stays=stays)


def _holds(where: Intervals, time: I64) -> Bool:
    at = np.searchsorted(where.start, time, "right") - 1
    if not len(where):
        return np.zeros(len(time), np.bool_)
    inside: Bool = (at >= 0) & (time < where.end[np.maximum(at, 0)])
    return inside


def _fits(work: SessionWork, turns: Turns) -> bool:
    """Check that kernels begin and end only while their context has the engine."""
    rows = np.flatnonzero(~work.copy)
    return len(rows) < _FEW or _astray(turns.away, work.start[rows], work.end[rows]) <= _ASTRAY


def _astray(away: Intervals, start: I64, end: I64) -> float:
    """Return the share of spans that begin or end well inside the time in which the context is away."""
    inner = Intervals.union_of(away.start + _NEAR_NS, away.end - _NEAR_NS)
    return float((_holds(inner, start) | _holds(inner, end)).mean())


def _length(works: list[SessionWork], stays: list[Stays]) -> float | None:
    """Return the median length of stays that another context ended while the session had more to do."""
    lengths = [np.empty(0, np.int64)]
    for work, table in zip(works, stays, strict=True):
        ended = np.flatnonzero(table.own[:-1] & ~table.own[1:])
        cut = ended[_holds(work.pending, table.end[ended])]
        lengths.append(table.end[cut] - table.start[cut])
    every = np.concatenate(lengths)
    return float(np.median(every)) if len(every) else None


def _change(stays: Stays) -> float | None:
    gaps = stays.start[1:] - stays.end[:-1]
    return float(np.median(gaps)) if len(gaps) else None


def _one_context(own: list[Intervals]) -> bool:
    return any((a & b).total > _ONE_CONTEXT * min(a.total, b.total) for i, a in enumerate(own) for b in own[i + 1 :])


def _strangers(stays: Stays, own: list[Intervals], window: Intervals) -> tuple[tuple[int | None, int], ...]:
    """Sum how long contexts of no session had the engine in the window, by process; the longest first."""
    middle = (stays.start + stays.end) // 2
    theirs = np.flatnonzero(~np.any([_holds(intervals, middle) for intervals in own], axis=0))
    length = window.covered(stays.start[theirs], stays.end[theirs])
    process, which = np.unique(stays.process[theirs], return_inverse=True)
    sums = np.bincount(which.reshape(-1), length, len(process)) if len(theirs) else np.zeros(0)
    found = [
        (None if p == NONE else p, round(s)) for p, s in zip(process.tolist(), sums.tolist(), strict=True) if s > 0
    ]
    return tuple(sorted(found, key=lambda f: (-f[1], f[0] or 0)))


def own_time(work: SessionWork, turns: Turns) -> F64:
    """Return how long each kernel had the engine, ns; a copy engine of its own is not taken away with the context."""
    duration = (work.end - work.start).astype(np.float64)
    lost = turns.away.covered(work.start, work.end).astype(np.float64)
    return np.where(work.spin | on_copy_engines(work, turns), duration, duration - lost)


def on_copy_engines(work: SessionWork, turns: Turns) -> Bool:
    """Mark copies that engines of their own do, whoever has the compute engine; none where copies go with the context."""
    rows = np.flatnonzero(work.copy)
    if not len(rows):
        return work.copy
    window = Intervals.one(int(work.start[0]), int(work.end.max()))
    share = (turns.away & window).total / max(1, window.total)
    astray = _astray(turns.away, work.start[rows], work.end[rows])
    go_along = len(rows) * share >= _BY_CHANCE and astray <= _COPIES_ASTRAY
    return np.zeros(len(work.copy), np.bool_) if go_along else work.copy
