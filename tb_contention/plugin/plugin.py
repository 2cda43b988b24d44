"""The tab's routes: GET only, no path from a query, answers as `http_api.md` describes."""

import gzip
import json
import logging
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any

from tensorboard.plugins import base_plugin
from werkzeug import wrappers

from tb_contention._version import __version__
from tb_contention.compare import compare
from tb_contention.contention.within import contention_within, overlap_shifted
from tb_contention.memory.within import memory_within, processes_of
from tb_contention.model.alignment import AlignedTraces
from tb_contention.plugin.details import event_at
from tb_contention.plugin.metadata import NAME, TAB_NAME
from tb_contention.plugin.requests import FAR, MAX_SEARCH, Query, RequestError, View, parse_query
from tb_contention.plugin.trace_viewer import TraceViewerPlace, trace_viewer_place
from tb_contention.plugin.workspace import Workspace
from tb_contention.report import compare_json, cost_json, memory_json
from tb_contention.report.to_html import to_html
from tb_contention.report.to_json import to_dict, to_json
from tb_contention.report.to_markdown import to_markdown
from tb_contention.report.to_perfetto import to_perfetto
from tb_contention.timeline.lanes import DeviceTimeline
from tb_contention.timeline.search import Wanted, next_hit, search
from tb_contention.timeline.tiles import layout, tile

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Handler = Callable[[Query], wrappers.Response]

_MIME = {
    ".js": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".css": "text/css",
}
_FIRST_WAIT = 0.3  # seconds that the first `is_active` may hold up TensorBoard's list of tabs
_RENDERERS = {
    "json": (to_json, "application/json"),
    "html": (to_html, "text/html; charset=utf-8"),
    "markdown": (to_markdown, "text/markdown; charset=utf-8"),
}
log = logging.getLogger(__name__)


