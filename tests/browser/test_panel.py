"""The tab in a real browser: TensorBoard serves the demo logs, panel.mjs drives Chromium with real input events.

One browser run covers all flows; each flow is one test here. Pictures of both themes go to the folder
named in TB_CONTENTION_SCREENSHOTS, else to a temporary one.
"""

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
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tb_contention.simulate import random_scenario, write_scenario
from tb_contention.simulate.random_scenarios import random_session

HERE = Path(__file__).parent
SCRIPT = HERE / "panel.mjs"
FLOWS = tuple(re.findall(r"^  async '([^']+)'\(panel\)", SCRIPT.read_text("utf-8"), re.MULTILINE))
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")
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
    """Return the address that TensorBoard printed."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        found = ADDRESS.search(log.read_text("utf-8", errors="replace"))
        if found is not None:
            return found.group()
        if process.poll() is not None:
            break
        time.sleep(0.2)
    pytest.fail(f"TensorBoard did not start:\n{log.read_text('utf-8', errors='replace')}")


def wait_for_report(address: str) -> None:
    """Ask until the analysis is ready: first compilation is not what the browser tests measure."""
    deadline = time.monotonic() + 2 * START_S
    answer: dict[str, object] = {}
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError):
            url = f"{address}data/plugin/tb_contention/api/summary"
            with urllib.request.urlopen(url, timeout=30) as response:
                answer = json.load(response)
        if answer.get("state") in {"ready", "failed"}:
            break
        time.sleep(0.3)
    assert answer.get("state") == "ready", answer


def first_group(address: str) -> str:
    """Return the panel's address with the group that is ranked first: of several groups it would open the list."""
    with urllib.request.urlopen(f"{address}data/plugin/tb_contention/api/summary", timeout=30) as response:
        group = json.load(response)["group"]["id"]
    return f"{address}#tb_contention&p.tb_contention.group={group}"


@contextlib.contextmanager
def served(logdir: Path, log: Path) -> Iterator[str]:
    """Serve a log directory and give the address."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), "--port", "0"]
    with (
        log.open("wb") as out,
        subprocess.Popen([*command, "--host", "127.0.0.1"], stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            address = wait_for_address(log, process)
            wait_for_report(address)
            yield address
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def tensorboard(repo_root: Path, demo_logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the demo logs and return the address."""
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    with served(demo_logs, tmp_path_factory.mktemp("tensorboard") / "log") as address:
        yield address


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for pictures."""
    folder = os.environ.get("TB_CONTENTION_SCREENSHOTS")
    if folder is None:
        return tmp_path_factory.mktemp("pictures")
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)


@pytest.fixture(scope="module")
def outcome(tensorboard: str, pictures: Path) -> dict[str, str | None]:
    """Run all flows; what went wrong in each, None when nothing did."""
    command = ["node", str(SCRIPT), first_group(tensorboard), str(pictures)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, check=False)
    assert done.returncode == 0, done.stderr
    results: dict[str, str | None] = json.loads(done.stdout)
    return results


@pytest.mark.slow
@pytest.mark.parametrize("flow", FLOWS)
def test_flow(flow: str, outcome: dict[str, str | None]) -> None:
    assert outcome[flow] is None, outcome[flow]


@pytest.mark.slow
def test_pictures_of_both_themes_are_taken(outcome: dict[str, str | None], pictures: Path) -> None:
    assert outcome["pictures"] is None
    taken = {path.name for path in pictures.glob("*.png")}
    assert {f"{view}-{theme}.png" for view in ("panel", "contention", "losses") for theme in ("light", "dark")} <= taken


@pytest.mark.slow
def test_a_new_capture_appears_while_the_panel_is_looked_at(repo_root: Path, demo_logs: Path, tmp_path: Path) -> None:
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    together, logs = demo_logs / "simulated_time_slicing" / "together", tmp_path / "logs"
    shutil.copytree(together / "trainer", logs / "trainer")
    with served(logs, tmp_path / "log") as address:
        command = ["node", str(HERE / "live.mjs"), f"{address}#tb_contention"]
        done = subprocess.run(
            [*command, str(together / "evaluator"), str(logs / "evaluator")],
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    # Alone, the trainer's kernels show turns of somebody who was not captured; then it is seen who.
    assert " because of untraced work" in said["before"]
    assert " because of " in said["after"]
    assert "untraced" not in said["after"]
    assert said["errors"] == []


def many_sessions(folder: Path, count: int) -> Path:
    """Simulate so many small sessions that take turns on a GPU."""
    rng = np.random.default_rng(5)
    made = [random_session(rng, number % 8, longest=3000.0, saturated=False) for number in range(count)]
    names = ["a-very-long-session-name-of-a-hyperparameter-search", *(f"worker_{n:03}" for n in range(1, count))]
    sessions = tuple(
        replace(spec, name=name, items=spec.items[:5], steps=3, sync_every=1)
        for spec, name in zip(made, names, strict=True)
    )
    scenario = replace(random_scenario(1, "time_slicing"), name="many", sessions=sessions)
    return write_scenario(scenario, folder, seed=1, alone=False) / "together"


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 9, 120])
def test_nothing_is_cut_off_or_too_wide(
    count: int, repo_root: Path, demo_logs: Path, pictures: Path, tmp_path: Path
) -> None:
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    logs = demo_logs / "simulated_time_slicing" if count == 2 else many_sessions(tmp_path / "logs", count)
    with served(logs, tmp_path / "log") as address:
        command = ["node", str(HERE / "layouts.mjs"), first_group(address), str(pictures), f"{count}-sessions"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, check=False)

    assert done.returncode == 0, done.stderr
    looked = json.loads(done.stdout)
    assert len(looked) == 10
    assert {layout: found for layout, found in looked.items() if found} == {}


def test_every_flow_is_found() -> None:
    assert len(FLOWS) >= 33
