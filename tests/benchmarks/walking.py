"""The tab on log directories of real size: `python tests/benchmarks/walking.py [GROUPS [CAPTURES]]`, Linux only.

Writes simulated pairs, one pair an hour. Walks through GROUPS (400) of them in a real TensorBoard, each with its summary, its lanes and its
coarsest tile, with room for 20 MB of decoded traces; prints the memory of the server on the way. Then serves an indexed directory of
CAPTURES (10,000) and measures in headless Chromium how long after the start of the tab's document its first group is on screen, at
TensorBoard's start and once its index is loaded.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from serving import drive, tensorboard

from tb_contention.cli import main as command
from tb_contention.simulate import write_directory

ROUTES = "data/plugin/tb_contention/api"
#: Seconds that a group may take.
PATIENCE_S = 60.0


def get(base: str, route: str) -> bytes:
    with urllib.request.urlopen(f"{base}/{ROUTES}/{route}", timeout=PATIENCE_S) as response:
        body: bytes = response.read()
    return body


def ready(base: str, query: str = "") -> dict[str, Any]:
    """Ask like the panel does, until the view is ready."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        summary: dict[str, Any] = json.loads(get(base, f"summary{query}"))
        if summary["state"] in ("ready", "failed"):
            return summary
        time.sleep(0.02)
    raise TimeoutError(query)


def resident(base: str) -> int:
    """Return the memory of the process that listens at an address, bytes."""
    port = f"{int(base.rpartition(':')[2]):04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inode = next(line[9] for line in lines if line[1].endswith(f":{port}") and line[3] == "0A")
    process = next(p for p in Path("/proc").glob("[0-9]*") if f"socket:[{inode}]" in files_of(p))
    return int((process / "status").read_text().partition("VmRSS:")[2].split()[0]) * 1024


def files_of(process: Path) -> set[str]:
    """List what a process has open; nothing for one that has ended or is another user's."""
    with contextlib.suppress(OSError):
        return {str(fd.readlink()) for fd in (process / "fd").iterdir()}
    return set()


def look(base: str, group: str) -> None:
    """Look at one group as the panel does."""
    device = ready(base, f"?group={group}")["report"]["devices"][0]["id"]
    layout = json.loads(get(base, f"layout?group={group}&device={device}"))
    level = layout["levels"]["max"]
    get(base, f"tile?group={group}&device={device}&level={level}&index=0&revision={layout['revision']}")


def walk(place: Path, groups: int) -> None:
    logs = write_directory(place / "walk", groups)
    os.environ["TB_CONTENTION_MEMORY"] = "20MB"
    with tensorboard(sys.executable, logs, place / "log", place / "cache") as base:
        ready(base)
        while (listed := json.loads(get(base, "groups")))["pending"]:
            time.sleep(0.2)
        times = []
        for number, group in enumerate(listed["groups"], 1):
            began = time.perf_counter()
            look(base, group["id"])
            times.append(time.perf_counter() - began)
            if number % (groups // 8) == 0:
                part = sorted(times[-groups // 8 :])
                say(
                    f"{number} groups: {resident(base) / 1e6:.0f} MB, median {part[len(part) // 2] * 1000:.0f} ms a group"
                )
    del os.environ["TB_CONTENTION_MEMORY"]


def opened(place: Path, captures: int) -> None:
    logs = write_directory(place / "many", captures // 2, window_ms=60.0)
    os.environ["TB_CONTENTION_CACHE_DIR"] = str(place / "cache")
    with contextlib.redirect_stdout(io.StringIO()):
        command(["runs", str(logs), "--run", "job00000"])
    with tensorboard(sys.executable, logs, place / "log", place / "cache") as base:
        first = drive("paint", "panel", f"{base}/#tb_contention")["paint_ms"]
        again = drive("paint", "panel", f"{base}/#tb_contention")["paint_ms"]
    say(
        f"{captures} captures, indexed: first group after {first:.0f} ms at TensorBoard's start, {again:.0f} ms later on"
    )


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    sizes = asked + [400, 10_000][len(asked) :]
    with tempfile.TemporaryDirectory() as folder:
        walk(Path(folder), sizes[0])
        opened(Path(folder), sizes[1])
