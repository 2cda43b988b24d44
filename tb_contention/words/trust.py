"""What an answer rests on: simulated or not, which GPU, which clocks, what was lost."""

from collections.abc import Sequence

from tb_contention.model.alignment import ClockSource, Identity, Session
from tb_contention.model.contention import Evidence, SessionLoss, Slowdown
from tb_contention.model.faults import INTERNAL
from tb_contention.model.findings import Severity
from tb_contention.model.names import clean
from tb_contention.model.report import DeviceReport, Report
from tb_contention.wire import Choice
from tb_contention.words.answers import SWITCHES, Answer, answer_on, class_words, estimate_of, judged_by
from tb_contention.words.baselines import baseline_sentences
from tb_contention.words.names import Names
from tb_contention.words.numbers import count, duration, error, listing, share, size

_IDENTITY = {
    Identity.ASSUMED: "assumed to be the same GPU (host, number and capabilities agree)",
    Identity.MANIFEST: "GPU identified by the manifest",
    Identity.USER: "GPU identified by you",
}
_CLOCKS = {
    ClockSource.USER: "your shift",
    ClockSource.MANIFEST: "the capture manifest",
    ClockSource.TASK_ENVIRONMENT: "the profiler's task environment",
    ClockSource.TF_DATA: "tf.data",
    ClockSource.SHARED_CAPTURE: "one shared capture",
    ClockSource.KERNELS: "the kernels themselves",
    ClockSource.FILE_TIME: "file times",
    ClockSource.NONE: "no clock",
}


class Level(Choice):
    """How far to trust a slowdown."""

    HIGH = "high", "it was measured"
    GOOD = "good", "estimated from kernels that ran undisturbed"
    FAIR = "fair", "estimated; it depends on the mechanism being recognised"
    LOW = "low", "bounds only"
    NONE = "none", "nothing is known, or the processes cannot be on one GPU"


#: Sessions of one evidence class that are named.
_MOST_NAMED = 2
#: Coverage above which baselines cover practically all contended kernel time.
_ALL = 0.995


def clock_name(source: ClockSource) -> str:
    """Name the source of a clock."""
    return _CLOCKS[source]


def trust(report: Report, device: DeviceReport, names: Names) -> tuple[str, ...]:
    """List what the answer for a device rests on."""
    sessions = [report.session(s) for s in device.sessions]
    simulated = sum(s.session.simulated for s in sessions)
    sources = sorted({s.session.clock.source for s in sessions}, key=list(ClockSource).index)
    clocks = (
        "no common clock"
        if sources == [ClockSource.NONE]
        else f"clocks from {listing([clock_name(c) for c in sources])}"
    )
    memory = device.memory
    known = memory is not None and memory.capacity is not None
    lines = (
        ""
        if not simulated
        else "simulated"
        if simulated == len(sessions)
        else f"{simulated} of {len(sessions)} sessions simulated",
        _moved([s.session for s in sessions], names),
        clean(device.group.device.device.model or ""),
        _identity(report, device),
        f"{clocks}, {error(device.group.max_error)}",
        f"memory peak {size(memory.peak)} of {size(memory.capacity)}"
        if memory is not None and known and not device.cannot_be_one_gpu
        else "",
        *baseline_sentences(device.cost.baselines, names),
        *_covered(device, names),
        losses_of_input(report),
    )
    return tuple(line for line in lines if line)


def sureness(device: DeviceReport, names: Names) -> str:
    """Say how far to trust the slowdowns, and what would make them surer: 'Good: estimated from ...'; '' where none is known."""
    if device.cannot_be_one_gpu:
        return "Not at all: these processes cannot be on one GPU."
    judged = [loss for loss in device.cost.losses if answer_on(device, loss) is not Answer.UNKNOWN]
    by_words: dict[tuple[str, str], list[str]] = {}
    for loss in sorted(judged, key=lambda loss: judged_by(loss).evidence.value):
        by_words.setdefault(_sure(judged_by(loss)), []).append(names[loss.session])
    if not by_words:
        return ""
    how = "; ".join(
        f"{level}: {rests_on}" if len(by_words) == 1 else f"{level.lower()} for {listing(who, _MOST_NAMED)}: {rests_on}"
        for (level, rests_on), who in by_words.items()
    )
    settle = _what_settles(device, judged, names) if len(device.sessions) > 1 else ""
    return f"{how[:1].upper()}{how[1:]}.{settle}"


