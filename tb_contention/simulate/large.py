"""A large file for benchmarks: many kernels, written from columns in a few seconds."""

from pathlib import Path

import numpy as np

from tb_contention.recorders.xspace.writer import (
    Line,
    Names,
    Plane,
    StatColumn,
    Unsigned,
    encode_kernel_columns,
    encode_line,
    encode_plane,
    put_bytes,
    task_environment,
)
from tb_contention.simulate.recording import GPU, HOST
from tb_contention.simulate.scenarios import EPOCH_NS
from tb_contention.units import I64, PS_PER_NS

_KERNEL_NAMES = 120
_REFERENCE, _UINT64, _INT64 = 7, 3, 4


def write_large(path: Path | str, kernels: int = 1_000_000, *, launches: int | None = None, seed: int = 0) -> Path:
    """Write one simulated file with all kernels on one stream, each with six stats; 1,000,000 kernels give about 59 MB.

    launches: host launch events with two stats each, kernels / 10 by default. Kernels follow each other without overlap, log-normal
    around 20 us, with gaps; 120 names. The host is `simulated-host`; process 1. Two files with different seeds overlap in time, so that
    a group of two has contention. Equal arguments give equal bytes. Give each file a directory of its own in TensorBoard's layout:
    `<run>/plugins/profile/2026_03_05_10_00_00/simulated-host.xplane.pb`; parents are made.
    """
    path = Path(path)
    rng = np.random.default_rng(seed)
    duration: I64 = np.maximum(rng.lognormal(9.7, 0.6, kernels), 500).astype(np.int64)
    gap: I64 = rng.exponential(2_000, kernels).astype(np.int64) + 200
    start: I64 = np.cumsum(gap + duration) - duration + 300_000
    stop = int(start[-1] + duration[-1]) + 1_000_000 if kernels else 1_000_000
    out = bytearray()
    put_bytes(out, 1, _device_plane(rng, start * PS_PER_NS, duration * PS_PER_NS))
    put_bytes(out, 1, _host_plane(start[: kernels // 10 if launches is None else launches]))
    put_bytes(out, 1, encode_plane(task_environment(EPOCH_NS, EPOCH_NS + stop)))
    put_bytes(out, 4, HOST.encode())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out)
    return path


def _device_plane(rng: np.random.Generator, start: I64, duration: I64) -> bytes:
    names = Names()
    stats = [
        names.stat(name)
        for name in ("correlation_id", "context_id", "kernel_details", "tf_op", "scope_range_id", "device_id")
    ]
    context = names.stat("$$1")
    kinds = [
        names.event(f"void simulated_kernel_{k}<float, {k}>(float const*, float*, int)") for k in range(_KERNEL_NAMES)
    ]
    details = [
        names.stat(f"regs:32 static_shared:0 dynamic_shared:0 grid:{k + 1},1,1 block:256,1,1 occ_pct:100")
        for k in range(_KERNEL_NAMES)
    ]
    ops = [names.stat(f"model/layer_{k}/MatMul:MatMul") for k in range(_KERNEL_NAMES)]
    count = len(start)
    kind = rng.integers(0, _KERNEL_NAMES, count)
    columns = [
        StatColumn(stat=stats[0], field=_UINT64, values=np.arange(1, count + 1)),
        StatColumn(stat=stats[1], field=_REFERENCE, values=np.full(count, context)),
        StatColumn(stat=stats[2], field=_REFERENCE, values=np.array(details)[kind]),
        StatColumn(stat=stats[3], field=_REFERENCE, values=np.array(ops)[kind]),
        StatColumn(stat=stats[4], field=_INT64, values=kind % 7),
        StatColumn(stat=stats[5], field=_INT64, values=np.zeros(count, np.int64)),
    ]
    events = encode_kernel_columns(np.array(kinds)[kind], start, duration, columns)
    line = encode_line(Line(id=20, name="Stream #20(Compute)"), names, events)
    return encode_plane(Plane(id=0, name="/device:GPU:0", stats={**GPU.stats(), "process_id": 1}), names, (line,))


def _host_plane(kernel_start: I64) -> bytes:
    """Launch the first kernels 9 us before they start."""
    names = Names()
    correlation, device = names.stat("correlation_id"), names.stat("device_id")
    count = len(kernel_start)
    columns = [
        StatColumn(stat=correlation, field=_UINT64, values=np.arange(1, count + 1)),
        StatColumn(stat=device, field=_INT64, values=np.zeros(count, np.int64)),
    ]
    name = np.full(count, names.event("void simulated_kernel(float const*, float*, int)"))
    start = (kernel_start - 9_000) * PS_PER_NS
    events = encode_kernel_columns(name, start, np.full(count, 4_000 * PS_PER_NS), columns)
    line = encode_line(Line(id=1, name="python3"), names, events)
    plane = Plane(id=1000, name="/host:CPU", stats={"process_id": Unsigned(1)})
    return encode_plane(plane, names, (line,))
