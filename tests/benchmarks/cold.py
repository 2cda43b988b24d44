"""Measure the first report of demo_logs after an installation, when nothing is compiled, the ones after it, and the tab's timeline.

    python tests/benchmarks/cold.py [--rounds 3]

Each round begins with empty cache directories. CPU time is that of all processes, also of those that compile beside the report and end
after it; the clock stops when the report is there. A real TensorBoard is asked as the tab asks it, from its start: until it says its
address, until the timeline of the group that it shows first has its first tile, and until the whole report is there.
"""

import argparse
import ctypes
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import numba
from serving import end, wait_for_address
from timing import processor

ROOT = Path(__file__).resolve().parents[2]
#: Seconds between two questions of the tab while it waits.
POLL_S = 0.3
_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Print a table: seconds on the clock and of CPU, medians of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    # Processes whose parent ended become ours, so that their time is counted when they are waited for.
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    cold, again, warmed, tab, tab_warmed = [], [], [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as empty:
            tab.append(first_tile(empty))
        with tempfile.TemporaryDirectory() as empty:
            cold.append(timed(empty, "report", "demo_logs"))
            again.append(timed(empty, "report", "demo_logs"))
        with tempfile.TemporaryDirectory() as empty:
            timed(empty, "warm")
            warmed.append(timed(empty, "report", "demo_logs"))
            tab_warmed.append(first_tile(empty))
    lines = [
        f"{processor()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, numba {numba.__version__}, "
        f"medians of {rounds}\n",
        "| `tb-contention report demo_logs` | clock | CPU |",
        "|---|---|---|",
    ]
    for what, found in (("nothing compiled", cold), ("after `tb-contention warm`", warmed), ("a second time", again)):
        clock, cpu = (statistics.median(column) for column in zip(*found, strict=True))
        lines.append(f"| {what} | {clock:.1f} s | {cpu:.1f} s |")
    lines += ["", "| `tensorboard --logdir demo_logs` | address | timeline | report |", "|---|---|---|---|"]
    for what, times in (("nothing compiled", tab), ("after `tb-contention warm`", tab_warmed)):
        lines.append(
            f"| {what} | " + " | ".join(f"{statistics.median(each):.1f} s" for each in zip(*times, strict=True)) + " |"
        )
    sys.stdout.write("\n".join(lines) + "\n")


def timed(caches: str, *words: str) -> tuple[float, float]:
    """Run a command with its caches in a folder; return seconds on the clock until it ended, and CPU seconds of all it started."""
    reap()  # what compiled beside a tab before belongs to that
    before, began = spent(), time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "tb_contention", *words],
        cwd=ROOT,
        env=environment(caches),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    clock = time.monotonic() - began
    reap()
    return clock, spent() - before


def reap() -> None:
    """Wait for all processes that were started, also by others that have ended."""
    with suppress(ChildProcessError):
        while True:
            os.wait()


def first_tile(caches: str) -> tuple[float, float, float]:
    """Return seconds from the start of TensorBoard to its address, to the first tile of the first device, and to the whole report."""
    reap()
    log, began = Path(caches) / "tensorboard.log", time.monotonic()
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", "demo_logs", "--host", "127.0.0.1", "--port", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=environment(caches), start_new_session=True
        )
    try:
        base = wait_for_address(process, log) + "/data/plugin/tb_contention/api/"
        address = time.monotonic() - began
        seen, summary = 0.0, asked(base, "summary")
        while summary["state"] != "ready":
            if summary["state"] == "failed":
                raise SystemExit(f"The tab failed: {summary['message']}")
            if not seen and summary["report"] is not None:
                seen = tile_seen(base, summary) - began
            time.sleep(POLL_S)
            summary = asked(base, "summary")
        report = time.monotonic() - began
        return address, seen or tile_seen(base, summary) - began, report
    finally:
        end(process)


def tile_seen(base: str, summary: Any) -> float:
    """Ask for the lanes of the first device and one tile over all of them; return the instant when they were there, on the clock."""
    layout = asked(base, "layout", device=summary["report"]["devices"][0]["id"])
    query = {"device": layout["device"], "revision": layout["revision"], "level": layout["levels"]["max"], "index": 0}
    with suppress(
        HTTPError
    ):  # meanwhile the report is whole: its timeline has another revision, and the tab asks again
        asked(base, "tile", **query)
        return time.monotonic()
    return tile_seen(base, asked(base, "summary"))


def asked(base: str, route: str, **query: Any) -> Any:
    """Return the answer of a route, decoded if it is JSON."""
    with urlopen(f"{base}{route}?{urlencode(query)}") as answer:
        body = answer.read()
        return json.loads(body) if "json" in answer.headers["Content-Type"] else body


def environment(caches: str) -> dict[str, str]:
    """Return our variables, with all caches in one folder."""
    mine = {
        name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "TB_CONTENTION_CACHE_DIR")
    }
    return {**mine, "XDG_CACHE_HOME": caches}


def spent() -> float:
    """Return the CPU seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
