"""A decoded trace -> the JSON that PyTorch's profiler would have written of it. Synthetic: no profiler recorded it."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tb_contention.model.launch_config import parse_launch_config
from tb_contention.model.trace import KernelKind, Trace

_CATEGORY = {KernelKind.KERNEL: "kernel", KernelKind.COPY: "gpu_memcpy", KernelKind.MEMSET: "gpu_memset"}


def us(picoseconds: int) -> int | float:
    """Write microseconds with their thousandths, as libkineto does."""
    return round(picoseconds / 1e6, 3)


def kineto_document(trace: Trace, *, base_ns: int | None, process: int = 4211) -> dict[str, Any]:
    """Put a trace into PyTorch's form; base_ns: `baseTimeNanoseconds`, None writes Unix time as older releases do."""
    form = _Form(shift=(trace.clock.start_ns or 0) - (base_ns or 0), is_old=base_ns is None, process=process)
    events = [
        {"ph": "M", "name": "process_name", "pid": process, "tid": 0, "ts": form.at(0), "args": {"name": "python"}},
        *_work(trace, form),
        *_host(trace, form),
    ]
    document: dict[str, Any] = {"schemaVersion": 1, "deviceProperties": [_properties(trace)], "displayTimeUnit": "ms"}
    if base_ns is not None:
        document["baseTimeNanoseconds"] = base_ns
    return document | {"traceEvents": events, "traceName": "synthetic"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How times are written; shift: ns to add."""

    shift: int
    is_old: bool
    process: int

    def at(self, picoseconds: int) -> int | float:
        whole, rest = divmod(self.shift * 1000 + picoseconds, 1_000_000)
        return int(whole) if self.is_old else whole + rest // 1000 / 1000

    def event(self, category: str, name: str, start: int, duration: int, **more: Any) -> dict[str, Any]:
        """Write a complete event, of the process's main thread unless told."""
        made = {
            "ph": "X", "cat": category, "name": name, "pid": self.process, "tid": self.process, "ts": self.at(start),
            "dur": us(duration), "args": {},
        }  # fmt: skip
        return made | more


def _work(trace: Trace, form: _Form) -> Iterator[dict[str, Any]]:
    k = trace.kernels
    for row in range(len(k)):
        arguments = _arguments(trace, row)
        yield form.event(
            _CATEGORY[KernelKind(int(k.kind[row]))],
            trace.strings[int(k.name[row])],
            int(k.start[row]),
            int(k.duration[row]),
            pid=arguments["device"],
            tid=arguments["stream"],
            args=arguments,
        )


def _arguments(trace: Trace, row: int) -> dict[str, Any]:
    k = trace.kernels
    stream, config = trace.streams[int(k.stream[row])], parse_launch_config(trace.strings.get(int(k.details[row])))
    made: dict[str, Any] = {
        "device": trace.devices[stream.device].ordinal, "context": 1, "stream": stream.id, "correlation": int(k.correlation[row]),
    }  # fmt: skip
    if int(k.op[row]) >= 0:
        made["External id"] = 10_000 + int(k.op[row])
    if config is not None and config.grid is not None:
        made |= {"grid": config.grid, "block": config.block, "registers per thread": config.registers or 0}
    if int(k.bytes[row]) >= 0:
        made["bytes"] = int(k.bytes[row])
    return made


def _host(trace: Trace, form: _Form) -> Iterator[dict[str, Any]]:
    launches, steps = trace.launches, trace.steps
    for op in sorted({int(op) for op in trace.kernels.op if op >= 0}):
        yield form.event("cpu_op", trace.strings[op], 0, 0, args={"External id": 10_000 + op})
    for row in range(len(launches)):
        arguments = {"cbid": 211, "correlation": int(launches.correlation[row])}
        yield form.event(
            "cuda_runtime", "cudaLaunchKernel", int(launches.start[row]), int(launches.duration[row]), args=arguments
        )
    for row in range(len(steps)):
        name = f"ProfilerStep#{int(steps.number[row])}"
        yield form.event("user_annotation", name, int(steps.start[row]), int(steps.duration[row]))
    if trace.clock.stop_ns is not None:
        length = (trace.clock.stop_ns - (trace.clock.start_ns or 0)) * 1000
        yield form.event("Trace", "PyTorch Profiler (0)", 0, length, pid="Spans", tid="PyTorch Profiler")


def _properties(trace: Trace) -> dict[str, Any]:
    device = trace.devices[0]
    made = {
        "id": device.ordinal,
        "name": "NVIDIA H100",
        "totalGlobalMem": device.memory_size,
        "numSms": device.core_count,
    }
    if device.compute_capability is not None:
        made |= {"computeMajor": device.compute_capability[0], "computeMinor": device.compute_capability[1]}
    return made


def write_kineto(path: Path, document: dict[str, Any]) -> Path:
    """Write a document, compressed where the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps(document, indent=1).encode()
    path.write_bytes(gzip.compress(data) if path.name.endswith(".gz") else data)
    return path