class ContentionPlugin(base_plugin.TBPlugin):
    """The Contention tab. Nothing is read before TensorBoard asks for it, and then in the background."""

    plugin_name = NAME

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        flags = getattr(context, "flags", None)
        logdir = getattr(context, "logdir", None) or ""
        spec = "" if logdir else (getattr(flags, "logdir_spec", "") or "")
        self._workspace = Workspace(logdir, spec)
        self._context = context

    def get_plugin_apps(self) -> dict[str, Application]:
        """Name the routes."""
        routes: dict[str, tuple[Handler, frozenset[str]]] = {
            "/api/summary": (self._summary, frozenset({"known"})),
            "/api/layout": (self._layout, frozenset({"device"})),
            "/api/tile": (self._tile, frozenset({"device", "level", "index", "revision", "launches"})),
            "/api/contention": (self._contention, frozenset({"device", "start", "end"})),
            "/api/shifted": (self._shifted, frozenset({"device", "session", "by"})),
            "/api/search": (
                self._search,
                frozenset({"device", "text", "exact", "start", "end", "after", "before", "launches"}),
            ),
            "/api/memory": (self._memory, frozenset({"device", "start", "end", "at", "caps"})),
            "/api/compare": (self._compare, frozenset({"before", "after"})),
            "/api/event": (self._event, frozenset({"device", "lane", "row", "time"})),
            "/api/report": (self._report, frozenset({"format", "device"})),
        }
        apps: dict[str, Application] = {
            path: _application(handler, allowed) for path, (handler, allowed) in routes.items()
        }
        apps.update({f"/{name}": _static(name) for name in _static_names()})
        return apps

    def is_active(self) -> bool:
        """Tell whether there are captures; looks in the background and waits a moment at the first call only."""
        return self._workspace.has_captures(_FIRST_WAIT)

    def frontend_metadata(self) -> Any:
        """Name the panel's module; the panel reloads itself."""
        return base_plugin.FrontendMetadata(es_module_path="/index.js", tab_name=TAB_NAME, disable_reload=True)

    def _summary(self, query: Query) -> wrappers.Response:
        state = self._workspace.summary(query.view)
        has_xprof = "profile" in (getattr(self._context, "plugin_name_to_instance", None) or {})
        is_known = state.analysis is not None and query.values.get("known") == state.revision
        return _json(
            {
                "is_known": is_known,
                "is_partial": state.partial,
                "state": state.state,
                "message": state.message,
                "progress": state.progress,
                "revision": state.revision,
                "logdir": self._workspace.logdir or self._workspace.spec,
                "version": __version__,
                "xprof": has_xprof,
                "trace_viewer": self._trace_viewer(state.analysis.aligned) if has_xprof and state.analysis else {},
                "report": to_dict(state.analysis.report) if state.analysis is not None and not is_known else None,
            }
        )

    def _trace_viewer(self, aligned: AlignedTraces) -> dict[str, TraceViewerPlace]:
        """Tell where xprof's trace viewer has each session, for those that it can open."""
        places = {}
        for session in aligned.sessions:
            file = self._workspace.file(session.file)
            place = None if file is None else trace_viewer_place(session, file, self._workspace.logdir)
            if place is not None:
                places[str(session.id)] = place
        return places

    def _timeline(self, query: Query) -> tuple[DeviceTimeline, str]:
        device = query.text("device")
        timeline, revision = self._workspace.timeline(query.view, device)
        if timeline is None:
            raise RequestError(404, "unknown-device", "No device of that id is analysed (yet); ask for the summary.")
        return timeline, revision

    def _layout(self, query: Query) -> wrappers.Response:
        timeline, revision = self._timeline(query)
        return _json(layout(timeline, revision))

    def _tile(self, query: Query) -> wrappers.Response:
        level, index = query.level(), query.number("index", 0, 1 << 53)
        asked = query.text("revision")
        timeline, revision = self._timeline(query)
        if asked != revision:
            raise RequestError(409, "old-revision", "The captures have changed; ask for the summary.")
        if index << (level + 9) > (timeline.end - timeline.start) + 1:
            raise RequestError(404, "no-such-tile", "The tile lies behind the end of the captures.")
        response = wrappers.Response(
            gzip.compress(tile(timeline, level, index, launches=query.flag("launches")), 1, mtime=0),
            mimetype="application/octet-stream",
        )
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Cache-Control"] = "private, max-age=86400, immutable"
        return response

    def _event(self, query: Query) -> wrappers.Response:
        lane, row = query.number("lane", 0, 1 << 20), query.number("row", 0, 1 << 16)
        time = query.number("time", -FAR, FAR)
        timeline, _ = self._timeline(query)
        if lane >= len(timeline.lanes):
            raise RequestError(404, "unknown-lane", "There is no such lane.")
        return _json({"event": event_at(timeline, timeline.lanes[lane], row, time)})

    def _contention(self, query: Query) -> wrappers.Response:
        timeline, aligned, low, high = self._part(query)
        report = timeline.report
        return _json(cost_json.part(contention_within(aligned, report.group, report.cost, low, high)))

    def _part(self, query: Query) -> tuple[DeviceTimeline, AlignedTraces, int, int]:
        """Read a part of a device's window, clipped to it."""
        start, end = query.number("start", -FAR, FAR), query.number("end", -FAR, FAR)
        timeline, _ = self._timeline(query)
        group = timeline.report.group
        low, high = max(start, group.start), min(end, group.end)
        if high < low:
            raise RequestError(400, "bad-parameter", "The part from start to end lies outside the analysed window.")
        return timeline, self._aligned(query), low, high

    def _aligned(self, query: Query) -> AlignedTraces:
        aligned = self._workspace.aligned(query.view)
        if aligned is None:
            raise RequestError(404, "not-ready", "The report is not ready yet; ask for the summary.")
        return aligned

    def _shifted(self, query: Query) -> wrappers.Response:
        by, session = query.number("by", -FAR, FAR), query.text("session")
        timeline, _ = self._timeline(query)
        if session not in timeline.report.sessions:
            raise RequestError(404, "unknown-session", "No session of that id is on this device.")
        time, pairs = overlap_shifted(self._aligned(query), timeline.report.group, session, by)
        return _json(
            {
                "time": cost_json.time_split(time),
                "overlaps": [{"a": p.a, "b": p.b, "overlap_ns": int(p.overlap)} for p in pairs],
            }
        )

    def _search(self, query: Query) -> wrappers.Response:
        text = query.text("text")
        if not 0 < len(text) <= MAX_SEARCH:
            raise RequestError(400, "bad-parameter", f"text must have 1 to {MAX_SEARCH} characters.")
        wanted, launches = Wanted(text=text, exact=query.flag("exact")), query.flag("launches")
        timeline, _ = self._timeline(query)
        if "after" in query.values or "before" in query.values:
            direction = 1 if "after" in query.values else -1
            at = query.number("after" if direction > 0 else "before", -FAR, FAR)
            return _json({"hit": next_hit(timeline, wanted, at, direction, launches=launches)})
        start, end = query.number("start", -FAR, FAR), query.number("end", -FAR, FAR)
        return _json(search(timeline, wanted, start, end, launches=launches))

    def _compare(self, query: Query) -> wrappers.Response:
        state = self._workspace.summary(query.view)
        if state.analysis is None or state.partial:
            raise RequestError(404, "not-ready", "The report is not ready yet; ask for the summary.")
        report = state.analysis.report
        devices = {str(device.id): device for device in report.devices}
        asked = query.text("before"), query.text("after")
        if not set(asked) <= set(devices):
            raise RequestError(404, "unknown-device", "No device of that id is analysed (yet); ask for the summary.")
        found = compare(devices[asked[0]], devices[asked[1]], report.sessions, report.sessions)
        return _json(compare_json.to_dict(found, before=report.logdir, after=report.logdir))

    def _memory(self, query: Query) -> wrappers.Response:
        at = query.number("at", -FAR, FAR) if "at" in query.values else None
        caps = query.caps("caps") if "caps" in query.values else None
        timeline, aligned, low, high = self._part(query)
        memory = timeline.report.memory
        if memory is None:
            raise RequestError(404, "no-memory", "There are no allocator events of this device.")
        if caps is not None and len(caps) != len(processes_of(memory)):
            raise RequestError(400, "bad-parameter", f"caps must have {len(processes_of(memory))} entries.")
        return _json(memory_json.part(memory_within(memory, aligned, low, high, at, caps)))

    def _report(self, query: Query) -> wrappers.Response:
        name = query.text("format")
        if name == "perfetto":
            timeline, _ = self._timeline(query)
            return _attached(
                wrappers.Response(
                    to_perfetto(self._aligned(query), timeline.report), content_type="application/octet-stream"
                ),
                "contention.pftrace",
            )
        if name not in _RENDERERS:
            raise RequestError(400, "bad-parameter", "format must be json, html, markdown or perfetto.")
        state = self._workspace.summary(query.view)
        if state.analysis is None or state.partial:
            raise RequestError(404, "not-ready", "The report is not ready yet; ask for the summary.")
        render, mime = _RENDERERS[name]
        suffix = "md" if name == "markdown" else name
        return _attached(
            wrappers.Response(render(state.analysis.report), content_type=mime), f"contention-report.{suffix}"
        )


