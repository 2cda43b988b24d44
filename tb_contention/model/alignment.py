"""Traces placed on wall-clock time and on physical GPUs, and the groups of sessions that ran together."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from tb_contention.model.attribution import Attribution
from tb_contention.model.findings import Finding, Problem
from tb_contention.model.manifest import ManifestSession
from tb_contention.model.trace import Device, Trace
from tb_contention.units import DeviceId, Nanoseconds, SessionId
from tb_contention.wire import Choice, Wire, wired


class ClockSource(Choice):
    """Where the wall-clock origin of a trace comes from, best first after what the user states."""

    USER = "user", "the user states it"
    MANIFEST = "manifest", "the manifest beside the trace"
    TASK_ENVIRONMENT = "task_environment", "the profiler wrote it into the trace"
    TF_DATA = "tf_data", "time stamps of tf.data in the trace"
    SHARED_CAPTURE = "shared_capture", "another trace of the same capture"
    KERNELS = "kernels", "its kernels against those of the sessions beside it"
    FILE_TIME = "file_time", "the time of the file"
    NONE = "none", "no wall clock is known"


class ClockCheck(Choice):
    """What the kernels of a session say of its clock, against those of the sessions beside it."""

    NONE = "none", "they show nothing, or were not asked"
    CONFIRMED = "confirmed", "kernels are held up where others have work, and at no other lag"
    NARROWED = (
        "narrowed",
        "they show more exactly where it belongs than its coarse clock does: the session was moved there",
    )
    CORRECTED = (
        "corrected",
        "they are at another lag, and only there, by more than the clock's error: the session was moved there",
    )
    DOUBTED = (
        "doubted",
        "they are not where the clock places the session; several lags would do, so the error was widened",
    )


class Identity(Choice):
    """How it is known which physical GPU a plane is."""

    USER = "user", "the user states it"
    MANIFEST = "manifest", "a manifest or the recording itself states it"
    ASSUMED = "assumed", "host, ordinal and capabilities agree"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """Place trace time 0 on the wall clock: Unix ns, with a bound on the error (None = unknown).

    capture: sessions with the same non-None value were started by one remote capture, so that between them only `error` counts. naming:
    sessions with the same non-None value are dated by names and times of files that one host's clock wrote in one time zone, so that
    between them only `naming_error` counts. Against others `absolute_error` does. shift: by how many ns the user moved it.
    """

    source: Annotated[ClockSource, Wire("where its wall clock comes from")]
    origin_ns: int | None
    error: Annotated[Nanoseconds | None, Wire("bound on the error of its place in time; null = unknown")]
    absolute_error: Annotated[
        Nanoseconds | None, Wire("the same against sessions that another capture recorded; null = unknown")
    ]
    capture: str | None = None
    naming: str | None = None
    naming_error: Nanoseconds | None = None
    detail: Annotated[str, Wire("one sentence on the evidence")] = ""
    check: Annotated[ClockCheck, Wire("what its kernels say of it")] = ClockCheck.NONE
    correction: Annotated[
        Nanoseconds | None,
        Wire("how much later its kernels place it than the clock that it states; null = not moved", signed=True),
    ] = None
    shift: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What competes for a device: a process, that is one profiler file, or a session inside one.

    start, end: capture window in ns from the report's origin. `offset` is the same as a number to add to trace time in ns. Of a session
    inside a process, `trace` holds the events of this session only (memory stays with the process). manifest: what was written down of
    the process when it was recorded.
    """

    id: Annotated[SessionId, Wire("unique and stable: `<run>/<host>`, and `/<process>` where a file holds several")]
    name: Annotated[str, Wire("short, for people; not always unique")]
    run: Annotated[str, Wire("the run directory")]
    file: Annotated[str, Wire("the file, relative to the log directory")]
    host: Annotated[str, Wire("the host, as the file name states it")]
    process_id: Annotated[int | None, Wire("id of the process; null when the capture does not state it")]
    kind: Annotated[
        Literal["process", "in_process"],
        Wire("`process`, or `in_process`: one tf.Session, function or model inside a process"),
    ]
    clock: Annotated[ClockOffset, Wire("its place in time")]
    offset: Nanoseconds
    start: Nanoseconds
    end: Nanoseconds
    trace: Annotated[Trace, Wire(flat=True)]
    simulated: Annotated[bool, Wire("the manifest beside the trace states that a simulator made it")] = False
    process: Annotated[SessionId | None, Wire("id of the process of an `in_process` session, else null")] = None
    attribution: Annotated[
        Attribution | None, Wire("how an `in_process` session is distinguished; null for a whole process")
    ] = None
    manifest: ManifestSession | None = None

    def moved(self, by: int) -> "Session":
        """Return the session at another place in time, `by` ns later."""
        return replace(
            self,
            offset=Nanoseconds(self.offset + by),
            start=Nanoseconds(self.start + by),
            end=Nanoseconds(self.end + by),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRef:
    """A device plane of one session: `device` is a row of its trace's devices."""

    session: SessionId
    device: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalDevice:
    """One physical GPU (or host, `is_host`) as far as it is known; `planes` are the planes of all sessions that are on it."""

    id: DeviceId
    host: Annotated[str, Wire("host of the device")]
    identity: Annotated[Identity, Wire("how it is known which GPU it is")]
    device: Annotated[Device, Wire(flat=True)]
    planes: tuple[DeviceRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """How well the sessions of a group are placed against each other."""

    max_error: Annotated[Nanoseconds | None, Wire("the largest clock error among the sessions; null = unknown")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGroup:
    """Sessions that were captured together on one physical device; a session alone is a group of one.

    start, end: intersection of the capture windows, ns from the report's origin. max_error: the largest clock error among them. left_out:
    how many more ran together with them, beyond the bound of a group. title: its runs and its time, where the device has several groups;
    apart: the part of it that no other of them has.
    """

    id: Annotated[DeviceId, Wire("unique; a later group on the same GPU gets `#2`, `#3`, ...")]
    device: Annotated[PhysicalDevice, Wire(flat=True)]
    planes: tuple[DeviceRef, ...]
    start: Nanoseconds
    end: Nanoseconds
    max_error: Nanoseconds | None
    left_out: int = 0
    title: str = ""
    apart: str = ""

    @property
    @wired("how well the sessions are placed against each other")
    def alignment(self) -> Alignment:
        """Return the largest clock error as it stands in reports."""
        return Alignment(max_error=self.max_error)


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
