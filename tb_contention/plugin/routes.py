"""The routes under `api/`: GET only, no path from a query, answers as `http_api.md` describes."""

import gzip
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from werkzeug import wrappers

from tb_contention._version import __version__
from tb_contention.compare import compare
from tb_contention.contention.within import contention_within, overlap_shifted
from tb_contention.index import choices
from tb_contention.memory.within import memory_within, processes_of
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.prediction import Prediction
from tb_contention.model.report import DeviceReport, Report
from tb_contention.plugin.answers import EventAnswer, GroupsAnswer, HitAnswer, PredictionAnswer, ShiftedAnswer, Summary
from tb_contention.plugin.fleets import Fleets
from tb_contention.plugin.perfetto_page import perfetto_page
from tb_contention.plugin.predicting import Predicting, question_of
from tb_contention.plugin.requests import FAR, MAX_SEARCH, Query, RequestError, View
from tb_contention.plugin.responses import (
    Application,
    Handler,
    answer,
    application,
    attached,
    compressed,
    packed,
    shown,
    static_files,
)
from tb_contention.plugin.scanning import Scan
from tb_contention.plugin.trace_viewer import TraceViewerPlace, trace_viewer_place
from tb_contention.plugin.views import State
from tb_contention.plugin.workspace import Workspace
from tb_contention.report.contract.documents import comparison_document
from tb_contention.report.fleet_html import POLICY
from tb_contention.report.perfetto_archive import PerfettoArchive
from tb_contention.report.to_html import to_html
from tb_contention.report.to_json import document, to_json
from tb_contention.report.to_markdown import to_markdown
from tb_contention.report.to_perfetto import to_perfetto
from tb_contention.timeline.event import event_at
from tb_contention.timeline.lanes import DeviceTimeline
from tb_contention.timeline.layout import layout
from tb_contention.timeline.search import Wanted, next_hit, search
from tb_contention.timeline.tiles import tile
from tb_contention.units import SessionId
from tb_contention.whatif import predict, prepare
from tb_contention.words.findings import without_muted
from tb_contention.words.listing import nothing_together
from tb_contention.words.numbers import size

_RENDERERS = {
    "json": (to_json, "application/json", "json"),
    "html": (to_html, "text/html; charset=utf-8", "html"),
    "markdown": (to_markdown, "text/markdown; charset=utf-8", "md"),
}

_PERFETTO = ("perfetto", "perfetto-archive")

#: Bytes of original files, as they are stored, that a download may have.
MAX_ORIGINALS = 512 << 20

#: For reports that lie in a dataset, whoever wrote them: they may run their scripts, but not as TensorBoard's.
_OF_OTHERS = "sandbox allow-scripts allow-downloads allow-popups"

#: Tiles that are kept as they were sent, a few tens of kilobytes each: the coarse ones, which everybody gets first, take longest to cut.
_MAX_TILES = 64


