"""The report: one value that the tab, the CLI, HTML, Markdown, CSV and JSON all print. Names follow `report/FORMAT.md`."""

from dataclasses import dataclass

from tb_contention.model.alignment import ClockOffset, DeviceGroup, Session
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
from tb_contention.units import DeviceId, SessionId

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSummary:
    """Step periods of a session (from the end of one step to the end of the next), ns."""

    count: int
    mean: int
    p50: int
    p95: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of time, ns from the report's origin."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReport:
    """A session and what its capture lost. The properties carry the names of the JSON report."""

    session: Session
    steps: StepSummary | None
    warnings: tuple[str, ...]

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
        """Return how a session inside a process was told apart."""
        return self.session.attribution

    @property
    def clock(self) -> ClockOffset:
        """Return where its wall clock comes from, with the bound on the error."""
        return self.session.clock

    @property
    def window(self) -> Window:
        """Return the capture window."""
        return Window(start_ns=self.session.start, end_ns=self.session.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """All results for one device group."""

    group: DeviceGroup
    overlap: Overlap
    cost: Cost
    memory: CombinedMemory | None
    memory_note: str  # why memory is None or incomplete; "" when complete
    parts: RollUp
    predictions: tuple[Prediction, ...] = ()
    driver: DriverView | None = None

    @property
    def id(self) -> DeviceId:
        """Return the unique id of this device and group."""
        return self.group.id

    @property
    def sessions(self) -> tuple[SessionId, ...]:
        """Name the sessions of the group."""
        return tuple(dict.fromkeys(plane.session for plane in self.group.planes))

    @property
    def window(self) -> Window:
        """Return what was analysed: the intersection of the capture windows."""
        return Window(start_ns=self.group.start, end_ns=self.group.end)

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
    """The whole answer. Devices: most contended first."""

    version: str
    logdir: str
    origin_ns: int | None
    sessions: tuple[SessionReport, ...]
    devices: tuple[DeviceReport, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()

    def session(self, session: SessionId) -> SessionReport:
        """Find a session by id; KeyError if there is none."""
        for candidate in self.sessions:
            if candidate.session.id == session:
                return candidate
        raise KeyError(session)
