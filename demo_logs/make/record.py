"""Record the logs of demo_logs/recorded_* with real TensorFlow on the CPU: `python demo_logs/make/record.py [name ...]`.

Every program runs in a temporary folder and records into a relative path, so that no path of the machine is in the files.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = "1.0"

# demo log -> the processes that run at the same time: (program, name of its log directory)
DEMOS = {
    "recorded_two_processes": [("two_processes.py", "worker_a"), ("two_processes.py", "worker_b")],
    "recorded_two_sessions": [("two_sessions.py", "program")],
    "recorded_queue_threads": [("queue_threads.py", "program")],
    "recorded_split_model": [("split_model.py", "program")],
}


def record(demo: str, target: Path) -> None:
    """Run the programs of a demo together and move what they recorded to its place."""
    with tempfile.TemporaryDirectory(prefix="demo_") as folder:
        work = Path(folder)
        running = [
            subprocess.Popen(
                [sys.executable, str(HERE / program), name, SECONDS, str(len(DEMOS[demo]))],
                cwd=work,
            )
            for program, name in DEMOS[demo]
        ]
        codes = [process.wait() for process in running]
        if any(codes):
            raise SystemExit(f"{demo}: a program failed, exit codes {codes}")
        shutil.rmtree(target, ignore_errors=True)
        for trace in sorted(work.rglob("*.xplane.pb")):
            place = target / trace.relative_to(work)
            place.parent.mkdir(parents=True)
            shutil.copy(trace, place)
            print(f"{place.relative_to(HERE.parent)}: {place.stat().st_size:,} bytes")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or DEMOS:
        record(chosen, HERE.parent / chosen)
