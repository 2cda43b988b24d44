"""What a dataset costs: `python tests/benchmarks/batch.py [PAIRS]`; 1,000 pairs of simulated captures by default.

Prints, for one worker and two: captures per second, the time in analyses, what finding, writing and counting add to it, and the largest
memory of a worker; then the time of a run that has nothing new to do, and the size of the dataset.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tb_contention.simulate import write_directory


def batch(logs: Path, dataset: Path, *options: str) -> tuple[float, dict[str, float]]:
    """Run the command; return its seconds and what the run says of itself."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "tb_contention", "batch", str(logs), "-o", str(dataset), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began, json.loads((dataset / "_run.json").read_text(encoding="utf-8"))


def main(pairs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["TB_CONTENTION_CACHE_DIR"] = str(place / "cache")
        logs = write_directory(place / "logs", pairs, window_ms=60.0)
        batch(write_directory(place / "warm", 2, window_ms=60.0), place / "compiled")
        single = 0.0
        for workers in (1, 2):
            taken, run = batch(logs, place / f"by{workers}", "--workers", str(workers))
            single = single or taken
            analysed = run["analysis_seconds"] / workers
            say(
                f"{workers} of {os.cpu_count()}: {taken:.1f} s, {2 * pairs / taken:.1f} captures/s, {single / taken:.2f} x one worker; "
                f"analyses {analysed:.1f} s each, {taken / analysed - 1:.1%} beside them; {run['worker_peak_bytes'] / 1e6:.0f} MB"
            )
        again, _ = batch(logs, place / "by2", "--resume")
        files = [path for path in (place / "by2").rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        say(
            f"nothing new: {again:.2f} s; {len(files):,} files, {size / 1e6:.1f} MB, {size / pairs / 1e3:.0f} kB per group"
        )


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
