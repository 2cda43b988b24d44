"""Measure the first report of demo_logs after an installation, when nothing is compiled, and the ones after it.

    python tests/benchmarks/cold.py [--rounds 3]

Each round begins with empty cache directories. CPU time is that of all processes, also of those that compile beside the report and end
after it; the clock stops when the report is there.
"""

import argparse
import ctypes
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

import numba
from timing import processor

ROOT = Path(__file__).resolve().parents[2]
_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Print a table: seconds on the clock and of CPU, medians of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    # Processes whose parent ended become ours, so that their time is counted when they are waited for.
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    cold, again, warmed = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as empty:
            cold.append(timed(empty, "report", "demo_logs"))
            again.append(timed(empty, "report", "demo_logs"))
        with tempfile.TemporaryDirectory() as empty:
            timed(empty, "warm")
            warmed.append(timed(empty, "report", "demo_logs"))
    lines = [
        f"{processor()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, numba {numba.__version__}, "
        f"medians of {rounds}\n",
        "| `tb-contention report demo_logs` | clock | CPU |",
        "|---|---|---|",
    ]
    for what, found in (("nothing compiled", cold), ("after `tb-contention warm`", warmed), ("a second time", again)):
        clock, cpu = (statistics.median(column) for column in zip(*found, strict=True))
        lines.append(f"| {what} | {clock:.1f} s | {cpu:.1f} s |")
    sys.stdout.write("\n".join(lines) + "\n")


def timed(caches: str, *words: str) -> tuple[float, float]:
    """Run a command with its caches in a folder; return seconds on the clock until it ended, and CPU seconds of all it started."""
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "TB_CONTENTION_CACHE_DIR")
    }
    before, began = spent(), time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "tb_contention", *words],
        cwd=ROOT,
        env={**inherited, "XDG_CACHE_HOME": caches},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    clock = time.monotonic() - began
    with suppress(ChildProcessError):
        while True:
            os.wait()
    return clock, spent() - before


def spent() -> float:
    """Return the CPU seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
