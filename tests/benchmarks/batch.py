"""What a dataset costs: `python tests/benchmarks/batch.py [PAIRS]`; 1,000 pairs of simulated captures by default.

Prints, for one worker and two: captures per second, how much processor time the whole run takes beside the analyses, which part of the
time the workers are at them, and the largest memory of a worker; then what a run takes that has nothing new to do, and the size of the
dataset. Processor time tells the cost also where other programs run at the same time, and so does the speed-up: two workers that are at
analyses all the time, which take no more processor time than those of one, are twice as fast on two free cores.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tb_contention.simulate import write_directory


def batch(logs: Path, dataset: Path, *options: str) -> tuple[float, float, dict[str, float]]:
    """Run the command; return its seconds, its processor time with that of its workers, and what the run says of itself."""
    began, cpu = time.perf_counter(), children()
    command = [sys.executable, "-m", "tb_contention", "batch", str(logs), "-o", str(dataset), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    run = json.loads((dataset / "_run.json").read_text(encoding="utf-8"))
    return time.perf_counter() - began, children() - cpu, run


def children() -> float:
    """Return the processor time of programs that have ended, with their own."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(pairs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["TB_CONTENTION_CACHE_DIR"] = str(place / "cache")
        logs = write_directory(place / "logs", pairs, window_ms=60.0)
        batch(write_directory(place / "warm", 2, window_ms=60.0), place / "compiled")
        single: tuple[float, float, float] | None = None
        for workers in (1, 2):
            taken, cpu, run = batch(logs, place / f"by{workers}", "--workers", str(workers))
            analysed = run["analysis_cpu_seconds"]
            at_work = run["analysis_seconds"] / workers / taken
            single = single or (taken, analysed, at_work)
            faster = workers * single[1] / analysed * at_work / single[2]
            say(
                f"{workers} of {os.cpu_count()}: {taken:.1f} s, {2 * pairs / taken:.1f} captures/s, {single[0] / taken:.2f} x one worker; "
                f"processor {cpu:.1f} s, analyses {analysed:.1f} s of it, {cpu / analysed - 1:.1%} beside them; "
                f"{at_work:.1%} of the time at analyses; {faster:.2f} x one worker on free cores; {run['worker_peak_bytes'] / 1e6:.0f} MB"
            )
        again, cpu, _ = batch(logs, place / "by2", "--resume")
        files = [path for path in (place / "by2").rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        say(
            f"nothing new: {again:.2f} s, processor {cpu:.2f} s; {len(files):,} files, {size / 1e6:.1f} MB, "
            f"{size / pairs / 1e3:.0f} kB per group"
        )


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
