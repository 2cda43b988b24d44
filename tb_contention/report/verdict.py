"""A report -> the sentences that stand first: is it contention, who, how much, and can one trust it."""

from dataclasses import dataclass

from tb_contention.model.alignment import Identity
from tb_contention.model.findings import Severity
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.text import clean, count, duration, labels, listing, percent, size

_IDENTITY = {
    Identity.ASSUMED: "same GPU assumed (host, ordinal and capabilities agree)",
    Identity.MANIFEST: "GPU identified by the manifest",
    Identity.USER: "GPU named by you",
}
#: Beyond so many characters an id is not for a sentence.
_LONG = 40
NOT_ESTIMATED = "What that costs is not estimated by this version."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer in one sentence, what it means, and what it rests on."""

    headline: str
    meaning: str
    trust: "tuple[str, ...]"


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
    time = device.overlap.time
    if len(device.sessions) < 2:
        return f"{who} was captured alone on {where}"
    if not any(share.kernels or share.copies for share in device.overlap.shares):
        return f"{who} were captured together on {where}, without any work there"
    if time.contended == 0:
        return f"{who} shared {where} but never had work on it at the same time"
    several = "both" if len(device.sessions) == 2 else "two or more of them"
    part = percent(time.contended, time.window)
    return f"{who} share {where}: {several} had work on it at once for {part} of the time"


def _meaning(report: Report, device: DeviceReport) -> str:
    time = device.overlap.time
    if len(device.sessions) < 2:
        return f"Nothing else was captured on it in these {duration(time.window)}, so no contention can be seen."
    if time.contended == 0:
        return f"In {duration(time.window)} of common capture no work of one session overlaps work of another."
    text = f"That is {duration(time.contended)} of {duration(time.window)} of common capture"
    pairs = device.overlap.pairs
    if len(pairs) > 1:
        names = labels(report)
        worst = max(pairs, key=lambda pair: pair.overlap)
        text += f", most of it ({duration(worst.overlap)}) between {names[worst.a]} and {names[worst.b]}"
    if device.group.device.device.is_host:
        return f"{text}. A processor has several cores: this is overlap, not proof of contention."
    return f"{text}. {NOT_ESTIMATED}"


def _trust(report: Report, device: DeviceReport) -> "tuple[str, ...]":
    said = []
    sessions = [report.session(s) for s in device.sessions]
    simulated = sum(s.session.simulated for s in sessions)
    if simulated:
        said.append("simulated" if simulated == len(sessions) else f"{simulated} of {len(sessions)} sessions simulated")
    if device.group.device.device.model:
        said.append(clean(device.group.device.device.model))
    if not device.group.device.device.is_host and len(sessions) > 1:
        said.append(_IDENTITY[device.group.device.identity])
    sources = listing(sorted({s.session.clock.source.value.replace("_", " ") for s in sessions}))
    error = device.group.max_error
    said.append(f"clocks from {sources}, " + ("error unknown" if error is None else f"±{duration(error)}"))
    if device.memory is not None and device.memory.capacity is not None:
        said.append(f"memory peak {size(device.memory.peak)} of {size(device.memory.capacity)}")
    return (*said, _losses(report))


def _losses(report: Report) -> str:
    lossy = [p for p in report.problems if p.severity is not Severity.INFO]
    if not lossy:
        return "nothing is known to be lost"
    return f"{count(len(lossy), 'problem')} with the input"
