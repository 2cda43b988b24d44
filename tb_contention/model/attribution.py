"""Whose work a kernel is, inside one process: sessions, and their parts by name scope and by thread."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from tb_contention.model.scopes import Split
from tb_contention.units import Bytes, Nanoseconds, SessionId
from tb_contention.wire import Choice, Wire


def rest_of(process: SessionId) -> SessionId:
    """Name what of a process belongs to none of the sessions inside it."""
    return SessionId(f"{process}#(unattributed)")


class Rule(Choice):
    """How sessions inside a process are distinguished, best first."""

    MODEL_ID = "model_id", "by the id of the model or session that the framework wrote beside each kernel"
    ANNOTATION = "annotation", "by an annotation of the program"
    THREAD_AND_SCOPE = "thread_and_scope", "by the thread that launched the kernel and the name scope of its operation"
    PROCESS = "process", "the process is one session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The rule that found a session inside a process, and for how many of the process's kernels no session could be found."""

    rule: Annotated[Rule, Wire("how the session is distinguished from the others of its process")]
    detail: Annotated[str, Wire("the same in a sentence")]
    kernels: Annotated[int, Wire("number of its kernels")]
    unattributed: Annotated[int, Wire("number of kernels of its process for which no session could be found")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeTotal:
    """A part of a session by the first levels of its operations' name scopes. is_rest: the parts beyond the bound."""

    session: Annotated[SessionId, Wire("id of the session")]
    scope: Annotated[str, Wire("name scope")]
    kernels: Annotated[int, Wire("number of kernels")]
    total: Annotated[Nanoseconds, Wire("summed durations in the window")]
    peak: Annotated[
        Bytes | None,
        Wire("the most that its operations' allocations held at once in the window; null without allocator events"),
    ] = None
    is_rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadTotal:
    """A thread (or queue) that drives a session."""

    session: Annotated[SessionId, Wire("id of the session")]
    thread: Annotated[str, Wire("name of the thread or queue")]
    runs: Annotated[int, Wire("session or function runs that it began in the window")]
    busy: Annotated[Nanoseconds, Wire("time inside those runs")]
    waited: Annotated[
        Nanoseconds, Wire("time in which its runs were open and no work of theirs was on the device or the executor")
    ]
    waits_for: Annotated[
        str, Wire("the thread of the same session that was at work for most of that time; empty if none was")
    ]
    kernels: Annotated[int, Wire("number of kernels of its runs")]
    total: Annotated[Nanoseconds, Wire("device time of its runs")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollUp:
    """The parts of all sessions of a device group; each list is ordered by session, then by time, longest first.

    splits: where each session with scopes was split.
    """

    scopes: Annotated[tuple[ScopeTotal, ...], Wire("parts of the sessions by the first levels of name scopes")] = ()
    threads: Annotated[tuple[ThreadTotal, ...], Wire("threads and queues that drive the sessions")] = ()
    splits: Mapping[SessionId, Split] = field(default_factory=dict)
