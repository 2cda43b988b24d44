"""Split processes into the sessions that ran inside them."""

from dataclasses import replace
from functools import partial

import numpy as np

from tb_contention.attribution.rules import Parts, find_parts
from tb_contention.attribution.stepping import steps_of, with_own_steps
from tb_contention.model.alignment import AlignedTraces, DeviceGroup, DeviceRef, Session
from tb_contention.model.attribution import Attribution, rest_of
from tb_contention.model.faults import Faults
from tb_contention.model.names import clean
from tb_contention.model.trace import Trace
from tb_contention.units import Bool, Nanoseconds, SessionId

#: The row of what no session could be found for, as `Parts` marks it.
_UNATTRIBUTED = -1


def attribute(aligned: AlignedTraces, faults: Faults | None = None) -> AlignedTraces:
    """Replace, in every device group, each process that holds several sessions by those sessions.

    The process stays in `sessions`, before its parts, because its memory belongs to no part. One whose attribution fails stays whole.
    """
    faults = faults or Faults()
    sessions: list[Session] = []
    parts: dict[SessionId, tuple[Session, ...]] = {}
    for session in aligned.sessions:
        on = faults.on(clean(session.id), file=session.file)
        process, *inside = on.attempt("Attribution", partial(_attributed, session), lambda _: []) or [session]
        sessions += [process, *inside]
        if inside:
            parts[session.id] = tuple(inside)
    groups = tuple(_regroup(group, parts) for group in aligned.groups)
    return replace(aligned, sessions=tuple(sessions), groups=groups)


def _attributed(session: Session) -> list[Session]:
    """Return a process and the sessions inside it, if there are several."""
    found = find_parts(session.trace)
    return [_whole(session)] if found is None else [session, *_split(session, found)]


def _whole(session: Session) -> Session:
    steps = with_own_steps(session.trace)
    return session if steps is session.trace.steps else replace(session, trace=replace(session.trace, steps=steps))


def _split(process: Session, parts: Parts) -> tuple[Session, ...]:
    lost = int((parts.kernels == _UNATTRIBUTED).sum())
    made = []
    for row, name in enumerate(parts.names):
        detail = f"A session inside {process.name}: {parts.detail.replace('{name}', name)}."
        made.append(_part(process, parts, row, name, SessionId(f"{process.id}#{name}"), detail, lost))
    if lost:
        name = f"{process.name} (unattributed)"
        detail = f"Work of {process.name} that no session could be found for: it has no launch, or its launch lies inside no session's run."
        taken = {session.id for session in made}
        key = rest_of(process.id)
        while key in taken:
            key = SessionId(f"{key}'")
        made.append(_part(process, parts, _UNATTRIBUTED, name, key, detail, lost))
    return tuple(made)


def _part(process: Session, parts: Parts, row: int, name: str, key: SessionId, detail: str, lost: int) -> Session:
    trace = _restrict(process.trace, parts.kernels == row, parts.launches == row, parts.host_events == row)
    return replace(
        process,
        id=key,
        name=name,
        kind="in_process",
        process=process.id,
        trace=trace,
        attribution=Attribution(rule=parts.rule, detail=detail, kernels=len(trace.kernels), unattributed=lost),
    )


def _restrict(trace: Trace, kernels: Bool, launches: Bool, host_events: Bool) -> Trace:
    """Keep one session's events; the steps are its own, and its allocations stay with the process."""
    cut = replace(
        trace,
        kernels=trace.kernels.select(kernels),
        launches=trace.launches.select(launches),
        host_events=trace.host_events.select(host_events),
        allocations=trace.allocations.select(slice(0, 0)),
        problems=(),
        profiler_messages=(),
    )
    return replace(cut, steps=steps_of(cut))


def _regroup(group: DeviceGroup, parts: dict[SessionId, tuple[Session, ...]]) -> DeviceGroup:
    """Put the sessions of a process in its place; between them the clock has no error."""
    if not any(plane.session in parts for plane in group.planes):
        return group
    planes: list[DeviceRef] = []
    for plane in group.planes:
        inside = parts.get(plane.session)
        planes += [plane] if inside is None else _references(inside, plane.device)
    one_process = len({plane.session for plane in group.planes}) == 1
    return replace(group, planes=tuple(planes), max_error=Nanoseconds(0) if one_process else group.max_error)


def _references(parts: tuple[Session, ...], device: int) -> list[DeviceRef]:
    """Refer to the sessions that worked on a device; to all where none did."""
    at_work = [part for part in parts if _works_on(part.trace, device)]
    return [DeviceRef(session=part.id, device=device) for part in at_work or parts]


def _works_on(trace: Trace, device: int) -> bool:
    streams = np.array([stream.device == device for stream in trace.streams], np.bool_)
    return bool(len(trace.kernels)) and bool(streams[trace.kernels.stream].any())
