"""The report: one value that the tab, the CLI, HTML, Markdown, CSV and JSON all print. Names follow `report/FORMAT.md`."""

from dataclasses import dataclass
from typing import Annotated, Final

from tb_contention.model.advice import Advice
from tb_contention.model.alignment import ClockOffset, DeviceGroup, Identity, Session
from tb_contention.model.attribution import Attribution, RollUp
from tb_contention.model.contention import (
    Blame,
    Cost,
    Mechanism,
    Overlap,
    SessionLoss,
    SessionShare,
    SharingMetrics,
    TimeSplit,
)
from tb_contention.model.driver_view import DriverView
from tb_contention.model.face import Shown
from tb_contention.model.findings import Finding, Problem
from tb_contention.model.memory import CombinedMemory
from tb_contention.model.prediction import Prediction
from tb_contention.units import DeviceId, Nanoseconds, SessionId
from tb_contention.wire import Wire, wired

FORMAT_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSummary:
    """Step periods of a session, from the end of one step to the end of the next, in the whole capture."""

    count: Annotated[int, Wire("number of periods")]
    mean: Annotated[Nanoseconds, Wire("mean period")]
    p50: Annotated[Nanoseconds, Wire("median period")]
    p95: Annotated[Nanoseconds, Wire("95th percentile of the periods")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of time, ns from the report's origin."""

    start_ns: Annotated[int, Wire("where it begins", signed=True)]
    end_ns: Annotated[int, Wire("where it ends", signed=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReport:
    """A session and what its capture lost. The properties carry the names of the JSON report."""

    session: Annotated[Session, Wire(flat=True)]
    steps: Annotated[StepSummary | None, Wire("step periods in the whole capture; null without steps")]
    warnings: Annotated[tuple[str, ...], Wire("what the profiler reported as lost, and what the reader could not use")]

    @property
    def id(self) -> SessionId:
        """Return the unique id, `<run>/<host>`."""
        return self.session.id

    @property
    def name(self) -> str:
        """Return the short name."""
        return self.session.name

    @property
    def kind(self) -> str:
        """Return `process` or `in_process`."""
        return self.session.kind

    @property
    def process(self) -> SessionId | None:
        """Return the id of the process that a session is in, None for a whole process."""
        return self.session.process

    @property
    def attribution(self) -> Attribution | None:
        """Return how a session inside a process was distinguished."""
        return self.session.attribution

    @property
    def clock(self) -> ClockOffset:
        """Return where its wall clock comes from, with the bound on the error."""
        return self.session.clock

    @property
    @wired("its capture window")
    def window(self) -> Window:
        """Return the capture window."""
        return Window(start_ns=self.session.start, end_ns=self.session.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """One physical GPU and a group of sessions that were captured together on it; a session alone is a group of one."""

    group: Annotated[DeviceGroup, Wire(flat=True)]
    overlap: Annotated[Overlap, Wire(flat=True)]
    cost: Annotated[Cost, Wire(flat=True)]
    memory: Annotated[CombinedMemory | None, Wire("memory of all sessions; null when no allocator event was recorded")]
    memory_note: Annotated[str, Wire("why memory is null or incomplete; empty when it is complete")]
    parts: Annotated[RollUp, Wire(flat=True)]
    predictions: Annotated[
        tuple[Prediction, ...],
        Wire("what the sessions would see another way; empty for a session alone, and on a host", key="what_if"),
    ] = ()
    driver: Annotated[
        DriverView | None, Wire("what the driver reported of the GPU meanwhile; null where no manifest holds samples")
    ] = None
    advice: Annotated[Advice | None, Wire("what to do first; null where that could not be worked out")] = None
    memory_failed: bool = False  # then `memory` is None although the captures may hold events

    @property
    def id(self) -> DeviceId:
        """Return the unique id of this device and group."""
        return self.group.id

    @property
    @wired("ids of the sessions")
    def sessions(self) -> tuple[SessionId, ...]:
        """Name the sessions of the group."""
        return tuple(dict.fromkeys(plane.session for plane in self.group.planes))

    @property
    @wired("what was analysed: the intersection of the capture windows")
    def window(self) -> Window:
        """Return what was analysed: the intersection of the capture windows."""
        return Window(start_ns=self.group.start, end_ns=self.group.end)

    @property
    @wired(
        "whether its processes held more at once than one GPU has, although nothing states that they were on one GPU"
    )
    def cannot_be_one_gpu(self) -> bool:
        """Return whether the sum of their memory refutes the assumption that several processes share one GPU."""
        memory = self.memory
        if memory is None or memory.capacity is None or self.group.device.identity is not Identity.ASSUMED:
            return False
        return memory.peak > memory.capacity and len({a.session for a in memory.allocators}) > 1

    @property
    def time(self) -> TimeSplit:
        """Return idle, exclusive and contended time."""
        return self.overlap.time

    @property
    def per_session(self) -> tuple[SessionShare, ...]:
        """Return each session's share of the device's time."""
        return self.overlap.shares

    @property
    def losses(self) -> tuple[SessionLoss, ...]:
        """Return what sharing cost each session."""
        return self.cost.losses

    @property
    def mechanism(self) -> Mechanism:
        """Return how the sessions share the device."""
        return self.cost.mechanism

    @property
    def metrics(self) -> SharingMetrics | None:
        """Return the metrics over all sessions."""
        return self.cost.metrics

    @property
    def blame(self) -> tuple[Blame, ...]:
        """Return who lost how much to whom."""
        return self.cost.blame


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Report(Shown):
    """The whole answer."""

    version: str
    logdir: Annotated[str, Wire("the log directory as given")]
    origin_ns: Annotated[
        int | None, Wire("Unix ns that all times are relative to; null when no trace has a wall clock", signed=True)
    ]
    sessions: Annotated[tuple[SessionReport, ...], Wire("what was captured")]
    devices: Annotated[
        tuple[DeviceReport, ...],
        Wire(
            "one entry per device and group of sessions that were captured together on it: GPUs first, among them those with a measurably "
            "slower session, then the most contended"
        ),
    ]
    findings: Annotated[tuple[Finding, ...], Wire("the gravest first; of equal ones what may gain most")]
    problems: Annotated[tuple[Problem, ...], Wire("what of the input is lost or cannot be used")]
    muted: Annotated[tuple[Finding, ...], Wire("findings that the user muted, in the same order")] = ()
    notes: Annotated[
        tuple[str, ...], Wire("sentences about the analysis itself, such as an option without effect")
    ] = ()

    def session(self, session: SessionId) -> SessionReport:
        """Find a session by id; KeyError if there is none."""
        for candidate in self.sessions:
            if candidate.session.id == session:
                return candidate
        raise KeyError(session)
