"""The report: one value that the tab, the CLI, HTML, Markdown, CSV and JSON all print. Names follow `report/FORMAT.md`."""

from dataclasses import dataclass

from tb_contention.model.alignment import DeviceGroup, Session
from tb_contention.model.contention import Overlap
from tb_contention.model.findings import Finding, Problem
from tb_contention.model.memory import CombinedMemory
from tb_contention.units import SessionId

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSummary:
    """Step periods of a session (from the end of one step to the end of the next), ns."""

    count: int
    mean: int
    p50: int
    p95: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReport:
    """A session and what its capture lost."""

    session: Session
    steps: "StepSummary | None"
    warnings: "tuple[str, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """All results for one device group."""

    group: DeviceGroup
    overlap: Overlap
    memory: "CombinedMemory | None"
    memory_note: str  # why memory is None or incomplete; "" when complete


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole answer. Devices: most contended first."""

    version: str
    logdir: str
    origin_ns: "int | None"
    sessions: "tuple[SessionReport, ...]"
    devices: "tuple[DeviceReport, ...]"
    findings: "tuple[Finding, ...]"
    problems: "tuple[Problem, ...]"
    notes: "tuple[str, ...]" = ()

    def session(self, session: SessionId) -> SessionReport:
        """Find a session by id; KeyError if there is none."""
        for candidate in self.sessions:
            if candidate.session.id == session:
                return candidate
        raise KeyError(session)