class Routes:
    """The handlers of all routes of one log directory. has_xprof: whether xprof's plugin is loaded, which is known after the start."""

    def __init__(self, workspace: Workspace, has_xprof: Callable[[], bool]) -> None:
        self._workspace, self._has_xprof = workspace, has_xprof
        self._predicting = Predicting()
        self._fleets = Fleets(workspace.logdir)
        self._tiles: OrderedDict[Hashable, bytes] = OrderedDict()
        self._tiling = Lock()

    def applications(self) -> dict[str, Application]:
        """Return what answers each path: the routes, and the built files of the panel."""
        apps = {path: application(handler, allowed) for path, (handler, allowed) in self.table().items()}
        return apps | {f"/{name}": app for name, app in static_files()}

    def table(self) -> dict[str, tuple[Handler, frozenset[str]]]:
        """Return the handler of each route and its parameters besides the view."""
        return {
            "/api/summary": (self._summary, frozenset({"known", "overview"})),
            "/api/groups": (self._groups, frozenset({"known"})),
            "/api/baselines": (self._baselines, frozenset({"session", "text"})),
            "/api/layout": (self._layout, frozenset({"device"})),
            "/api/tile": (self._tile, frozenset({"device", "level", "index", "revision", "launches"})),
            "/api/contention": (self._contention, frozenset({"device", "start", "end"})),
            "/api/shifted": (self._shifted, frozenset({"device", "session", "by"})),
            "/api/whatif": (self._whatif, frozenset({"device", "changes"})),
            "/api/search": (
                self._search,
                frozenset({"device", "text", "exact", "start", "end", "after", "before", "launches"}),
            ),
            "/api/memory": (self._memory, frozenset({"device", "start", "end", "at", "caps"})),
            "/api/compare": (self._compare, frozenset({"before", "after", "before_group", "after_group"})),
            "/api/event": (self._event, frozenset({"device", "lane", "row", "time"})),
            "/api/fleet": (self._fleet, frozenset({"dataset", "report", "theme"})),
            "/api/report": (self._report, frozenset({"format", "device", "mute"})),
        }

    def _summary(self, query: Query) -> wrappers.Response:
        known, scan, listing = query.values.get("known", ""), *self._workspace.scan()
        is_overview = query.flag("overview") and scan is not None and len(scan.groups) > 1
        if is_overview and scan is not None and query.view == View():
            # Nobody looks at a group: none is analysed.
            state = (
                State(state="scanning", message="Looking through the log directory")
                if scan.unread
                else State("ready", "")
            )
        else:
            state = self._workspace.summary(query.view, known)
        analysis, has_xprof = state.analysis, self._has_xprof()
        is_known = state.state in ("ready", "working") and state.revision == known != ""
        report = None if analysis is None or is_known or is_overview else analysis.report
        return answer(
            Summary(
                state=state.state,
                message=state.message,
                progress=state.progress,
                revision=state.revision,
                is_known=is_known,
                is_partial=state.partial,
                logdir=self._workspace.logdir or self._workspace.spec,
                listing=listing,
                captures=scan.captures if scan is not None else 0,
                groups=len(scan.groups) if scan is not None else 0,
                datasets=self._fleets.names(scan) if scan is not None else (),
                group=state.group,
                version=__version__,
                xprof=has_xprof,
                trace_viewer=self._trace_viewer(analysis.aligned, scan) if has_xprof and analysis and scan else {},
                perfetto=perfetto_page(),
                report=None if report is None else document(report),
            ),
            about=report,
        )

    def _groups(self, query: Query) -> wrappers.Response:
        scan, listing = self._workspace.scan()
        is_known = scan is not None and query.values.get("known") == listing
        groups = () if scan is None or is_known else self._workspace.groups(scan)
        return compressed(
            GroupsAnswer(
                listing=listing,
                is_known=is_known,
                pending=len(scan.snapshot.pending) if scan is not None else 0,
                groups=None if is_known else groups,
                apart=nothing_together(groups),
                findings=() if is_known or scan is None else scan.snapshot.arranged.findings,
                problems=() if is_known or scan is None else scan.problems,
            )
        )

    def _baselines(self, query: Query) -> wrappers.Response:
        session, text = query.text("session"), query.values.get("text", "")
        scan, _ = self._workspace.scan()
        if scan is None:
            raise _not_ready()
        if len(text) > MAX_SEARCH:
            raise RequestError(400, "bad-parameter", f"The parameter text may have {MAX_SEARCH} characters.")
        found = choices(scan.alone, session, text)
        if found is None:
            raise RequestError(404, "unknown-session", "The log directory holds no session with this id.")
        return answer(found)

    def _trace_viewer(self, aligned: AlignedTraces, scan: Scan) -> dict[SessionId, TraceViewerPlace]:
        """Find each session in xprof's trace viewer; only sessions that it can open."""
        places = {}
        for session in aligned.sessions:
            file = scan.files.get(session.file)
            place = None if file is None else trace_viewer_place(session, file, self._workspace.logdir)
            if place is not None:
                places[session.id] = place
        return places

    def _timeline(self, query: Query) -> tuple[DeviceTimeline, str]:
        device = query.text("device")
        timeline, revision = self._workspace.timeline(query.view, device)
        if timeline is None:
            raise _unknown_device()
        return timeline, revision

    def _layout(self, query: Query) -> wrappers.Response:
        timeline, revision = self._timeline(query)
        return answer(layout(timeline, revision))

    def _tile(self, query: Query) -> wrappers.Response:
        level, index = query.level(), query.number("index", 0, 1 << 53)
        asked = query.text("revision")
        timeline, revision = self._timeline(query)
        if asked != revision:
            raise RequestError(
                409, "old-revision", "The captures have changed; request the summary for the current revision."
            )
        if index << (level + 9) > (timeline.end - timeline.start) + 1:
            raise RequestError(404, "no-such-tile", "The tile starts after the end of the captures.")
        launches = query.flag("launches")
        key = (query.view, revision, timeline.report.id, level, index, launches)
        with self._tiling:
            found = self._tiles.get(key)
        if found is None:
            found = gzip.compress(tile(timeline, level, index, launches=launches), 1, mtime=0)
            with self._tiling:
                self._tiles[key] = found
                while len(self._tiles) > _MAX_TILES:
                    self._tiles.popitem(last=False)
        return packed(found)

    def _event(self, query: Query) -> wrappers.Response:
        lane, row = query.number("lane", 0, 1 << 20), query.number("row", 0, 1 << 16)
        time = query.number("time", -FAR, FAR)
        timeline, _ = self._timeline(query)
        if lane >= len(timeline.lanes):
            raise RequestError(
                404, "unknown-lane", f"The device has no lane {lane}; its lanes are 0 to {len(timeline.lanes) - 1}."
            )
        return answer(EventAnswer(event=event_at(timeline, timeline.lanes[lane], row, time)))

    def _contention(self, query: Query) -> wrappers.Response:
        timeline, aligned, low, high = self._part(query)
        report = timeline.report
        return answer(contention_within(aligned, report.group, report.cost, low, high))

    def _part(self, query: Query) -> tuple[DeviceTimeline, AlignedTraces, int, int]:
        """Read a part of a device's window, clipped to it."""
        start, end = query.number("start", -FAR, FAR), query.number("end", -FAR, FAR)
        timeline, _ = self._timeline(query)
        group = timeline.report.group
        low, high = max(start, group.start), min(end, group.end)
        if high < low:
            raise RequestError(400, "bad-parameter", "The span from start to end lies outside the analysed window.")
        return timeline, self._aligned(query), low, high

    def _aligned(self, query: Query) -> AlignedTraces:
        aligned = self._workspace.aligned(query.view)
        if aligned is None:
            raise _not_ready()
        return aligned

    def _shifted(self, query: Query) -> wrappers.Response:
        by, session = query.number("by", -FAR, FAR), query.text("session")
        timeline, _ = self._timeline(query)
        if session not in timeline.report.sessions:
            raise RequestError(404, "unknown-session", "No session with this id ran on this device.")
        time, pairs = overlap_shifted(self._aligned(query), timeline.report.group, session, by)
        return answer(ShiftedAnswer(time=time, overlaps=pairs))

    def _whatif(self, query: Query) -> wrappers.Response:
        timeline, revision = self._timeline(query)
        device, aligned = timeline.report, self._aligned(query)
        report = _whole(self._workspace.summary(query.view))
        question = question_of(query, report, device)

        def work() -> Prediction:
            scene = self._predicting.scene(f"{revision} {device.id}", lambda: prepare(device, aligned))
            return predict(device, aligned, (question,), report.devices, scene)[0]

        found = self._predicting.ask((revision, str(device.id), question), work)
        return answer(PredictionAnswer(prediction=found))

    def _search(self, query: Query) -> wrappers.Response:
        text = query.text("text")
        if not 0 < len(text) <= MAX_SEARCH:
            raise RequestError(400, "bad-parameter", f"The parameter text must have 1 to {MAX_SEARCH} characters.")
        wanted, launches = Wanted(text=text, exact=query.flag("exact")), query.flag("launches")
        timeline, _ = self._timeline(query)
        if "after" in query.values or "before" in query.values:
            direction = 1 if "after" in query.values else -1
            at = query.number("after" if direction > 0 else "before", -FAR, FAR)
            return answer(HitAnswer(hit=next_hit(timeline, wanted, at, direction, launches=launches)))
        start, end = query.number("start", -FAR, FAR), query.number("end", -FAR, FAR)
        return answer(search(timeline, wanted, start, end, launches=launches))

    def _compare(self, query: Query) -> wrappers.Response:
        # Of another group the panel knows no devices before it is analysed.
        asked = {
            n: query.values.get(n, "") if f"{n}_group" in query.values else query.text(n) for n in ("before", "after")
        }
        # Both are asked for before either is missed, so that one after the other is analysed.
        views = query.of_group("before_group"), query.of_group("after_group")
        states = [self._workspace.summary(view) for view in views]
        before, after = map(_whole, states)
        old, new = _device(before, asked["before"], asked["after"]), _device(after, asked["after"], asked["before"])
        found = compare(old, new, before.sessions, after.sessions)
        return answer(comparison_document(found, before=before.logdir, after=after.logdir))

    def _memory(self, query: Query) -> wrappers.Response:
        at = query.number("at", -FAR, FAR) if "at" in query.values else None
        caps = query.caps("caps") if "caps" in query.values else None
        timeline, aligned, low, high = self._part(query)
        memory = timeline.report.memory
        if memory is None:
            raise RequestError(404, "no-memory", "The captures hold no allocator events of this device.")
        if caps is not None and len(caps) != len(processes_of(memory)):
            raise RequestError(
                400,
                "bad-parameter",
                f"The parameter caps must have {len(processes_of(memory))} entries, one per process.",
            )
        return answer(memory_within(memory, aligned, low, high, at, caps))

    def _fleet(self, query: Query) -> wrappers.Response:
        scan, _ = self._workspace.scan()
        if scan is None:
            raise _not_ready()
        name, theme = query.values.get("dataset", ""), query.values.get("theme", "")
        if theme not in ("", "light", "dark"):
            raise RequestError(400, "bad-parameter", "The parameter theme must be light or dark.")
        if "report" in query.values:
            return shown(self._fleets.report(scan, query.text("dataset"), query.text("report")), _OF_OTHERS)
        return shown(self._fleets.page(scan, name, theme), POLICY)

    def _report(self, query: Query) -> wrappers.Response:
        name = query.text("format")
        if name not in _PERFETTO and name not in _RENDERERS:
            known = ", ".join((*_RENDERERS, *_PERFETTO))
            raise RequestError(400, "bad-parameter", f"The parameter format must be one of {known}.")
        # A download without the shifts on screen is of another view, which may not have been analysed.
        state = self._workspace.settled(query.view)
        if name == "perfetto":
            timeline, _ = self._timeline(query)
            chunks = to_perfetto(self._aligned(query), timeline.report)
            return attached(chunks, "application/octet-stream", "contention.pftrace")
        if name == "perfetto-archive":
            return attached(self._archive(query).chunks(), "application/x-tar", "contention.tar")
        render, mime, suffix = _RENDERERS[name]
        muted = [rule for rule in query.values.get("mute", "").split(",") if rule]
        # A link may mute rules that this report has no findings of.
        report = without_muted(_whole(state), [(rule, "") for rule in muted], muted)
        return attached(render(report), mime, f"contention-report.{suffix}")

    def _archive(self, query: Query) -> PerfettoArchive:
        """Return the aligned sessions of a device with their original files, where those are not too large for a download."""
        timeline, _ = self._timeline(query)
        scan, _ = self._workspace.scan()
        archive = PerfettoArchive(self._aligned(query), timeline.report, scan.files if scan is not None else {})
        if not archive.originals:
            raise RequestError(404, "nothing-to-archive", "Perfetto reads none of the original files of this device.")
        if archive.size > MAX_ORIGINALS:
            raise RequestError(
                413,
                "too-large",
                f"The original files have {size(archive.size)}, more than the {size(MAX_ORIGINALS)} that a download may have; "
                "write the archive on the command line: tb-contention report LOGDIR -o NAME.tar",
            )
        return archive


def _whole(state: State) -> Report:
    """Return the report of a view, costs included."""
    if state.state == "failed":
        raise RequestError(404, "failed", state.message)
    if state.analysis is None or state.partial:
        raise _not_ready()
    return state.analysis.report


def _device(report: Report, wanted: str, like: str) -> DeviceReport:
    """Return a device by its id; without one the device that is named as the other one, or else the first."""
    by_id = {str(device.id): device for device in report.devices}
    device = by_id.get(wanted) if wanted else by_id.get(like, next(iter(report.devices), None))
    if device is None:
        raise _unknown_device()
    return device


def _unknown_device() -> RequestError:
    return RequestError(
        404, "unknown-device", "No device has this id, or it is not analysed yet; request the summary again."
    )


def _not_ready() -> RequestError:
    return RequestError(404, "not-ready", "The report is not ready yet; request the summary until its state is ready.")
