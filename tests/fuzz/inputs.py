"""Folders of captures for the campaign, each from a kind and a seed: valid ones at the edges of what is valid, and damaged ones."""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

from fuzz import mutation

from tb_contention.recorders.xspace.writer import (
    Capabilities,
    Event,
    Line,
    Plane,
    Space,
    Text,
    encode,
    task_environment,
)
from tb_contention.simulate import RANDOM_MODES, random_scenario, write_scenario
from tb_contention.simulate.nsight import write_report

_GPU = Capabilities(
    model="Simulated GPU 80 GB", clock_rate_khz=1_410_000, core_count=108, memory_size=80 << 30, memory_bandwidth=2 * 10**12,
    compute_capability=(8, 0),
)  # fmt: skip
_START = 1_700_000_000_000_000_000
PLACE = "plugins/profile/2026_03_01_10_00_00"
_MS = 10**9


def capture(rng: random.Random, host: str) -> Space:
    """Draw a small capture: kernels on a few streams, launches, steps and allocator events, each perhaps missing or of extreme size."""
    length = rng.choice((1, 10, 200)) * _MS
    kernels = rng.choice((0, 1, 2, 3, 10, 60, 200))
    streams = [Line(id=7 + k, name=f"Stream #{7 + k}(Compute)") for k in range(rng.choice((1, 1, 2, 4)))]
    thread = Line(id=1, name="python")
    typical = rng.choice((0, 1, 1000, length // max(1, 2 * kernels), length * 3))
    names = [f"kernel_{k}" for k in range(rng.choice((1, 3, 30)))]
    for k in range(kernels):
        at = length * k // kernels + rng.choice((0, rng.randrange(1000), 0))
        duration = rng.choice((typical, typical, rng.randrange(2 * typical + 1)))
        streams[k % len(streams)].events.append(
            Event(name=rng.choice(names), start=at, duration=duration, stats={"correlation_id": k + 1})
        )
        if rng.random() < 0.8:
            launched, took = max(0, at - rng.choice((0, 5000))), rng.choice((0, 2000))
            launch = Event(name="cuLaunchKernel", start=launched, duration=took, stats={"correlation_id": k + 1})
            thread.events.append(launch)
    steps = rng.choice((0, 0, 1, 2, 10))
    for k in range(steps):
        stats: dict[str, str | int | float | bytes] = {"step_num": k, "_r": 1}
        thread.events.append(
            Event(
                name="train", start=length * k // steps, duration=rng.choice((0, length // steps, length)), stats=stats
            )
        )
    held = 0
    for k in range(rng.choice((0, 0, 5, 40))):
        size = rng.choice((0, 256, 1 << 20, 60 << 30))
        is_new = rng.random() < 0.6
        held += size if is_new else -size
        thread.events.append(
            Event(
                name="MemoryAllocation" if is_new else "MemoryDeallocation", start=length * k // 40,
                stats={
                    "allocator_name": Text("GPU_0_bfc"), "bytes_allocated": max(0, held), "bytes_available": rng.choice((0, 1 << 30)),
                    "allocation_bytes": size, "requested_bytes": size, "peak_bytes_in_use": max(0, held), "addr": rng.randrange(1, 9) << 20,
                    "tf_op": Text(rng.choice(("a/b/MatMul", "", "a/c"))), "id": 1,
                },
            )
        )  # fmt: skip
    thread.events.sort(key=lambda event: event.start)
    start = _START + rng.choice((0, 0, 1000, 5_000_000, 10**12))
    planes = [
        Plane(id=1, name="/device:GPU:0", lines=streams, stats=_GPU.stats()),
        Plane(id=2, name="/host:CPU", lines=[thread]),
    ]
    if rng.random() < 0.85:
        planes.append(task_environment(start, start + length // 1000, 3))
    return Space(planes=planes, hostnames=[host])


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def valid(folder: Path, rng: random.Random) -> list[Path]:
    """Write one to four captures of one time and host, sometimes many that are nearly equal."""
    count, host = rng.choice((1, 2, 2, 2, 3, 4)), rng.choice(("h", "h", ""))
    many = rng.random() < 0.02
    seeds = [rng.randrange(1 << 30)] * 60 if many else [rng.randrange(1 << 30) for _ in range(count)]
    paths = []
    for k, seed in enumerate(seeds):
        space = capture(random.Random(seed), host)
        if many:
            space.planes[0].lines[0].name = f"Stream #{k}"
        path = folder / f"run{k}" / PLACE / f"{host or 'x'}{k}.xplane.pb"
        _put(path, encode(space))
        paths.append(path)
    return paths


def damaged(change: mutation.Change) -> Callable[[Path, random.Random], None]:
    """Return what writes captures and changes some of them."""

    def write(folder: Path, rng: random.Random) -> None:
        paths = valid(folder, rng)
        for path in rng.sample(paths, rng.randrange(1, len(paths) + 1)):
            path.write_bytes(change(path.read_bytes(), rng))

    return write


def scenario(folder: Path, rng: random.Random) -> None:
    """Write a random simulated scenario, and change one of its files."""
    mode = rng.choice(list(RANDOM_MODES))
    write_scenario(random_scenario(rng.randrange(200), mode), folder)
    path = rng.choice(sorted(folder.rglob("*.xplane.pb")))
    path.write_bytes(mutation.xspace(path.read_bytes(), rng))


def manifests(folder: Path, rng: random.Random) -> None:
    """Write captures with manifests, and change these."""
    for path in valid(folder, rng):
        stated = {
            "format_version": 1,
            "sessions": {
                "*": {
                    "name": rng.choice(("trainer", "evaluator", "trainer", "")), "process_id": rng.randrange(1, 5), "clock_error_ns": 1000,
                    "gpus": {"0": {"uuid": "GPU-1", "name": "A", "pci_bus_id": "0000:07:00.0"}},
                    "start_ns": _START, "stop_ns": _START + 10**8,
                }
            },
        }  # fmt: skip
        data = json.dumps(stated).encode()
        _put(
            path.parent / "tb_contention.json",
            rng.choice((mutation.document, mutation.document, mutation.plain))(data, rng),
        )


def _chrome(rng: random.Random, *, legacy: bool) -> bytes:
    base = 1_700_000_000_000_000
    plane = {"ph": "M", "pid": 1, "name": "process_name", "args": {"name": "/device:GPU:0"}}
    events: list[dict[str, object]] = [plane]
    gpu: dict[str, object] = {"ph": "X", "cat": "kernel", "pid": 1 if legacy else 0, "tid": 7}
    host: dict[str, object] = {"ph": "X", "pid": 9, "tid": 9}
    for k in range(rng.choice((0, 1, 20, 80))):
        at = base + k * 100
        ids = {"device": 0, "stream": 7, "correlation": k, "correlation_id": str(k), "External id": k}
        memory = {"Device Type": 1, "Device Id": 0, "Bytes": 512, "Total Allocated": 512 * k, "Addr": k}
        mark = {"cat": "user_annotation", "name": f"ProfilerStep#{k // 5}", "ts": at - 6, "dur": 99}
        events.append({**gpu, "name": f"k{k % 5}", "ts": at, "dur": rng.choice((0, 50, 150)), "args": ids})
        events.append(
            {
                **host,
                "cat": "cuda_runtime",
                "name": "cudaLaunchKernel",
                "ts": at - 5,
                "dur": 3,
                "args": {"correlation": k},
            }
        )
        events.append({**host, **mark})
        events.append({**host, "ph": "i", "cat": "cpu_instant_event", "name": "[memory]", "ts": at, "args": memory})
    device = {"id": 0, "name": "A", "totalGlobalMem": 1 << 34}
    return json.dumps({"schemaVersion": 1, "deviceProperties": [device], "traceEvents": events}).encode()


def kineto(folder: Path, rng: random.Random) -> None:
    """Write traces of PyTorch, and change their values or bytes."""
    for k in range(rng.choice((1, 2, 3))):
        data = rng.choice((mutation.document, mutation.document, mutation.plain))(_chrome(rng, legacy=False), rng)
        name = f"host_{k}.170000000000000{k}.pt.trace.json"
        _put(folder / f"job{k}" / name, data) if rng.random() < 0.7 else _put(
            folder / f"job{k}" / f"{name}.gz", gzip.compress(data, 1, mtime=0)
        )


def legacy(folder: Path, rng: random.Random) -> None:
    """Write traces of old TensorFlow, and change them."""
    for k in range(rng.choice((1, 2))):
        if rng.random() < 0.7:
            data = gzip.compress(
                rng.choice((mutation.document, mutation.plain))(_chrome(rng, legacy=True), rng), 1, mtime=0
            )
            _put(folder / f"run{k}" / PLACE / "h.trace.json.gz", rng.choice((data, data, mutation.plain(data, rng))))
        else:
            device = b"\x0a" + mutation.varint(21) + b"\x08\x01\x12\x11\x0a\x0f/device:GPU:00\x00"
            event = b"\x22\x0b\x08\x01\x10\x01\x1a\x01a\x48\x05\x50\x05"
            _put(folder / f"run{k}" / PLACE / "local.trace", mutation.plain(device + event * rng.randrange(40), rng))


def nsight(folder: Path, rng: random.Random) -> None:
    """Write an export of Nsight Systems, and change its cells or bytes."""
    data = _report(folder)
    _put(folder / "job" / "r.sqlite", data)
    mutation.database(folder / "job" / "r.sqlite", rng)


_reports: list[bytes] = []


def _report(folder: Path) -> bytes:
    """Make the export once; all inputs are made in one process."""
    if not _reports:
        place = folder.parent / "made"
        place.mkdir(parents=True, exist_ok=True)
        _reports.append(write_report("time_slicing", place).read_bytes())
    return _reports[0]


#: What writes a folder of each kind.
KINDS: dict[str, Callable[[Path, random.Random], object]] = {
    "valid": valid,
    "fields": damaged(mutation.xspace),
    "bytes": damaged(mutation.plain),
    "scenario": scenario,
    "manifest": manifests,
    "kineto": kineto,
    "legacy": legacy,
    "nsight": nsight,
    "cache": valid,
    "http": valid,
}
#: How often each is drawn.
WEIGHTS = {
    "valid": 4,
    "fields": 6,
    "bytes": 2,
    "scenario": 1,
    "manifest": 2,
    "kineto": 3,
    "legacy": 1,
    "nsight": 1,
    "cache": 2,
    "http": 2,
}


def make(kind: str, seed: int, folder: Path) -> None:
    """Write the folder of a kind and a seed, always the same."""
    KINDS[kind](folder, random.Random(f"{kind} {seed}"))
