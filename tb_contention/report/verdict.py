"""A report -> the sentences that stand first: is it contention, who, how much, and can one trust it."""

from dataclasses import dataclass

from tb_contention.model.alignment import Identity
from tb_contention.model.contention import UNTRACED, Evidence, Mechanism, SessionLoss
from tb_contention.model.findings import Severity
from tb_contention.model.names import clean
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.slowdown import Answer, answer_of, basis, bounds, brief, estimate_of
from tb_contention.report.text import count, duration, labels, listing, percent, size
from tb_contention.units import SessionId

_IDENTITY = {
    Identity.ASSUMED: "same GPU assumed (host, ordinal and capabilities agree)",
    Identity.MANIFEST: "GPU identified by the manifest",
    Identity.USER: "GPU named by you",
}
#: Beyond so many characters an id is not for a sentence.
_LONG = 40
#: Sessions whose slowdown stands in the headline, and those of which more is said below it.
_IN_HEADLINE = 2
_IN_MEANING = 4
_NOT_KNOWN = "What that costs cannot be told from these captures."
_CORES = "A processor has several cores, so this is no proof of contention."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer in one sentence, what it means, and what it rests on."""

    headline: str
    meaning: str
    trust: tuple[str, ...]


def verdict(report: Report) -> Verdict:
    """Answer for the most contended device, and say how many more there are."""
    if not report.devices:
        return Verdict(headline="No device work was found in these captures", meaning="", trust=(_losses(report),))
    first = report.devices[0]
    answer = device_verdict(report, first)
    others = [d for d in report.devices[1:] if d.overlap.time.contended > 0]
    meaning = answer.meaning
    if others:
        meaning += f" {count(len(others), 'more device')} with overlap below."
    return Verdict(headline=answer.headline, meaning=meaning.strip(), trust=answer.trust)


def device_verdict(report: Report, device: DeviceReport) -> Verdict:
    """Answer for one device."""
    return Verdict(headline=_headline(report, device), meaning=_meaning(report, device), trust=_trust(report, device))


def device_label(device: DeviceReport) -> str:
    """Name a device for people: `GPU:0 on host`, or `the processor of host`."""
    physical = device.group.device
    if physical.device.is_host:
        return f"the processor of {clean(physical.host)}"
    name = str(device.group.id)
    if len(name) > _LONG:  # named by its UUID
        number = name.rpartition("#")[2] if "#" in name else "1"
        name = f"GPU {physical.device.ordinal} of {physical.host}" + (f" (group {number})" if number != "1" else "")
    return clean(name)


def _headline(report: Report, device: DeviceReport) -> str:
    names = labels(report)
    who = listing([names.get(s, clean(s)) for s in device.sessions])
    where = device_label(device)
    if len(device.sessions) < 2:
        strangers = _contention(report, device) if device.cost.had else ""
        return strangers or f"{who} was captured alone on {where}"
    if not any(share.kernels or share.copies for share in device.overlap.shares):
        return f"{who} were captured together on {where}, without any work there"
    on_host = device.group.device.device.is_host
    # Overlap on a processor says little; a queue that holds sessions up, or a measured loss, does.
    silent = on_host and not any(answer_of(loss.slowdown) is Answer.SLOWER for loss in device.cost.losses)
    found = "" if silent else _contention(report, device)
    return found or _overlap(device, who, where)


def _overlap(device: DeviceReport, who: str, where: str) -> str:
    """Say no more than that work of several sessions was there at once."""
    time = device.overlap.time
    if time.contended == 0:
        return f"{who} shared {where} but never had work on it at the same time"
    several = "both" if len(device.sessions) == 2 else "two or more of them"
    part = percent(time.contended, time.window)
    return f"{who} share {where}: {several} had work on it at once for {part} of the time"


def _contention(report: Report, device: DeviceReport) -> str:
    """Say who is slower, by how much and because of whom; empty where the losses say nothing."""
    answers = {loss.session: answer_of(loss.slowdown) for loss in device.cost.losses}
    slower = [loss for loss in ordered_losses(device) if answers[loss.session] is Answer.SLOWER]
    if slower:
        clauses = [_slower(report, device, loss) for loss in slower[:_IN_HEADLINE]]
        left_out = len(slower) - len(clauses)
        if left_out:
            clauses.append(f"{left_out} more {'are' if left_out > 1 else 'is'} slower")
        return ", and ".join([", ".join(clauses[:-1]), clauses[-1]] if len(clauses) > 1 else clauses) + _mechanism(
            device
        )
    undecided = [loss for loss in ordered_losses(device) if answers[loss.session] is Answer.OPEN]
    if undecided:
        return _perhaps(report, device, undecided[0])
    if device.overlap.time.contended > 0 and set(answers.values()) == {Answer.NOT_SLOWER}:
        who = listing([labels(report)[s] for s in device.sessions])
        return f"{who} overlap in time on {device_label(device)} and lose nothing to each other"
    return ""


def ordered_losses(device: DeviceReport) -> list[SessionLoss]:
    """Order the losses by slowdown, the worst first; those with an estimate before those with bounds."""

    def rank(loss: SessionLoss) -> tuple[float, float, str]:
        slowdown = loss.slowdown
        return (-(estimate_of(slowdown) or 0.0), -(slowdown.high or slowdown.low or 0.0), loss.session)

    return sorted(device.cost.losses, key=rank)


def _slower(report: Report, device: DeviceReport, loss: SessionLoss) -> str:
    name, because = labels(report)[loss.session], f"because of {culprit_of(report, device, loss.session)}"
    slowdown = loss.slowdown
    if estimate_of(slowdown) is None:
        return f"{name} is slowed by an unknown amount {because}: {bounds(slowdown)}"
    factor, _, ends = brief(slowdown).partition(" ")
    return f"{name} runs {factor} slower {ends} {because}"


def _perhaps(report: Report, device: DeviceReport, loss: SessionLoss) -> str:
    name, slowdown = labels(report)[loss.session], loss.slowdown
    if estimate_of(slowdown) is not None:
        return f"{name} is not shown to run slower on {device_label(device)}: {brief(slowdown)}"
    culprit = culprit_of(report, device, loss.session)
    settle = f"; a capture of {name} alone would settle it" if slowdown.settle else ""
    return f"{name} may be slowed by {culprit}, by an unknown amount: {bounds(slowdown)}{settle}"


def culprit_of(report: Report, device: DeviceReport, victim: SessionId) -> str:
    """Name whoever explains most of a victim's loss; without blame, the only other session."""
    names = labels(report)
    rows = [row for row in device.cost.blame if row.victim == victim and row.lost > 0]
    if rows:
        worst = max(rows, key=lambda row: row.lost).culprit
        return "work that no trace shows" if worst == UNTRACED else names.get(worst, clean(worst))
    others = [session for session in device.sessions if session != victim]
    return names[others[0]] if len(others) == 1 else "the other sessions"


