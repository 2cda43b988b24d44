"""A report -> the sentences that stand first: is it contention, who, how much, by what mechanism, and how far to trust it."""

from dataclasses import dataclass, replace
from typing import Annotated

from tb_contention.model.contention import Evidence, Mechanism, SessionLoss
from tb_contention.model.faults import INTERNAL
from tb_contention.model.findings import Problem
from tb_contention.model.names import clean
from tb_contention.model.report import DeviceReport, Report
from tb_contention.wire import Wire
from tb_contention.words.answers import (
    Answer,
    Met,
    answer_on,
    basis,
    bounds,
    brief,
    estimate_of,
    is_contended,
    judged_by,
    met_where,
)
from tb_contention.words.baselines import baseline_hint
from tb_contention.words.mechanism import mechanism_clause
from tb_contention.words.names import Names, device_label, names_of
from tb_contention.words.numbers import count, duration, listing, percent
from tb_contention.words.problems import not_printed
from tb_contention.words.questions import SURE, QuestionAnswer, culprit_of, questions
from tb_contention.words.requests import arrivals_words, request_words, slower
from tb_contention.words.trust import losses_of_input, trust

#: Sessions whose slowdown stands in the headline, and in the sentences below it.
_IN_HEADLINE = 2
_IN_MEANING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer for one device: in one sentence, what it means, what it rests on, and question by question.

    hint: how a reader of a report, who has only the command line, chooses another baseline.
    """

    answer: Annotated[Answer, Wire("whether it is contention")]
    headline: Annotated[str, Wire("the answer in one sentence, without a full stop")]
    meaning: Annotated[str, Wire("what it means, in sentences")]
    trust: Annotated[tuple[str, ...], Wire("what the answer rests on, in a few words each")]
    answers: Annotated[
        tuple[QuestionAnswer, ...], Wire("the answer question by question; empty where nothing is shared")
    ] = ()
    hint: str = ""


def verdict(report: Report) -> Verdict:
    """Answer for the most contended device, and say how many more there are."""
    if not report.devices:
        nothing = "No device work was found in these captures"
        return Verdict(answer=Answer.UNKNOWN, headline=nothing, meaning="", trust=(losses_of_input(report),))
    answer = device_verdict(report, report.devices[0])
    others = [d for d in report.devices[1:] if d.overlap.time.contended > 0]
    more = f"{count(len(others), 'more device')} with overlap below." if others else ""
    return Verdict(
        answer=answer.answer,
        headline=answer.headline,
        meaning=f"{answer.meaning} {more}".strip(),
        trust=answer.trust,
        answers=answer.answers,
        hint=answer.hint,
    )


def no_verdict(problem: Problem) -> Verdict:
    """Stand for an answer that could not be worded."""
    return Verdict(
        answer=Answer.UNKNOWN, headline="The answer could not be worded", meaning=not_printed(problem), trust=()
    )


def device_verdict(report: Report, device: DeviceReport, names: Names | None = None) -> Verdict:
    """Answer for one device; names: the labels of the report's sessions, where they are known already."""
    names = names_of(report) if names is None else names
    return Verdict(
        answer=is_contended(device),
        headline=_headline(names, device),
        meaning=_meaning(names, device),
        trust=trust(report, device, names),
        answers=_hedged(questions(names, device), report),
        hint=baseline_hint(device.cost.baselines, names),
    )


def _hedged(answers: tuple[QuestionAnswer, ...], report: Report) -> tuple[QuestionAnswer, ...]:
    """Take some of the certainty off where a part of the analysis failed on which figures rest."""
    if not any(problem.slug == INTERNAL and problem.affects_numbers for problem in report.problems):
        return answers
    doubt = " A part of the analysis failed, so it is less sure than that."
    return tuple(replace(each, answer=each.answer + doubt) if each.question == SURE else each for each in answers)


def ordered_losses(device: DeviceReport) -> list[SessionLoss]:
    """Order the losses by slowdown, the worst first; those with an estimate before those with bounds."""

    def rank(loss: SessionLoss) -> tuple[float, float, str]:
        slowdown = judged_by(loss)
        return (-(estimate_of(slowdown) or 0.0), -(slowdown.high or slowdown.low or 0.0), loss.session)

    return sorted(device.cost.losses, key=rank)


def _headline(names: Names, device: DeviceReport) -> str:
    who, where = listing([names[s] for s in device.sessions]), device_label(device)
    found = _judged(names, device, who, where)
    if found:
        return found
    if len(device.sessions) < 2:
        return f"{who} was captured alone on {where}"
    if not any(share.kernels or share.copies for share in device.overlap.shares):
        return f"{who} were captured together on {where}, but had no work there"
    return _overlap(device, who, where)


def _overlap(device: DeviceReport, who: str, where: str) -> str:
    """Say only that several sessions had work at once."""
    time = device.overlap.time
    if time.window <= 0:
        return f"{who} used {where}, but their captures have no time in common"
    if time.contended == 0:
        return f"{who} shared {where} but never had work on it at the same time"
    several = "both" if len(device.sessions) == 2 else "two or more of them"
    cost = (
        ""
        if device.group.device.device.is_host
        else "; being measured"
        if device.cost.pending
        else "; its cost is unknown"
    )
    return f"{who} share {where}: {several} had work on it at once for {percent(time.contended, time.window)} of the time{cost}"


