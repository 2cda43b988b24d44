"""Whole runs in processes of their own: killed at random, with workers that die, on Dask, they end in the dataset of an undisturbed run.

With `--full` more captures are analysed, and more often somebody dies.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pyarrow.dataset
import pytest

from tb_contention.simulate import write_directory

ROOT = Path(__file__).resolve().parents[3]
EXECUTORS = ("local", "dask")
#: Kills a worker as soon as it opens a capture of this job, as one does that needs more memory than there is.
DEADLY = "job00001"
SITECUSTOMIZE = f"""
import os, signal, sys

def deadly(event, words):
    if event == "open" and "{DEADLY}" in str(words[0]) and str(words[0]).endswith(".xplane.pb"):
        from multiprocessing import parent_process
        if parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(deadly)
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs signals that Windows does not have"),
]


@pytest.fixture(scope="module")
def logs(full: bool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_directory(tmp_path_factory.mktemp("logs"), 30 if full else 6, window_ms=60.0)


@pytest.fixture(scope="module")
def undisturbed(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    dataset = tmp_path_factory.mktemp("whole") / "ds"
    assert ended(start(logs, dataset)) == 0
    return files(dataset)


def start(logs: Path, dataset: Path, *options: str, hook: Path | None = None) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tb_contention", "batch", str(logs), "-o", str(dataset), "--resume", *options]
    paths = [*([str(hook)] if hook is not None else []), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=heed_interrupts,
    )  # fmt: skip


def heed_interrupts() -> None:
    """Let the run heed interrupts also where these tests run in the background, which ignores them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ended(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end; a run that hangs is killed with all of its processes."""
    try:
        return process.wait(300)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def files(dataset: Path) -> dict[str, bytes]:
    return {str(p.relative_to(dataset)): p.read_bytes() for p in sorted(dataset.rglob("*.parquet"))}


def parts(dataset: Path) -> int:
    """Count the parts of all tables while a run may remove directories that are empty."""
    while True:
        with suppress(FileNotFoundError):
            return sum(1 for _ in dataset.rglob("*.parquet"))


def inputs(dataset: Path) -> list[dict[str, Any]]:
    table = pyarrow.dataset.dataset(dataset / "table=inputs", partitioning="hive").to_table()
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def workers_of(process: "subprocess.Popen[bytes]") -> Iterator[psutil.Process]:
    """Yield the processes that analyse."""
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()):
                yield child


def kill_a_worker(process: "subprocess.Popen[bytes]", draw: random.Random) -> bool:
    found = sorted(workers_of(process), key=lambda worker: worker.pid)
    if found:
        with suppress(psutil.NoSuchProcess):
            draw.choice(found).kill()
    return bool(found)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_workers_that_are_killed_cost_nothing(
    executor: str, logs: Path, undisturbed: dict[str, bytes], full: bool, tmp_path: Path
) -> None:
    draw, dataset, killed = random.Random(11), tmp_path / "ds", 0
    process = start(logs, dataset, "--executor", executor, "--workers", "2", "--retries", "9")
    for number in range(10 if full else 2):
        while process.poll() is None and parts(dataset) < (2 * number + 1) * len(undisturbed) // 24:
            time.sleep(0.005)
        killed += process.poll() is None and kill_a_worker(process, draw)
    assert ended(process) == 0
    assert files(dataset) == undisturbed
    assert killed


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_capture_that_kills_its_worker_fails_and_no_other(
    executor: str, logs: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(SITECUSTOMIZE)
    dataset, options = tmp_path / "ds", ("--executor", executor, "--workers", "2", "--retries", "0")
    assert ended(start(logs, dataset, *options, "--strict", hook=tmp_path / "hook")) == 3
    rows = inputs(dataset)
    failed = [row for row in rows if row["outcome"] != "analysed"]
    assert {row["run"].partition("/")[0] for row in failed} == {DEADLY}
    assert len(failed) == 2
    for row in failed:
        assert (row["outcome"], row["slug"]) == ("failed", "worker-died")
        assert row["message"].startswith("The worker died")
        assert row["message"].endswith(".")
    assert len(rows) == len({row["file"] for row in rows}) == len(list(logs.rglob("*.xplane.pb")))
    assert ended(start(logs, dataset, *options)) == 0
    assert files(dataset) == undisturbed


def test_a_run_that_is_killed_ends_in_the_same_dataset(
    logs: Path, undisturbed: dict[str, bytes], full: bool, tmp_path: Path
) -> None:
    draw, partly, kills = random.Random(7), set[int](), 10 if full else 3
    for number in range(kills):
        process = start(logs, tmp_path / "ds", "--workers", "2")
        enough = parts(tmp_path / "ds") + draw.randint(1, 2 * len(undisturbed) // kills)
        while process.poll() is None and parts(tmp_path / "ds") < enough:
            time.sleep(draw.uniform(0.0, 0.02))
        with suppress(ProcessLookupError):
            # Alone, its workers end what they are at, beside those of the next run.
            os.kill(process.pid, signal.SIGKILL) if number % 2 else os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        partly.add(parts(tmp_path / "ds"))
    assert ended(start(logs, tmp_path / "ds")) == 0
    assert files(tmp_path / "ds") == undisturbed
    assert len(partly) > 1  # the kills came while there was something to do


def test_runs_at_once_end_in_the_same_dataset(logs: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "ds").mkdir()
    several = [start(logs, tmp_path / "ds", "--workers", "1", *options) for options in ((), ("--executor", "dask"), ())]
    assert [ended(process) for process in several] == [0, 0, 0]
    assert files(tmp_path / "ds") == undisturbed


def test_an_interrupt_ends_the_run_and_keeps_what_is_done(
    logs: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    process = start(logs, tmp_path / "ds", "--workers", "1")
    while parts(tmp_path / "ds") < len(undisturbed) // 3:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert ended(process) == 130
    kept = files(tmp_path / "ds")
    assert kept.items() <= undisturbed.items()
    assert ended(start(logs, tmp_path / "ds")) == 0
    assert files(tmp_path / "ds") == undisturbed
