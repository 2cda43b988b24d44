"""The benchmark in the browser runs to its end on small files and says everything it promises; how long anything takes is not judged."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from browser.served import lacking

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCRIPT = Path(__file__).with_name("panel.py")
FIGURES = {
    "first paint, warm": r"[\d,.]+ ms",
    "first paint, new server, files decoded before": r"[\d,.]+ ms",
    "first paint, cold": r"[\d,.]+ ms",
    "first paint, warm, beside xprof's v2": r"[\d,.]+ ms",
    "first paint, cold, beside xprof's v2": r"[\d,.]+ ms",
    "first paint, cold, beside Perfetto's load of the export": r"[\d,.]+ ms",
    "first paint in TensorBoard, warm": r"[\d,.]+ ms",
    "transferred for the first paint": r"[\d,.]+ kB",
    "frames, W, S, A, D held (p50 / p95 / longest)": r"[\d.]+ / [\d.]+ / [\d.]+ ms",
    "frames, wheel zooms (p50 / p95 / longest)": r"[\d.]+ / [\d.]+ / [\d.]+ ms",
    "frames, dragging pans (p50 / p95 / longest)": r"[\d.]+ / [\d.]+ / [\d.]+ ms",
    "hover, script per pointer move (p95)": r"[\d.]+ ms",
    "heap after all that": r"[\d.]+ MB",
    "hidden behind another tab of TensorBoard": r"0 frames, 0 requests",
    "hidden behind another tab of the browser": r"0 frames, 0 requests",
    "scripts before the first paint, gzipped": r"[\d.]+ KiB",
    "all scripts, gzipped": r"[\d.]+ KiB",
}


@pytest.fixture(scope="module")
def measured(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What the benchmark prints, and what it writes."""
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    file = tmp_path_factory.mktemp("benchmark") / "panel.json"
    quick = ["--kernels", "2000", "--sessions", "2", "--rounds", "1", "--gesture", "1", "--hidden", "1", "--no-peer"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *quick, "--json", str(file)],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(file.read_text("utf-8"))


@pytest.mark.full
def test_every_row_has_a_figure(measured: tuple[str, dict[str, Any]]) -> None:
    rows = {row["what"]: row for row in measured[1]["rows"]}

    assert list(rows) == list(FIGURES)
    assert [what for what, figure in FIGURES.items() if re.fullmatch(figure, rows[what]["ours"]) is None] == []
    assert all(what in measured[0] for what in rows)


@pytest.mark.full
def test_of_a_peer_that_is_left_out_nothing_is_claimed(measured: tuple[str, dict[str, Any]]) -> None:
    rows = measured[1]["rows"]

    assert {row["xprof"] for row in rows} == {"left out", "-"}
    assert {row["ratio"] for row in rows} == {None}
    assert next(row for row in rows if row["what"] == "first paint, cold")["met"] is None


@pytest.mark.full
def test_what_was_measured_is_possible(measured: tuple[str, dict[str, Any]]) -> None:
    ours = measured[1]["ours"]
    frames = ours["use"]["frames"].values()

    assert all(0 < each["p50"] <= each["p95"] <= each["max"] and each["count"] > 5 for each in frames)
    assert all(paint["paint_ms"] > 0 and paint["bytes"] > 50_000 for paint in ours["cold"] + ours["warm"])
    assert ours["use"]["hover"]["script"]["p50"] <= ours["use"]["hover"]["task"]["p50"]
    assert ours["use"]["heap"] > 1_000_000


@pytest.mark.full
def test_the_machine_is_described(measured: tuple[str, dict[str, Any]]) -> None:
    machine = measured[1]["machine"]

    assert machine["cores"] >= 1
    assert re.match(r"\d+\.", machine["chromium"])
    assert "tensorboard" in machine["ours"]


def test_perfetto_is_asked_for_the_slices_or_says_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    perfetto = importlib.import_module("panel").perfetto
    trace, package = tmp_path / "a.pftrace", tmp_path / "packages" / "perfetto" / "trace_processor"
    package.mkdir(parents=True)
    trace.write_bytes(b"12345")
    (package.parent / "__init__.py").write_text("")
    (package / "__init__.py").write_text(
        """
class TraceProcessorConfig:
    def __init__(self, load_timeout): pass
class Row:
    slices = 7
class TraceProcessor:
    def __init__(self, trace, config):
        if not open(trace, "rb").read(): raise RuntimeError("no network")
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def query(self, text):
        assert "slice" in text
        return [Row()]
"""
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path / "packages"} exec {sys.executable} "$@"\n')
    python.chmod(0o755)

    found = perfetto(str(python), trace, 2)
    trace.write_bytes(b"")

    assert isinstance(found, dict)
    assert (found["slices"], found["bytes"], len(found["seconds"])) == (7, 5, 2)
    assert perfetto(str(python), trace, 1) == "did not run: RuntimeError: no network"


def test_without_captures_it_ends_in_one_sentence(repo_root: Path, tmp_path: Path) -> None:
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--logdir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, f"{tmp_path} holds no *.xplane.pb.\n")
