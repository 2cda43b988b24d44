"""The views of one log directory that somebody looks at, and how far the analysis of each is."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tb_contention.analysis import Analysis
from tb_contention.errors import ContentionError
from tb_contention.index import Group, NamedGroup, files_of
from tb_contention.model.capture import CaptureFile
from tb_contention.model.listing import ListedGroup
from tb_contention.plugin.requests import View
from tb_contention.plugin.scanning import AnyGroup, Scan, hashed
from tb_contention.timeline.lanes import DeviceTimeline

#: Views whose analysis is in memory, or as many as are looked at and fit; views that are remembered, and timelines of a view.
MAX_VIEWS, MOST_VIEWS, MAX_STATES, MAX_TIMELINES = 8, 32, 64, 16
#: Views that wait for their analysis, per address that asks: behind one proxy there are several users, but not a thousand.
MAX_WAITING = 16
#: Groups after the one that is looked at which are analysed while nothing else is to do.
AHEAD = 2
#: What an analysis takes beside the traces, whatever it is of, and for each kernel.
_LEAST_BYTES, _KERNEL_BYTES = 1 << 20, 200
#: Marks the revision of a first look.
FIRST = "-first"
#: Seconds since a request for which somebody is taken to wait for a view, and to have it on the screen: the panel asks every 300 ms, then
#: every 10 s.
WAITS, LOOKS = 2.0, 15.0

log = logging.getLogger(__name__)

#: How far the analysis of a view is.
Phase: TypeAlias = Literal["scanning", "working", "ready", "failed"]


@dataclass(slots=True)
class Held:
    """An analysis in memory. partial: it is a first look, without costs and findings; files: whose traces it holds."""

    analysis: Analysis
    partial: bool
    files: frozenset[CaptureFile]
    timelines: OrderedDict[str, DeviceTimeline] = field(default_factory=OrderedDict)

    @property
    def bytes(self) -> int:
        """Return about how much memory it takes beside the traces."""
        return _LEAST_BYTES + _KERNEL_BYTES * sum(len(s.trace.kernels) for s in self.analysis.aligned.sessions)


@dataclass(frozen=True, slots=True)
class Aim:
    """What a view stands for in a scan: a group, None without any, and the revision that its analysis will have.

    view: the part of the view that concerns the group.
    """

    scan: Scan
    group: AnyGroup | None
    revision: str
    view: View
    failure: str = ""


@dataclass(slots=True)
class State:
    """A view. tried: the revision that was analysed last, also in vain. since: when it was first asked for; asked, used: last."""

    state: Phase = "scanning"
    message: str = "Looking for captures"
    progress: float | None = None
    revision: str = ""
    group: ListedGroup | None = None
    held: Held | None = None
    aim: Aim | None = None
    tried: str = ""
    missed: bool = False
    fetched: bool = True
    since: float = field(default_factory=time.monotonic)
    asked: float = 0.0
    used: float = 0.0

    @property
    def analysis(self) -> Analysis | None:
        """Return what is known of it."""
        return self.held.analysis if self.held is not None else None

    @property
    def partial(self) -> bool:
        """Return whether that is a first look."""
        return self.held is not None and self.held.partial

    @property
    def needs_work(self) -> bool:
        """Return whether its analysis is not what its files are, or was dropped and is asked for."""
        return self.aim is not None and (self.tried != self.aim.revision or (self.missed and self.held is None))

    def fail(self, message: str) -> None:
        """Say why there is no analysis."""
        self.state, self.message, self.progress, self.held, self.missed = "failed", message, None, None, False

    def show(self, held: Held, revision: str) -> None:
        """Show an analysis, or a first look while its costs are measured."""
        self.held, self.revision, self.missed, self.fetched = held, revision, False, False
        self.state, self.message, self.progress = "ready", "", None
        if held.partial:
            self.revision = revision + FIRST
            self.state, self.message = "working", "Measuring the cost of sharing"


class Views:
    """The states of all views; not safe for several threads, so its owner locks."""

    def __init__(self) -> None:
        self._states: OrderedDict[View, State] = OrderedDict()
        self._ahead: set[tuple[View, str]] = set()

    def __iter__(self) -> Iterator[tuple[View, State]]:
        """Yield each view with its state."""
        return iter(tuple(self._states.items()))

    def open(self, view: View) -> State:
        """Return the state of a view; forget the one that was opened longest ago where there are too many.

        An address that opens many views that none was analysed of forgets its own first: it neither fills the queue nor pushes out others'.
        """
        if view not in self._states and view.client:
            waiting = [v for v, s in self if v.client == view.client and v != View() and s.held is None and not s.tried]
            for old in waiting[: max(0, len(waiting) + 1 - MAX_WAITING)]:
                del self._states[old]
        state = self._states.setdefault(view, State())
        self._states.move_to_end(view)
        while len(self._states) > MAX_STATES:
            del self._states[next(old for old in self._states if old not in (View(), view))]
        return state

    def aim(self, view: View, state: State, scan: Scan) -> None:
        """Find the group that a view is about; a view for which that fails unexpectedly fails alone."""
        if state.aim is not None and state.aim.scan is scan:
            return
        try:
            self._aim(view, state, scan)
        except Exception as error:
            state.aim = Aim(scan, None, hashed(f"{scan.listing} {type(error).__name__}"), view, reason(error))

    def _aim(self, view: View, state: State, scan: Scan) -> None:
        last = state.aim.group if state.aim is not None else None
        group = scan.find(view.group) if view.group else _stay(scan, last, state)
        if group is None and view.group:
            if scan.unread:
                state.message = "Looking through the log directory"
                return
            state.aim = Aim(
                scan,
                None,
                scan.listing,
                view,
                f"The log directory holds none of the captures of group {view.group}. Choose another group.",
            )
            return
        own = view.of_captures(scan.sessions(group)) if view.baselines and group is not None else view
        revision = scan.revision(group, own.baselines)
        if own.shifts or own.gpus or own.baselines:
            revision = hashed(repr((revision, own.shifts, own.gpus, own.baselines)))
        state.aim = Aim(scan, group, revision, own)

    def same(self, revision: str) -> Held | None:
        """Return an analysis of the same files in the same way, which another view has."""
        return next((s.held for s in self._states.values() if s.held and s.revision == revision), None)

    def waiting(self) -> tuple[View, State] | None:
        """Return the view to work on: of those that somebody waits for the first, else the first asked for of late."""
        since = time.monotonic() - LOOKS
        waiting = [(v, state) for v, state in self if state.needs_work and (state.asked > since or v == View())]
        return min(waiting, key=lambda v: (not is_awaited(v[1]), v[1].since), default=None)

    def looked_at(self) -> tuple[View, State] | None:
        """Return the view that was asked for last."""
        return max(((v, s) for v, s in self if s.asked), key=lambda v: v[1].asked, default=None)

    def ahead(self, scan: Scan, most_bytes: int) -> tuple[View, State] | None:
        """Choose a neighbour of the group that is looked at, unless it is too large or was worked on ahead before."""
        last = self.looked_at()
        group = last[1].aim.group if last is not None and last[1].aim is not None else None
        if group is None or group.id not in scan.places:
            return None
        if len(self._ahead) > MAX_STATES:
            self._ahead.clear()
        place = scan.places[group.id]
        for near in scan.groups[place + 1 : place + 1 + AHEAD]:
            view, revision = View(group=near.id), scan.revision(near)
            if isinstance(near, NamedGroup) or sum(file.size for file in files_of(near)) > most_bytes:
                continue
            if (view, revision) not in self._ahead and self.same(revision) is None:
                self._ahead.add((view, revision))
                state = self.open(view)
                self.aim(view, state, scan)
                return view, state
        return None

    def make_room(self, in_memory: Callable[[CaptureFile], bool], most_bytes: int) -> None:
        """Drop analyses beyond the bounds, and those whose traces have left the memory; never that of the plain view and the last one.

        Who looks at one keeps it while all fit the memory: else many who look at many would each lose theirs to the next.
        """
        last = self.looked_at()
        held = [s for v, s in self if s.held is not None and v != View() and (last is None or s is not last[1])]
        held.sort(key=lambda s: (not s.fetched and time.monotonic() - s.used < LOOKS, s.used))
        for state in held:
            kept = {id(s.held): s.held for _, s in self if s.held is not None}
            room = MOST_VIEWS if time.monotonic() - state.asked < LOOKS else MAX_VIEWS
            if len(kept) > MAX_VIEWS and sum(held.bytes for held in kept.values()) > most_bytes:
                room = MAX_VIEWS
            is_left = is_awaited(state) or all(map(in_memory, state.held.files if state.held is not None else ()))
            if len(kept) > room or not is_left:
                state.held = None


def reason(error: Exception) -> str:
    """Say why something failed; TensorBoard's log shows where, if that is not known."""
    if isinstance(error, ContentionError):
        return str(error)
    log.error("tb_contention: the analysis failed", exc_info=error)
    return f"The analysis failed unexpectedly ({type(error).__name__}: {error}). Please report this with the trace."


def is_awaited(state: State) -> bool:
    """Return whether somebody asked for a view a moment ago."""
    return time.monotonic() - state.asked < WAITS


def _stay(scan: Scan, last: AnyGroup | None, state: State) -> AnyGroup | None:
    """Choose the group of a view that names none: the most interesting one, but who looks at one keeps it unless it ran alone."""
    best = scan.groups[0] if scan.groups else None
    kept = scan.find(last.id) if last is not None and time.monotonic() - state.asked < LOOKS else None
    if kept is None or best is None or _kind(kept) > _kind(best):
        return best
    return kept


def _kind(group: AnyGroup) -> tuple[bool, bool, bool]:
    is_read = isinstance(group, Group)
    return (not is_read, isinstance(group, Group) and group.on_host, not group.is_shared)
