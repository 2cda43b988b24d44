"""Any request, sent over a socket to `tb-contention serve`: what is answered is what `http_api.md` documents.

Each route is asked with generated queries: parameters that are right, at an edge, hostile, repeated, missing or unknown, under the usual
and odd methods and headers. TB_CONTENTION_REQUESTS=N draws N other queries for each route, instead of the same few in every run.
"""

import gzip
import http.client
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import jsonschema
import pytest
from browser.served import started, wait_for_report
from fuzz.product import strictly
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tb_contention.dataset.place import Place
from tb_contention.dataset.schema import parquet
from tb_contention.model.baseline import BaselineChoices
from tb_contention.plugin.answers import (
    EventAnswer,
    GroupsAnswer,
    HitAnswer,
    PredictionAnswer,
    RefusalAnswer,
    ShiftedAnswer,
    Summary,
)
from tb_contention.plugin.responses import static_files
from tb_contention.plugin.routes import Routes
from tb_contention.plugin.workspace import Workspace
from tb_contention.report.contract.schema import schema
from tb_contention.timeline.layout import Layout
from tb_contention.timeline.search import SearchHits

ASKED = int(os.environ.get("TB_CONTENTION_REQUESTS", "0"))
TABLE = {path: sorted(allowed) for path, (_, allowed) in Routes(Workspace("", ""), lambda: False).table().items()}
FILES = {f"/{name}" for name, _ in static_files()}
#: What a right request of a route must name, in any order.
NEEDED = {
    "/api/baselines": ["session"],
    "/api/layout": ["device"],
    "/api/tile": ["device", "level", "index", "revision"],
    "/api/contention": ["device", "start", "end"],
    "/api/shifted": ["device", "session", "by"],
    "/api/whatif": ["device", "changes"],
    "/api/search": ["device", "text", "start", "end"],
    "/api/memory": ["device", "start", "end"],
    "/api/compare": ["before", "after"],
    "/api/event": ["device", "lane", "row", "time"],
    "/api/report": ["format", "device"],
}
STATUSES = {200, 400, 403, 404, 405}
MORE_STATUSES = {"/api/tile": {409}, "/api/report": {413}, "/index.js": {304}, "/licenses.txt": {304}}
JSON = "application/json; charset=utf-8"
TYPES = {"/api/tile": {"application/octet-stream"}, "/api/fleet": {"text/html; charset=utf-8"}}
REPORTS = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "perfetto": "application/octet-stream",
    "perfetto-archive": "application/x-tar",
}
DECLARED: dict[str, tuple[type, ...]] = {
    "/api/summary": (Summary,),
    "/api/groups": (GroupsAnswer,),
    "/api/baselines": (BaselineChoices,),
    "/api/layout": (Layout,),
    "/api/event": (EventAnswer,),
    "/api/search": (HitAnswer, SearchHits),
    "/api/shifted": (ShiftedAnswer,),
    "/api/whatif": (PredictionAnswer,),
}
HOSTILE = (
    "", " ", "-1", "1e9", "0x10", "NaN", "Infinity", "9" * 40, "\uff11", "\u0664", "+5", "1_000", "\0", "\r\nX-Broken: 1",
    "../../../etc/passwd",
    "/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/", "C:\\windows", "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "javascript:alert(1)", "'; DROP TABLE t; --", "${7*7}", "{{7*7}}", "%s%n", "(a+)+$", "[", "*", "\u202e\u2066", "\x1b[31m",
    "e\u0301" * 40,
    "\U0001f600", "x" * 9000, "x" * 40_000, "=", "==", ";", ",", ",,,", "a=b", "a:0=b", "policy:mps;policy:mps", "cap:x=-1",
    "null", "true", "[]", "{}",
)  # fmt: skip
UNKNOWN = (
    "logdir",
    "path",
    "file",
    "__class__",
    "callback",
    "DEVICE",
    "device[]",
    "",
    "\0",
    "<b>",
    "x" * 300,
    "tag",
    "token",
    "_file_hash",
)
EDGES = (
    "0",
    "1",
    "-0",
    "00",
    "2",
    "62",
    "63",
    str(2**31),
    str(2**53),
    str(2**62),
    str(-(2**62)),
    str(2**63 - 1),
    str(2**64),
)
HEADERS: dict[str, tuple[str, ...]] = {
    "Host": ("localhost", "127.0.0.1:99999", "[::1]", "evil.example", "", "a b", "[::1", "127.0.0.1.evil.example", "<script>", "\xff"),
    "Accept-Encoding": ("gzip", "identity", "", "gzip;q=0", "GZIP", "*", "br", "gzip;q=x", "identity;q=0, *;q=0", "deflate, gzip;q=1.0"),
    "If-None-Match": ("*", '"x"', 'W/"0"', "x", "", '"' * 200),
    "If-Modified-Since": ("Thu, 01 Jan 1970 00:00:00 GMT", "never", "-1"),
    "Range": ("bytes=0-0", "bytes=-1", "bytes=5-1", "bytes=0-,0-,0-", "lines=1", "bytes=99999999999-"),
    "Cookie": ("a=b", "tb_contention_00000000=x", ";;;=", "\xff"),
    "X-Forwarded-Host": ("evil.example",),
    "X-HTTP-Method-Override": ("DELETE",),
    "Origin": ("http://evil.example", "null"),
    "Accept": ("text/html", "image/*;q=x"),
    "Content-Type": ("application/json", "multipart/form-data"),
}  # fmt: skip
METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "BREW")
VARY = {"date", "content-length"}


