"""TensorBoard for the browser tests: whether this machine has what they need, and a log directory that is served."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ADDRESS = re.compile(r"http://[\w.-]+:\d+/\S*")
#: Where the tab of TensorBoard asks for the summary.
SUMMARY = "data/plugin/tb_contention/api/summary"
START_S = 60
RUN_S = 400


def lacking(root: Path) -> str | None:
    """Say what this machine lacks for a browser run."""
    if shutil.which("node") is None:
        return "needs Node"
    if not (root / "frontend" / "node_modules" / "playwright-core").is_dir():
        return "needs the frontend's packages: npm ci in frontend/"
    if shutil.which(os.environ.get("CHROMIUM", "chromium")) is None:
        return "needs Chromium"
    return None


def wait_for_address(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Return the address that a server printed."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        found = ADDRESS.search(log.read_text("utf-8", errors="replace"))
        if found is not None:
            return found.group()
        if process.poll() is not None:
            break
        time.sleep(0.2)
    pytest.fail(f"The server did not start:\n{log.read_text('utf-8', errors='replace')}")


def wait_for_report(summary: str) -> dict[str, Any]:
    """Ask the route of the summary until the analysis is ready, and return it: first compilation is not what tests of a server measure."""
    deadline = time.monotonic() + 2 * START_S
    answer: dict[str, Any] = {}
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(summary, timeout=30) as response:
            answer = json.load(response)
        if answer.get("state") in {"ready", "failed"}:
            break
        time.sleep(0.3)
    assert answer.get("state") == "ready", answer
    return answer


def first_group(address: str) -> str:
    """Return the panel's address with the group that is ranked first: of several groups it would open the list."""
    with urllib.request.urlopen(address + SUMMARY, timeout=30) as response:
        group = json.load(response)["group"]["id"]
    return f"{address}#tb_contention&p.tb_contention.group={group}"


@contextlib.contextmanager
def started(log: Path, module: str, *words: str) -> Iterator[str]:
    """Start a module that serves and give the address that it prints; what it says goes to a log."""
    command = [sys.executable, "-m", module, *words]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as process:
        try:
            yield wait_for_address(log, process)
        finally:
            process.terminate()


@contextlib.contextmanager
def served(logdir: Path, log: Path) -> Iterator[str]:
    """Serve a log directory and give the address."""
    words = ("--logdir", str(logdir), "--port", "0", "--host", "127.0.0.1")
    with started(log, "tensorboard.main", *words) as address:
        wait_for_report(address + SUMMARY)
        yield address
