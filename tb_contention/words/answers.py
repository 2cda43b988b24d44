"""Whether a session is slower, and whether that is contention: the one judgement, by one threshold, for every printer."""

from enum import Enum

from tb_contention.model.contention import Evidence, SessionLoss, Slowdown
from tb_contention.model.names import clean
from tb_contention.model.report import DeviceReport
from tb_contention.wire import Choice
from tb_contention.words.numbers import between, duration, times

#: A session is slower when its whole interval lies above this; below it, pairs of jobs differ from run to run without contention.
NOTICEABLE = 1.05


class Answer(Choice):
    """Whether a session, or any session of a device, is slower because others share the device."""

    YES = "yes", f"slower: the whole interval of the slowdown lies above {NOTICEABLE}"
    NO = "no", f"not noticeably slower: the whole interval lies below {NOTICEABLE}, or nothing was ever shared"
    UNDECIDED = "undecided", f"the interval reaches across {NOTICEABLE}, or has one end only"
    UNKNOWN = "unknown", "the slowdown is unknown"


class Met(str, Enum):
    """Where a session lost most of what it lost, as the end of "because of beta ..."."""

    GPU = ""
    HOST = " on the processor"
    BUS = " on the bus between host and GPU"


def met_where(loss: SessionLoss) -> Met:
    """Say where a session met others: on the GPU, unless that alone would not slow it noticeably.

    Where most was lost elsewhere, the GPU's part must be noticeable for certain, as the interval of the whole is wide.
    """
    part = loss.off_gpu
    if part is None or part.gpu_slowdown is None:
        return Met.GPU
    host, copies = int(part.host_lost or 0), int(part.copies_lost or 0)
    found = loss.slowdown
    doubt = 0.0 if found.estimate is None or found.low is None else found.estimate - found.low
    mostly_elsewhere = 2 * max(host, copies) > int(loss.lost or 0)
    if part.gpu_slowdown - (doubt if mostly_elsewhere else 0.0) >= NOTICEABLE or not (host or copies):
        return Met.GPU
    return Met.HOST if host >= copies else Met.BUS


def answer_of(slowdown: Slowdown) -> Answer:
    """Judge one slowdown by its interval as it is printed, with two digits after the point."""
    if slowdown.low is None and slowdown.high is None:
        return Answer.UNKNOWN
    if slowdown.high is not None and round(slowdown.high, 2) < NOTICEABLE:
        return Answer.NO
    if slowdown.low is not None and round(slowdown.low, 2) > NOTICEABLE:
        return Answer.YES
    return Answer.UNDECIDED


def judged_by(loss: SessionLoss) -> Slowdown:
    """Return the slowdown by which a session is judged: of its requests where they come at a rhythm of their own, else of its steps."""
    return loss.slowdown if loss.latency is None else loss.latency.slowdown


def answer_on(device: DeviceReport, loss: SessionLoss) -> Answer:
    """Judge one session of a device. On a processor, which has several cores, bounds that come from overlap alone say nothing."""
    found = judged_by(loss)
    if device.group.device.device.is_host and estimate_of(found) is None and not found.compared:
        return Answer.UNKNOWN
    return answer_of(found)


def is_contended(device: DeviceReport) -> Answer:
    """Judge a device: yes if any session is slower, no only if none is."""
    answers = {answer_on(device, loss) for loss in device.cost.losses}
    if Answer.YES in answers:
        return Answer.YES
    if answers == {Answer.NO}:
        return Answer.NO
    if Answer.UNDECIDED in answers:
        return Answer.UNDECIDED
    apart = len(device.sessions) > 1 and device.time.window > 0 and device.time.contended == 0
    return Answer.NO if apart else Answer.UNKNOWN


def estimate_of(slowdown: Slowdown) -> float | None:
    """Return the estimate; none in class D, nor where an end of its interval is missing."""
    if slowdown.evidence is Evidence.D or slowdown.low is None or slowdown.high is None:
        return None
    return slowdown.estimate


_EVIDENCE = {
    Evidence.A: "measured against a capture of the session alone",
    Evidence.B: "estimated from its own undisturbed kernels",
    Evidence.C: "estimated from what the sharing mechanism leaves undisturbed",
    Evidence.D: "bounded, not estimated",
}
_TRUST = {
    Evidence.A: "High: both runs were measured. Clocks, drivers and data must have been the same.",
    Evidence.B: "Good: in simulation the interval holds the truth in nine of ten cases; real GPUs add effects that the simulation lacks.",
    Evidence.C: "Fair: it depends on the mechanism being recognised correctly, so the interval is wider.",
    Evidence.D: "Low: the truth lies between the bounds. A capture of the session alone would settle it.",
}