@dataclass(frozen=True)
class Server:
    """The server, what is right to ask of it, and what it wrote."""

    port: int
    logdir: Path
    log: Path
    right: dict[str, list[str]]
    connection: list[http.client.HTTPConnection] = field(default_factory=list)

    def send(self, method: str, target: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Send one request as it is."""
        if not self.connection:
            self.connection.append(http.client.HTTPConnection("127.0.0.1", self.port, timeout=120))
        connection = self.connection[0]
        try:
            connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value.encode("latin-1"))
            connection.endheaders()
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        except BaseException:
            self.connection.pop().close()
            raise


@pytest.fixture(scope="module")
def server(demo_logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a group of two captures with memory, and a dataset."""
    logdir = tmp_path_factory.mktemp("asked") / "logs"
    shutil.copytree(demo_logs / "simulated_time_slicing" / "together", logdir / "together")
    rows = [{"place": "/logs", "group": "g0", "file": "f", "outcome": "alone"}]
    Place(str(logdir / "fleet")).write("table=inputs/date=2026-03-02/part-x-y.parquet", parquet("inputs", rows))
    log = logdir.parent / "log"
    with started(log, "tb_contention", "serve", str(logdir), "--port", "0", "--host", "127.0.0.1") as address:
        made = Server(urlsplit(address).port or 0, logdir, log, _right(wait_for_report(f"{address}api/summary")))
        yield made
        made.connection[0].close()


def _right(summary: dict[str, Any]) -> dict[str, list[str]]:
    """Return the values of parameters that mean something here; of views only few, since each is analysed."""
    device = summary["report"]["devices"][0]
    sessions = [session["id"] for session in summary["report"]["sessions"]]
    window = [str(device["window"][end]) for end in ("start_ns", "end_ns")]
    return {
        "device": [device["id"]],
        "before": [device["id"]],
        "after": [device["id"]],
        "session": sessions,
        "revision": [summary["revision"]],
        "known": [summary["revision"], summary["listing"]],
        "group": [summary["group"]["id"]],
        "before_group": [summary["group"]["id"]],
        "after_group": [summary["group"]["id"], "0123456789"],
        "shift": [f"{sessions[0]}=1000000"],
        "gpu": [f"{sessions[0]}:0=left"],
        "baseline": [f"{quote(sessions[0], safe='')}="],
        "format": [*REPORTS],
        "text": ["gemm", "k", "trainer"],
        "changes": ["policy:mps", "shift:trainer=12ms", "cap:evaluator=30;shift:trainer=1ms"],
        "caps": ["1000000,", ",", "0,0"],
        "dataset": summary["datasets"],
        "theme": ["light", "dark"],
        "mute": ["a", "blame,", ""],
        "report": ["g0"],
        "start": window[:1],
        "end": window[1:],
        "at": window,
        "time": window,
        **{name: ["0", "1"] for name in ("overview", "exact", "launches")},
        **{name: ["0", "1", "2", "20", "22"] for name in ("level", "index", "lane", "row", "by")},
    }


@dataclass(frozen=True, repr=False)
class Asked:
    """One request: pairs of its query, what of them is not percent-encoded, what follows the query, method and headers."""

    pairs: tuple[tuple[str, str], ...]
    plain: str
    tail: str
    method: str
    headers: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        """Print the address in short: hypothesis warns of long values."""
        return f"Asked({self.target('')[:2_000]!r}, {self.method!r}, {self.headers!r})"

    def target(self, path: str) -> str:
        query = "&".join(
            f"{quote(name, safe=self.plain)}={quote(value, safe=self.plain)}" for name, value in self.pairs
        )
        return f"{path}?{query}{self.tail}" if query or self.tail else path


@st.composite
def requests(draw: st.DrawFn, path: str, right: dict[str, list[str]]) -> Asked:
    """Draw a request to a route: right, or wrong in a few places, so that the last check is reached as well as the first."""
    wrong = st.one_of(
        st.sampled_from(HOSTILE), st.sampled_from(EDGES), st.text(st.characters(codec="utf-8"), max_size=30)
    )
    names = [*NEEDED.get(path, [])]
    names += draw(st.lists(st.sampled_from(TABLE.get(path, ["_file_hash"]) or ["group"]), max_size=3))
    names = list(dict.fromkeys(names))
    if draw(st.integers(0, 5)) == 0:
        names.append(draw(st.sampled_from(("shift", "gpu", "baseline", "group"))))
    pairs = [(name, draw(st.sampled_from(right.get(name) or ["0"]))) for name in names]
    for kind in draw(
        st.lists(st.sampled_from(("value", "value", "value", "missing", "repeated", "unknown")), max_size=2)
    ):
        at = draw(st.integers(0, len(pairs) - 1)) if pairs else None
        if kind == "unknown" or at is None:
            pairs.append((draw(st.sampled_from(UNKNOWN)), draw(wrong)))
        elif kind == "value":
            pairs[at] = pairs[at][0], draw(wrong)
        elif kind == "missing":
            del pairs[at]
        else:
            pairs += [pairs[at]] * draw(st.sampled_from((1, 2, 100) if len(pairs[at][1]) < 100 else (1, 2)))
    pairs = draw(st.permutations(pairs)) if len(pairs) < 8 else pairs
    chosen = draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=2, unique=True))
    headers = tuple((name, draw(st.sampled_from(HEADERS[name]))) for name in chosen)
    return Asked(
        tuple(pairs),
        draw(st.sampled_from(("", "/:=;,", "!$'()*+"))),
        draw(st.sampled_from(("",) * 9 + ("&", "&&=", "%", "%zz", "&%ff=%fe", "&device", "&a=%C0%80", "?", ";a=1"))),
        draw(st.sampled_from(METHODS)),
        headers,
    )


