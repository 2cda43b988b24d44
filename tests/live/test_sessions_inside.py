"""The demo programs of tf.Session run here and now, and the analysis takes their processes apart, or leaves them whole."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tb_contention
from tb_contention.model.attribution import Rule
from tb_contention.model.report import Report


def recorded(demo_logs: Path, folder: Path, program: str, change: tuple[str, str] = ("", "")) -> Report:
    """Run a demo program for half a second, with one text in it changed, and analyse what it recorded."""
    programs = shutil.copytree(demo_logs / "make", folder / "make", ignore=shutil.ignore_patterns("__pycache__"))
    source = (programs / program).read_text()
    assert change[0] in source
    (programs / program).write_text(source.replace(*change))
    logs = folder / "logs"
    logs.mkdir()
    command = [sys.executable, str(programs / program), "program", "0.5", "1"]
    assert subprocess.run(command, cwd=logs, timeout=120).returncode == 0
    return tb_contention.analyse(logs)


NAMED = "    config.experimental.session_metadata.name = name\n    config.experimental.session_metadata.version = 1\n"


@pytest.mark.parametrize(("instead", "rule"), [(NAMED, Rule.MODEL_ID), ("", Rule.THREAD_AND_SCOPE)])
def test_two_sessions_are_found_with_their_names_and_without(
    instead: str, rule: Rule, demo_logs: Path, tmp_path: Path
) -> None:
    report = recorded(demo_logs, tmp_path, "two_sessions.py", (NAMED, instead))
    named = {s.session.name: s.session for s in report.sessions if s.session.kind == "in_process"}
    assert {"model_a", "model_b"} <= set(named)
    assert {s.attribution.rule for s in named.values() if s.attribution is not None} == {rule}
    assert all(len(named[name].trace.steps) > 0 for name in ("model_a", "model_b"))


MARKED = 'with tf.profiler.experimental.Trace("train", step_num=number, _r=1):'


@pytest.mark.parametrize("instead", [MARKED, "if number >= 0:"])
def test_queue_threads_are_one_session_and_their_runs_no_steps(instead: str, demo_logs: Path, tmp_path: Path) -> None:
    report = recorded(demo_logs, tmp_path, "queue_threads.py", (MARKED, instead))
    (entry,) = report.sessions
    (device,) = report.devices
    runs = sum(part.runs for part in device.parts.threads)
    assert 0 < 2 * len(entry.session.trace.steps) < runs
