"""Judge what the analysis rests on: clocks, findings, problems, and what could not be judged."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tb_contention.gate.judging import exactly, judged
from tb_contention.gate.scope import Scope
from tb_contention.model.alignment import ClockSource
from tb_contention.model.findings import Finding, Problem, Severity
from tb_contention.model.gate import Gauge, Outcome, Unit, Verdict
from tb_contention.model.report import SessionReport
from tb_contention.units import DeviceId
from tb_contention.words.typed import called_in, named

_RANKS = (Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.CRITICAL)
_MOST_TOLD = 3
_NOT_IT = "this limit applies to nothing in the selected session or device"
_OF_SESSIONS = (Gauge.MAX_SLOWDOWN, Gauge.MAX_LATENCY_SLOWDOWN, Gauge.MAX_LOST, Gauge.MIN_EVIDENCE)
_NOWHERE = "this limit applies to no device or session in these captures"


def judge_inputs(scope: Scope) -> Iterator[Verdict]:
    """Judge clocks and problems per session, findings per device, and captures that could not be read."""
    limits = scope.limits
    for session in scope.sessions:
        if limits.max_clock_error is not None and session.process is None:
            yield _clock(session, limits.max_clock_error)
    if limits.max_clock_error is not None:
        processes = dict.fromkeys(s.process for s in scope.sessions if s.process is not None)
        for process in processes:
            yield _clock(scope.report.session(process), limits.max_clock_error)
    if limits.fail_on is not None:
        yield from _findings(scope, limits.fail_on)
    if limits.no_problems:
        yield from _problems(scope)
    else:
        yield from _unread(scope)


def _clock(session: SessionReport, limit: int) -> Verdict:
    clock = session.clock
    by_hand = "moved with --shift, so its error is that of the shift" if clock.source is ClockSource.USER else ""
    verdict = Verdict(
        gauge=Gauge.MAX_CLOCK_ERROR,
        outcome=Outcome.NOT_KNOWN,
        session=session.id,
        unit=Unit.NANOSECONDS,
        bound=float(limit),
        why=by_hand or ("the capture has no clock, or one with an unknown error" if clock.error is None else ""),
    )
    return verdict if clock.error is None else judged(exactly(verdict, float(clock.error)), confident=False)


def _findings(scope: Scope, least: Severity) -> Iterator[Verdict]:
    """Count the findings of the given severity or worse, per device, then those of no device."""
    is_part = bool(scope.limits.sessions or scope.limits.devices)
    ids = {s.id for s in scope.sessions}

    def judged(findings: tuple[Finding, ...]) -> list[Finding]:
        bad = [f for f in findings if _RANKS.index(f.severity) >= _RANKS.index(least)]
        return [f for f in bad if not is_part or not f.sessions or ids & set(f.sessions)]

    bad, muted = judged(scope.report.findings), judged(scope.report.muted)

    def counted(device: DeviceId | None) -> Verdict:
        here, quiet = ([f for f in some if f.device == device] for some in (bad, muted))
        verdict = _count(Gauge.FAIL_ON, [_told(f) for f in here], device=device, kinds=[f.rule for f in here])
        return replace(verdict, why="; ".join(filter(None, (verdict.why, f"{len(quiet)} muted" if quiet else ""))))

    for device in scope.devices:
        yield counted(device.id)
    if not scope.devices or any(f.device is None for f in (*bad, *muted)):
        yield counted(None)


def _told(finding: Finding) -> str:
    return f"{finding.title} [{finding.rule}, {finding.severity.value}]"


def _problems(scope: Scope) -> Iterator[Verdict]:
    """Count the problems, without remarks, per capture, then per other file."""
    problems = [p for p in scope.report.problems if p.severity is not Severity.INFO]
    files = dict.fromkeys(s.session.file for s in scope.sessions)
    for file in files:
        yield _of_file(problems, file)
    captures = {s.session.file for s in scope.report.sessions}
    for file in dict.fromkeys(p.file for p in problems if p.file not in captures):
        yield _of_file(problems, file)


def _of_file(problems: list[Problem], file: str) -> Verdict:
    here = [p for p in problems if p.file == file]
    return _count(
        Gauge.NO_PROBLEMS, [f"{p.message} [{p.slug}]" for p in here], subject=file, kinds=[p.slug for p in here]
    )


def _count(
    gauge: Gauge, told: list[str], device: DeviceId | None = None, subject: str = "", kinds: Iterable[str] = ()
) -> Verdict:
    left = len(told) - _MOST_TOLD
    why = "; ".join([*told[:_MOST_TOLD], *([f"{left} more"] if left > 0 else [])])
    verdict = Verdict(
        gauge=gauge,
        outcome=Outcome.WITHIN,
        device=device,
        subject=subject,
        bound=0.0,
        why=why,
        kinds=tuple(sorted(set(kinds))),
    )
    return judged(exactly(verdict, float(len(told))), confident=False)


def _unread(scope: Scope) -> Iterator[Verdict]:
    """Name the files and directories that could not be read, whose sessions are missing from every figure."""
    captures = {s.session.file for s in scope.report.sessions}
    for problem in scope.report.problems:
        if problem.severity is not Severity.INFO and problem.file not in captures:
            yield Verdict(
                gauge=Gauge.CAPTURES,
                outcome=Outcome.NOT_KNOWN,
                subject=problem.file,
                why=f"{problem.message} [{problem.slug}]",
            )


def judged_nowhere(scope: Scope, found: Iterable[Verdict]) -> Iterator[Verdict]:
    """Name the limits that judged nothing, or no selected session: such a check must not pass silently."""
    judged_by = [verdict for verdict in found if verdict.outcome is not Outcome.NOT_APPLICABLE]
    for gauge in scope.limits.gauges:
        here = [verdict for verdict in judged_by if verdict.gauge is gauge]
        if not here:
            yield Verdict(gauge=gauge, outcome=Outcome.NOT_KNOWN, why=_NOWHERE)
            continue
        for word in scope.limits.sessions if gauge in _OF_SESSIONS else ():
            ids = set(named(word, called_in(scope.report, {session.id for session in scope.sessions})))
            if not any(verdict.session in ids for verdict in here):
                yield Verdict(gauge=gauge, outcome=Outcome.NOT_KNOWN, subject=word, why=_NOT_IT)
