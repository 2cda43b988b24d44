"""Values -> HTTP responses, and handlers -> WSGI applications with methods, errors and headers."""

import gzip
import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from typing import Any

from werkzeug import wrappers
from werkzeug.http import parse_accept_header

from tb_contention.model.faults import INTERNAL
from tb_contention.model.report import Report
from tb_contention.plugin.answers import Refusal, RefusalAnswer
from tb_contention.plugin.requests import Query, RequestError, parse_query
from tb_contention.report.contract import encode

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Handler = Callable[[Query], wrappers.Response]

_MIME = {
    ".js": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".css": "text/css",
}
#: A built file that is named by its content, as the build does with all but the entry: `rest-hRiu0Q5T.js`.
_HASHED = re.compile(r"-[\w-]{8}\.js(on)?")
log = logging.getLogger(__name__)


def answer(value: object, *, about: Report | None = None, status: int = 200) -> wrappers.Response:
    """Answer with a value as JSON; `about` is the report that a part of it needs to be encoded."""
    body = json.dumps(encode(value, about), allow_nan=False, separators=(",", ":"))
    return wrappers.Response(body, status=status, content_type="application/json; charset=utf-8")


def compressed(value: object) -> wrappers.Response:
    """Answer with a value that may be large."""
    response = answer(value)
    response.set_data(gzip.compress(response.get_data(), 1, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response


def packed(data: bytes) -> wrappers.Response:
    """Answer with bytes that never change, which `gzip.compress` made."""
    response = wrappers.Response(data, mimetype="application/octet-stream")
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return response


def shown(body: str | bytes, policy: str) -> wrappers.Response:
    """Answer with a page, which a browser shows under a content security policy."""
    response = wrappers.Response(body, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = policy
    return response


def attached(body: str | Iterable[bytes], mime: str, name: str) -> wrappers.Response:
    """Answer with a file to keep."""
    response = wrappers.Response(body, content_type=mime)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def application(handler: Handler, allowed: frozenset[str]) -> Application:
    """Wrap a handler that takes the view and the `allowed` parameters."""

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = _response(handler, allowed, environ)
        if response.headers.get("Content-Encoding") == "gzip" and not _takes_gzip(environ):
            response.set_data(gzip.decompress(response.get_data()))
            del response.headers["Content-Encoding"]
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-cache")
        if "ETag" in response.headers:
            response.make_conditional(environ)
        return response(environ, start_response)

    return respond


def _takes_gzip(environ: dict[str, Any]) -> bool:
    """Return whether the client accepts gzip; `gzip;q=0` names it to refuse it."""
    return bool(parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING", "")).quality("gzip") > 0)


def _response(handler: Handler, allowed: frozenset[str], environ: dict[str, Any]) -> wrappers.Response:
    if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
        response = refused(405, "method-not-allowed", "This route accepts only GET and HEAD.")
        response.headers["Allow"] = "GET, HEAD"
        return response
    try:
        return handler(parse_query(environ.get("QUERY_STRING", ""), allowed, environ.get("REMOTE_ADDR", "")))
    except RequestError as error:
        return refused(error.status, error.slug, error.message)
    except Exception:
        log.exception("tb_contention: a request failed")
        return refused(500, INTERNAL, "The request failed; the server's log shows why.")


def refused(status: int, slug: str, message: str) -> wrappers.Response:
    """Answer with why there is no answer."""
    return answer(RefusalAnswer(error=Refusal(slug=slug, message=message)), status=status)


def static_files() -> Iterator[tuple[str, Application]]:
    """Yield the built files of the panel by name, each with the application that serves it."""
    for file in sorted((files("tb_contention") / "static").iterdir(), key=lambda f: f.name):
        mime = _MIME.get("." + file.name.rpartition(".")[2])
        if file.is_file() and mime is not None:
            is_hashed = _HASHED.search(file.name) is not None
            yield file.name, _static(file.read_bytes(), mime, is_hashed=is_hashed)


def _static(content: bytes, mime: str, *, is_hashed: bool) -> Application:
    """Serve a file. A browser keeps one whose name holds its content, and asks whether another one has changed."""
    data, tag = gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:16]

    def handler(query: Query) -> wrappers.Response:
        response = wrappers.Response(data, content_type=mime)
        response.headers["Content-Encoding"] = "gzip"
        if is_hashed:
            response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
        else:
            response.set_etag(tag, weak=True)
        return response

    return application(handler, frozenset({"_file_hash"}))
