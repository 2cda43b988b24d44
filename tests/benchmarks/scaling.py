"""The whole analysis at size, beside upb on the same bytes: `python tests/benchmarks/scaling.py [KERNELS ...]`.

Writes groups of three simulated sessions with a launch per kernel, 10^5, 10^6, 3x10^6 and 10^7 kernels in all unless told, to a temporary
folder, one size after the other. Prints a table: how long `XSpace.ParseFromString` takes on the files one after the other, and how
long the analysis without cache takes, both alternately; best of three, of the largest size of one. Time on the clock shows both cores; CPU
time is what is left of it on a busy machine. Then how long the report of a group of `demo_logs` takes from the cache.
"""

import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

from timing import processor

import tb_contention
from tb_contention.recorders.xspace.proto import XSpace
from tb_contention.simulate import write_large

SESSIONS, ROUNDS, SIZES = 3, 3, (100_000, 1_000_000, 3_000_000, 10_000_000)
DEMO = Path(__file__).parents[2] / "demo_logs"


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """Give the time on the clock and the CPU time of `work`, seconds."""
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - cpu


def parse(paths: list[Path]) -> None:
    for path in paths:
        XSpace().ParseFromString(path.read_bytes())


def row(kernels: int, rounds: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        paths = [
            write_large(
                f"{folder}/s{k}/plugins/profile/2026_03_05_10_00_00/simulated-host.xplane.pb",
                kernels // SESSIONS,
                launches=kernels // SESSIONS,
                seed=k,
            )
            for k in range(SESSIONS)
        ]
        size = sum(path.stat().st_size for path in paths) / 1e6
        both = [
            (spent(lambda: parse(paths)), spent(lambda: tb_contention.analyse(folder, cache_dir=None)))
            for _ in range(rounds)
        ]
    upb, upb_cpu, ours, cpu = (min(each[who][what] for each in both) for who in (0, 1) for what in (0, 1))
    return (
        f"| {kernels:,} | {size:.0f} MB | {upb:.2f} s, {upb_cpu:.2f} s | {ours:.2f} s, {cpu:.2f} s | {ours / upb:.2f}, {cpu / upb_cpu:.2f} "
        f"| {cpu / kernels * 1e6:.2f} µs |"
    )


def cached() -> str:
    with tempfile.TemporaryDirectory() as cache:
        groups = [g.id for g in tb_contention.listing(DEMO, cache_dir=cache).groups]
        found = []
        for group in groups:
            options = tb_contention.Options(select=tb_contention.Selection(group=group))
            tb_contention.analyse(DEMO, options=options, cache_dir=cache)
            times = [spent(partial(tb_contention.analyse, DEMO, options=options, cache_dir=cache)) for _ in range(5)]
            found.append([statistics.median(t[k] for t in times) * 1000 for k in (0, 1)])
    clock, cpu = ([f[k] for f in found] for k in (0, 1))
    return (
        f"report of one group from the cache, {len(found)} groups: median {statistics.median(clock):.0f} ms on the clock, "
        f"{statistics.median(cpu):.0f} ms of CPU; slowest {max(clock):.0f} ms, {max(cpu):.0f} ms"
    )


def main(sizes: list[int]) -> None:
    tb_contention.analyse(DEMO, cache_dir=None)  # compiles
    sys.stdout.write(
        f"{processor()}, {len(os.sched_getaffinity(0))} cores; Python {platform.python_version()}, "
        f"{', '.join(f'{name} {version(name)}' for name in ('numpy', 'numba', 'protobuf'))}\n\n"
        "| kernels | files | upb: clock, CPU | here: clock, CPU | ratio | CPU per kernel |\n|---|---|---|---|---|---|\n"
    )
    for kernels in sizes:
        sys.stdout.write(row(kernels, ROUNDS if kernels < max(sizes) or len(sizes) == 1 else 1) + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"\n{cached()}\n")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
