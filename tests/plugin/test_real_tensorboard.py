"""A real TensorBoard over HTTP: the tab is listed, its files come, and its data does."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tb_contention.dataset.place import Place
from tb_contention.dataset.schema import parquet


@contextmanager
def tensorboard(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "tensorboard.main", "--host", "127.0.0.1", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield address(process)
        finally:
            process.terminate()
            process.communicate(timeout=30)


def address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        found = re.search(r"(http://127\.0\.0\.1:\d+/\S*)", line)
        if found and "TensorBoard" in line:
            return found[1].rstrip("/")
    raise AssertionError(said)


def get(url: str) -> tuple[bytes, str]:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read(), answer.headers["Content-Type"]


def summary(base: str) -> dict[str, Any]:
    for _ in range(300):
        found: dict[str, Any] = json.loads(get(f"{base}/data/plugin/tb_contention/api/summary")[0])
        if found["state"] in ("ready", "failed"):
            return found
        time.sleep(0.1)
    raise AssertionError(found)


@pytest.mark.parametrize("how", ["logdir", "spec", "prefix", "slow"])
def test_the_tab_works_however_tensorboard_is_started(how: str, demo_logs: Path) -> None:
    place = str(demo_logs / "simulated_time_slicing")
    arguments = {
        "logdir": ["--logdir", place],
        "spec": ["--logdir_spec", f"sim:{place}"],
        "prefix": ["--logdir", place, "--path_prefix", "/deep/down"],
        "slow": ["--logdir", place, "--load_fast", "false"],
    }[how]
    with tensorboard(*arguments) as base:
        listing = json.loads(get(f"{base}/data/plugins_listing")[0])["tb_contention"]
        script, kind = get(f"{base}/data/plugin/tb_contention/index.js")
        found = summary(base)

    assert (listing["enabled"], listing["tab_name"]) == (True, "Contention")
    assert kind.startswith("text/javascript")
    assert b"render" in script
    assert found["state"] == "ready"
    assert found["report"]["devices"][0]["time"]["contended_ns"] == 309_763_450


def test_a_dataset_alone_is_a_page_of_the_tab(tmp_path: Path) -> None:
    rows = [{"place": "/logs", "group": "g0", "file": "f", "outcome": "alone"}]
    Place(str(tmp_path)).write("table=inputs/date=2026-03-02/part-x-y.parquet", parquet("inputs", rows))
    with tensorboard("--logdir", str(tmp_path)) as base:
        assert summary(base)["datasets"] == ["."]
        listing = json.loads(get(f"{base}/data/plugins_listing")[0])["tb_contention"]
        page, kind = get(f"{base}/data/plugin/tb_contention/api/fleet")

    assert listing["enabled"]
    assert kind.startswith("text/html")
    assert b"No two captures shared a GPU" in page


def test_the_log_directory_stays_as_it_was(demo_logs: Path) -> None:
    place = demo_logs / "simulated_time_slicing"
    before = sorted((str(p), p.stat().st_mtime_ns) for p in place.rglob("*"))
    with tensorboard("--logdir", str(place)) as base:
        summary(base)

    assert before == sorted((str(p), p.stat().st_mtime_ns) for p in place.rglob("*"))