@pytest.mark.parametrize(
    "path", [*sorted(TABLE), "/index.js", "/licenses.txt", "/", "/api", "/api/../index.js", "/%2e%2e/etc/passwd"]
)
def test_whatever_is_asked_of_a_route_the_answer_is_as_documented(server: Server, path: str) -> None:
    is_varied = ASKED > 0

    @settings(
        max_examples=ASKED or (60 if path in TABLE else 15),
        deadline=None,
        derandomize=not is_varied,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(path, server.right))
    def ask(asked: Asked) -> None:
        check(server, path, asked)

    ask()
    assert "Traceback" not in server.log.read_text("utf-8", "replace")


def test_right_requests_of_every_route_are_answered_under_every_header(server: Server) -> None:
    """Without this, each of the requests above might be refused by the first check."""
    for path in sorted(TABLE):
        pairs = tuple((name, server.right[name][0]) for name in NEEDED.get(path, []))
        for _ in range(100):
            status = check(server, path, Asked(pairs, "", "", "POST", ()))
            if status == 200:
                break
            time.sleep(0.1)
        assert status == 200, path
        for name in HEADERS if path == "/api/groups" else ("Accept-Encoding",):
            for value in HEADERS[name]:
                is_foreign = name == "Host" and value not in ("localhost", "127.0.0.1:99999", "[::1]")
                asked = Asked(pairs, "", "", "POST", ((name, value),))
                assert check(server, path, asked) == (403 if is_foreign else 200), (path, name, value)


