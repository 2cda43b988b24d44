"""Whose work a kernel is, inside one process: sessions, and their parts by name scope and by thread."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tb_contention.model.scopes import Split
from tb_contention.units import Bytes, Nanoseconds, SessionId


class Rule(str, Enum):
    """How sessions inside a process were told apart, best first; PROCESS: the process is one session."""

    MODEL_ID = "model_id"
    ANNOTATION = "annotation"
    THREAD_AND_SCOPE = "thread_and_scope"
    PROCESS = "process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The rule that made a session, in words for people, and how many of its process's kernels no session could be found for."""

    rule: Rule
    detail: str
    kernels: int
    unattributed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeTotal:
    """A part of a session by the first levels of its ops' name scopes. total: summed device time inside the window, ns.

    peak: the most bytes that its ops' allocations held at once inside the window, None without allocator events. is_rest: the parts
    beyond the bound, which have no peak: theirs fall on different instants.
    """

    session: SessionId
    scope: str
    kernels: int
    total: Nanoseconds
    peak: Bytes | None = None
    is_rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadTotal:
    """A thread (or queue) that drives a session. runs: session or function runs that it began in the window; busy: time inside them.

    waited: for how long its runs were open while no work of theirs was on the device or the executor, ns. waits_for: the thread of the
    same session that was at work during most of that time, "" when none was. kernels, total: device work of its runs.
    """

    session: SessionId
    thread: str
    runs: int
    busy: Nanoseconds
    waited: Nanoseconds
    waits_for: str
    kernels: int
    total: Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RollUp:
    """The parts of all sessions of a device group; each list is ordered by session, then by time, longest first.

    splits: where each session with scopes was split.
    """

    scopes: tuple[ScopeTotal, ...] = ()
    threads: tuple[ThreadTotal, ...] = ()
    splits: Mapping[SessionId, Split] = field(default_factory=dict)