def _mechanism(device: DeviceReport) -> str:
    where, found = device_label(device), device.cost.mechanism
    if found is Mechanism.TIME_SLICING:
        about = "" if device.cost.slice is None else f" of about {duration(device.cost.slice)}"
        return f"; {where} is shared in time slices{about}"
    said = {
        Mechanism.CONCURRENT: f"; kernels run side by side on {where}",
        Mechanism.SINGLE_STREAM: f"; kernels queue behind each other on {where}",
        Mechanism.UNKNOWN: f"; how {where} is shared is not known",
    }
    return said.get(found, "")


def _meaning(report: Report, device: DeviceReport) -> str:
    time = device.overlap.time
    if len(device.sessions) < 2 and not device.cost.had:
        return f"Nothing else was captured on it in these {duration(time.window)}, so no contention can be seen."
    said = [_at_once(report, device)] if len(device.sessions) > 1 else [_BY_SWITCHES]
    known = [loss for loss in ordered_losses(device) if answer_of(loss.slowdown) is not Answer.UNKNOWN]
    if (
        len(device.sessions) > 1
        and time.contended == 0
        and not any(answer_of(loss.slowdown) is Answer.SLOWER for loss in known)
    ):
        return said[0]
    said += [_rests_on(report, loss) for loss in known[:_IN_MEANING]]
    if device.group.device.device.is_host and device.cost.mechanism is not Mechanism.SINGLE_STREAM:
        said.append(_CORES)
    elif not known:
        said.append(_NOT_KNOWN)
    if known and device.cost.mechanism is not Mechanism.NONE:
        said.append(clean(device.cost.detail))
    return " ".join(part for part in said if part)


