"""Inputs, each in a process of its own with bounds on its time and memory; what breaks a promise is kept with what reproduces it."""

import json
import logging
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuzz.inputs import KINDS, WEIGHTS, make
from fuzz.large import LARGE
from fuzz.product import EXPECTED, FaultError, folder_bytes, through

#: What one input may take: seconds, bytes whatever its size, and so many times its size.
PATIENCE, LEAST_BYTES, TIMES = 60.0, 256 << 20, 4


@dataclass(slots=True)
class Tally:
    """What a campaign has seen."""

    inputs: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[str]] = field(default_factory=dict)
    longest: tuple[float, str] = (0.0, "-")
    largest: tuple[int, int, str] = (0, 0, "-")

    def text(self, seconds: float) -> str:
        """Write the figures."""
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.inputs.items()))
        memory, size, by = self.largest
        lines = [
            f"inputs            {sum(self.inputs.values()):,} in {seconds / 60:.1f} min: {kinds}",
            f"longest           {self.longest[0]:.1f} s of processor time, {self.longest[1]}",
            f"most memory       {memory / 2**20:.0f} MiB more than before, for {size / 2**20:.2f} MiB of input, {by}",
            f"faults            {len(self.faults)}",
            *(f"  {name}: {len(where)} times, first {where[0]}" for name, where in sorted(self.faults.items())),
            "refused or noted, in so many inputs:",
            *(f"  {slug:24}{count:>8,}" for slug, count in self.reasons.most_common()),
        ]
        return "\n".join(lines) + "\n"


def warm(folder: Path) -> None:
    """Compile and import once, so that a process per input costs little; nothing that starts threads of its own."""
    for kind in ("valid", "kineto", "nsight", "legacy"):
        place = folder / f"warm-{kind}"
        make(kind, 1, place)
        try:
            from fuzz.product import analysed, printed

            printed(analysed(place))
        except (*EXPECTED, FaultError):
            continue


def run(minutes: float, seed: int, out: Path, kinds: list[str]) -> Tally:
    """Try inputs of some kinds for so many minutes."""
    tally, began = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        logging.disable(logging.CRITICAL)
        warnings.simplefilter("error", RuntimeWarning)
        warm(work)
        drawn = random.Random(seed)
        while time.monotonic() - began < 60 * minutes:
            kind = drawn.choices(kinds, [WEIGHTS[kind] for kind in kinds])[0]
            number = drawn.randrange(1 << 40)
            attempt(kind, number, work / "input", tally, out)
    return tally


def sizes() -> Iterator[str]:
    """Take large files through the product, and tell what each took as a row of a table."""
    yield "| input | on disk | processor time | memory beyond the start | outcome |\n|---|--:|--:|--:|---|\n"
    with tempfile.TemporaryDirectory() as scratch:
        logging.disable(logging.CRITICAL)
        warm(Path(scratch))
        for name, write in LARGE.items():
            logs = Path(scratch) / "input" / "logs"
            logs.mkdir(parents=True)
            write(logs)
            size = sum(path.lstat().st_size for path in logs.rglob("*") if path.is_file() and not path.is_symlink())
            found = _in_child(logs, "large", 0, 300.0)
            shutil.rmtree(logs.parent)
            outcome = found.get("fault") or ", ".join(f"`{slug}`" for slug in found["reasons"]) or "analysed"
            yield f"| {name} | {_mega(size)} | {found['seconds']:.0f} s | {_mega(found['bytes'])} | {outcome} |\n"


def _mega(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 10_000_000 else f"{size / 1e6:,.0f} MB"


def attempt(kind: str, number: int, folder: Path, tally: Tally, out: Path) -> None:
    """Try one input, and note what came of it."""
    name = f"{kind} {number}"
    logs = folder / "logs"
    logs.mkdir(parents=True)
    try:
        make(kind, number, logs)
        size = folder_bytes(logs)
        found = _in_child(logs, kind, number)
        tally.inputs[kind] += 1
        tally.reasons.update(found.get("reasons", []))
        if found["seconds"] > tally.longest[0]:
            tally.longest = found["seconds"], name
        if found["bytes"] > tally.largest[0]:
            tally.largest = found["bytes"], size, name
        fault = found.get("fault") or _beyond(found, size)
        if fault:
            if fault not in tally.faults:
                _keep(logs, out / name.replace(" ", "-"), f"{fault}\n\n{found.get('trace', '')}")
                sys.stderr.write(f"{name}: {fault}\n")
            tally.faults.setdefault(fault, []).append(name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _beyond(found: dict[str, Any], size: int) -> str:
    if found["bytes"] > LEAST_BYTES + TIMES * size:
        return f"memory beyond {LEAST_BYTES >> 20} MiB and {TIMES} times the input"
    return ""


def _keep(logs: Path, place: Path, why: str) -> None:
    """Keep an input with what it did; `tb-contention report PLACE/logs` reproduces most of it."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(logs, place / "logs")
    (place / "fault.txt").write_text(why, encoding="utf-8")


def _in_child(logs: Path, kind: str, number: int, patience: float = PATIENCE) -> dict[str, Any]:
    """Take an input through the product in a process of its own, which is ended when it takes too long."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        try:
            os.write(writer, json.dumps(_outcome(logs, kind, number)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    until, parts = time.monotonic() + patience, b""
    try:
        while select.select([reader], [], [], max(0.0, until - time.monotonic()))[0]:
            part = os.read(reader, 1 << 16)
            if not part:
                break
            parts += part
        else:
            os.kill(child, signal.SIGKILL)
            return {"fault": f"longer than {patience:.0f} s", "seconds": patience, "bytes": 0}
    finally:
        os.close(reader)
        os.waitpid(child, 0)
    if not parts:
        return {"fault": "the process ended without an answer", "seconds": 0.0, "bytes": 0}
    found: dict[str, Any] = json.loads(parts)
    return found


def _outcome(logs: Path, kind: str, number: int) -> dict[str, Any]:
    began, before = time.process_time(), _memory("VmRSS")
    found: dict[str, Any] = {}
    try:
        found["reasons"] = through(logs, kind, number)
    except EXPECTED as error:
        found["reasons"] = [getattr(error, "slug", type(error).__name__)]
    except BaseException as error:
        found["fault"], found["trace"] = _signature(error), traceback.format_exc()[-6000:]
    return {**found, "seconds": time.process_time() - began, "bytes": max(0, _memory("VmHWM") - before)}


def _signature(error: BaseException) -> str:
    """Name a fault by its kind and place, so that each is told once."""
    if isinstance(error, FaultError):
        return f"{str(error)[:200]}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "tb_contention" in f.filename]
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {str(error)[:120]}{place}"


def _memory(key: str) -> int:
    """Return a figure of this process from /proc, bytes; 0 where there is none."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(key)), 0)


ALL_KINDS = list(KINDS)
