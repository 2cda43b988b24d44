"""`tb-contention capture` against real profiler servers of programs that run here and now."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

import tb_contention
from tb_contention.model.alignment import ClockSource

PROGRAM = """
import sys, time
import tensorflow as tf

tf.profiler.experimental.server.start(int(sys.argv[1]))
weights = tf.random.normal([256, 256])

@tf.function
def work(x):
    return tf.reduce_sum(tf.matmul(x, x))

work(weights)
print("serving", flush=True)
step, end = 0, time.monotonic() + 120
while time.monotonic() < end:
    with tf.profiler.experimental.Trace("train", step_num=step, _r=1):
        work(weights).numpy()
    step += 1
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """Two programs with servers, and a port on which nobody listens."""

    ports: tuple[int, int]
    pids: tuple[int, int]
    nobody: int


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    script = tmp_path_factory.mktemp("served") / "program.py"
    script.write_text(PROGRAM)
    first, second = free_port(), free_port()
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    with ExitStack() as stack:
        programs = [
            stack.enter_context(
                subprocess.Popen([sys.executable, str(script), str(port)], stdout=subprocess.PIPE, env=environment)
            )
            for port in (first, second)
        ]
        for program in programs:
            stack.callback(program.kill)
        for program in programs:
            assert program.stdout is not None
            assert program.stdout.readline() == b"serving\n"
        yield Served(ports=(first, second), pids=(programs[0].pid, programs[1].pid), nobody=free_port())


def capture(logdir: Path, *ports: int, python: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    package = str(Path(tb_contention.__file__).parents[1])
    words = ["-m", "tb_contention", "capture", "--logdir", str(logdir), "--duration", "400ms"]
    words += [f"localhost:{port}" for port in ports]
    return subprocess.run(
        [sys.executable, *python, *words],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": package},
        check=False,
    )


def test_two_programs_are_recorded_at_the_same_moment_into_one_session_directory(
    served: Served, tmp_path: Path
) -> None:
    done = capture(tmp_path / "logs", *served.ports)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    assert sorted(p.name for p in folder.glob("*.xplane.pb")) == sorted(
        f"localhost_{port}.xplane.pb" for port in served.ports
    )

    report = tb_contention.analyse(tmp_path / "logs", cache_dir=None)
    a, b = (s.session for s in report.sessions)
    assert {a.clock.source, b.clock.source} == {ClockSource.TASK_ENVIRONMENT}
    assert abs(a.start - b.start) < 100_000_000
    (device,) = report.devices
    assert device.group.device.device.is_host
    assert len(device.sessions) == 2
    assert all(s.steps is not None for s in report.sessions)
    said = [s.session.manifest for s in report.sessions]
    assert {m.process_id for m in said if m is not None} == set(served.pids)
    assert all(m is not None and m.environment["CUDA_VISIBLE_DEVICES"] == "" for m in said)
    assert all(m is not None and len(m.clock_readings) == 2 and m.clock_step_ns == 0 for m in said)
    assert {s.name for s in report.sessions} == {f"localhost:{port}" for port in served.ports}


def test_a_server_that_is_not_there_is_named_and_the_others_trace_is_kept(served: Served, tmp_path: Path) -> None:
    done = capture(tmp_path, served.ports[0], served.nobody)
    assert done.returncode == 1
    assert re.search(rf"localhost:{served.nobody}\s+no trace: connection refused", done.stderr)
    assert re.search(rf"localhost:{served.ports[0]}\s+[\d.,]+ \w*B", done.stderr)
    assert [p.name for p in Path(done.stdout.strip()).glob("*.xplane.pb")] == [f"localhost_{served.ports[0]}.xplane.pb"]


def test_without_xprof_tensorflow_asks(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = tmp_path / "hidden"
    (hidden / "xprof").mkdir(parents=True)
    (hidden / "xprof" / "__init__.py").write_text("raise ImportError('hidden for this test')\n")
    package = str(Path(tb_contention.__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(hidden), package)))
    from tb_contention.capture.addresses import parse_address
    from tb_contention.capture.remote import request_capture

    address = parse_address(f"localhost:{served.ports[1]}")
    assert address is not None
    monkeypatch.setattr("tb_contention.capture.remote._PACKAGE", hidden)
    made = request_capture(tmp_path / "logs", (address,), 300, lambda message: None)
    assert (made.client, made.is_whole) == ("tensorflow", True)
