"""Reports that are not exported yet. A program of this file stands in for `nsys`: it answers `nsys export` with a real export."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from tb_contention.errors import TraceFileError
from tb_contention.model.trace import Trace
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_parts
from tb_contention.recorders.nsight import export
from tb_contention.recorders.skim import skim_parts

REPORT = "h100_two_processes_two_gpus"
needs_scripts = pytest.mark.skipif(sys.platform == "win32", reason="starts a shell script")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TB_CONTENTION_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def nsys(place: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> Path:
    """Put a program called nsys on the path; it notes its words, one a line, before it does anything."""
    place.mkdir()
    program, calls = place / "nsys", place / "calls"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {shlex.quote(str(calls))}\n{does}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")
    return calls


def listed(place: Path) -> list[tuple[str, int, int]]:
    return sorted((str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in place.rglob("*"))


def facts(trace: Trace) -> tuple[object, ...]:
    return trace.process_id, trace.span, trace.clock.start_ns, trace.kernels.start.tolist(), trace.kernels.name.tolist()


def report(place: Path, name: str = "my report.nsys-rep") -> Path:
    place.mkdir()
    (place / name).write_bytes(b"what only nsys reads")
    return place


@needs_scripts
def test_a_report_is_exported_once_into_the_cache_and_read_as_its_export(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, real_traces: Path
) -> None:
    real = real_traces / "nsight" / f"{REPORT}.sqlite"
    calls = nsys(tmp_path / "bin", monkeypatch, f'cp {shlex.quote(str(real))} "$7"')
    logs = report(tmp_path / "logs")
    before = listed(logs)

    (file,) = discover(str(logs)).files
    skimmed, read = skim_parts(file), load_parts(file)

    (alone,) = discover(str(real)).files
    assert [facts(t) for _, t in read] == [facts(t) for _, t in load_parts(alone)]
    assert [s.use for _, s in skimmed] == [s.use for _, s in skim_parts(alone)]
    assert [part.id for part, _ in read] == ["logs/my report/program-111", "logs/my report/program-112"]
    assert listed(logs) == before
    words = calls.read_text().splitlines()
    assert words[:6] == ["export", "--type", "sqlite", "--force-overwrite", "true", "--output"]
    assert (len(words), words[7]) == (8, file.path)
    assert [p.suffix for p in cache.iterdir()] == [".sqlite"]


@needs_scripts
def test_a_report_that_changed_is_exported_again(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, real_traces: Path
) -> None:
    real = real_traces / "nsight" / f"{REPORT}.sqlite"
    calls = nsys(tmp_path / "bin", monkeypatch, f'cp {shlex.quote(str(real))} "$7"')
    logs = report(tmp_path / "logs")
    for content in (b"one", b"one", b"the other"):
        if content != (logs / "my report.nsys-rep").read_bytes():
            (logs / "my report.nsys-rep").write_bytes(content)
        (file,) = discover(str(logs)).files
        skim_parts(file)

    assert calls.read_text().count("--output") == 2


@needs_scripts
@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("echo Importer error; exit 1", "Importer error"),
        ("exit 3", "exit code 3"),
        ("exit 0", "exit code 0"),
        ("sleep 60 & wait", "it took longer than 0.2 s"),
    ],
)
def test_an_export_that_fails_is_one_sentence_with_the_command(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, does: str, reason: str
) -> None:
    nsys(tmp_path / "bin", monkeypatch, does)
    monkeypatch.setattr(export, "_PATIENCE_S", 0.2 if "sleep" in does else 60.0)
    logs = report(tmp_path / "logs")
    (file,) = discover(str(logs)).files

    with pytest.raises(TraceFileError) as error:
        load_parts(file)

    assert error.value.slug == "export-failed"
    assert error.value.message == f"my report.nsys-rep: nsys could not export the report ({reason})."
    assert f"nsys export --type sqlite --output '{logs}/my report.sqlite' '{file.path}'" in (error.value.advice or "")
    assert list(cache.iterdir()) == []


@needs_scripts
def test_an_export_beside_its_report_is_read_instead(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, real_traces: Path
) -> None:
    calls = nsys(tmp_path / "bin", monkeypatch, "exit 1")
    logs = report(tmp_path / "logs", "r.qdrep")
    (logs / "r.nsys-rep").write_bytes(b"the same, of a newer release")
    assert [Path(f.path).name for f in discover(str(logs)).files] == ["r.nsys-rep"]
    (logs / "r.sqlite").write_bytes((real_traces / "nsight" / f"{REPORT}.sqlite").read_bytes())

    found = discover(str(logs))

    assert ([Path(f.path).name for f in found.files], found.problems) == (["r.sqlite"], ())
    assert not calls.exists()
