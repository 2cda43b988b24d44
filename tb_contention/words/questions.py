"""The questions of whoever opens a report: is it contention, who, how much, how sure, by what mechanism, does the memory fit."""

from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.contention import UNTRACED, Mechanism, SessionLoss
from tb_contention.model.places import Place
from tb_contention.model.report import DeviceReport
from tb_contention.units import SessionId
from tb_contention.wire import Wire
from tb_contention.words.answers import Answer, answer_on, is_contended
from tb_contention.words.mechanism import mechanism_sentence
from tb_contention.words.memory import memory_answer
from tb_contention.words.names import Names
from tb_contention.words.numbers import count, duration, listing, percent
from tb_contention.words.requests import in_brief
from tb_contention.words.trust import sureness

#: Share of a loss beyond which one culprit explains all of it.
_NEARLY_ALL = 0.995
#: Victims, and slowdowns, that one answer names.
_MOST_VICTIMS, _MOST_SLOWDOWNS = 3, 4

#: The question to which a doubt about the whole belongs.
SURE = "How sure?"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswer:
    """One question with its answer in a sentence, and where its evidence is."""

    question: Annotated[str, Wire("the question")]
    answer: Annotated[str, Wire("the answer in a sentence")]
    place: Annotated[Place | None, Wire("where the panel shows the evidence; null for nowhere")]


def questions(names: Names, device: DeviceReport) -> tuple[QuestionAnswer, ...]:
    """Answer what can be answered where sessions share a device; of a processor only what is measured, or that nothing is."""
    judged = is_contended(device)
    alone = len(device.sessions) < 2 and not device.cost.had
    if alone and judged is Answer.UNKNOWN:
        return ()
    if device.group.device.device.is_host and judged in (Answer.UNKNOWN, Answer.UNDECIDED):
        unproven = QuestionAnswer(question="Is it contention?", answer=_on_cores(device), place=None)
        return (unproven,)
    contended = device.time.contended > 0
    rows = (
        ("Is it contention?", _contention(device, judged), Place.contended() if contended else None),
        ("Who?", _who(names, device), Place.section("blame") if device.blame else None),
        ("How much?", _how_much(names, device), Place.section("steps") if device.cost.steps else None),
        (SURE, sureness(device, names), None),
        ("By what mechanism?", _mechanism(device), Place.contended(near=True) if contended else None),
        ("Does the memory fit?", memory_answer(device), memory_place(device)),
    )
    return tuple(QuestionAnswer(question=q, answer=a, place=p) for q, a, p in rows if a)


def memory_place(device: DeviceReport) -> Place | None:
    """Point to the combined peak; what the driver counted is in the table."""
    if device.memory is not None:
        return Place.memory(device.memory.peak_at)
    return None if device.driver is None else Place.table("Memory")


def _contention(device: DeviceReport, judged: Answer) -> str:
    time = device.time
    several = "both sessions" if len(device.sessions) == 2 else "two or more sessions"
    share = f"{several} had work at once for {percent(time.contended, time.window)} of {duration(time.window)}"
    # Who is slower although no kernels overlap waits for its turn.
    never = (
        "work of one waits while that of another runs" if judged is Answer.YES else "no two sessions had work at once"
    )
    overlap = share if time.contended else never
    alone = len(device.sessions) < 2
    if alone:
        had = device.cost.had
        overlap = "processes without a capture had the GPU meanwhile" if had else "no other session was captured on it"
    slower = sum(answer_on(device, loss) is Answer.YES for loss in device.cost.losses)
    if judged is Answer.YES:
        if alone:
            return f"Yes: the session is measurably slower; {overlap}."
        return f"Yes: {slower} of {count(len(device.sessions), 'session')} {'is' if slower == 1 else 'are'} measurably slower; {overlap}."
    if judged is Answer.NO:
        return f"No: {overlap}" + (", and no session is noticeably slower." if time.contended or alone else ".")
    if device.cost.pending:
        return f"Being measured: {overlap}."
    if judged is Answer.UNDECIDED:
        return f"Undecided: {overlap}; the cost may be zero."
    return f"Unknown: {overlap}; the cost could not be determined."


def _on_cores(device: DeviceReport) -> str:
    """Say what overlap on a processor leaves open, and what would tell."""
    if not device.time.contended:
        return "Unknown: no two sessions had work at once, and their cost was not measured."
    share = percent(device.time.contended, device.time.window)
    return (
        f"Unknown: sessions had work at once for {share} of the time, but a processor has several cores. "
        "Only captures of each session alone show what that costs."
    )


def culprit_of(names: Names, device: DeviceReport, victim: SessionId) -> str:
    """Name the culprit that explains most of a victim's loss; without blame, the only other session."""
    rows = [row for row in device.cost.blame if row.victim == victim and row.lost > 0]
    if rows:
        return names[max(rows, key=lambda row: row.lost).culprit]
    others = [session for session in device.sessions if session != victim]
    return names[others[0]] if len(others) == 1 else "the other sessions" if others else names[UNTRACED]


def _who(names: Names, device: DeviceReport) -> str:
    """Name the culprit that explains most of each victim's loss."""
    rows = []
    served = {
        loss.session: f"{culprit_of(names, device, loss.session)} delays requests to {names[loss.session]} "
        f"({duration(later)} each on average)"
        for loss in device.cost.losses
        if (later := _later(loss)) > 0 and answer_on(device, loss) is Answer.YES
    }
    clauses = list(served.values())
    for victim in device.sessions:
        mine = [row for row in device.blame if row.victim == victim and row.lost > 0]
        if mine and victim not in served:
            rows.append((max(mine, key=lambda row: row.lost), sum(row.lost for row in mine)))
    if not rows and not clauses:
        return "No session: there is no loss to explain." if device.blame else ""
    rows.sort(key=lambda row: -row[0].lost)
    for worst, total in rows[:_MOST_VICTIMS]:
        part = "" if worst.lost >= _NEARLY_ALL * total else f", {percent(worst.lost, total)} of its loss"
        clauses.append(f"{names[worst.culprit]} delays {names[worst.victim]} ({duration(worst.lost)}{part})")
    more = f" and {len(rows) - _MOST_VICTIMS} more" if len(rows) > _MOST_VICTIMS else ""
    return f"{'; '.join(clauses)}{more}."


def _later(loss: SessionLoss) -> int:
    """Return by how much longer requests to a session take, ns; 0 where it is unknown."""
    latency = loss.latency
    return 0 if latency is None or latency.alone is None else latency.shared.mean.estimate - latency.alone.mean.estimate


def _how_much(names: Names, device: DeviceReport) -> str:
    known = [
        f"{names[loss.session]} {in_brief(loss)}"
        for loss in device.cost.losses
        if answer_on(device, loss) is not Answer.UNKNOWN
    ]
    return f"{listing(known, _MOST_SLOWDOWNS)}." if known else ""


def _mechanism(device: DeviceReport) -> str:
    if device.cost.pending or (device.cost.mechanism is Mechanism.UNKNOWN and not device.cost.detail):
        return ""
    return mechanism_sentence(device.cost)
