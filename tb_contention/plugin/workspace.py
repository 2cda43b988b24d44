"""The work behind the tab, beside the requests: finding, decoding and analysing, once per file and view.

request ──asks──> Workspace ──background thread──> scan -> decode (each file once) -> analyse (each view once)
                     └── answers at once with what is there
"""

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from tb_contention.cache import TraceCache
from tb_contention.errors import ContentionError
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.capture import CaptureFile, Decoded, DecodedFile, Discovery
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.pipeline import Analysis, analyse_decoded, decode
from tb_contention.plugin.requests import View
from tb_contention.recorders.discover import discover
from tb_contention.timeline.lanes import DeviceTimeline, build_timeline

#: A file that is not whole and was changed so few seconds ago is taken to be in the middle of being written.
SETTLED_AFTER = 5.0
_BEGINNINGS = frozenset({"still-growing", "empty-file", "bad-gzip", "truncated-json", "bad-sqlite"})
RESCAN_AFTER = 2.0  # seconds; the panel asks more often while it waits
#: Kernels beyond which a view is shown before its costs are measured, which takes seconds then; and what marks that revision.
LONG, FIRST = 200_000, "-first"
MAX_VIEWS = 8
MAX_TIMELINES = 16

#: How far the analysis of a view is.
Phase: TypeAlias = Literal["scanning", "working", "ready", "failed"]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class State:
    """What a view's summary says. partial: the analysis is a first look, without costs and findings."""

    state: Phase = "scanning"
    message: str = "Looking for captures"
    progress: float | None = None
    revision: str = ""
    analysis: Analysis | None = None
    partial: bool = False
    timelines: OrderedDict[str, DeviceTimeline] = field(default_factory=OrderedDict)