def level_of(slowdown: Slowdown) -> Level:
    """Return how far to trust a slowdown that is known."""
    return Level(_sure(slowdown)[0].lower())


def level_on(device: DeviceReport) -> Level:
    """Return how far to trust the slowdowns on a device: the least of those that are known."""
    judged = [judged_by(loss) for loss in device.cost.losses if answer_on(device, loss) is not Answer.UNKNOWN]
    if device.cannot_be_one_gpu:
        return Level.NONE
    return max(map(level_of, judged), key=list(Level).index, default=Level.NONE)


def _what_settles(device: DeviceReport, judged: list[SessionLoss], names: Names) -> str:
    """Say which captures would make the slowdowns surer; where some serve already, longer ones."""
    unmeasured = [loss for loss in judged if judged_by(loss).evidence is not Evidence.A]
    lacking = [names[loss.session] for loss in unmeasured if not loss.slowdown.compared]
    varying = [names[loss.session] for loss in unmeasured if loss.slowdown.compared]
    text = ""
    if lacking:
        whom = "each session" if len(lacking) == len(judged) > 1 else listing(lacking, _MOST_NAMED)
        text = f" A capture of {whom} alone would measure it."
    if varying:
        text += (
            f" The steps of {listing(varying, _MOST_NAMED)} vary: longer captures, together and alone, make it surer."
        )
    return text


def _sure(slowdown: Slowdown) -> tuple[str, str]:
    """Return how sure a slowdown is in one word, and what it rests on."""
    words = SWITCHES if slowdown.measured else class_words(slowdown.evidence)
    return words[1].partition(":")[0], words[0]


def _moved(sessions: Sequence[Session], names: Names) -> str:
    """Say what must be true of sessions that the user moved."""
    places = [
        f"{names[s.id]} ran {duration(abs(s.clock.shift))} {'earlier' if s.clock.shift < 0 else 'later'}"
        for s in sessions
        if s.clock.shift
    ]
    return f"holds only if {listing(places)} than the clocks say" if places else ""


def _identity(report: Report, device: DeviceReport) -> str:
    """Say what shows that the sessions are on one GPU."""
    if device.group.device.device.is_host:
        return "no GPU work in these captures, only operations of the host"
    if len(device.sessions) < 2:
        return ""
    if device.cannot_be_one_gpu:
        return "these processes cannot be on one GPU (host, number and capabilities agree, but their memory does not fit into one)"
    identity = device.group.device.identity
    recorded = all(report.session(s).session.manifest is None for s in device.sessions)
    return "GPU identified by the recording" if identity is Identity.MANIFEST and recorded else _IDENTITY[identity]


def _covered(device: DeviceReport, names: Names) -> list[str]:
    """Say which estimates rest on only a part of the contended kernels."""
    if device.overlap.time.contended == 0:
        return []
    return [
        f"baselines cover {share(loss.slowdown.coverage)} of the contended kernel time of {names[loss.session]}"
        for loss in device.cost.losses
        if estimate_of(loss.slowdown) is not None
        and loss.slowdown.evidence is not Evidence.A
        and loss.slowdown.coverage < _ALL
    ]


def losses_of_input(report: Report) -> str:
    """Say how many problems the input has, and how many parts of the analysis failed."""
    lossy = [p for p in report.problems if p.severity is not Severity.INFO]
    failed = sum(p.slug == INTERNAL for p in lossy)
    parts = (
        f"{count(len(lossy) - failed, 'problem')} with the input" if len(lossy) > failed else "",
        f"{count(failed, 'part')} of the analysis failed" if failed else "",
    )
    return ", ".join(filter(None, parts)) or "no losses reported"
