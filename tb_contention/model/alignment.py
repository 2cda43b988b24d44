"""Traces placed on wall-clock time and on physical GPUs, and the groups of sessions that ran together."""

from dataclasses import dataclass
from enum import Enum

from tb_contention.model.attribution import Attribution
from tb_contention.model.findings import Finding, Problem
from tb_contention.model.manifest import ManifestSession
from tb_contention.model.trace import Device, Trace
from tb_contention.units import DeviceId, Nanoseconds, SessionId


class ClockSource(str, Enum):
    """Where the wall-clock origin of a trace comes from, best first after the user's own word."""

    USER = "user"
    MANIFEST = "manifest"
    TASK_ENVIRONMENT = "task_environment"
    TF_DATA = "tf_data"
    SHARED_CAPTURE = "shared_capture"
    FILE_TIME = "file_time"
    NONE = "none"


class Identity(str, Enum):
    """How it is known which physical GPU a plane is."""

    USER = "user"
    MANIFEST = "manifest"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """Place trace time 0 on the wall clock: Unix ns, with a bound on the error (None = unknown).

    capture: sessions with the same non-None value were started by one remote capture, so that between them only `error` counts; against
    others `absolute_error` does. detail: one sentence on the evidence, for people.
    """

    source: ClockSource
    origin_ns: int | None
    error: Nanoseconds | None
    absolute_error: Nanoseconds | None
    capture: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What competes for a device: a process, that is one profiler file, or a session inside one.

    start, end: capture window in ns from the report's origin. `offset` is the same as a number to add to trace time in ns. kind: `process`
    or `in_process`; of the latter, `trace` holds the events of this session only (memory stays with the process), `process` is the id of
    the process, and `attribution` the rule that found it. manifest: what was written down of the process when it was recorded.
    """

    id: SessionId
    name: str
    run: str
    file: str
    host: str
    process_id: int | None
    kind: str
    clock: ClockOffset
    offset: Nanoseconds
    start: Nanoseconds
    end: Nanoseconds
    trace: Trace
    simulated: bool = False
    process: SessionId | None = None
    attribution: Attribution | None = None
    manifest: ManifestSession | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRef:
    """A device plane of one session: `device` is a row of its trace's devices."""

    session: SessionId
    device: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalDevice:
    """One physical GPU (or host, `is_host`) as far as it is known; `planes` are the planes of all sessions that are on it."""

    id: DeviceId
    host: str
    identity: Identity
    device: Device
    planes: tuple[DeviceRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGroup:
    """Sessions that were captured together on one physical device; a session alone is a group of one.

    start, end: intersection of the capture windows, ns from the report's origin. max_error: the largest clock error among them.
    """

    id: DeviceId
    device: PhysicalDevice
    planes: tuple[DeviceRef, ...]
    start: Nanoseconds
    end: Nanoseconds
    max_error: Nanoseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedTraces:
    """All sessions on one time axis. origin_ns: Unix ns of time 0, None when no trace has a wall clock."""

    origin_ns: int | None
    sessions: tuple[Session, ...]
    groups: tuple[DeviceGroup, ...]
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()

    def session(self, session: SessionId) -> Session:
        """Find a session by id; KeyError if there is none."""
        for candidate in self.sessions:
            if candidate.id == session:
                return candidate
        raise KeyError(session)
