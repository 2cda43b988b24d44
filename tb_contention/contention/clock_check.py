"""Check the clocks of sessions on one device against their kernels, and correct those that cannot be right.

A clock stays as stated unless kernels refute it. Sessions of one recording share a clock, and a place that the user states is the user's:
neither is looked at.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tb_contention.contention.lag import Lag, Verdict, find_lag
from tb_contention.contention.overlap import planes_by_session
from tb_contention.contention.witness import Seen
from tb_contention.contention.work import session_work
from tb_contention.model.alignment import AlignedTraces, ClockCheck, ClockOffset, ClockSource, DeviceGroup, Session
from tb_contention.model.side_by_side import each
from tb_contention.model.trace import Trace
from tb_contention.units import PS_PER_NS, Nanoseconds, SessionId
from tb_contention.words.numbers import duration

#: Kernels of a session that are looked at, and most sessions of a group.
_KERNELS, _SESSIONS = 200_000, 6
#: A stated error so many times that of the lag is replaced by it, where it is at least so many ns.
_NARROWER, _COARSE = 4, 500_000


def check_clocks(aligned: AlignedTraces) -> dict[SessionId, ClockOffset]:
    """Return the clocks that kernels confirm, correct or put in doubt. Sessions are whole processes; each is judged in one group."""
    clocks: dict[SessionId, ClockOffset] = {}
    for group in sorted(aligned.groups, key=lambda g: -len({p.session for p in g.planes})):
        sessions = [aligned.session(s) for s in planes_by_session(group)]
        if _is_open(group, sessions) and not any(s.id in clocks for s in sessions):
            shared = {s.clock.capture for s in aligned.sessions if s not in sessions}
            clocks.update(_checked(group, sessions, shared))
    return clocks


def _is_open(group: DeviceGroup, sessions: Sequence[Session]) -> bool:
    """Return whether the clocks of a group can differ, and none is the user's."""
    recordings = {s.trace.clock.recording for s in sessions}
    return (
        2 <= len(sessions) <= _SESSIONS
        and not group.device.device.is_host
        and group.max_error is not None
        and (len(recordings) > 1 or recordings == {None})
        and all(s.clock.source is not ClockSource.USER for s in sessions)
    )


def _checked(group: DeviceGroup, sessions: list[Session], shared: set[str | None]) -> dict[SessionId, ClockOffset]:
    """Judge the clocks of one group. shared: captures that other sessions belong to as well."""
    parts = _first_part(sessions)
    planes = planes_by_session(group)
    stated = group.max_error or 0
    by_trust = sorted(
        sessions, key=lambda s: (list(ClockSource).index(s.clock.source), s.clock.absolute_error or 0, s.id)
    )
    movable = by_trust[1:] if len(sessions) == 2 else by_trust

    seen = each(lambda part: Seen.of(session_work(part, planes[part.id])), parts)

    def lag_of(one: Session, moved: Session | None = None, by: int = 0) -> Lag | None:
        there = [
            Seen.of(session_work(part.moved(by), planes[part.id])) if moved is not None and part.id == moved.id else at
            for part, at in zip(parts, seen, strict=True)
        ]
        return find_lag(there, [part.id == one.id for part in parts], 2 * stated)

    found = each(lag_of, movable)
    lags = {s.id: lag for s, lag in zip(movable, found, strict=True) if lag is not None}
    for one in reversed(movable):
        lag = lags.get(one.id)
        if lag is None or lag.at is None or not _moves(lag, stated):
            continue
        others = [lag_of(s, one, lag.at) for s in movable if s is not one]
        if all(other is None or other.verdict is Verdict.AGREES for other in others):
            return _corrected(one, lag, lag.at, sessions, shared)
    doubtful = {s.id: lag for s in movable if (lag := lags.get(s.id)) and lag.verdict is not Verdict.AGREES}
    if doubtful:
        return {s.id: _doubted(s.clock, doubtful[s.id]) for s in movable if s.id in doubtful}
    within = [abs(lag.at) + lag.error for lag in lags.values() if lag.at is not None]
    if len(within) == len(movable):
        return {s.id: _confirmed(s.clock, max(within)) for s in sessions}
    return {}


def _moves(lag: Lag, stated: int) -> bool:
    """Return whether a lag is better than a clock: that is refuted, or much coarser."""
    narrower = lag.verdict is Verdict.AGREES and 2 * stated > max(_COARSE, _NARROWER * lag.error)
    return lag.verdict is Verdict.REFUTED or narrower


def _corrected(
    one: Session, lag: Lag, at: int, sessions: list[Session], shared: set[str | None]
) -> dict[SessionId, ClockOffset]:
    """Move one session. Where no other session is on the clocks of this group, all of them are on one of their own from here on."""
    clock = one.clock
    moved = replace(
        clock,
        source=ClockSource.KERNELS,
        origin_ns=None if clock.origin_ns is None else clock.origin_ns + at,
        error=Nanoseconds(lag.error),
        absolute_error=Nanoseconds(lag.error + max(s.clock.absolute_error or 0 for s in sessions)),
        check=ClockCheck.CORRECTED if lag.verdict is Verdict.REFUTED else ClockCheck.NARROWED,
        correction=Nanoseconds(at),
        detail=f"its kernels fit those beside it {duration(abs(at))} {'later' if at > 0 else 'earlier'} than stated ({clock.detail})",
    )
    captures = {s.clock.capture for s in sessions}
    if len(captures) > 1 or (captures != {None} and captures & shared):
        return {one.id: moved}
    half, ours = Nanoseconds(-(-lag.error // 2)), f"kernels of {one.id}"
    clocks = {s.id: replace(s.clock, error=half, capture=ours) for s in sessions}
    return {**clocks, one.id: replace(moved, error=half, capture=ours)}


def _doubted(clock: ClockOffset, lag: Lag) -> ClockOffset:
    """Widen the error of a clock so that it holds the lags at which the kernels fit."""

    def widened(error: Nanoseconds | None) -> Nanoseconds | None:
        return None if error is None else Nanoseconds(max(error, lag.farthest))

    return replace(
        clock,
        error=widened(clock.error),
        absolute_error=widened(clock.absolute_error),
        naming_error=widened(clock.naming_error),
        check=ClockCheck.DOUBTED,
        detail=f"{clock.detail}; its kernels do not fit those beside it at that place",
    )


def _confirmed(clock: ClockOffset, error: int) -> ClockOffset:
    return replace(
        clock,
        check=ClockCheck.CONFIRMED,
        detail=f"{clock.detail}; its kernels confirm it to within {duration(error)}",
    )


def _first_part(sessions: list[Session]) -> list[Session]:
    """Cut all sessions where the first has shown enough kernels."""
    enough = [_time_of(s, _KERNELS) for s in sessions if len(s.trace.kernels) > _KERNELS]
    if not enough:
        return sessions
    end = min(enough)
    return [
        replace(s, trace=_until(s.trace, (end - s.offset) * PS_PER_NS), end=Nanoseconds(min(s.end, end)))
        for s in sessions
    ]


def _time_of(session: Session, row: int) -> int:
    return int(session.trace.kernels.start[row]) // PS_PER_NS + session.offset


def _until(trace: Trace, end: int) -> Trace:
    """Keep what began before an instant, ps."""
    return replace(
        trace,
        kernels=trace.kernels.select(slice(0, int(np.searchsorted(trace.kernels.start, end)))),
        launches=trace.launches.select(trace.launches.start < end),
        host_events=trace.host_events.select(trace.host_events.start < end),
        steps=trace.steps.select(trace.steps.start < end),
    )
