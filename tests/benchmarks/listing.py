"""Log directories of real size, beside protobuf's bare parse of the same bytes: `python tests/benchmarks/listing.py [CAPTURES [MANY]]`.

Writes simulated pairs, one pair an hour, to a temporary folder: CAPTURES (800) of about 0.2 MB and MANY (10,000) of about 40 kB. Prints the
CPU time of listing them the first time and again, each in a process of its own, the memory at the peak, and what a report of one
group costs there beside the same group in a directory of its own. Ratios are to protobuf (upb), which parses every file once.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tb_contention.recorders.xspace.proto import XSpace
from tb_contention.simulate import write_directory


def cpu(command: list[str], cache: Path) -> tuple[float, float, int]:
    """Run a command; return its CPU time, its time on the clock, both in seconds, and its peak memory in bytes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    program = "import resource, sys\nfrom tb_contention.cli import main\ncode = main(sys.argv[1:])\n"
    program += "sys.stderr.write(f'{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\\n')\nsys.exit(code)\n"
    done = subprocess.run(
        [sys.executable, "-c", program, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True,
        env={**os.environ, "TB_CONTENTION_CACHE_DIR": str(cache)},
    )  # fmt: skip
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = int(done.stderr.split()[-1]) * 1024
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, clock, peak


def parse(folder: Path) -> float:
    began = time.process_time()
    for path in folder.rglob("*.xplane.pb"):
        XSpace().ParseFromString(path.read_bytes())
    return time.process_time() - began


def main(captures: int, many: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        cache = place / "cache"
        few = write_directory(place / "few", captures // 2)
        more = write_directory(place / "many", many // 2, window_ms=60.0)
        cpu(
            ["runs", str(write_directory(place / "warm", 1))], cache
        )  # compiled functions are in their cache from here on
        bare = parse(few)
        say(f"{captures} captures: upb {bare:.2f} s")
        for name, logs in (("first", few), ("again", few), ("first", more), ("again", more)):
            used, clock, peak = cpu(["runs", str(logs)], cache)
            beside = f", {used / bare:.2f} x upb" if logs is few else ""
            say(f"{logs.name}, listed {name}: {used:.2f} s of CPU{beside}, {clock:.2f} s, {peak / 1e6:.0f} MB")
        own = write_directory(place / "own", 1)
        cpu(["report", str(own)], cache)
        alone, _, _ = cpu(["report", str(own)], cache)
        listed, _, _ = cpu(["runs", str(few)], cache)
        inside, _, _ = cpu(["report", str(few), "--latest"], cache)
        inside, _, _ = cpu(["report", str(few), "--latest"], cache)
        say(
            f"report of one group: {alone:.2f} s in a directory of its own, {inside:.2f} s among {captures}, listing {listed:.2f} s"
        )
        say(f"ratio without the listing {(inside - listed) / alone:.2f}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    main(*(asked + [800, 10_000][len(asked) :]))
