"""A folder of captures through the whole product: analysis, predictions, every printer and every route. Raises what is a fault."""

import json
import random
import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn
from urllib.parse import urlencode

import numpy as np
from fuzz import mutation
from werkzeug.test import Client

from tb_contention.analysis import Analysis, Options
from tb_contention.cache import TraceCache
from tb_contention.errors import ContentionError
from tb_contention.gate import judge
from tb_contention.index import Selection
from tb_contention.model.faults import INTERNAL
from tb_contention.model.gate import Limits
from tb_contention.model.report import Report
from tb_contention.pipeline import analyse_logdir, listing
from tb_contention.plugin.plugin import ContentionPlugin
from tb_contention.plugin.routes import Routes
from tb_contention.plugin.workspace import Workspace
from tb_contention.recorders.discover import discover
from tb_contention.report import gate_text, whatif_text
from tb_contention.report.perfetto_archive import PerfettoArchive
from tb_contention.report.to_csv import to_csv, to_csv_files
from tb_contention.report.to_html import to_html
from tb_contention.report.to_json import gate_to_json, listing_to_json, predictions_to_json, to_json
from tb_contention.report.to_junit import to_junit
from tb_contention.report.to_markdown import to_markdown
from tb_contention.report.to_perfetto import to_perfetto


class FaultError(Exception):
    """The product broke a promise without an exception."""


def strictly(text: str | bytes) -> Any:
    """Read JSON, without NaN and infinities."""

    def refuse(word: str) -> NoReturn:
        raise FaultError(f"{word} on the wire")

    return json.loads(text, parse_constant=refuse)


def analysed(folder: Path, cache: Path | None = None) -> Analysis:
    """Analyse all of a folder."""
    options = Options(select=Selection(everything=True))
    analysis = analyse_logdir(folder, options, cache=TraceCache.at(cache))
    for problem in analysis.report.problems:
        if problem.slug == INTERNAL:
            raise FaultError(problem.message)
    return analysis


def printed(analysis: Analysis) -> None:
    """Print a report in every form."""
    report = analysis.report
    strictly(to_json(report))
    for text in (to_html(report), to_markdown(report), to_csv(report)):
        assert text
    assert to_csv_files(report)
    files = {file.relative: file for file in discover(report.logdir).files}
    for device in report.devices:
        strictly(predictions_to_json(report, device))
        assert whatif_text.to_text(report, device)
        assert b"".join(to_perfetto(analysis.aligned, device))
        assert b"".join(PerfettoArchive(analysis.aligned, device, files).chunks())
    gate = judge(report, Limits())
    strictly(gate_to_json(gate, logdir=report.logdir))
    assert gate_text.to_text(gate)
    assert to_junit(gate, logdir=report.logdir)
    for problem in report.problems:
        if problem.slug == INTERNAL:
            raise FaultError(problem.message)


def through(folder: Path, kind: str, seed: int) -> list[str]:
    """Take a folder through the product; return the reasons for which something was refused or noted."""
    rng = random.Random(f"asking {kind} {seed}")
    strictly(listing_to_json(listing(str(folder), cache_dir=None)))
    analysis = analysed(folder)
    printed(analysis)
    if kind == "cache":
        _cached(folder, to_json(analysis.report), rng)
    if rng.random() < 0.2:
        _certain(folder, to_json(analysis.report))
    if kind == "http" or rng.random() < 0.3:
        _asked(folder, analysis.report, rng, 150 if kind == "http" else 25)
    return sorted({problem.slug for problem in analysis.report.problems})


def _certain(folder: Path, expected: str) -> None:
    """Analyse again where new arrays hold other values: nothing may depend on what nobody wrote."""
    real = np.empty

    def filled(*shape: Any, **named: Any) -> Any:
        made = real(*shape, **named)
        if made.dtype.kind in "fiu":
            made.fill(
                1e300 if made.dtype == np.float64 else np.iinfo(made.dtype).max // 3 if made.dtype.kind in "iu" else 1
            )
        return made

    np.empty = filled  # type: ignore[misc]
    try:
        again = to_json(analysed(folder).report)
    finally:
        np.empty = real  # type: ignore[misc]
    if again != expected:
        raise FaultError("the report depends on memory that nobody wrote")