_BY_SWITCHES = "Nothing else was captured on it, but the GPU's context switches were recorded."


def _at_once(report: Report, device: DeviceReport) -> str:
    time, pairs = device.overlap.time, device.overlap.pairs
    if time.contended == 0:
        return f"In {duration(time.window)} of common capture no work of one session overlaps work of another."
    text = f"Work of two or more at once: {duration(time.contended)} of {duration(time.window)} of common capture"
    if len(pairs) > 1:
        names = labels(report)
        worst = max(pairs, key=lambda pair: pair.overlap)
        text += f", most of it ({duration(worst.overlap)}) between {names[worst.a]} and {names[worst.b]}"
    return f"{text}."


def _rests_on(report: Report, loss: SessionLoss) -> str:
    """Say how a session's slowdown is known, and what it is in steps."""
    text = f"{labels(report)[loss.session]}: {brief(loss.slowdown)}, {basis(loss.slowdown)}"
    if loss.slowdown.evidence is Evidence.D:
        return f"{text}. {clean(loss.slowdown.settle)}".rstrip()
    if loss.step_shared is not None and loss.step_alone is not None:
        text += f"; a step takes {duration(loss.step_shared)} instead of {duration(loss.step_alone)}"
    return text if text.endswith(".") else f"{text}."


def _trust(report: Report, device: DeviceReport) -> tuple[str, ...]:
    said = []
    sessions = [report.session(s) for s in device.sessions]
    simulated = sum(s.session.simulated for s in sessions)
    if simulated:
        said.append("simulated" if simulated == len(sessions) else f"{simulated} of {len(sessions)} sessions simulated")
    if device.group.device.device.model:
        said.append(clean(device.group.device.device.model))
    if not device.group.device.device.is_host and len(sessions) > 1:
        by_itself = device.group.device.identity is Identity.MANIFEST and all(
            s.session.manifest is None for s in sessions
        )
        said.append("GPU identified by the recording" if by_itself else _IDENTITY[device.group.device.identity])
    sources = listing(sorted({s.session.clock.source.value.replace("_", " ") for s in sessions}))
    error = device.group.max_error
    said.append(f"clocks from {sources}, " + ("error unknown" if error is None else f"±{duration(error)}"))
    if device.memory is not None and device.memory.capacity is not None:
        said.append(f"memory peak {size(device.memory.peak)} of {size(device.memory.capacity)}")
    return (*said, *_covered(report, device), _losses(report))


def _covered(report: Report, device: DeviceReport) -> list[str]:
    """Say where an estimate rests on part of the contended kernels only."""
    if device.overlap.time.contended == 0:
        return []
    names = labels(report)
    return [
        f"baselines for {percent(round(1000 * loss.slowdown.coverage), 1000)} of the contended kernel time of {names[loss.session]}"
        for loss in device.cost.losses
        if estimate_of(loss.slowdown) is not None
        and loss.slowdown.evidence is not Evidence.A
        and loss.slowdown.coverage < 0.995
    ]


def _losses(report: Report) -> str:
    lossy = [p for p in report.problems if p.severity is not Severity.INFO]
    if not lossy:
        return "nothing is known to be lost"
    return f"{count(len(lossy), 'problem')} with the input"
