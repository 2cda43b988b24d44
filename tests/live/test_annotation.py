"""A program that names its sessions with `tb_contention.session` is recorded here and now, and the analysis finds them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tb_contention
from tb_contention.model.attribution import Rule
from tb_contention.model.report import Report

PROGRAM = """
import threading
import tensorflow as tf
import tb_contention

weights = tf.random.normal([128, 128])

@tf.function
def work(x):
    return tf.reduce_sum(tf.matmul(x, x))

work(weights)

def loop(name, runs):
    for _ in range(runs):
        with tb_contention.session("outer"), tb_contention.session(name):
            work(weights).numpy()

options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=2, python_tracer_level=0, device_tracer_level=0)
tf.profiler.experimental.start("logs", options=options)
threads = [threading.Thread(target=loop, args=pair) for pair in (("reader", 5), ("a #b", 7))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
tf.profiler.experimental.stop()
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Run the program in a folder of its own and analyse what it recorded."""
    folder = tmp_path_factory.mktemp("annotation")
    (folder / "program.py").write_text(PROGRAM)
    package = str(Path(tb_contention.__file__).parents[1])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=folder, env={**os.environ, "PYTHONPATH": path}, timeout=120
    )
    assert done.returncode == 0
    return tb_contention.analyse(str(folder / "logs"))


def test_the_innermost_names_are_the_sessions(report: Report) -> None:
    named = {s.session.name for s in report.sessions if s.session.kind == "in_process"}
    assert {"reader", "a _b"} <= named
    assert "outer" not in named


def test_each_has_its_own_runs_as_steps(report: Report) -> None:
    steps = {s.session.name: len(s.session.trace.steps) for s in report.sessions}
    assert (steps["reader"], steps["a _b"]) == (5, 7)


def test_the_rule_is_stated(report: Report) -> None:
    rules = {s.session.attribution.rule for s in report.sessions if s.session.attribution is not None}
    assert rules == {Rule.ANNOTATION}


def test_they_take_the_place_of_their_process(report: Report) -> None:
    (device,) = report.devices
    (process,) = (s.session.id for s in report.sessions if s.session.kind == "process")
    assert process not in device.sessions
    assert {report.session(s).session.process for s in device.sessions} == {process}
