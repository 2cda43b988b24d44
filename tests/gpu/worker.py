"""One process of a recorded pair, driven by `record.py`: a JSON command a line on stdin, an answer a line on stdout.

Two names are two threads of one process, each a session of its own.
"""

import json
import os
import sys
import threading
import time
import zlib
from contextlib import nullcontext
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # run by its path, also where the package is not installed

from gpu.workloads import Step, annotate, has_gpu, make_step  # noqa: E402

import tb_contention  # noqa: E402

#: A recording begins so long before its steps: starting a profiler takes a moment.
_EARLY_S = 0.25


def main() -> None:
    """Prepare the steps, say so, and obey."""
    framework, names, kinds = sys.argv[1], sys.argv[2].split("+"), sys.argv[3].split("+")
    steps = {
        name: make_step(framework, kind, zlib.crc32(name.encode()) % 1000)
        for name, kind in zip(names, kinds, strict=True)
    }
    for step in steps.values():
        for _ in range(5):
            step()
    _say({"ready": os.getpid(), "gpu": has_gpu(framework)})
    for line in sys.stdin:
        command = json.loads(line)
        _say({"steps": _obey(framework, steps, command)})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _obey(framework: str, steps: dict[str, Step], command: dict[str, Any]) -> dict[str, list[list[float]]]:
    """Run the sessions that a command names for a while, with the profiler on where it has a logdir."""
    names = [name for name in steps if name in command["sessions"]]
    results: dict[str, list[list[float]]] = {}

    def drive(name: str) -> None:
        marked = len(steps) > 1 and bool(command["logdir"])
        results[name] = _run(framework, name, steps[name], command, marked=marked)

    _wait(command["start"] - (_EARLY_S if command["logdir"] else 0))
    recorded = tb_contention.profile("_".join(names), logdir=command["logdir"]) if command["logdir"] else nullcontext()
    with recorded:
        threads = [threading.Thread(target=drive, args=(name,), name=name) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return results


def _run(framework: str, name: str, step: Step, command: dict[str, Any], *, marked: bool) -> list[list[float]]:
    """Return the begin and the end of each step, Unix s."""
    _wait(command["start"])
    end: float = command["start"] + command["seconds"]
    made: list[list[float]] = []
    while time.time() < end:
        begin = time.time()
        step_mark = annotate(framework, name, len(made)) if command["logdir"] else nullcontext()
        with tb_contention.session(name) if marked else nullcontext(), step_mark:
            step()
        made.append([begin, time.time()])
    return made


def _wait(until: float) -> None:
    while time.time() < until:
        time.sleep(0.0005)


if __name__ == "__main__":
    main()
