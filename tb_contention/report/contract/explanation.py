"""A report -> the short answer for programs and agents: what reports print first, with its numbers, what it rests on, and what to do next.

Nothing is judged here: verdicts, sentences and advice are those of every printer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from tb_contention.errors import ContentionError
from tb_contention.model.advice import Recommendation, Standing
from tb_contention.model.contention import Blame, Confidence, Evidence, Mechanism, SessionLoss
from tb_contention.model.faults import Faults
from tb_contention.model.findings import Severity
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.contract.about import About
from tb_contention.report.contract.documents import Document, Tool
from tb_contention.report.contract.judged import judge
from tb_contention.units import Bytes, DeviceId, Nanoseconds, SessionId
from tb_contention.wire import Wire
from tb_contention.words.answers import Answer, estimate_of, judged_by
from tb_contention.words.findings import grouped
from tb_contention.words.names import device_label
from tb_contention.words.problems import grouped_problems, message_of
from tb_contention.words.trust import Level, level_of, level_on
from tb_contention.words.verdict import Verdict, device_verdict, no_verdict, verdict

T = TypeVar("T")

#: What an answer holds at most: it is read whole.
MOST_DEVICES, MOST_SESSIONS, MOST_BLAME, MOST_NOTES = 5, 12, 8, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A slowdown: how many times as long steps, or requests, take as they would alone."""

    estimate: Annotated[float | None, Wire("the estimate; null where there are only bounds, or nothing")]
    low: Annotated[float | None, Wire("lower end of the 90 % interval, in class D a bound; null where it is unknown")]
    high: Annotated[float | None, Wire("upper end of the 90 % interval, in class D a bound; null where it is unknown")]
    of: Annotated[str, Wire("what it is a slowdown of: `steps` or `requests`")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedSession:
    """What sharing cost one session."""

    id: Annotated[SessionId, Wire("id of the session")]
    label: Annotated[str, Wire("what people call it")]
    answer: Annotated[Answer, Wire("whether it is slower because others share the device")]
    slowdown: Annotated[Factor, Wire("its slowdown")]
    evidence: Annotated[Evidence | None, Wire("class of the slowdown; null where it is unknown")]
    trust: Annotated[Level, Wire("how far to trust the slowdown")]
    basis: Annotated[str, Wire('what the slowdown rests on, in words; "" where it is unknown')]
    lost: Annotated[Nanoseconds | None, Wire("time that its steps lost in the window; null where it is unknown")]
    step_shared: Annotated[Nanoseconds | None, Wire("mean step period while sharing; null where it is unknown")]
    step_alone: Annotated[Nanoseconds | None, Wire("what that would be alone; null where it is unknown")]
    settle: Annotated[str, Wire('which capture would settle what is open; "" for nothing')]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What to do first."""

    standing: Annotated[Standing, Wire("what can be recommended")]
    what: Annotated[str, Wire("what to do, in one line")]
    why: Annotated[str, Wire("why, in sentences")]
    command: Annotated[str, Wire('what to record, as a command; "" where nothing is to be recorded')]
    setting: Annotated[str, Wire('the exact setting of the action; "" without an action')]
    brings: Annotated[str, Wire('what the action is predicted to bring, with its range; "" without an action')]
    sure: Annotated[str, Wire('how sure that is; "" without an action')]
    verify: Annotated[str, Wire('how to verify it; "" without an action')]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliance:
    """Whether to trust the answer, and what it rests on."""

    level: Annotated[Level, Wire("the least of its sessions' slowdowns")]
    rests_on: Annotated[tuple[str, ...], Wire("what the answer rests on, in a few words each")]
    complete: Annotated[bool, Wire("no problem of the input, and no part of the analysis that failed, affects figures")]
    simulated: Annotated[bool, Wire("a simulator made some of the captures: their figures are of no real GPU")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A question that reports answer, in a sentence."""

    question: Annotated[str, Wire("the question")]
    answer: Annotated[str, Wire("the answer in a sentence")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedDevice:
    """The answer for one device and group of sessions that were captured together on it."""

    id: Annotated[DeviceId, Wire("id of the device, for `--device`")]
    label: Annotated[str, Wire("what people call it")]
    answer: Annotated[Answer, Wire("whether it is contention")]
    headline: Annotated[str, Wire("the answer in one sentence, without a full stop")]
    answers: Annotated[tuple[Answered, ...], Wire("the answer question by question; empty where nothing is shared")]
    window: Annotated[Nanoseconds, Wire("length of the time that was analysed")]
    contended: Annotated[Nanoseconds, Wire("for how long of that two or more sessions had work")]
    mechanism: Annotated[Mechanism, Wire("how the sessions share")]
    mechanism_confidence: Annotated[Confidence, Wire("how sure the mechanism is")]
    memory_peak: Annotated[Bytes | None, Wire("the most that all sessions held at once; null where it is unknown")]
    memory_capacity: Annotated[Bytes | None, Wire("memory of the GPU; null where it is unknown")]
    sessions: Annotated[tuple[ExplainedSession, ...], Wire("its sessions")]
    more_sessions: Annotated[int, Wire("how many sessions are left out here")]
    blame: Annotated[tuple[Blame, ...], Wire("who lost how much to whom, the most first")]
    more_blame: Annotated[int, Wire("how many rows of blame are left out here")]
    trust: Annotated[Reliance, Wire("whether to trust it")]
    next: Annotated[NextStep | None, Wire("what to do first; null where that could not be worked out")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedFinding:
    """A finding, and how many more of its kind there are."""

    rule: Annotated[str, Wire("stable name of the rule")]
    severity: Annotated[Severity, Wire("how much it matters")]
    title: Annotated[str, Wire("the symptom in one line")]
    detail: Annotated[str, Wire("the symptom with its numbers")]
    advice: Annotated[str, Wire('what to set, exactly; "" where there is nothing to do')]
    device: Annotated[DeviceId | None, Wire("id of the device; null where it is not about one")]
    alike: Annotated[int, Wire("how many more findings of this kind there are")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedProblem:
    """What of the input is lost, once for all files with the same problem."""

    slug: Annotated[str, Wire("stable name of the kind of problem")]
    severity: Annotated[Severity, Wire("how much it matters")]
    affects_numbers: Annotated[bool, Wire("figures may differ from the truth because of it")]
    file: Annotated[str, Wire("the first file concerned")]
    message: Annotated[str, Wire("what happened to it")]
    advice: Annotated[str, Wire("what to do about it")]
    alike: Annotated[int, Wire("how many more files have it")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there is no answer."""

    slug: Annotated[str, Wire("stable name of the kind of error")]
    message: Annotated[str, Wire("what is wrong")]
    advice: Annotated[str, Wire('what to do about it; "" for nothing')]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation(Document):
    """The short answer: whether it is contention, who, how much, how sure, and what to do next."""

    logdir: Annotated[str, Wire("the log directory as given")]
    answer: Annotated[Answer, Wire("whether it is contention, on the most contended device")]
    headline: Annotated[str, Wire("the answer in one sentence, without a full stop")]
    meaning: Annotated[str, Wire("what it means, in sentences")]
    devices: Annotated[tuple[ExplainedDevice, ...], Wire("the devices, those with slower sessions first")]
    more_devices: Annotated[int, Wire("how many devices are left out here")]
    findings: Annotated[tuple[ExplainedFinding, ...], Wire("the gravest first")]
    more_findings: Annotated[int, Wire("how many kinds of findings are left out here")]
    problems: Annotated[tuple[ExplainedProblem, ...], Wire("what of the input is lost")]
    more_problems: Annotated[int, Wire("how many kinds of problems are left out here")]
    error: Annotated[Failure | None, Wire("why there is no answer at all; null where there is one")] = None


def explanation(report: Report) -> Explanation:
    """Take from a report what is asked first. A device whose answer cannot be worded says so in its place."""
    faults = Faults(logdir=report.logdir)
    whole = faults.attempt("The verdict", lambda: verdict(report), no_verdict)
    about = About.of(report)
    found, lost = (
        grouped(report.findings),
        grouped_problems(p for p in report.problems if p.severity is not Severity.INFO),
    )
    findings, more_findings = _first(found, MOST_NOTES)
    problems, more_problems = _first(lost, MOST_NOTES)
    devices, more_devices = _first(report.devices, MOST_DEVICES)
    return Explanation(
        tool=Tool(version=report.version),
        logdir=report.logdir,
        answer=whole.answer,
        headline=whole.headline,
        meaning=whole.meaning,
        devices=tuple(_device(about, device) for device in devices),
        more_devices=more_devices,
        findings=tuple(
            ExplainedFinding(
                rule=each.first.rule,
                severity=each.first.severity,
                title=each.first.title,
                detail=each.first.detail,
                advice=each.first.advice,
                device=each.first.device,
                alike=len(each.others),
            )
            for each in findings
        ),
        more_findings=more_findings,
        problems=tuple(
            ExplainedProblem(
                slug=each.first.slug,
                severity=each.first.severity,
                affects_numbers=any(problem.affects_numbers for problem in each.problems),
                file=each.first.file,
                message=message_of(each.first),
                advice=each.first.advice,
                alike=len(each.problems) - 1,
            )
            for each in problems
        ),
        more_problems=more_problems,
    )


def no_explanation(logdir: str, error: ContentionError) -> Explanation:
    """Stand for the answer to a log directory that has none, with the reason."""
    return Explanation(
        logdir=logdir,
        answer=Answer.UNKNOWN,
        headline=error.message.rstrip("."),
        meaning="",
        devices=(),
        more_devices=0,
        findings=(),
        more_findings=0,
        problems=(),
        more_problems=0,
        error=Failure(slug=error.slug, message=error.message, advice=error.advice),
    )


def _first(rows: Sequence[T], most: int) -> tuple[Sequence[T], int]:
    return rows[:most], max(0, len(rows) - most)


def _device(about: About, device: DeviceReport) -> ExplainedDevice:
    faults = Faults(logdir=about.report.logdir).on(device_label(device))
    found = faults.attempt("The verdict", lambda: device_verdict(about.report, device, about.names), no_verdict)
    losses, more = _first(sorted(device.cost.losses, key=_worst), MOST_SESSIONS)
    blame, more_blame = _first(sorted((b for b in device.cost.blame if b.lost > 0), key=lambda b: -b.lost), MOST_BLAME)
    memory = device.memory
    return ExplainedDevice(
        id=device.id,
        label=device_label(device),
        answer=found.answer,
        headline=found.headline,
        answers=tuple(Answered(question=row.question, answer=row.answer) for row in found.answers),
        window=device.time.window,
        contended=device.time.contended,
        mechanism=device.cost.mechanism,
        mechanism_confidence=device.cost.confidence,
        memory_peak=None if memory is None else memory.peak,
        memory_capacity=None if memory is None else memory.capacity,
        sessions=tuple(_session(about, device, loss) for loss in losses),
        more_sessions=more,
        blame=tuple(blame),
        more_blame=more_blame,
        trust=_reliance(about, device, found),
        next=None if device.advice is None else _next(device.advice.recommendation, device),
    )


def _worst(loss: SessionLoss) -> tuple[float, SessionId]:
    found = judged_by(loss)
    return (-(estimate_of(found) or found.high or found.low or 0.0), loss.session)


def _session(about: About, device: DeviceReport, loss: SessionLoss) -> ExplainedSession:
    found, judged = judged_by(loss), judge(device, loss)
    is_known = judged.answer is not Answer.UNKNOWN
    return ExplainedSession(
        id=loss.session,
        label=about.names[loss.session],
        answer=judged.answer,
        slowdown=Factor(
            estimate=estimate_of(found) if is_known else None,
            low=found.low if is_known else None,
            high=found.high if is_known else None,
            of=judged.figure_of,
        ),
        evidence=found.evidence if is_known else None,
        trust=level_of(found) if is_known and not device.cannot_be_one_gpu else Level.NONE,
        basis=judged.basis,
        lost=loss.lost,
        step_shared=loss.step_shared,
        step_alone=loss.step_alone,
        settle=found.settle,
    )


def _reliance(about: About, device: DeviceReport, found: Verdict) -> Reliance:
    report = about.report
    return Reliance(
        level=level_on(device),
        rests_on=found.trust,
        complete=not any(p.affects_numbers and p.severity is not Severity.INFO for p in report.problems),
        simulated=any(about.sessions[session].session.simulated for session in device.sessions),
    )


def _next(found: Recommendation, device: DeviceReport) -> NextStep:
    ranked = () if device.advice is None else device.advice.ranked
    action = ranked[0] if ranked and found.standing is Standing.ACT else None
    return NextStep(
        standing=found.standing,
        what=found.headline,
        why=found.why,
        command=found.command,
        setting="" if action is None else action.setting,
        brings="" if action is None else action.brings,
        sure="" if action is None else action.sure,
        verify="" if action is None else action.verify,
    )
