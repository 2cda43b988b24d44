"""CUDA calls and NVTX ranges of all processes, times ns since the report's start."""

import re
from dataclasses import dataclass, fields

import numpy as np

from tb_contention.model.trace import NONE, HostKind
from tb_contention.recorders.common.input_names import is_input
from tb_contention.recorders.common.step_names import step_called, step_of
from tb_contention.recorders.nsight.database import Database
from tb_contention.recorders.nsight.device_work import near
from tb_contention.recorders.nsight.strings import Texts
from tb_contention.units import I64, U8

#: CUDA calls during which the host waits for the device, without the version that the report appends (`_v3020`).
_WAITS = frozenset(
    f"{api}{what}Synchronize"
    for api, what in (
        ("cuda", "Stream"),
        ("cuda", "Device"),
        ("cuda", "Event"),
        ("cu", "Stream"),
        ("cu", "Ctx"),
        ("cu", "Event"),
    )
)
#: Types of NVTX events that are ranges: NvtxPushPopRange, NvtxStartEndRange.
_RANGES = (59, 60)
_SESSION = "tb_contention.session:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """CUDA calls. thread: global id of the thread; name: number of a text; waits: 1 if the host waits for the device in the call."""

    start: I64
    end: I64
    thread: I64
    name: I64
    correlation: I64
    waits: U8

    def select(self, rows: I64) -> "Calls":
        """Return the given rows."""
        return Calls(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """NVTX ranges that may be steps, or that name a session. text: row of `texts`; kind: HostKind; step: its number, NONE = none;
    named: 1 if the user calls it a step.
    """

    start: I64
    end: I64
    thread: I64
    text: I64
    kind: U8
    step: I64
    named: I64
    texts: tuple[str, ...]

    def select(self, rows: I64) -> "Ranges":
        """Return the given rows."""
        kept = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "texts"}
        return Ranges(**kept, texts=self.texts)


def read_calls(database: Database, texts: Texts) -> Calls:
    """Read the runtime and driver calls, which share a table."""
    table = "CUPTI_ACTIVITY_KIND_RUNTIME"
    start, end, thread, name, correlation = database.integers(
        table, "start", "end", "globalTid", "nameId", "correlationId"
    )
    distinct, which = np.unique(name, return_inverse=True)
    waiting = np.array([_plain(texts.get(n)) in _WAITS for n in distinct.tolist()], np.uint8)
    waits = waiting[which.reshape(-1)] if len(name) else np.empty(0, np.uint8)
    fine = np.flatnonzero(_fine(start, end) & (thread != NONE))
    calls = Calls(start=start, end=end, thread=thread, name=name, correlation=correlation, waits=waits)
    return calls.select(fine)


def _plain(name: str | None) -> str:
    return re.sub(r"(?:_ptsz|_ptds)?_v\d+$", "", name or "")


def _fine(start: I64, end: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    fine: np.ndarray[tuple[int], np.dtype[np.bool_]] = (near(start)) & (near(end)) & (end >= start)
    return fine


def read_ranges(database: Database, texts: Texts, called: str = "") -> Ranges:
    """Read the ranges named like a step or a session; the name is in the row, or registered and referred to by number.

    called: what the user calls a step, a regular expression.
    """
    table = "NVTX_EVENTS"
    start, end, thread, number, kind = database.integers(table, "start", "end", "globalTid", "textId", "eventType")
    own, place = database.text_column(table, "text")
    numbers, registered = np.unique(number, return_inverse=True)
    names = [*own, *(texts.get(n) or "" for n in numbers.tolist())]
    text = np.where(place >= 0, place, registered.reshape(-1) + len(own)) if len(start) else place
    kinds, steps, named = np.array([_kind_and_step(name, called) for name in names], np.int64).reshape(-1, 3).T
    ranges = _fine(start, end) & (end > start) & (thread != NONE) & (np.isin(kind, _RANGES) | (kind == NONE))
    kept = np.flatnonzero(ranges & (kinds[text] >= 0)) if len(start) else text
    which = text[kept]
    return Ranges(
        start=start[kept], end=end[kept], thread=thread[kept], text=which, step=steps[which] if len(kept) else which,
        named=named[which] if len(kept) else which,
        kind=kinds[which].astype(np.uint8) if len(kept) else np.empty(0, np.uint8), texts=tuple(names),
    )  # fmt: skip


def _kind_and_step(name: str, called: str) -> tuple[int, int, int]:
    """Return what a range of this name is, -1 = nothing that is read, the number of a step, -1 = none, and if the user calls it one."""
    named = step_called(called, name)
    if named is not None:
        return HostKind.USER_STEP, named, 1
    if name.startswith(_SESSION):
        return HostKind.ANNOTATION, NONE, 0
    if is_input(name):
        return HostKind.INPUT, NONE, 0
    step = step_of(name)
    return (-1, NONE, 0) if step is None else (HostKind.USER_STEP, step[1], 0)


def base_name(name: str) -> str:
    """Return the name of a step without its number."""
    step = step_of(name)
    return name if step is None else step[0]


def thread_names(database: Database, texts: Texts) -> dict[int, str]:
    """Read the names of threads by global id."""
    name, thread = database.integers("ThreadNames", "nameId", "globalTid")
    found: dict[int, str] = {}
    for number, key in zip(name.tolist(), thread.tolist(), strict=True):
        text = texts.get(number)
        if text is not None and key != NONE:
            found.setdefault(key, text)
    return found