def check(server: Server, path: str, asked: Asked) -> int:
    """Ask with GET, HEAD and another method; return the status of GET."""
    target, headers = asked.target(path), dict(asked.headers)
    got = server.send("GET", target, headers)
    _documented(server, path, asked, *got)
    head = server.send("HEAD", target, headers)
    assert head[2] == b""
    if _shape(head) != _shape(got):
        # The analysis may have gone on meanwhile.
        again = server.send("GET", target, headers)
        assert _shape(again) != _shape(got) or _shape(head) == _shape(again)
    status, seen, body = server.send(asked.method, target, headers)
    if status != 403:
        assert status == (405 if path in TABLE or path in FILES or path == "/" else status), asked.method
        assert status in (404, 405)
        assert path not in TABLE or seen["allow"] == "GET, HEAD"
    _refused(server, path, body, seen)
    return got[0]


def _shape(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, dict[str, str]]:
    return answer[0], {name: value for name, value in answer[1].items() if name not in VARY}


def _documented(server: Server, path: str, asked: Asked, status: int, headers: dict[str, str], body: bytes) -> None:
    assert status in STATUSES | MORE_STATUSES.get(path, set()), (status, body[:300])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"]
    assert "x-broken" not in headers
    assert "access-control-allow-origin" not in headers
    assert "evil.example" not in str(headers)
    if headers.get("content-encoding"):
        assert headers["content-encoding"] == "gzip"
        assert takes_gzip(dict(asked.headers).get("Accept-Encoding", ""))
        body = gzip.decompress(body)
    kind = headers.get("content-type", "")
    if status == 304:
        assert body == b""
    elif status != 200:
        _refused(server, path, body, headers)
    elif path == "/api/report":
        given = dict(asked.pairs)["format"]
        assert kind == REPORTS[given]
        assert headers["content-disposition"].startswith('attachment; filename="contention')
        if given == "json":
            strictly(body)
    elif path in TABLE:
        assert kind in TYPES.get(path, {JSON})
        if kind == JSON:
            conforms(path, body)
        if kind.startswith("text/html"):
            assert "content-security-policy" in headers
    else:
        assert kind
        assert path != "/" or "frame-ancestors 'self'" in headers["content-security-policy"]


def takes_gzip(accepted: str) -> bool:
    """Return whether a header lets an answer be compressed, for the values in use here; a weight that is none may be read as 1."""
    return accepted in ("gzip", "GZIP", "*", "gzip;q=x", "deflate, gzip;q=1.0")


@cache
def validators(path: str) -> tuple[jsonschema.Draft202012Validator, ...]:
    return tuple(jsonschema.Draft202012Validator(schema(kind, kind.__name__)) for kind in DECLARED.get(path, ()))


@cache
def conforms(path: str, body: bytes) -> None:
    """Check an answer against what its value declares; each distinct one once."""
    value, kinds = strictly(body), validators(path)
    if not kinds:
        return
    assert any(kind.is_valid(value) for kind in kinds), [next(kind.iter_errors(value)).message for kind in kinds]


REFUSAL = jsonschema.Draft202012Validator(schema(RefusalAnswer, "refusal"))


def _refused(server: Server, path: str, body: bytes, headers: dict[str, str]) -> None:
    """Check that a refusal is a sentence, and tells nothing about the machine."""
    if headers["content-type"].startswith("application/json"):
        if not body:
            return
        answer = strictly(body)
        REFUSAL.validate(answer)
        message = answer["error"]["message"]
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", answer["error"]["slug"])
    else:
        assert path not in TABLE
        message = body.decode().removesuffix("\n")
    assert re.match(r"[A-Z'\"]", message), message  # or with what was asked, in quotes
    assert message.endswith((".", "NAME.tar")), message
    assert len(message) < 400
    assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", message), message
    for inside in (
        "Traceback",
        'File "',
        "werkzeug",
        ".py",
        sys.prefix,
        str(Path(__file__).parents[2]),
        str(Path.home()),
    ):
        assert inside not in message.replace(str(server.logdir), ""), message
