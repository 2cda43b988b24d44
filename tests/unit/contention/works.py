"""Sessions' work from drawings (see `lanes`), for the tests of the cost stages; one character is one microsecond."""

from dataclasses import replace

import numpy as np
from lanes import NS_PER_US, drawn

from tb_contention.contention.exposure import Exposure, expose
from tb_contention.contention.work import STEP_END, HostInstants, SessionWork, session_work
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64, SessionId


def intervals(*spans_us: tuple[float, float]) -> Intervals:
    return Intervals.union_of(ns(*(a for a, _ in spans_us)), ns(*(b for _, b in spans_us)))


def ns(*values_us: float) -> I64:
    return np.array([round(value * NS_PER_US) for value in values_us], np.int64)


def works_of(
    drawing: str, *, pending: list[tuple[float, float]] | None = None, process: SessionId | None = None
) -> list[SessionWork]:
    """Read a drawing; pending: when each session had work instead, in us; process: of all sessions, else each has its own."""
    aligned, _ = drawn(drawing)
    sessions = aligned.sessions
    works = [session_work(session, [0]) for session in sessions]
    if process is not None:
        works = [replace(work, session=replace(work.session, process=process)) for work in works]
    if pending is not None:
        works = [replace(work, pending=intervals(span)) for work, span in zip(works, pending, strict=True)]
    return works


def alone_of(work: SessionWork, duration_us: float) -> F64:
    return np.full(len(work.start), duration_us * NS_PER_US)


def exposed(work: SessionWork, *others_us: tuple[float, float], window_us: float = 100.0) -> Exposure:
    """Expose a session to others that had work in these spans."""
    return expose(work, intervals(*others_us), 0, round(window_us * NS_PER_US), 0)


def hosted(
    work: SessionWork,
    *instants: tuple[float, int],
    launch: tuple[int, ...] | None = None,
) -> SessionWork:
    """Give a session a host: (us, kind) of each instant in order; launch: the instant that launched each kernel.

    Steps count up at STEP_END.
    """
    kind = np.array([k for _, k in instants], np.uint8)
    step = np.where(kind == STEP_END, np.cumsum(kind == STEP_END) - 1, -1)
    host = HostInstants(time=ns(*(t for t, _ in instants)), kind=kind, step=step)
    if launch is None:
        return replace(work, host=host)
    rows = np.array(launch, np.int64)
    return replace(work, host=host, launch=rows, launches_known=True, cause_known=np.ones(len(rows), np.bool_))
