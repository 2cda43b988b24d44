"""What is wrong with the input (problems) and what the analysis has to say (findings)."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tb_contention.model.places import Place
from tb_contention.units import DeviceId, SessionId


class Severity(str, Enum):
    """How much a problem or finding matters; problems use INFO, WARNING and ERROR, findings INFO, WARNING and CRITICAL."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class Origin(str, Enum):
    """Who lost it: the profiler while recording, or this program while reading."""

    RECORDING = "recording"
    READING = "reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something lost or unusable in one file.

    `slug` is stable and names a heading of the documentation; `count` is how many events, bytes or entries it stands for;
    `offset` is the first byte concerned, None where there is none. `affects_numbers` says whether figures from this file may differ
    from the truth (then their confidence is lower).
    """

    file: str
    slug: str
    severity: Severity
    origin: Origin
    message: str
    advice: str
    count: int = 1
    offset: int | None = None
    affects_numbers: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement of the analysis with the numbers it rests on (`evidence`: JSON values) and what to do about it.

    title is the symptom, cause why, advice the remedy with the exact setting, effect what it should bring (with its interval), verify what
    would show it right or wrong. gain_ns: time of the window that the remedy may save, gain_bytes: memory; for ranking, None = not known.
    place: where the panel shows the evidence, None where it has no more to show than the finding says.
    """

    rule: str
    severity: Severity
    title: str
    detail: str
    advice: str
    evidence: dict[str, Any] = field(default_factory=dict)
    device: DeviceId | None = None
    sessions: tuple[SessionId, ...] = ()
    cause: str = ""
    effect: str = ""
    verify: str = ""
    gain_ns: int | None = None
    gain_bytes: int | None = None
    place: Place | None = None
