"""What would be if the sessions of a device ran another way: predictions with their intervals; times ns, memory bytes."""

from dataclasses import dataclass, replace
from math import isfinite
from typing import Annotated

from tb_contention.units import SessionId
from tb_contention.wire import Choice, Wire, ratio


class Schedule(Choice):
    """How the sessions would run instead."""

    AS_RECORDED = "as_recorded", "the control: as they did run"
    SHIFTED = "shifted", "one session starts later"
    ONE_AFTER_ANOTHER = "one_after_another", "each session has the device to itself"
    MPS = "mps", "kernels side by side under NVIDIA's Multi-Process Service"
    SM_CAP = "sm_cap", "one session gets at most a part of the multiprocessors, under MPS"
    TIME_SLICING = "time_slicing", "turns instead of side by side"
    MOVED = "moved", "one session runs on another GPU"
    MEMORY_LIMITS = "memory_limits", "each allocator gets a limit"
    PARTITION = "partition", "each session has a part of the multiprocessors to itself, as with MIG"
    PRIORITY = "priority", "the kernels of some sessions go first"
    COMBINED = "combined", "several changes at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A predicted quantity with the range that its inputs leave open."""

    estimate: Annotated[float | None, Wire("the prediction; null where only the range can be determined", signed=True)]
    low: Annotated[float, Wire("lower end of the range", signed=True)]
    high: Annotated[float, Wire("upper end of the range", signed=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeBounds(Bounds):
    """Bounds of a length of time, in whole ns."""

    estimate: Annotated[int | None, Wire("the prediction; null where only the range can be determined", signed=True)]
    low: Annotated[int, Wire("lower end of the range", signed=True)]
    high: Annotated[int, Wire("upper end of the range", signed=True)]


def _finite(bounds: Bounds | None) -> Bounds | None:
    """Return bounds whose ends are numbers; None for others, which bound nothing."""
    if bounds is None or not (isfinite(bounds.low) and isfinite(bounds.high)):
        return None
    return replace(bounds, estimate=None) if not isfinite(bounds.estimate or 0) else bounds


def whole_bounds(bounds: Bounds) -> WholeBounds:
    """Round bounds to whole numbers."""
    estimate = None if bounds.estimate is None else round(bounds.estimate)
    return WholeBounds(estimate=estimate, low=round(bounds.low), high=round(bounds.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value of a schedule by its name."""

    name: Annotated[str, Wire("name of the parameter")]
    value: Annotated[float | int | str | None, Wire("its value")]


def parameters_of(pairs: tuple[tuple[str, float | int | str], ...]) -> tuple[Parameter, ...]:
    """Name the parts of parameters."""
    return tuple(Parameter(name=n, value=ratio(v) if isinstance(v, float) else v) for n, v in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """A shift of one session against the others, and the mean slowdown under it."""

    shift: Annotated[int, Wire("by how much it starts later", key="shift_ns", signed=True)]
    antt: Annotated[float, Wire("mean slowdown; null if it is not finite", via=ratio)]


def curve_of(points: tuple[tuple[float, float], ...]) -> tuple[CurvePoint, ...]:
    """Name the parts of the points of a curve."""
    return tuple(CurvePoint(shift=round(shift), antt=antt) for shift, antt in points if isfinite(shift))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPrediction:
    """What one session would see."""

    session: Annotated[SessionId, Wire("id of the session")]
    slowdown: Annotated[Bounds | None, Wire("step period then / alone; null when unknown")]
    step: Annotated[Bounds | None, Wire("mean step period then; null when unknown", key="step_ns", via=whole_bounds)]
    end: Annotated[
        Bounds | None,
        Wire(
            "when its recorded work would be done, from the window's start; null when unknown",
            key="end_ns",
            via=whole_bounds,
        ),
    ]
    gain: Annotated[
        Bounds | None,
        Wire(
            "by how much its step period would be shorter than recorded, negative = longer; null when unknown",
            key="gain_ns",
            via=whole_bounds,
        ),
    ]
    latency: Annotated[
        Bounds | None,
        Wire(
            "mean time per request then / alone, arrivals as recorded; null where requests do not start its steps or it is unknown"
        ),
    ] = None
    request: Annotated[
        Bounds | None,
        Wire("mean time per request then; null where `latency` is", key="request_ns", via=whole_bounds),
    ] = None

    def __post_init__(self) -> None:
        for name in ("slowdown", "step", "end", "gain", "latency", "request"):
            object.__setattr__(self, name, _finite(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One schedule and what it would bring."""

    schedule: Annotated[Schedule, Wire("how the sessions would run")]
    setting: Annotated[str, Wire("the change in words, such as `start evaluator 41.2 ms later`")]
    parameters: Annotated[
        tuple[tuple[str, float | int | str], ...],
        Wire(
            "the same as values: `session`, `shift_ns`, `percent`, `slice_ns`, `switch_ns` (cost of a change of turns), `control_error` "
            "(relative, of the worst session), `claim_vagueness` (how far apart the least and the most are that kernels take of the "
            "multiprocessors, mean by time, 0 to 1), `sum_of_limits_bytes`; of `memory_limits` per allocator its limit in bytes under "
            "`<session> <allocator>`; of several changes at once `policy`, and per session `shift_ns <session>`, `percent <session>` (of "
            "a cap), `part <session>` (percent of a partition), `first <session>`, `gpu <session>` (empty: an unused one), "
            "`limit_bytes <session>`",
            via=parameters_of,
        ),
    ] = ()
    sessions: Annotated[tuple[SessionPrediction, ...], Wire("what each session would see")] = ()
    makespan: Annotated[
        Bounds | None,
        Wire("until the recorded work of all sessions is done; null when unknown", key="makespan_ns", via=whole_bounds),
    ] = None
    memory_peak: Annotated[
        int | None,
        Wire("the highest sum of all allocators then; null when unknown", key="combined_peak_bytes"),
    ] = None
    memory_most: Annotated[
        int | None,
        Wire(
            "how high the sum would be if all peaks fell together (`memory_limits`: the sum of the limits); null when unknown",
            key="combined_peak_most_bytes",
        ),
    ] = None
    memory_fits: Annotated[
        bool | None,
        Wire(
            "true: the most stays below `safe_bytes`; false: the peak exceeds the capacity or a limit is below what was needed; null: open",
            key="fits",
        ),
    ] = None
    curve: Annotated[
        tuple[tuple[float, float], ...],
        Wire("of `shifted` without a given shift: every shift of that session that was tried", via=curve_of),
    ] = ()
    played: Annotated[
        float | None,
        Wire(
            "which part of the window was played, from its start; results are scaled to the whole. At most 24,000 kernels of all sessions "
            "and 20 s are played. Null where nothing was played",
            key="played_share",
        ),
    ] = None
    assumes: Annotated[str, Wire("what the prediction takes for granted, and a test would show wrong")] = ""
    unknown: Annotated[
        str,
        Wire(
            "why it cannot be predicted, and what would settle it; empty where it can. Quantities that are certain all the same (a session "
            "alone on a GPU is not slowed down; memory) are there"
        ),
    ] = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "makespan", _finite(self.makespan))
