"""The work behind the tab, beside the requests: the directory is looked through, and what somebody looks at is decoded and analysed.

request ──asks──> Workspace ──background thread──> scan (scanning.py) -> decode (traces in memory) -> analyse (views.py) -> look ahead
                     └── answers at once with what is there
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from tb_contention._warming import help_first_report
from tb_contention.cache import TraceCache
from tb_contention.cache.memory import TraceStore
from tb_contention.index import NamedGroup
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.listing import ListedGroup
from tb_contention.plugin.analysing import Analyst
from tb_contention.plugin.requests import View
from tb_contention.plugin.scanning import AnyGroup, Scan, Scanner
from tb_contention.plugin.views import MAX_TIMELINES, Aim, Held, State, Views, is_awaited, reason
from tb_contention.timeline.lanes import DeviceTimeline, build_timeline

#: Neighbours of the group that is looked at are analysed ahead while they are so small a part of the memory.
AHEAD_SHARE = 8
#: Seconds for which the work goes on after the last request, and a request waits for an analysis that was dropped.
IDLE, RESTORE = 5.0, 20.0
#: Seconds for which a download waits for its report, looking so often: not every stage of the work wakes it.
REPORT, POLL = 60.0, 0.3


class _GiveWayError(Exception):
    """Somebody waits for another view."""


class Workspace:
    """Everything known about one log directory. All methods may be called from any thread. memory: bound on decoded traces, bytes."""

    def __init__(self, logdir: str, spec: str, memory: int | None = None) -> None:
        self.logdir, self.spec = logdir, spec
        cache = TraceCache.at()
        self._scanner = Scanner(logdir, spec, None if cache is None else cache.directory)
        self._store = TraceStore(memory)
        self._analyst = Analyst(self._scanner, spec, self._store, cache)
        self._views = Views()
        self._changed = threading.Condition(threading.RLock())
        self._building = threading.Lock()
        self._wake = threading.Event()
        self._first_scan = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen_any = False
        self._asked = 0.0
        self._stage: tuple[str, float | None] = ("Looking for captures", None)
        self._failure = ""
        self._noted = 0
        self._token: tuple[Scan, int, str] | None = None

    def has_captures(self, wait: float) -> bool:
        """Return whether a capture was ever found; the first call waits that long at most, and the first view is then prepared."""
        if not (self.logdir or self.spec):
            return False
        if not self._seen_any:
            with self._changed:
                self._views.open(View())
                self._start()
            self._first_scan.wait(wait)
        return self._seen_any

    def summary(self, view: View, known: str = "") -> State:
        """Return the state of a view as it is, and see to it that it gets up to date. known: the revision that the caller has."""
        if not (self.logdir or self.spec):
            return State(state="failed", message="TensorBoard runs without a log directory; start it with --logdir.")
        with self._changed:
            state, scan = self._open(view), self._scanner.current
            if state.needs_work and not is_awaited(state):
                state.since = time.monotonic()
            if state.held is None and state.state == "ready" and known != state.revision and not state.missed:
                state.missed, state.since = True, time.monotonic()  # behind those that wait already
            state.fetched |= state.held is not None
            self._touch(state)
            self._start()
            return self._answered(state, scan)

    def settled(self, view: View, wait: float = REPORT) -> State:
        """Return the state of a view when it has a whole report or none will come, or as it is after so many seconds."""
        deadline = time.monotonic() + wait
        while True:
            state = self.summary(view)
            if state.state in ("ready", "failed") or time.monotonic() > deadline:
                return state
            with self._changed:
                self._changed.wait(POLL)

    def _open(self, view: View) -> State:
        """Return the state of a view, with the analysis that another view of the same group has."""
        state, scan = self._views.open(view), self._scanner.current
        if scan is not None:
            self._views.aim(view, state, scan)
        if state.aim is not None and state.needs_work:
            held = self._views.same(state.aim.revision)
            if held is not None:
                self._show(state, held, state.aim)
        return state

    def _show(self, state: State, held: Held, aim: Aim) -> None:
        state.show(held, aim.revision)
        state.tried, state.used = aim.revision, time.monotonic()
        state.group = self._scanner.listed(aim.scan, aim.group) if aim.group is not None else None

    def _answered(self, state: State, scan: Scan | None) -> State:
        """Return a copy of a state for a request."""
        shown = replace(state)
        if self._failure:
            shown.fail(self._failure)
        elif scan is None:
            shown.message, shown.progress = self._stage
        elif state.missed:
            shown.state, shown.message, shown.progress = "working", "Loading the group again", None
        if state.aim is not None and state.aim.group is not None and state.group is None:
            shown.group = self._scanner.listed(state.aim.scan, state.aim.group)
        return shown

    def _touch(self, state: State) -> None:
        """Note that somebody asked for a view, so that its traces stay in memory."""
        state.asked = state.used = time.monotonic()
        for file in state.held.files if state.held is not None else ():
            self._store.get(file)

    def scan(self) -> tuple[Scan | None, str]:
        """Return the directory as it was last looked through, and the name of the list of its groups."""
        with self._changed:
            self._start()
            scan, noted, token = self._scanner.current, self._noted, self._token
        if scan is None:
            return None, ""
        if token is None or token[:2] != (scan, noted):
            token = self._token = (scan, noted, self._scanner.answers(scan))
        return scan, token[2]

    def groups(self, scan: Scan) -> tuple[ListedGroup, ...]:
        """List the groups of a scan, with what analyses have found."""
        return self._scanner.all_listed(scan)

    def timeline(self, view: View, device: str) -> tuple[DeviceTimeline | None, str]:
        """Return the timeline of a device (None: no such device, or not analysed yet) and the view's revision."""
        held, revision = self._held(view)
        if held is None:
            return None, ""
        with self._building:
            timeline = held.timelines.get(device)
            if timeline is None:
                report = next((d for d in held.analysis.report.devices if d.id == device), None)
                if report is None:
                    return None, revision
                timeline = held.timelines[device] = build_timeline(held.analysis.aligned, report)
                while len(held.timelines) > MAX_TIMELINES:
                    held.timelines.popitem(last=False)
        return timeline, revision

    def aligned(self, view: View) -> AlignedTraces | None:
        """Return the traces of a view that was analysed."""
        held, _ = self._held(view)
        return None if held is None else held.analysis.aligned

    def _held(self, view: View) -> tuple[Held | None, str]:
        """Return the analysis of a view and its revision; wait for one that was dropped for want of memory."""
        with self._changed:
            state = self._open(view)
            self._touch(state)
            if state.held is None and state.state == "ready":
                state.missed, state.since = True, time.monotonic()
                self._start()
                self._changed.wait_for(lambda: state.held is not None or state.state == "failed", RESTORE)
            return state.held, state.revision

    def _start(self) -> None:
        self._asked = time.monotonic()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="tb_contention-workspace", daemon=True)
            self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        """Work until there was nothing to do for a while; a new thread starts with the next request."""
        help_first_report("tab")
        while True:
            self._wake.clear()
            work = self._next()
            if work is not None:
                work()
            elif not self._wake.wait(IDLE):
                with self._changed:
                    if not self._wake.is_set():
                        self._thread = None
                        return

    def _next(self) -> Callable[[], object] | None:
        """Choose what to do: what somebody waits for, then a new scan, what nobody waits for, and what may be looked at next."""
        with self._changed:
            scan = self._scanner.current
            is_due = self._scanner.is_due and self._asked > self._scanner.finished
            if scan is None:
                return self._scan if is_due else None
            for view, state in self._views:
                self._views.aim(view, state, scan)
            waiting = self._views.waiting()
            if waiting is None or not is_awaited(waiting[1]):
                if is_due or scan.unread:
                    return self._scan
                waiting = waiting or self._views.ahead(scan, self._store.budget // AHEAD_SHARE)
            if waiting is None:
                return None
            view, state = waiting
            return lambda: self._work(view, state)

    def _scan(self, read: AnyGroup | None = None) -> str:
        """Look the directory through; return why that failed, which concerns all views unless it is to read one group."""
        failure = self._looked(read)
        if read is None:
            self._failure = failure
        self._first_scan.set()
        scan = self._scanner.current
        if scan is not None:
            self._store.keep_only(scan.snapshot.discovery.files)
        return failure

    def _looked(self, read: AnyGroup | None) -> str:
        """Look the directory through, and return why that failed."""

        def found(anything: bool) -> None:
            self._seen_any = self._seen_any or anything
            self._first_scan.set()

        def tell(message: str, progress: float | None) -> None:
            self._stage = message, progress

        try:
            self._scanner.step(found, tell, read=read)
        except Exception as error:
            return reason(error)
        return ""

    def _work(self, view: View, state: State) -> None:
        """Analyse a view; what goes wrong concerns this view, and is not tried again until its files change."""
        aim = state.aim
        assert aim is not None
        failure = aim.failure
        if isinstance(aim.group, NamedGroup):
            failure = self._scan(read=aim.group)
            if not failure:
                return
        try:
            if not failure:
                self._analyse(view, state, aim)
        except _GiveWayError:
            return
        except Exception as error:
            failure = reason(error)
        with self._changed:
            state.tried = aim.revision
            if failure:
                state.revision = aim.revision
                state.fail(failure)
            self._changed.notify_all()

    def _analyse(self, view: View, state: State, aim: Aim) -> None:
        def tell(message: str, progress: float | None) -> None:
            with self._changed:
                if state.held is None:
                    state.state, state.message, state.progress = "working", message, progress

        def show(look: Held) -> None:
            with self._changed:
                if state.held is None:
                    state.show(look, aim.revision)

        def give_way() -> None:
            if self._is_in_the_way(view, state):
                raise _GiveWayError

        with self._changed:
            held = self._views.same(aim.revision)
        if held is None:
            held = self._analyst.analyse(aim, tell, show, give_way)
        with self._changed:
            self._noted += 1
            self._show(state, held, aim)
            self._views.make_room(self._store.__contains__, self._store.budget)

    def _is_in_the_way(self, view: View, state: State) -> bool:
        """Return whether somebody waits for another view, and nobody for this one."""
        with self._changed:
            return not is_awaited(state) and any(s.needs_work and is_awaited(s) for v, s in self._views if v != view)
