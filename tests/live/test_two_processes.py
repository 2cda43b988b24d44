"""Two processes record themselves with TensorFlow here and now, and the analysis puts them on one time axis."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tb_contention
from tb_contention.model.alignment import ClockSource
from tb_contention.model.report import Report
from tb_contention.recorders.xspace.proto import XSpace

WORKERS = ("worker_a", "worker_b")


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory, demo_logs: Path) -> Path:
    """Record both workers of the demo at the same time, for half a second."""
    folder = tmp_path_factory.mktemp("live")
    programs = shutil.copytree(demo_logs / "make", folder / "make", ignore=shutil.ignore_patterns("__pycache__"))
    logs = folder / "logs"
    logs.mkdir()
    command = [sys.executable, str(programs / "two_processes.py")]
    # Of TensorFlow's allocators on a processor, oneDNN's alone records what it does; by default it is used where the processor has AVX-512.
    environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"}
    running = [subprocess.Popen([*command, name, "0.5", "2"], cwd=logs, env=environment) for name in WORKERS]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    return logs


@pytest.fixture(scope="module")
def report(logdir: Path) -> Report:
    return tb_contention.analyse(str(logdir))


def steps_in(logdir: Path, worker: str) -> int:
    """Count the marked steps with protobuf, which knows nothing of this project."""
    (trace,) = logdir.glob(f"{worker}/**/*.xplane.pb")
    space = XSpace()
    space.ParseFromString(trace.read_bytes())
    return sum(
        plane.event_metadata[event.metadata_id].name == "train"
        for plane in space.planes
        for line in plane.lines
        for event in line.events
    )


def test_both_are_found_and_nothing_is_wrong_with_them(report: Report) -> None:
    assert sorted(s.session.run.split("/")[0] for s in report.sessions) == list(WORKERS)
    assert {problem.slug for problem in report.problems} <= {"no-gpu-plane"}


def test_their_clocks_come_from_the_files(report: Report) -> None:
    assert {s.session.clock.source for s in report.sessions} == {ClockSource.TASK_ENVIRONMENT}


def test_they_are_one_group_on_one_host(report: Report) -> None:
    (device,) = report.devices
    assert len(device.group.planes) == 2
    assert device.group.device.device.is_host


def test_their_windows_overlap(report: Report) -> None:
    (device,) = report.devices
    assert device.group.end > device.group.start
    shares = device.overlap.shares
    assert all(share.busy > 0 for share in shares)


def test_every_marked_step_is_counted(report: Report, logdir: Path) -> None:
    for entry in report.sessions:
        worker = entry.session.run.split("/")[0]
        assert len(entry.session.trace.steps) == steps_in(logdir, worker)


def test_memory_of_both_is_known(report: Report) -> None:
    (device,) = report.devices
    assert device.memory is not None
    assert {peak.session for peak in device.memory.allocators} == {s.session.id for s in report.sessions}
