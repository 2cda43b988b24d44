"""What would be if the sessions of a device ran another way: predictions with their intervals; times ns, memory bytes."""

from dataclasses import dataclass
from enum import Enum

from tb_contention.units import SessionId


class Schedule(str, Enum):
    """How the sessions would run instead."""

    AS_RECORDED = "as_recorded"
    SHIFTED = "shifted"
    ONE_AFTER_ANOTHER = "one_after_another"
    MPS = "mps"
    SM_CAP = "sm_cap"
    TIME_SLICING = "time_slicing"
    MOVED = "moved"
    MEMORY_LIMITS = "memory_limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A predicted quantity with the range that its inputs leave open. estimate: None where only the range can be told."""

    estimate: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPrediction:
    """What one session would see. slowdown: step period then / alone. step: mean step period, ns. end: when its recorded work would be
    done, ns after the window's start. gain: by how much its step period would be shorter than recorded, ns; negative = longer.
    """

    session: SessionId
    slowdown: Bounds | None
    step: Bounds | None
    end: Bounds | None
    gain: Bounds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One schedule and what it would bring.

    setting: the change in words that a user can act on ("start evaluator 41.2 ms later"). parameters: the same as values. makespan: until
    the recorded work of all sessions is done, ns. memory_peak: combined, bytes; memory_most: if all peaks fell together; memory_fits: below
    what is safe, None where that is open. curve: of SHIFTED, (shift in ns, mean slowdown) of every shift that was tried. played: share of
    the window that was played, 0..1, None where nothing was. assumes: what the prediction takes for granted and a test would show wrong.
    unknown: why nothing can be told, "" where something can; the quantities are None then, but for those that are certain all the same.
    """

    schedule: Schedule
    setting: str
    parameters: tuple[tuple[str, float | int | str], ...] = ()
    sessions: tuple[SessionPrediction, ...] = ()
    makespan: Bounds | None = None
    memory_peak: int | None = None
    memory_most: int | None = None
    memory_fits: bool | None = None
    curve: tuple[tuple[float, float], ...] = ()
    played: float | None = None
    assumes: str = ""
    unknown: str = ""
