"""Results of the contention stages for one device group; all times ns, lengths ns."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from tb_contention.model.intervals import Intervals
from tb_contention.model.workload import Workload
from tb_contention.units import F64, I64, Bool, Nanoseconds, SessionId

#: Who a loss is put down to when no traced session explains it.
UNTRACED = SessionId("untraced")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSplit:
    """How the window of a group divides: idle + exclusive + contended = window, exactly."""

    window: Nanoseconds
    idle: Nanoseconds
    exclusive: Nanoseconds
    contended: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShare:
    """One session's part of a device's time. busy: union of its work in the window; exclusive + contended = busy."""

    session: SessionId
    kernels: int
    copies: int
    busy: Nanoseconds
    exclusive: Nanoseconds
    contended: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOverlap:
    """For how long two sessions had work on the device at the same instants: co-pending in time, which is not concurrency."""

    a: SessionId
    b: SessionId
    overlap: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTotal:
    """All instances of one kernel name of a session inside the window. total: summed durations clipped to the window."""

    session: SessionId
    name: str
    count: int
    total: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Who had work on the device when. `contended` holds the intervals with two or more sessions, `busy` each session's own.

    depth: per contended interval, the largest number of sessions at once.
    """

    time: TimeSplit
    shares: tuple[SessionShare, ...]
    pairs: tuple[PairOverlap, ...]
    kernels: tuple[KernelTotal, ...]
    busy: dict[SessionId, Intervals]
    contended: Intervals
    depth: I64


class Mechanism(str, Enum):
    """How sessions share a device, as far as their traces tell."""

    NONE = "none"
    TIME_SLICING = "time_slicing"
    CONCURRENT = "concurrent"
    SINGLE_STREAM = "single_stream"
    UNKNOWN = "unknown"


class Evidence(str, Enum):
    """What a slowdown rests on: a solo capture (A), uncontended instances (B), a mode that the mechanism leaves valid (C), bounds (D)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowdown:
    """Step period together / step period alone, with its 90 % interval.

    estimate is None in class D, where low and high are bounds; all are None where nothing can be said. coverage: share of the contended
    kernel time whose kernels have a baseline. settle: which capture would settle it, "" when nothing is open. measured: by recorded
    context switches.
    """

    estimate: float | None
    low: float | None
    high: float | None
    evidence: Evidence
    coverage: float = 0.0
    settle: str = ""
    measured: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLoss:
    """What sharing cost one session inside the window, ns; None = not identifiable.

    stretch: kernels longer than alone. stall: own work waiting while others had the device. absorbed: stretch and stall that the host's
    slack hid. lost = stretch + stall - absorbed, what the steps lost. step_shared, step_alone: mean step periods; steps: how many periods.
    """

    session: SessionId
    stretch: Nanoseconds | None
    stall: Nanoseconds | None
    absorbed: Nanoseconds | None
    lost: Nanoseconds | None
    slowdown: Slowdown
    step_shared: Nanoseconds | None
    step_alone: Nanoseconds | None
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelCost:
    """What the instances of one kernel name cost alone and lost, ns; None where no baseline is known. total as in KernelTotal."""

    session: SessionId
    name: str
    alone: Nanoseconds | None
    lost: Nanoseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """How much of a victim's loss a culprit (a session, or UNTRACED) explains, ns."""

    victim: SessionId
    culprit: SessionId
    lost: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelBlame:
    """How much instances of one kernel lost while instances of another session's kernel had work on the device, ns; top pairs only."""

    victim: SessionId
    victim_kernel: str
    culprit: SessionId
    culprit_kernel: str
    lost: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelPair:
    """Instances of two kernels that met on the device: how many pairs, for how long at once, and what the victim's lost by it.

    overlap counts the victim's wait before its start as well. lost: None where the victim's loss is not known.
    """

    victim: SessionId
    victim_kernel: str
    culprit: SessionId
    culprit_kernel: str
    count: int
    overlap: Nanoseconds
    lost: Nanoseconds | None

    @property
    def blame(self) -> KernelBlame:
        """Return the pair as a loss, 0 where it is not known."""
        return KernelBlame(
            victim=self.victim,
            victim_kernel=self.victim_kernel,
            culprit=self.culprit,
            culprit_kernel=self.culprit_kernel,
            lost=Nanoseconds(self.lost or 0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTimes:
    """Each whole step period of a session inside the window, in time order; ns. own + host + lost = end - start.

    own: device time of the period's kernels as they take alone; host: alone period without it; lost: what co-runners added.
    lost is all 0 and `known` False where the loss is not identifiable. number: step number of the step that ends the period.
    """

    session: SessionId
    number: I64
    start: I64
    end: I64
    own: I64
    host: I64
    lost: I64
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LostTime:
    """Where on the timeline a session lost time: inside kernels (stretched) and before them (stalled); ns from the report's origin."""

    session: SessionId
    stretched: Intervals
    stalled: Intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelLosses:
    """What single kernels of a session lost, for sums over parts of the window; only of sessions whose loss is known.

    rows: of the trace's kernels, by start. alone: duration alone, ns. stall: how long others kept it from starting, ns; may be negative by
    noise. inside: it lies in the window, so that both are known. counted: it lies in the step periods that the session's loss is of.
    """

    session: SessionId
    rows: I64
    alone: F64
    stall: F64
    inside: Bool
    counted: Bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingMetrics:
    """Metrics over all sessions of a group; definitions in `contention/metrics.py`."""

    antt: float
    stp: float
    fairness: float
    jain: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What sharing a device cost each of its sessions, by which mechanism, and who is to blame.

    slice: estimated time slice in ns where the mechanism is time slicing and it can be seen. progress_sum: baseline work completed per
    time in which several sessions had work, summed over them; None without baselines. detail: one sentence on how the mechanism is known.
    whole_turns: no kernel was seen to be cut by a turn. workloads: each session's work alone, for playing it another way; () on a host.
    had: per session, who had the device while its context did not, where context switches measured that. pending: still being measured.
    """

    mechanism: Mechanism
    detail: str
    slice: Nanoseconds | None
    progress_sum: float | None
    metrics: SharingMetrics | None
    losses: tuple[SessionLoss, ...]
    kernels: tuple[KernelCost, ...] = ()
    blame: tuple[Blame, ...] = ()
    kernel_blame: tuple[KernelBlame, ...] = ()
    steps: tuple[StepTimes, ...] = ()
    lost: tuple[LostTime, ...] = ()
    kernel_losses: tuple[KernelLosses, ...] = ()
    whole_turns: bool = False
    workloads: tuple[Workload, ...] = ()
    had: dict[SessionId, dict[SessionId, Intervals]] = field(default_factory=dict)
    pending: bool = False

    @classmethod
    def not_measured(cls, sessions: Iterable[SessionId]) -> "Cost":
        """Stand for the cost before it is measured: nothing is known of any session."""
        unknown = Slowdown(estimate=None, low=None, high=None, evidence=Evidence.D)
        nothing = dict.fromkeys(("stretch", "stall", "absorbed", "lost", "step_shared", "step_alone"))
        losses = tuple(SessionLoss(session=s, slowdown=unknown, steps=0, **nothing) for s in sessions)
        return cls(
            mechanism=Mechanism.UNKNOWN,
            detail="",
            pending=True,
            slice=None,
            progress_sum=None,
            metrics=None,
            losses=losses,
        )

    def loss(self, session: SessionId) -> SessionLoss:
        """Find a session's loss; KeyError if there is none."""
        for candidate in self.losses:
            if candidate.session == session:
                return candidate
        raise KeyError(session)