def _cached(folder: Path, expected: str, rng: random.Random) -> None:
    """Damage the cache between two analyses: the second one says the same."""
    cache = folder.parent / "cache"
    analysed(folder, cache)
    for path in [path for path in cache.rglob("*") if path.is_file()]:
        path.write_bytes(mutation.plain(path.read_bytes(), rng))
    if to_json(analysed(folder, cache).report) != expected:
        raise FaultError("a damaged cache changes the report")
    shutil.rmtree(cache)


def _asked(folder: Path, report: Report, rng: random.Random, count: int) -> None:
    """Ask every route, with parameters that mean something and others."""
    flags = SimpleNamespace(logdir_spec="")
    plugin = ContentionPlugin(SimpleNamespace(logdir=str(folder), flags=flags, plugin_name_to_instance={}))
    clients = {path: Client(app) for path, app in plugin.get_plugin_apps().items()}
    table = Routes(Workspace("", ""), has_xprof=lambda: False).table()
    until = time.monotonic() + 15
    summary: dict[str, Any] = {"state": ""}
    while summary["state"] not in ("ready", "failed") and time.monotonic() < until:
        summary = strictly(_get(clients["/api/summary"], {}).data)
        time.sleep(0.01)
    if summary["state"] not in ("ready", "failed"):
        raise FaultError(f"the tab is still {summary['state']}")
    if "unexpectedly" in summary["message"]:
        raise FaultError(summary["message"])
    groups = strictly(_get(clients["/api/groups"], {}).data)["groups"] or []
    words: dict[str, list[Any]] = {
        "device": [d.id for d in report.devices],
        "session": [s.session.id for s in report.sessions],
        "revision": [summary["revision"]],
        "known": [summary["revision"], summary["listing"]],
        "group": [g["id"] for g in groups],
        "format": ["json", "html", "markdown", "csv", "perfetto", "perfetto-archive"],
        "text": ["kernel", "train", "("],
        "changes": ["policy=mps", "policy=time_slicing"],
        "caps": ["", "1000000", ",,"],
    }
    words |= dict.fromkeys(("before_group", "after_group"), words["group"]) | {
        "before": words["session"],
        "after": words["session"],
    }
    for session in words["session"]:
        words["changes"] += [f"shift={session}=5ms", f"cap={session}=40", f"priority={session}", f"move={session}"]
        words["changes"].append(f"partition={session}=30")
    views = {
        "shift": [f"{s}=1000000" for s in words["session"]],
        "gpu": [f"{s}:0=left" for s in words["session"]],
        "group": words["group"],
    }
    for _ in range(count):
        path = rng.choice(sorted(clients))
        names = sorted(table[path][1]) if path in table else []
        query: dict[str, Any] = {}
        for name in names:
            if rng.random() < 0.85 or name == "device":
                query[name] = _word(name, words, rng)
        if rng.random() < 0.1:
            name = rng.choice(list(views))
            query[name] = rng.choice(views[name]) if views[name] else "x"
        _get(clients[path], query, rng.choice(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS")))


def _word(name: str, words: dict[str, list[Any]], rng: random.Random) -> Any:
    if rng.random() < 0.08:
        return rng.choice((*mutation.TEXTS[:-1], *mutation.NUMBERS, -1, "nan", "1e9", "%00", "１"))
    known = words.get(name)
    if known:
        return rng.choice(known)
    if known is not None:
        return "x"
    if name in ("launches", "exact", "overview"):
        return rng.choice((0, 1))
    return rng.choice((0, 1, 2, 3, 1000, 10**6, 10**8))


def _get(client: Client, query: dict[str, Any], method: str = "GET") -> Any:
    address = urlencode(query)
    response = client.open("/", method=method, query_string=address)
    body = response.get_data()
    if response.status_code >= 500:
        raise FaultError(f"{response.status_code} for {address[:200]}: {body[:200]!r}")
    if method == "HEAD" and body:
        raise FaultError(f"a body for HEAD of {address[:200]}")
    if response.mimetype == "application/json" and "content-encoding" not in response.headers and body:
        strictly(body)
    return response


def folder_bytes(folder: Path) -> int:
    """Return how large the files of a folder are."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


#: What is an answer, not a fault.
EXPECTED = (ContentionError,)
