"""Results of the contention stages for one device group; all times ns, lengths ns."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Annotated, Any

from tb_contention.model.baseline import BaselineCapture
from tb_contention.model.intervals import Intervals
from tb_contention.model.workload import Workload
from tb_contention.units import F64, I64, Bool, Nanoseconds, SessionId
from tb_contention.wire import Choice, Wire, ratio, wired

#: Who a loss is put down to when no traced session explains it.
UNTRACED = SessionId("untraced")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSplit:
    """How a window divides: idle + exclusive + contended = window, exactly."""

    window: Annotated[Nanoseconds, Wire("length of the window")]
    idle: Annotated[Nanoseconds, Wire("no session had work on the device")]
    exclusive: Annotated[Nanoseconds, Wire("exactly one session had work")]
    contended: Annotated[Nanoseconds, Wire("two or more sessions had work")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShare:
    """One session's part of a device's time."""

    session: Annotated[SessionId, Wire("id of the session")]
    kernels: Annotated[int, Wire("number of its kernels in the window")]
    copies: Annotated[int, Wire("number of its copies and memsets in the window")]
    busy: Annotated[Nanoseconds, Wire("union of its work in the window: `exclusive_ns` + `contended_ns`")]
    computing: Annotated[
        Nanoseconds, Wire("of that, with a kernel that is no collective; the rest is `collective_ns` + `copying_ns`")
    ]
    collective: Annotated[
        Nanoseconds, Wire("of that, with kernels of collective communication alone, which mostly wait for other ranks")
    ]
    copying: Annotated[Nanoseconds, Wire("of that, with copies and memsets alone")]
    exclusive: Annotated[Nanoseconds, Wire("it had work and no other session had")]
    contended: Annotated[Nanoseconds, Wire("it had work and so had another session")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOverlap:
    """For how long two sessions had work on the device at the same instants: co-pending in time, which is not concurrency."""

    a: Annotated[SessionId, Wire("id of one session")]
    b: Annotated[SessionId, Wire("id of the other")]
    overlap: Annotated[Nanoseconds, Wire("for how long both had work on the device at once")]


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTotal:
    """All instances of one kernel name of a session inside the window."""

    session: Annotated[SessionId, Wire("id of the session")]
    name: Annotated[str, Wire("name of the kernel")]
    count: Annotated[int, Wire("number of instances")]
    total: Annotated[Nanoseconds, Wire("summed durations, clipped to the window")]

    @property
    @wired("mean duration, clipped to the window")
    def mean(self) -> Nanoseconds:
        """Return the mean duration."""
        return Nanoseconds(round(self.total / max(1, self.count)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Who had work on the device when. `contended` holds the intervals with two or more sessions, `busy` each session's own.

    depth: per contended interval, the largest number of sessions at once.
    """

    time: Annotated[TimeSplit, Wire("how the window divides")]
    shares: tuple[SessionShare, ...]
    pairs: Annotated[tuple[PairOverlap, ...], Wire("overlap of each two sessions")]
    kernels: tuple[KernelTotal, ...]
    busy: dict[SessionId, Intervals]
    contended: Intervals
    depth: I64


class Mechanism(Choice):
    """How sessions share a device, as far as their traces show."""

    NONE = "none", "they are never on the device at once"
    TIME_SLICING = "time_slicing", "they take turns"
    CONCURRENT = "concurrent", "their kernels run side by side"
    SINGLE_STREAM = "single_stream", "their kernels share one queue"
    UNKNOWN = "unknown", "the traces do not show it"


class Confidence(Choice):
    """How sure it is by which mechanism sessions share a device."""

    SURE = "sure", "the traces leave no other"
    LIKELY = "likely", "the traces fit it, and others less well"
    UNSURE = "unsure", "the traces do not decide"


class Loop(Choice):
    """What starts the steps of a session."""

    CLOSED = "closed", "each step follows from the one before it"
    OPEN = "open", "requests, or data, that arrive at a rhythm of their own"
    UNKNOWN = "unknown", "the traces do not show it"


