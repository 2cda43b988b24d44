"""What is wrong with the input (problems) and what the analysis has to say (findings)."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from tb_contention.model.places import Place
from tb_contention.units import DeviceId, SessionId
from tb_contention.wire import Choice, Wire


class Severity(Choice):
    """How much a problem or finding matters; problems use INFO, WARNING and ERROR, findings INFO, WARNING and CRITICAL."""

    INFO = "info", "good to know"
    WARNING = "warning", "act on it when you can; figures may be affected"
    ERROR = "error", "input is lost"
    CRITICAL = "critical", "act on it first"


class Origin(Choice):
    """Who lost it: the profiler while recording, or this program while reading."""

    RECORDING = "recording", "the profiler lost it"
    READING = "reading", "this program could not use it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something lost or unusable in one file.

    `slug` names a heading of the documentation. `affects_numbers` says whether figures from this file may differ from the truth (then
    their confidence is lower).
    """

    file: Annotated[str, Wire("the file, relative to the log directory")]
    slug: Annotated[str, Wire("stable name of the kind of problem")]
    severity: Annotated[Severity, Wire("how much it matters")]
    origin: Annotated[Origin, Wire("who lost it")]
    message: Annotated[str, Wire("what happened")]
    advice: Annotated[str, Wire("what to do about it")]
    count: Annotated[int, Wire("how many events, bytes or entries it stands for")] = 1
    offset: Annotated[int | None, Wire("the first byte concerned; null where there is none")] = None
    affects_numbers: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement of the analysis with the numbers that it rests on and what to do about it."""

    rule: Annotated[str, Wire("stable name of the rule")]
    severity: Annotated[Severity, Wire("how much it matters")]
    title: Annotated[str, Wire("the symptom in one line")]
    detail: Annotated[str, Wire("the symptom with its numbers")]
    advice: Annotated[str, Wire("what to set, exactly; empty where there is nothing to do")]
    evidence: Annotated[dict[str, Any], Wire("the numbers that it rests on; keys by rule")] = field(
        default_factory=dict
    )
    device: Annotated[DeviceId | None, Wire("id of the device; null where it is not about one")] = None
    sessions: Annotated[tuple[SessionId, ...], Wire("ids of the sessions that it is about")] = ()
    cause: Annotated[str, Wire("why it is so; empty where that is unknown")] = ""
    effect: Annotated[str, Wire("what following the advice should bring")] = ""
    verify: Annotated[str, Wire("what would show it right or wrong")] = ""
    gain_ns: Annotated[
        int | None, Wire("time of the window that the advice is predicted to save; null = not predicted", signed=True)
    ] = None
    gain_bytes: Annotated[
        int | None, Wire("memory that the advice is predicted to free; null = not predicted", signed=True)
    ] = None
    options: Annotated[tuple[str, ...], Wire("options of `tb-contention` that follow the advice, to be copied")] = ()
    place: Annotated[Place | None, Wire("where the panel shows the evidence; null where it has no more to show")] = None
