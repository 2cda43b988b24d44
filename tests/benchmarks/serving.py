"""Processes of a benchmark in a browser: a real TensorBoard of any Python, and a script in Node that drives Chromium.

Each runs in a process group of its own, which is ended whatever happens: browsers and TensorBoard have children.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("panel.mjs")
ADDRESS = re.compile(r"TensorBoard \S+ at (http://127\.0\.0\.1:\d+)/")
#: Seconds: until TensorBoard prints its address; until the first paint; that everything after it may take.
START_S, PAINT_S, REST_S = 120, 600, 240


class CannotMeasureError(Exception):
    """What is lacking, or what did not come in time, in one sentence."""


def check_browser() -> str:
    """Give the path of Chromium; say what is lacking for a run in it."""
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if shutil.which("node") is None:
        raise CannotMeasureError("Node is not installed.")
    if not (ROOT / "frontend" / "node_modules" / "playwright-core").is_dir():
        raise CannotMeasureError("The frontend's packages are not installed: run `npm ci` in frontend/.")
    if chromium is None:
        raise CannotMeasureError("Chromium is not installed; the variable CHROMIUM names another place.")
    return chromium


def end(process: subprocess.Popen[Any]) -> None:
    """End a process and its children."""
    for number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            break
    # What the leader left behind.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def tensorboard(python: str, logdir: Path, log: Path, cache: Path) -> Iterator[str]:
    """Serve a log directory with the TensorBoard of `python`; give its address without a slash. Decoded traces are kept in `cache`."""
    command = [python, "-m", "tensorboard.main", "--logdir", str(logdir), "--host", "127.0.0.1", "--port", "0"]
    # Beside the cache: a cold start has no decoded traces, but compiled code, as everybody from the second day on.
    compiled = os.environ.get("NUMBA_CACHE_DIR", str(cache.parent / "compiled"))
    environment = {**os.environ, "TB_CONTENTION_CACHE_DIR": str(cache), "NUMBA_CACHE_DIR": compiled}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
    try:
        yield wait_for_address(process, log)
    finally:
        end(process)


def wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return the address that TensorBoard printed."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        found = ADDRESS.search(log.read_text("utf-8", errors="replace"))
        if found is not None:
            return found[1]
        time.sleep(0.1)
    last = log.read_text("utf-8", errors="replace").strip().splitlines()[-1:]
    raise CannotMeasureError(
        f"TensorBoard did not start within {START_S} s. It said last: {''.join(last) or 'nothing'}"
    )


def drive(what: str, view: str, url: str, seconds: float = 0) -> Mapping[str, Any]:
    """Run one measurement in a browser of its own; panel.mjs says which."""
    command = ["node", str(SCRIPT), what, view, url, str(seconds)]
    environment = {**os.environ, "CHROMIUM": check_browser(), "PAINT_TIMEOUT_MS": str(PAINT_S * 1000)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        try:
            said, errors = process.communicate(timeout=PAINT_S + REST_S)
        except subprocess.TimeoutExpired:
            raise CannotMeasureError(f"{view}: no answer within {(PAINT_S + REST_S) // 60} min.") from None
        finally:
            end(process)
    try:
        result: dict[str, Any] = json.loads(said)
    except ValueError:
        raise CannotMeasureError(
            f"{view}: {(errors.strip() or said.strip() or 'no answer').splitlines()[-1]}"
        ) from None
    if "error" in result:
        raise CannotMeasureError(f"{view}: {result['error']}")
    return result