class Workspace:
    """Everything known about one log directory. All methods may be called from any thread."""

    def __init__(self, logdir: str, spec: str) -> None:
        self.logdir, self.spec = logdir, spec
        self._lock = threading.RLock()
        self._building = threading.Lock()
        self._wake = threading.Event()
        self._first_scan = threading.Event()
        self._thread: threading.Thread | None = None
        self._views: OrderedDict[View, State] = OrderedDict()
        self._files: dict[CaptureFile, DecodedFile] = {}
        self._seen_any = False
        self._scanned = 0.0
        self._wanted = False

    def has_captures(self, wait: float) -> bool:
        """Return whether a capture was ever found; the first call waits that long for the first scan at most."""
        if not (self.logdir or self.spec):
            return False
        if not self._seen_any:
            self._start(wanted=False)
            self._first_scan.wait(wait)
        return self._seen_any

    def summary(self, view: View) -> State:
        """Return the state of a view as it is, and see to it that it gets up to date."""
        with self._lock:
            state = self._views.setdefault(view, State())
            self._views.move_to_end(view)
            while len(self._views) > MAX_VIEWS:
                self._views.popitem(last=False)
            stale = time.monotonic() - self._scanned > RESCAN_AFTER
            if not (self.logdir or self.spec):
                return State(
                    state="failed", message="TensorBoard runs without a log directory; start it with --logdir."
                )
            if stale or state.analysis is None:
                self._start(wanted=True)
            return State(state.state, state.message, state.progress, state.revision, state.analysis, state.partial)

    def timeline(self, view: View, device: str) -> tuple[DeviceTimeline | None, str]:
        """Return the timeline of a device (None: no such device, or not analysed yet) and the view's revision."""
        with self._lock:
            state = self._views.get(view)
        if state is None or state.analysis is None:
            return None, ""
        analysis, revision = state.analysis, state.revision
        with self._building:
            timeline = state.timelines.get(f"{revision} {device}")
            if timeline is None:
                report = next((d for d in analysis.report.devices if d.id == device), None)
                if report is None:
                    return None, revision
                timeline = build_timeline(analysis.aligned, report)
                state.timelines[f"{revision} {device}"] = timeline
                while len(state.timelines) > MAX_TIMELINES:
                    state.timelines.popitem(last=False)
        return timeline, revision

    def aligned(self, view: View) -> AlignedTraces | None:
        """Return the traces of a view that was analysed."""
        with self._lock:
            state = self._views.get(view)
        return None if state is None or state.analysis is None else state.analysis.aligned

    def file(self, relative: str) -> CaptureFile | None:
        """Find a decoded file by its path below the log directory."""
        return next((file for file in tuple(self._files) if file.relative == relative), None)

    def _start(self, *, wanted: bool) -> None:
        with self._lock:
            self._wanted = self._wanted or wanted
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="tb_contention-workspace", daemon=True)
                self._thread.start()
            self._wake.set()

    def _run(self) -> None:
        """Work until there was nothing to do for a while; a new thread starts with the next request."""
        while self._wake.wait(5.0):
            self._wake.clear()
            try:
                self._round()
            except ContentionError as error:
                self._fail(str(error))
            except Exception as error:
                log.exception("tb_contention: the analysis failed")
                self._fail(
                    f"The analysis failed unexpectedly ({type(error).__name__}: {error}). Please report this with the trace."
                )
            finally:
                self._first_scan.set()

    def _fail(self, message: str) -> None:
        with self._lock:
            self._scanned = time.monotonic()
            for state in self._views.values():
                state.state, state.message, state.progress, state.analysis = "failed", message, None, None

    def _round(self) -> None:
        discovery = discover(self.logdir, spec=self.spec)
        self._seen_any = self._seen_any or bool(discovery.files)
        self._first_scan.set()
        if not self._wanted:
            return
        decoded = self._decode(discovery)
        revision = _revision(decoded.discovery)
        with self._lock:
            self._scanned = time.monotonic()
            views = list(self._views.items())
        for view, state in views:
            if state.revision != revision or state.analysis is None:
                self._analyse(view, state, decoded, revision)

    def _decode(self, discovery: Discovery) -> Decoded:
        """Decode what is new; leave out files that are still being written."""
        decoded = decode(discovery, cache=TraceCache.at(), known=self._files, progress=self._report)
        growing = {f for f, held in decoded.files.items() if f not in self._files and _is_young(f) and _is_cut(held)}
        self._files = {file: held for file, held in decoded.files.items() if file not in growing}
        found = replace(
            discovery,
            files=tuple(self._files),
            problems=(*discovery.problems, *(_being_written(f) for f in discovery.files if f in growing)),
        )
        return Decoded(discovery=found, files=self._files)

    def _report(self, message: str, progress: float | None) -> None:
        with self._lock:
            for state in self._views.values():
                if state.analysis is None:
                    state.state, state.message, state.progress = "working", message, progress

    def _analyse(self, view: View, state: State, decoded: Decoded, revision: str) -> None:
        def show(look: Analysis) -> None:
            if state.analysis is None and sum(len(c.trace.kernels) for c in decoded.captures) > LONG:
                with self._lock:
                    state.analysis, state.revision, state.partial = look, revision + FIRST, True
                    state.state, state.message, state.progress = "working", "Measuring the cost of sharing", None

        try:
            analysis = analyse_decoded(decoded, view.options(self.spec), progress=self._report, first=show)
        except ContentionError as error:
            with self._lock:
                state.state, state.message, state.progress, state.analysis = "failed", str(error), None, None
                state.revision = revision
            return
        with self._lock:
            state.analysis, state.revision, state.partial = analysis, revision, False
            state.state, state.message, state.progress = "ready", "", None
            state.timelines.clear()


def _is_young(file: CaptureFile) -> bool:
    """Return whether a file was changed a moment ago; clocks of file servers may be ahead."""
    return abs(time.time() - file.mtime_ns / 1e9) < SETTLED_AFTER


def _is_cut(held: DecodedFile) -> bool:
    """Return whether a file looks like the beginning of one."""
    if held.captures:
        return not all(capture.trace.complete for capture in held.captures)
    return any(problem.slug in _BEGINNINGS for problem in held.problems)


def _being_written(file: CaptureFile) -> Problem:
    return Problem(
        file=file.relative,
        slug="still-growing",
        severity=Severity.INFO,
        origin=Origin.READING,
        message="This file is incomplete and changed a moment ago; it is probably still being written.",
        advice="It appears once it is complete.",
    )


def _revision(discovery: Discovery) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for file in discovery.files:
        manifest = _changed(file.manifest)
        digest.update(f"{file.relative}\0{file.size}\0{file.mtime_ns}\0{manifest}\n".encode("utf-8", "replace"))
    for problem in discovery.problems:
        digest.update(problem.message.encode("utf-8", "replace"))
    return digest.hexdigest()


def _changed(manifest: str | None) -> int:
    """Return the time of a local manifest's last change, 0 without one."""
    try:
        return Path(manifest).stat().st_mtime_ns if manifest is not None else 0
    except OSError:
        return 0
