"""Whole runs in processes of their own: on Dask, and killed at random, they end in the dataset of an undisturbed run."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tb_contention.simulate import write_directory

ROOT = Path(__file__).resolve().parents[3]
KILLS = 10

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_directory(tmp_path_factory.mktemp("logs"), 30, window_ms=60.0)


@pytest.fixture(scope="module")
def undisturbed(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    dataset = tmp_path_factory.mktemp("whole") / "ds"
    assert start(logs, dataset).wait(300) == 0
    return files(dataset)


def start(logs: Path, dataset: Path, *options: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tb_contention", "batch", str(logs), "-o", str(dataset), "--resume", *options]
    return subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def files(dataset: Path) -> dict[str, bytes]:
    return {str(p.relative_to(dataset)): p.read_bytes() for p in sorted(dataset.rglob("*.parquet"))}


def names(dataset: Path) -> list[Path]:
    return list(dataset.rglob("*.parquet"))


def test_dask_ends_in_the_same_dataset(logs: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    assert start(logs, tmp_path / "ds", "--executor", "dask", "--workers", "2").wait(300) == 0
    assert files(tmp_path / "ds") == undisturbed


def test_a_run_that_is_killed_ends_in_the_same_dataset(
    logs: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    draw, partly = random.Random(7), set[int]()
    for _ in range(KILLS):
        process = start(logs, tmp_path / "ds", "--workers", "2")
        enough = len(names(tmp_path / "ds")) + draw.randint(1, 2 * len(undisturbed) // KILLS)
        while process.poll() is None and len(names(tmp_path / "ds")) < enough:
            time.sleep(draw.uniform(0.0, 0.02))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        partly.add(len(names(tmp_path / "ds")))
    assert start(logs, tmp_path / "ds").wait(300) == 0
    assert files(tmp_path / "ds") == undisturbed
    assert len(partly) > 1  # the kills came while there was something to do


def test_an_interrupt_ends_the_run_and_keeps_what_is_done(
    logs: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    process = start(logs, tmp_path / "ds", "--workers", "1")
    while len(files(tmp_path / "ds")) < 20:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    kept = files(tmp_path / "ds")
    assert kept.items() <= undisturbed.items()
    assert start(logs, tmp_path / "ds").wait(300) == 0
    assert files(tmp_path / "ds") == undisturbed
