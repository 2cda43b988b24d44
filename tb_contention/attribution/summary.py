"""A session -> its line of the report: step periods, and what went wrong with its file."""

import numpy as np

from tb_contention.model.alignment import Session
from tb_contention.model.findings import Problem, Severity
from tb_contention.model.report import SessionReport, StepSummary
from tb_contention.units import PS_PER_NS, Nanoseconds


def summarise(session: Session, problems: tuple[Problem, ...]) -> SessionReport:
    """Summarise a session; warnings are those of its file, and stand at the process where it has several sessions."""
    warnings = dict.fromkeys(session.trace.profiler_messages if session.process is None else ())
    for problem in problems if session.process is None else ():
        if problem.file == session.file and problem.severity is not Severity.INFO:
            warnings[problem.message] = None
    return SessionReport(session=session, steps=_steps(session), warnings=tuple(warnings))


def _steps(session: Session) -> StepSummary | None:
    """Summarise step periods, from the end of one step to the end of the next; two steps make one period."""
    steps = session.trace.steps
    periods = np.diff(np.sort((steps.start + steps.duration) // PS_PER_NS))
    if not len(periods):
        return None
    return StepSummary(
        count=len(steps),
        mean=Nanoseconds(round(float(periods.mean()))),
        p50=Nanoseconds(round(float(np.percentile(periods, 50)))),
        p95=Nanoseconds(round(float(np.percentile(periods, 95)))),
    )