class Evidence(Choice):
    """What a slowdown rests on."""

    A = "A", "measured against a capture of the session alone"
    B = "B", "estimated from its own kernels that ran undisturbed, for at least 80 % of the contended kernel time"
    C = "C", "estimated from what the sharing mechanism leaves undisturbed"
    D = "D", "not identifiable: bounds only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowdown:
    """Step period while sharing / step period alone, with its 90 % interval.

    The period lasts from the end of one step to the end of the next, averaged over the window; without steps it is the time that the same
    kernels take.
    """

    estimate: Annotated[float | None, Wire("the slowdown; null in class D")]
    low: Annotated[float | None, Wire("lower end of the 90 % interval, in class D a bound; null where it is unknown")]
    high: Annotated[float | None, Wire("upper end of the 90 % interval, in class D a bound; null where it is unknown")]
    evidence: Annotated[Evidence, Wire("what it rests on")]
    coverage: Annotated[float, Wire("share, 0 to 1, of the contended kernel time whose kernels have a baseline")] = 0.0
    settle: Annotated[str, Wire("which capture would settle what is open; empty when nothing is")] = ""
    measured: Annotated[bool, Wire("the GPU's recorded context switches measured it")] = False
    baseline: Annotated[
        str,
        Wire("name of the capture alone that it is measured against, several apart by commas; empty where none serves"),
    ] = ""
    compared: bool = False  # a capture alone serves, also where steps vary so much that class D is left

    def __post_init__(self) -> None:
        # A division by nothing is not evidence: nobody may judge by it or print it.
        for name in ("estimate", "low", "high"):
            value = getattr(self, name)
            if value is not None and not isfinite(value):
                object.__setattr__(self, name, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OffGpu:
    """What a session lost where it met others elsewhere than on the GPU: on the processor and on the bus."""

    gpu_slowdown: Annotated[
        float | None,
        Wire(
            "what its slowdown would be by the GPU alone, with host and copies as recorded; null where that is unknown"
        ),
    ]
    hosts_meet: Annotated[
        float,
        Wire(
            "share of the window, 0 to 1, in which its host works with nothing of the session on the GPU while the host of another "
            "session works"
        ),
    ]
    host_factor: Annotated[
        float | None,
        Wire(
            "how many times as long the work of its host takes beside other hosts; null where the captures do not show it"
        ),
    ]
    host_lost: Annotated[Nanoseconds | None, Wire("by how much longer its host took; null where that is unknown")]
    copies_lost: Annotated[
        Nanoseconds | None,
        Wire(
            "by how much longer its copies took because of copies of others in their direction; null where that is unknown"
        ),
    ]
    unmeasured: Annotated[
        bool, Wire("hosts meet for most of the time, and nothing in the captures tells what that costs")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTime:
    """A figure of the request times, whole ns, with its 90 % interval; the ends are equal where no arrival had to be estimated."""

    estimate: Annotated[int, Wire("the figure")]
    low: Annotated[int, Wire("lower end of its 90 % interval")]
    high: Annotated[int, Wire("upper end of its 90 % interval")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTimes:
    """How long requests take."""

    mean: Annotated[RequestTime, Wire("mean", key="mean_ns")]
    p50: Annotated[RequestTime, Wire("median", key="p50_ns")]
    p95: Annotated[RequestTime, Wire("95th percentile", key="p95_ns")]
    p99: Annotated[RequestTime, Wire("99th percentile", key="p99_ns")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """From the arrival of a request to the end of its step, in a session whose steps begin with requests.

    A request that finds the session idle arrives where its step begins. One that waited begins when the one before it ended; its arrival is
    not recorded, and estimated.
    """

    requests: Annotated[int, Wire("how many requests the window shows")]
    waited: Annotated[int, Wire("how many of them waited for the one before, so that their arrival is estimated")]
    slowdown: Annotated[Slowdown, Wire("mean request time while sharing / mean request time alone")]
    shared: Annotated[RequestTimes, Wire("request times while sharing")]
    alone: Annotated[RequestTimes | None, Wire("request times alone, estimated; null where that is unknown")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLoss:
    """What sharing cost one session inside the window; None where it cannot be identified, and for a session alone.

    step_shared, step_alone: mean step periods; steps: how many periods. latency: None unless requests start the steps.
    """

    session: SessionId
    stretch: Annotated[Nanoseconds | None, Wire("by how much longer its kernels took than alone")]
    stall: Annotated[Nanoseconds | None, Wire("for how long its work waited while others had the device")]
    absorbed: Annotated[Nanoseconds | None, Wire("the part of stretch and stall that slack of the host hid")]
    lost: Annotated[
        Nanoseconds | None,
        Wire("what its step periods lost: `stretch_ns` + `stall_ns` + `off_gpu.host_lost_ns` - `absorbed_ns`"),
    ]
    slowdown: Annotated[Slowdown, Wire("step period while sharing / step period alone")]
    step_shared: Nanoseconds | None
    step_alone: Nanoseconds | None
    steps: int
    off_gpu: Annotated[
        OffGpu | None, Wire("what it met elsewhere than on the GPU; null where nothing points to that")
    ] = None
    clock: Annotated[
        Nanoseconds | None,
        Wire(
            "the part of `stretch_ns` by which company slows the whole device and for some time after it as well: the clock falls, or "
            "caches are cold; null where kernels after company do not show it"
        ),
    ] = None
    loop: Annotated[Loop, Wire("what starts its steps")] = Loop.CLOSED
    latency: Latency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelCost:
    """What the instances of one kernel name cost alone and lost; None where no baseline is known."""

    session: SessionId
    name: str
    alone: Annotated[Nanoseconds | None, Wire("what they take alone; null where no baseline is known")]
    lost: Annotated[
        Nanoseconds | None,
        Wire(
            "by how much longer they took than alone, and waits before them; null where no baseline is known. A kernel that sharing did "
            "not touch scatters around 0, so it may be slightly negative",
            signed=True,
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """How much of a victim's loss a culprit explains. The rows of one victim add up to its `lost_ns`, within 1 %."""

    victim: Annotated[SessionId, Wire("id of the session that lost")]
    culprit: Annotated[
        SessionId, Wire("id of the session that explains it, or `untraced`: work on the device that no trace shows")
    ]
    lost: Annotated[Nanoseconds, Wire("the part of the loss")]


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelBlame:
    """How much instances of one kernel lost while instances of another session's kernel had work on the device; top pairs only."""

    victim: Annotated[SessionId, Wire("id of the session that lost")]
    victim_kernel: Annotated[str, Wire("name of its kernel")]
    culprit: Annotated[SessionId, Wire("id of the other session")]
    culprit_kernel: Annotated[str, Wire("name of the other session's kernel")]
    lost: Annotated[Nanoseconds, Wire("what was lost while the culprit's kernel had work on the device")]


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelPair:
    """Instances of two kernels that met on the device."""

    victim: Annotated[SessionId, Wire("id of the session that lost")]
    victim_kernel: Annotated[str, Wire("name of its kernel")]
    culprit: Annotated[SessionId, Wire("id of the other session")]
    culprit_kernel: Annotated[str, Wire("name of the other session's kernel")]
    count: Annotated[int, Wire("how many pairs of instances met")]
    overlap: Annotated[Nanoseconds, Wire("for how long they met, including the victim's wait before its start")]
    lost: Annotated[
        Nanoseconds | None, Wire("what the victim's instances lost by it; null where the victim's loss is unknown")
    ]

    @property
    def blame(self) -> KernelBlame:
        """Return the pair as a loss, 0 where it is unknown."""
        return KernelBlame(
            victim=self.victim,
            victim_kernel=self.victim_kernel,
            culprit=self.culprit,
            culprit_kernel=self.culprit_kernel,
            lost=Nanoseconds(self.lost or 0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTimes:
    """Each whole step period of a session inside the window, in time order: own + host + lost = end - start."""

    session: Annotated[SessionId, Wire("id of the session")]
    number: Annotated[I64, Wire("number of the step that ends the period, or the last of those merged", signed=True)]
    start: Annotated[I64, Wire("where the entry begins", key="start_ns", signed=True)]
    end: Annotated[I64, Wire("where the entry ends", key="end_ns", signed=True)]
    own: Annotated[
        I64,
        Wire(
            "device time of the entry's kernels as they take alone; with `host_ns` and `lost_ns` its length",
            key="own_ns",
        ),
    ]
    host: Annotated[I64, Wire("the rest of the period alone", key="host_ns")]
    lost: Annotated[I64, Wire("what other sessions added; means nothing where `known` is false", key="lost_ns")]
    known: Annotated[bool, Wire("whether the loss is identifiable")]


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

    antt: Annotated[float, Wire("mean slowdown; null if it is not finite", via=ratio)]
    stp: Annotated[float, Wire("sum of 1 / slowdown; null if it is not finite", via=ratio)]
    fairness: Annotated[float, Wire("least / most normalised progress; null if it is not finite", via=ratio)]
    jain: Annotated[float, Wire("Jain index of the progress; null if it is not finite", via=ratio)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What sharing a device cost each of its sessions, by which mechanism, and who is to blame.

    whole_turns: no kernel was seen to be cut by a turn. workloads: each session's work alone, for playing it another way; () where
    that is not done. baselines: captures alone that were found for its sessions.
    had: per session, who had the device while its context did not, where context switches measured that. pending: still being measured.
    """

    mechanism: Annotated[Mechanism, Wire("how the sessions share")]
    detail: Annotated[
        str,
        Wire(
            "one sentence on how that is known; it begins with `Measured by` where the GPU's context switches were recorded and fit the "
            "kernels",
            key="mechanism_detail",
        ),
    ]
    confidence: Annotated[
        Confidence,
        Wire("how sure the mechanism is; advice that depends on it needs a sure one", key="mechanism_confidence"),
    ]
    slice: Annotated[
        Nanoseconds | None,
        Wire(
            "length of a turn under time slicing: estimated, or the median of those that context switches show; null where it cannot be "
            "determined"
        ),
    ]
    progress_sum: Annotated[
        float | None,
        Wire(
            "work completed per time in which several sessions had work, in units of what each completes alone, summed over them: about 1 "
            "when they take turns, more when they run side by side; null without baselines"
        ),
    ]
    metrics: Annotated[SharingMetrics | None, Wire("over all sessions; null unless every session has an estimate")]
    losses: tuple[SessionLoss, ...]
    kernels: tuple[KernelCost, ...] = ()
    blame: Annotated[
        tuple[Blame, ...], Wire("who lost how much to whom; the rows of one victim add up to its `lost_ns`, within 1 %")
    ] = ()
    kernel_blame: Annotated[
        tuple[KernelBlame, ...], Wire("which kernels lost how much to which, top pairs only", key="blame_kernels")
    ] = ()
    steps: tuple[StepTimes, ...] = ()
    lost: tuple[LostTime, ...] = ()
    kernel_losses: tuple[KernelLosses, ...] = ()
    whole_turns: bool = False
    workloads: tuple[Workload, ...] = ()
    had: dict[SessionId, dict[SessionId, Intervals]] = field(default_factory=dict)
    baselines: tuple[BaselineCapture, ...] = ()
    pending: bool = False

    @classmethod
    def not_measured(cls, sessions: Iterable[SessionId]) -> "Cost":
        """Stand for the cost before it is measured: nothing is known of any session."""
        unknown = Slowdown(estimate=None, low=None, high=None, evidence=Evidence.D)
        nothing: dict[str, Any] = dict.fromkeys(("stretch", "stall", "absorbed", "lost", "step_shared", "step_alone"))
        losses = tuple(SessionLoss(session=s, slowdown=unknown, steps=0, **nothing) for s in sessions)
        return cls(
            mechanism=Mechanism.UNKNOWN,
            confidence=Confidence.UNSURE,
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

    def baselines_of(self, session: SessionId) -> tuple[BaselineCapture, ...]:
        """Return the captures alone that were considered for a session, the best first."""
        return tuple(capture for capture in self.baselines if capture.session == session)
