"""Compare the project's reader of Kineto files with general JSON parsers: `python tests/benchmarks/kineto.py [--megabytes N] [FILE ...]`.

Reads each file to the same columns by the project's scanner, `json`, orjson and msgspec (`pip install orjson msgspec`; what is not
installed is left out) and prints CPU seconds (best of three), the memory at the peak beyond the file itself, the events that each keeps of
the file cut at 60 % of its length, and the largest error of a time. Each parser runs in a process of its own, without Python's collector of
cycles. One more table is of the largest file, its events repeated up to N megabytes (120 unless stated), and of a synthetic trace of as
many. Without FILE it reads the recordings in `tests/data/kineto`.
"""

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from compare import peak_bytes
from kineto_parsers import PARSERS, differences, time_error, without_collector
from timing import processor

from tb_contention.recorders.kineto.reader import decode_kineto
from tb_contention.recorders.kineto.skim import skim_kineto

DATA = Path(__file__).resolve().parents[1] / "data" / "kineto"
CUT_AT = 0.6
_BASE_NS, _FIRST_US = 1_743_521_598_000_000_000, 198093488368.463
_LAUNCH = {
    "registers per thread": 64,
    "shared memory": 0,
    "grid": [160, 1, 1],
    "block": [128, 1, 1],
    "est. achieved occupancy %": 30,
}


def events(kernels: int) -> Iterator[dict[str, Any]]:
    """Make the events of a plain training."""
    for n in range(kernels):
        at, op = _FIRST_US + 10 * n, {"External id": n % 1000}
        where = {"queued": 0, "device": 0, "context": 1, "stream": 7, "correlation": n + 1}
        kernel = {"cat": "kernel", "name": f"void gemm_{n % 50}<float, 128>(Params)", "ts": at, "dur": 8.125}
        yield {"ph": "X", "pid": 0, "tid": 7, "args": op | where | _LAUNCH, **kernel}
        call = {"cat": "cuda_runtime", "name": "cudaLaunchKernel", "ts": at - 8, "dur": 4.0}
        yield {"ph": "X", "pid": 4211, "tid": 4211, "args": op | {"cbid": 211, "correlation": n + 1}, **call}
        outer = {"cat": "cpu_op", "name": f"aten::op{n % 100}", "ts": at - 9, "dur": 9.0}
        yield {"ph": "X", "pid": 4211, "tid": 4211, "args": op | {"Ev Idx": n}, **outer}


def written(kernels: int) -> bytes:
    """Write a trace."""
    return json.dumps({"baseTimeNanoseconds": _BASE_NS, "traceEvents": [*events(kernels)]}, indent=1).encode()


def unpacked(path: Path) -> bytes:
    """Return the text of a file."""
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def enlarged(text: bytes, size: int) -> bytes:
    """Repeat the events of a trace, as they are written, until the text has a size."""
    begin = text.index(b"[", text.index(b'"traceEvents"')) + 1
    end = text.rindex(b"]")
    inside = text[begin:end].rstrip()
    return text[:begin] + b",".join([inside] * max(1, size // len(inside))) + text[end:]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the least CPU time of three rounds."""
    times = []
    for _ in range(3):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def kept_of(parser: str, data: bytes) -> int:
    """Count the events that a parser gives of a cut file; 0 where it refuses the file."""
    try:
        return len(PARSERS[parser](data))
    except ValueError:
        return 0


def one(parser: str, path: Path) -> dict[str, float]:
    """Measure one parser on one file."""
    read = PARSERS[parser]
    read(SMALL)
    data = path.read_bytes()
    before = peak_bytes()
    gc_free = without_collector(lambda: read(data))
    gc_free()
    peak = peak_bytes() - before
    return {"seconds": cpu_seconds(gc_free), "peak": peak, "cut": kept_of(parser, data[: int(CUT_AT * len(data))])}


def apart(*arguments: str) -> dict[str, float]:
    """Measure in a process of its own, whose peak nothing else has raised."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", *arguments], capture_output=True, text=True, check=False, env=os.environ
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compared(title: str, text: bytes, folder: Path) -> Iterator[str]:
    """Write one line per parser for a text."""
    path = folder / "trace.json"
    path.write_bytes(text)
    ours = PARSERS["here"](text)
    base = apart("here", str(path))
    for parser, read in PARSERS.items():
        found = base if parser == "here" else apart(parser, str(path))
        columns = read(text)
        if different := differences(ours, columns):
            raise SystemExit(f"{title}: {parser} reads other columns: {', '.join(different)}")
        yield (
            f"| {title} | {len(text) / 1e6:.1f} MB | {len(ours):,} | {parser} | {found['seconds']:.3f} s "
            f"| {found['seconds'] / base['seconds']:.1f} | {found['peak'] / 1e6:.0f} MB | {int(found['cut']):,} "
            f"| {time_error(ours, columns) / 1000:.2g} ns |"
        )


def whole(text: bytes) -> str:
    """Write how long the file takes to the trace, and skimmed."""
    decode = cpu_seconds(lambda: decode_kineto(text, file="f"))
    skim = cpu_seconds(lambda: skim_kineto(text, file="f"))
    return f"the largest to the trace that the analysis takes {decode:.2f} s, skimmed {skim:.2f} s"


def machine() -> str:
    """Name the processor and the versions."""
    names = [name for name in ("numba", "orjson", "msgspec") if find_spec(name)]
    versions = ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)])
    return f"{processor()}; {versions}"


def main(files: list[Path], megabytes: int) -> None:
    """Print the comparison."""
    out = sys.stdout.write
    out(f"{machine()}\n\n")
    out("| trace | size | events | parser | to columns | x | memory | kept when cut | time error |\n")
    out("|---|--:|--:|---|--:|--:|--:|--:|--:|\n")
    texts = {path.name.partition(".")[0]: unpacked(path) for path in files}
    largest = max(texts, key=lambda name: len(texts[name]))
    texts[f"{largest}, repeated"] = enlarged(texts[largest], megabytes * 1_000_000)
    texts["synthetic"] = written(max(1, megabytes * 1_000_000 // BYTES_PER_KERNEL))
    with tempfile.TemporaryDirectory() as folder:
        for title, text in texts.items():
            for line in compared(title, text, Path(folder)):
                out(f"{line}\n")
    out(f"\n{whole(texts[f'{largest}, repeated'])}\n")


SMALL = written(2)
#: Of the synthetic trace: a kernel, its launch and its operation.
BYTES_PER_KERNEL = len(written(1000)) // 1000

if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        sys.stdout.write(json.dumps(one(sys.argv[2], Path(sys.argv[3]))))
    else:
        options = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
        options.add_argument("files", nargs="*", type=Path, metavar="FILE")
        options.add_argument(
            "--megabytes", type=int, default=120, help="size of the repeated and of the synthetic trace"
        )
        chosen = options.parse_args()
        main(chosen.files or sorted(DATA.rglob("*.pt.trace.json*")), chosen.megabytes)
