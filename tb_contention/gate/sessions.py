"""Judge slowdown, lost time, step periods and evidence per session."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tb_contention.gate.judging import exactly, judged
from tb_contention.gate.scope import Scope
from tb_contention.model.contention import Evidence, Loop, SessionLoss, Slowdown
from tb_contention.model.estimates import lost_share
from tb_contention.model.findings import Severity
from tb_contention.model.gate import Gauge, Outcome, Unit, Verdict
from tb_contention.model.report import DeviceReport, SessionReport
from tb_contention.model.series import LEAST, median_interval
from tb_contention.words.answers import Answer, answer_of, as_long

_ALONE = "captured alone, so nothing could slow it down"
_PERHAPS = "the clocks are too coarse to show whether other sessions ran at the same time"
_NOWHERE = "its capture contains no device work"
_NO_REQUESTS = "its steps follow from each other, so it serves no requests"
_PERHAPS_REQUESTS = "whether its steps begin with requests could not be determined"
_NO_STEPS = "the window contains no whole step period"
_CLASSES = tuple(Evidence)


def judge_sessions(scope: Scope) -> Iterator[Verdict]:
    """Judge all sessions, device by device, then those on no device."""
    for device in scope.devices:
        for session in scope.on(device):
            loss = device.cost.loss(session.id)
            if scope.limits.max_slowdown is not None:
                yield _slowdown(scope, device, session, loss, scope.limits.max_slowdown)
            if scope.limits.max_latency_slowdown is not None:
                yield _latency(scope, device, session, loss, scope.limits.max_latency_slowdown)
            if scope.limits.max_lost is not None:
                yield _lost(scope, device, session, loss, scope.limits.max_lost)
            longest = scope.longest_step(session)
            if longest is not None:
                yield _step(scope, device, session, longest)
            if scope.limits.min_evidence is not None:
                yield _evidence(scope, device, session, loss, scope.limits.min_evidence)
    for session in scope.nowhere():
        yield from _of_no_device(scope, session)


def _slowdown(scope: Scope, device: DeviceReport, session: SessionReport, loss: SessionLoss, limit: float) -> Verdict:
    verdict = _ratio(_verdict(scope, Gauge.MAX_SLOWDOWN, device, session), loss.slowdown, limit)
    found = _weighed(scope, device, verdict, loss)
    judged_too = scope.limits.max_latency_slowdown is not None
    if loss.latency is None or judged_too or answer_of(loss.latency.slowdown) is not Answer.YES:
        return found
    requests = (
        f"this is its throughput; a request {as_long(loss.latency.slowdown)}, which --max-latency-slowdown judges"
    )
    return replace(found, why="; ".join(part for part in (requests, found.why) if part))


def _latency(scope: Scope, device: DeviceReport, session: SessionReport, loss: SessionLoss, limit: float) -> Verdict:
    verdict = _verdict(scope, Gauge.MAX_LATENCY_SLOWDOWN, device, session)
    if loss.latency is not None:
        return _weighed(scope, device, _ratio(verdict, loss.latency.slowdown, limit), loss)
    if loss.loop is Loop.UNKNOWN:
        return replace(verdict, unit=Unit.RATIO, bound=limit, why=_PERHAPS_REQUESTS)
    return replace(verdict, outcome=Outcome.NOT_APPLICABLE, why=_NO_REQUESTS)


def _ratio(verdict: Verdict, found: Slowdown, limit: float) -> Verdict:
    estimate = None if found.evidence is Evidence.D else found.estimate
    return replace(
        verdict,
        unit=Unit.RATIO, figure=estimate, low=found.low, high=found.high, bound=limit, evidence=found.evidence,
    )  # fmt: skip


def _lost(scope: Scope, device: DeviceReport, session: SessionReport, loss: SessionLoss, limit: float) -> Verdict:
    found = lost_share(loss, device.time.window)
    low, high = (None, None) if found.interval is None else (found.interval.low, found.interval.high)
    verdict = replace(
        _verdict(scope, Gauge.MAX_LOST, device, session),
        unit=Unit.SHARE, figure=found.value, low=low, high=high, bound=limit, evidence=loss.slowdown.evidence,
    )  # fmt: skip
    return _weighed(scope, device, verdict, loss)


def _weighed(scope: Scope, device: DeviceReport, verdict: Verdict, loss: SessionLoss) -> Verdict:
    """Judge the cost of sharing; a session alone has none, unless it is uncertain that it was alone."""
    if verdict.figure is None and verdict.low is None and verdict.high is None:
        alone = _company(scope, device, verdict)
        if alone is not None:
            return alone
    made = judged(verdict, confident=scope.limits.confident)
    if made.outcome is not Outcome.NOT_KNOWN or made.figure is not None:
        return made
    return replace(made, why="; ".join(part for part in (_settle(loss), made.why) if part))


def _settle(loss: SessionLoss) -> str:
    """Say what would settle the figure."""
    return loss.slowdown.settle or "the traces do not show how long its work takes alone"


def _company(scope: Scope, device: DeviceReport, verdict: Verdict) -> Verdict | None:
    """Return the reason for the only session of a device; None if there are several."""
    if len(device.sessions) > 1:
        return None
    if scope.perhaps_together(device):
        return replace(verdict, outcome=Outcome.NOT_KNOWN, evidence=None, why=_PERHAPS)
    return replace(verdict, outcome=Outcome.NOT_APPLICABLE, evidence=None, why=_ALONE)


def _step(scope: Scope, device: DeviceReport, session: SessionReport, limit: int) -> Verdict:
    verdict = replace(_verdict(scope, Gauge.MAX_STEP, device, session), unit=Unit.NANOSECONDS, bound=float(limit))
    times = next((t for t in device.cost.steps if t.session == session.id), None)
    periods = None if times is None else times.end - times.start
    if periods is None or not len(periods):
        return replace(verdict, why=verdict.why or _NO_STEPS)
    low, high = median_interval(periods) or (None, None)
    few = "" if low is not None else f"fewer than {LEAST} step periods, so no interval"
    why = "; ".join(part for part in (verdict.why, few) if part)
    filled = replace(verdict, figure=float(np.median(periods)), low=low, high=high, why=why)
    return judged(filled, confident=scope.limits.confident)


def _evidence(
    scope: Scope, device: DeviceReport, session: SessionReport, loss: SessionLoss, limit: Evidence
) -> Verdict:
    found = loss.slowdown
    verdict = replace(
        _verdict(scope, Gauge.MIN_EVIDENCE, device, session), unit=Unit.CLASS, bound=float(_CLASSES.index(limit) + 1)
    )
    if found.estimate is None and found.low is None and found.high is None:
        alone = _company(scope, device, verdict)
        if alone is not None:
            return alone
    filled = exactly(verdict, float(_CLASSES.index(found.evidence) + 1))
    return judged(replace(filled, evidence=found.evidence), confident=False)


def _of_no_device(scope: Scope, session: SessionReport) -> Iterator[Verdict]:
    limits = scope.limits
    wanted = (
        (Gauge.MAX_SLOWDOWN, limits.max_slowdown),
        (Gauge.MAX_LATENCY_SLOWDOWN, limits.max_latency_slowdown),
        (Gauge.MAX_LOST, limits.max_lost),
        (Gauge.MAX_STEP, scope.longest_step(session)),
        (Gauge.MIN_EVIDENCE, limits.min_evidence),
    )
    for gauge, limit in wanted:
        if limit is not None:
            yield replace(_verdict(scope, gauge, None, session), why=_NOWHERE)


def _verdict(scope: Scope, gauge: Gauge, device: DeviceReport | None, session: SessionReport) -> Verdict:
    """Start a verdict as unknown; always mention an incomplete capture."""
    return Verdict(
        gauge=gauge,
        outcome=Outcome.NOT_KNOWN,
        device=None if device is None else device.id,
        session=session.id,
        why=_not_whole(scope, session),
    )


def _not_whole(scope: Scope, session: SessionReport) -> str:
    slugs = sorted(
        {
            p.slug
            for p in scope.report.problems
            if p.file == session.session.file and p.affects_numbers and p.severity is not Severity.INFO
        }
    )
    return f"its capture is incomplete: {', '.join(slugs)}" if slugs else ""