#: What a slowdown is that context switches measured, and how far to trust it.
SWITCHES = (
    "measured by the GPU's recorded context switches",
    "High: the GPU recorded who had it when. Caches that a switch empties count as the session's own time.",
)


def class_words(evidence: Evidence) -> tuple[str, str]:
    """Return what a slowdown of a class is, and how far to trust it."""
    return _EVIDENCE[evidence], _TRUST[evidence]


def basis(slowdown: Slowdown) -> str:
    """Say what a slowdown rests on: 'measured by ...', 'estimated from ...', 'bounded, ...' or 'unknown'."""
    if answer_of(slowdown) is Answer.UNKNOWN:
        return "unknown"
    if slowdown.measured:
        return SWITCHES[0]
    if slowdown.baseline and slowdown.evidence is Evidence.D:
        return f"bounded against {clean(slowdown.baseline)}, a capture of the session alone, because step times vary"
    if slowdown.baseline:
        return f"measured against {clean(slowdown.baseline)}, a capture of the session alone"
    return _EVIDENCE[slowdown.evidence]


def basis_with_class(slowdown: Slowdown) -> str:
    """Say what a slowdown rests on, with its evidence class: 'estimated from its own undisturbed kernels (class B)'."""
    words = basis(slowdown)
    return words if answer_of(slowdown) is Answer.UNKNOWN else f"{words} (class {slowdown.evidence.value})"


def figure(slowdown: Slowdown) -> str:
    """Write what stands large on a card: the estimate, else the bounds; '' where nothing is known."""
    if answer_of(slowdown) is Answer.UNKNOWN:
        return ""
    estimate = estimate_of(slowdown)
    return bounds(slowdown) if estimate is None else times(estimate)


def interval(slowdown: Slowdown) -> str:
    """Write the ends of the interval: '1.46 to 1.52', 'at most 1.40'."""
    return between(slowdown.low, slowdown.high)


def bounds(slowdown: Slowdown) -> str:
    """Write the ends in a sentence: '1.00× to 2.70×', 'at least 1.20×'."""
    low, high = slowdown.low, slowdown.high
    if low is not None and high is not None:
        return f"{times(low)} to {times(high)}"
    if low is not None:
        return f"at least {times(low)}"
    return "unknown" if high is None else f"at most {times(high)}"


def brief(slowdown: Slowdown) -> str:
    """Write the estimate with its interval, or the bounds alone: '1.49× (1.46 to 1.52)'."""
    estimate = estimate_of(slowdown)
    return bounds(slowdown) if estimate is None else f"{times(estimate)} ({interval(slowdown)})"


def as_long(slowdown: Slowdown) -> str:
    """Write what a session does: 'takes 1.49× as long (1.46 to 1.52)', or 'has a slowdown of 1.00× to 2.70×' where that may be none."""
    if answer_of(slowdown) is not Answer.YES:
        return f"has a slowdown of {brief(slowdown)}"
    estimate = estimate_of(slowdown)
    if estimate is None:
        return f"takes {bounds(slowdown)} as long"
    return f"takes {times(estimate)} as long ({interval(slowdown)})"


def loss_words(loss: SessionLoss) -> str:
    """Write what a loss consists of: '8.00 ms stretch + 6.00 ms stall − 2.00 ms absorbed'; '' where it is unknown or nothing.

    Parts below a thousandth are left out.
    """
    if loss.lost is None:
        return ""
    stretch, stall, absorbed = loss.stretch or 0, loss.stall or 0, loss.absorbed or 0
    host = 0 if loss.off_gpu is None else loss.off_gpu.host_lost or 0
    least = (stretch + stall + host) / 1000
    slower = f"stretch ({duration(loss.clock)} by the clock or cold caches)" if loss.clock else "stretch"
    named = ((stretch, slower), (stall, "stall"), (host, "on the host"))
    parts = [f"{duration(part)} {name}" for part, name in named if part > least]
    if parts and absorbed > least:
        return f"{' + '.join(parts)} − {duration(absorbed)} absorbed by the host"
    return " + ".join(parts)