def _attached(response: wrappers.Response, name: str) -> wrappers.Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _json(value: Any, status: int = 200) -> wrappers.Response:
    body = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return wrappers.Response(body, status=status, content_type="application/json; charset=utf-8")


def _check_method(environ: dict[str, Any]) -> None:
    if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
        raise RequestError(405, "method-not-allowed", "Only GET and HEAD are answered here.")


def _application(handler: Handler, allowed: frozenset[str]) -> Application:
    """Wrap a handler: methods, parsing, errors, headers."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            _check_method(environ)
            response = handler(parse_query(environ.get("QUERY_STRING", ""), allowed))
        except RequestError as error:
            response = _json({"error": {"slug": error.slug, "message": error.message}}, error.status)
            if error.status == 405:
                response.headers["Allow"] = "GET, HEAD"
        except Exception:
            log.exception("tb_contention: a request failed")
            response = _json(
                {"error": {"slug": "internal", "message": "This could not be answered; TensorBoard's log says why."}},
                404,
            )
        if "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", "") and response.headers.get("Content-Encoding") == "gzip":
            response.set_data(gzip.decompress(response.get_data()))
            del response.headers["Content-Encoding"]
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-cache")
        return response(environ, start_response)

    return application


def _static_names() -> list[str]:
    folder = files("tb_contention") / "static"
    return sorted(f.name for f in folder.iterdir() if f.is_file() and "." + f.name.rpartition(".")[2] in _MIME)


def _static(name: str) -> Application:
    data = (files("tb_contention") / "static" / name).read_bytes()
    packed = gzip.compress(data, 9, mtime=0)
    mime = _MIME["." + name.rpartition(".")[2]]

    def handler(query: Query) -> wrappers.Response:
        response = wrappers.Response(packed, content_type=mime)
        response.headers["Content-Encoding"] = "gzip"
        return response

    return _application(handler, frozenset({"_file_hash"}))


__all__ = ["ContentionPlugin", "View"]
