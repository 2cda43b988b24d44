"""`tb_contention.profile` and `manifest` around real profilers: what goes wrong is one sentence, and never the program's problem."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from live.capturing import environment, manifests, recorded

START = """
import sys, tensorflow as tf, tb_contention
from pathlib import Path
def work():
    return tf.reduce_sum(tf.random.normal([64, 64])).numpy()
work()
"""


def run(text: str, folder: Path, start: str = START) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", start + text], cwd=folder, env=environment(), capture_output=True, text=True, timeout=300
    )


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("tb_contention: ")]


def test_an_exception_passes_through_and_the_trace_is_kept(tmp_path: Path) -> None:
    done = run('with tb_contention.profile("a"):\n    work()\n    raise KeyError("mine")\n', tmp_path)
    assert "KeyError: 'mine'" in done.stderr
    assert done.returncode == 1
    assert recorded(tmp_path / "logs") == ["a"]
    assert said(done) == []


def test_a_profiler_that_runs_already_is_one_sentence_and_the_block_runs(tmp_path: Path) -> None:
    text = 'with tb_contention.profile("a"):\n    with tb_contention.profile("b"):\n        work()\n    print("ran")\n'
    done = run(text, tmp_path)
    assert (done.returncode, done.stdout) == (0, "ran\n")
    (sentence,) = said(done)
    assert sentence.startswith("tb_contention: b: not recorded: TensorFlow's profiler failed to start (")
    assert recorded(tmp_path / "logs") == ["a"]


def test_a_log_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    done = run('Path("logs").touch()\nwith tb_contention.profile("a"):\n    work()\nprint("ran")\n', tmp_path)
    assert (done.returncode, done.stdout) == (0, "ran\n")
    (sentence,) = said(done)
    assert "cannot create" in sentence


def test_without_a_framework_nothing_is_recorded_and_none_is_imported(tmp_path: Path) -> None:
    text = 'with tb_contention.profile("a"):\n    pass\nprint([m for m in ("tensorflow", "jax", "numpy", "numba") if m in sys.modules])\n'
    done = run(text, tmp_path, "import sys, tb_contention\n")
    assert (done.returncode, done.stdout) == (0, "[]\n")
    assert said(done) == ["tb_contention: a: not recorded: neither TensorFlow nor JAX is imported yet"]


def test_a_manifest_that_is_there_and_broken_is_kept(tmp_path: Path) -> None:
    text = """
with tb_contention.profile("a") as recording:
    work()
(place,) = recording.directories
(place / "tb_contention.json").write_text("{")
from tb_contention.capture import manifest
print(manifest.write(place, {}, "profile"))
"""
    done = run(text, tmp_path)
    assert "it is kept" in done.stdout
    (path,) = (tmp_path / "logs").glob("**/tb_contention.json")
    assert path.read_text() == "{"


def test_two_traces_in_one_block_of_manifest_are_not_mixed_up(tmp_path: Path) -> None:
    text = """
import time
with tb_contention.manifest("a", "logs"):
    for name in ("one", "two"):
        with tf.profiler.experimental.Profile("logs/" + name):
            work()
"""
    done = run(text, tmp_path)
    (sentence,) = said(done)
    assert "give each process its own log directory" in sentence
    assert manifests(tmp_path / "logs") == {}
    assert recorded(tmp_path / "logs") == ["one", "two"]


def test_each_call_of_a_decorated_function_is_a_recording(tmp_path: Path) -> None:
    text = """
import time
@tb_contention.profile("a")
def step():
    work()
step()
time.sleep(1.1)
step()
"""
    assert run(text, tmp_path).returncode == 0
    paths = sorted((tmp_path / "logs").glob("a/plugins/profile/*/tb_contention.json"))
    assert len(paths) == 2
    first, second = (next(iter(json.loads(path.read_bytes())["sessions"].values())) for path in paths)
    assert first["clock_readings"][1]["realtime_ns"] < second["clock_readings"][0]["realtime_ns"]


@pytest.mark.jax
@pytest.mark.live
def test_of_two_frameworks_the_one_at_work_records_and_that_is_stated(tmp_path: Path) -> None:
    text = 'import jax\nx = jax.numpy.ones(3)\nwith tb_contention.profile("a"):\n    (x + 1).block_until_ready()\n'
    assert run(text, tmp_path).returncode == 0
    entry = manifests(tmp_path / "logs")["a"]
    assert entry["profiler"] == "JAX"
    assert "host events of TensorFlow: only one profiler can run per process, and it was JAX's" in entry["not_known"]