def _judged(names: Names, device: DeviceReport, who: str, where: str) -> str:
    """Say who is slower, by how much and because of whom; '' where the losses are unknown."""
    answers = {loss.session: answer_on(device, loss) for loss in device.cost.losses}
    ordered = ordered_losses(device)
    slower = [loss for loss in ordered if answers[loss.session] is Answer.YES]
    if slower:
        clauses = [_because(names, device, loss) for loss in slower[:_IN_HEADLINE]]
        left_out = len(slower) - len(clauses)
        if left_out:
            clauses.append(f"{left_out} more {'are' if left_out > 1 else 'is'} slower")
        text = ", and ".join([", ".join(clauses[:-1]), clauses[-1]] if len(clauses) > 1 else clauses)
        on_gpu = any(met_where(loss) is Met.GPU for loss in slower)
        return text + (mechanism_clause(device.cost, where) if on_gpu else "")
    undecided = [loss for loss in ordered if answers[loss.session] is Answer.UNDECIDED]
    if undecided:
        return _undecided(names, device, undecided[0], where)
    shared, contended = len(device.sessions) > 1, device.overlap.time.contended > 0
    if (contended or not shared) and set(answers.values()) == {Answer.NO}:
        known = listing([f"{names[loss.session]} {brief(judged_by(loss))}" for loss in ordered], 3)
        what = "overlap" if shared else "was captured alone"
        return f"{who} {what} on {where} without noticeable slowdown: {known}"
    return ""


def _because(names: Names, device: DeviceReport, loss: SessionLoss) -> str:
    return f"{slower(names[loss.session], loss)} because of {culprit_of(names, device, loss.session)}{met_where(loss).value}"


def _undecided(names: Names, device: DeviceReport, loss: SessionLoss, where: str) -> str:
    name, slowdown = names[loss.session], judged_by(loss)
    if estimate_of(slowdown) is not None:
        return f"Whether {name} is slowed on {where} is undecided: slowdown {brief(slowdown)}"
    settle = f"; a capture of {name} alone would settle it" if slowdown.settle else ""
    return f"{name} may be slowed by {culprit_of(names, device, loss.session)} on {where}: slowdown {bounds(slowdown)}{settle}"


def _meaning(names: Names, device: DeviceReport) -> str:
    time = device.overlap.time
    shared = len(device.sessions) > 1
    known = [loss for loss in ordered_losses(device) if answer_on(device, loss) is not Answer.UNKNOWN]
    nothing_else = f"Nothing else was captured on it in these {duration(time.window)}"
    if not shared and not device.cost.had and not known:
        return f"{nothing_else}, so contention cannot be determined."
    parts = [_at_once(names, device) if shared else _BY_SWITCHES if device.cost.had else f"{nothing_else}."]
    if shared and time.contended == 0 and is_contended(device) is Answer.NO:
        return parts[0]
    if device.cannot_be_one_gpu:
        parts.insert(0, _NOT_ONE_GPU)
    parts += [_rests_on(names, loss) for loss in known[:_IN_MEANING]]
    is_measured = any(loss.slowdown.baseline for loss in known)
    on_processor = device.group.device.device.is_host and device.cost.mechanism is not Mechanism.SINGLE_STREAM
    if on_processor and not is_measured:
        parts.append("A processor has several cores, so overlap there is no proof of contention.")
    elif not known:
        parts.append("The cost is being measured." if device.cost.pending else "The cost could not be determined.")
    if known and device.cost.mechanism is not Mechanism.NONE:
        parts.append(clean(device.cost.detail))
    return " ".join(part for part in parts if part)


_NOT_ONE_GPU = (
    "These processes cannot be on one GPU: they held more memory at once than it has. What follows holds only for those that did "
    "share one."
)
_BY_SWITCHES = "Nothing else was captured on it, but the GPU's context switches were recorded."


def _at_once(names: Names, device: DeviceReport) -> str:
    time, pairs = device.overlap.time, device.overlap.pairs
    if time.contended == 0:
        return f"Their work never overlaps in the {duration(time.window)} captured together."
    several = "Both" if len(device.sessions) == 2 else "Two or more"
    text = f"{several} had work on it at once for {duration(time.contended)} of {duration(time.window)}"
    if len(pairs) > 1:
        worst = max(pairs, key=lambda pair: pair.overlap)
        text += f", mostly {names[worst.a]} and {names[worst.b]} ({duration(worst.overlap)})"
    return f"{text}."


def _rests_on(names: Names, loss: SessionLoss) -> str:
    """Say what a session's slowdown rests on, and what it is in steps."""
    if loss.latency is not None:
        rests = f"{brief(loss.latency.slowdown)} per request, {basis(loss.latency.slowdown)}"
        return f"{names[loss.session]}: {rests}. {request_words(loss)}"
    text = f"{names[loss.session]}: {brief(loss.slowdown)}, {basis(loss.slowdown)}"
    if loss.slowdown.evidence is Evidence.D:
        return f"{text}. {clean(loss.slowdown.settle)}".rstrip()
    if loss.step_shared is not None and loss.step_alone is not None:
        text += f"; a step takes {duration(loss.step_shared)} instead of {duration(loss.step_alone)}"
    return f"{'; '.join(filter(None, (text, arrivals_words(loss))))}."
