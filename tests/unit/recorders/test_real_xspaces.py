"""Every recorded XSpace is read as a bare parse with protobuf counts it."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from google.protobuf import descriptor_pool, message_factory
from recorded import recorded_captures

from tb_contention.model.findings import Severity
from tb_contention.model.sketch import sketch_of
from tb_contention.model.trace import KernelKind, Trace
from tb_contention.pipeline import analyse_logdir
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_parts
from tb_contention.recorders.skim import skim_parts
from tb_contention.recorders.xspace.proto import file_descriptor


class Facts(NamedTuple):
    """work: kernels, and copies with memsets, by GPU; on_host: operations where there is no GPU; peaks: bytes by allocator."""

    host: str
    steps: int
    work: dict[int, tuple[int, int]]
    peaks: dict[str, int]
    on_host: int = 0


def on_processor(steps: int, operations: int, peak: int = 0) -> Facts:
    return Facts("vm", steps, {}, {"mklcpu": peak} if peak else {}, operations)


#: By folder; none of the files names its process, and none tells of a loss.
FACTS = {
    "eras/tf-2.4.0/exp": on_processor(6, 12),
    "eras/tf-2.4.0/keras": on_processor(1, 82),
    "eras/tf-2.6.0/exp": on_processor(6, 12),
    "eras/tf-2.6.0/keras": on_processor(3, 82),
    "eras/tf-2.10.0/exp": on_processor(6, 12, 1_080_576),
    "eras/tf-2.10.0/keras": on_processor(3, 76),
    "eras/tf-2.12.0/exp": on_processor(6, 12, 720_384),
    "eras/tf-2.12.0/keras": on_processor(3, 108),
    "eras/tf-2.15.0/exp": on_processor(6, 12, 1_080_576),
    "eras/tf-2.15.0/keras": on_processor(3, 105),
    "eras/tf-2.17.0/exp": on_processor(6, 12, 1_080_576),
    "eras/tf-2.17.0/keras": on_processor(6, 102),
    "gpu_multi_worker": Facts(
        "34.83.195.179:6003", 1, {1: (0, 19), 4: (665, 94), 6: (665, 113)},
        {"gpu_host_bfc": 605_952, "GPU_1_bfc": 4_013_344_768, "GPU_4_bfc": 6_208_853_760, "GPU_6_bfc": 6_210_111_488},
    ),
    "mi300x_jax/conv_8gpu": Facts(
        "tw003", 0, {0: (60, 0), **dict.fromkeys(range(1, 8), (25, 0))},
        {"GPU_0_bfc": 1_730_171_904, **{f"GPU_{gpu}_bfc": 1_732_169_984 for gpu in range(1, 8)}},
    ),
    "mi300x_jax/gemm": Facts("tw003", 0, {0: (54, 0)}, {"GPU_0_bfc": 482_345_216, "xla_gpu_host_bfc": 256}),
    "mi355x_jax/fused_attention": Facts("934987a2fc2f", 0, {0: (150, 0)}, {"GPU_0_bfc": 663_228_416}),
}  # fmt: skip


def xspace(data: bytes) -> Any:
    """Parse a file with protobuf, with texts as bytes: real files hold some that are not UTF-8."""
    proto = file_descriptor()
    for field in (f for message in proto.message_type for f in message.field if f.type == 9):
        field.type = 12
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(proto.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tb_contention.xplane.XSpace")).FromString(data)


def value(stat: Any, names: dict[int, bytes]) -> Any:
    kind = stat.WhichOneof("value")
    return names.get(stat.ref_value) if kind == "ref_value" else getattr(stat, kind) if kind else None


def union(spans: list[tuple[int, int]]) -> int:
    total, reach = 0, -(1 << 62)
    for start, length in sorted(spans):
        total += max(0, start + length - max(start, reach))
        reach = max(reach, start + length)
    return total


def counted(space: Any) -> tuple[dict[int, list[tuple[int, int]]], dict[str, int], set[int]]:
    """Return (start, duration) in ps of the work on each GPU, the largest bytes in use by allocator, and process ids."""
    work: dict[int, list[tuple[int, int]]] = {}
    peaks: dict[str, int] = {}
    processes: set[int] = set()
    for plane in space.planes:
        names = {key: meta.name for key, meta in plane.stat_metadata.items()}
        processes |= {value(s, names) for s in plane.stats if names.get(s.metadata_id) == b"process_id"}
        if plane.name.startswith(b"/device:GPU:"):
            lines = [line for line in plane.lines if line.id >= 0]  # those below are derived
            spans = [(line.timestamp_ns * 1000 + e.offset_ps, e.duration_ps) for line in lines for e in line.events]
            work |= {int(plane.name.rpartition(b":")[2]): spans} if spans else {}
        elif plane.name == b"/host:CPU":
            for event in (e for line in plane.lines for e in line.events):
                if plane.event_metadata[event.metadata_id].name in (b"MemoryAllocation", b"MemoryDeallocation"):
                    stats = {names[s.metadata_id]: value(s, names) for s in event.stats}
                    name = stats[b"allocator_name"].decode()
                    peaks[name] = max(peaks.get(name, 0), int(stats[b"bytes_allocated"]))
    return work, peaks, processes


def on_gpu(trace: Trace, ordinal: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    rows = [k for k, s in enumerate(trace.streams) if trace.devices[s.device].ordinal == ordinal]
    return np.isin(trace.kernels.stream, rows)


def folder_of(path: Path, traces: Path) -> str:
    return path.relative_to(traces).as_posix().partition("/plugins/")[0].removesuffix("/train")


def test_all_recorded_files_have_facts(real_traces: Path) -> None:
    assert {folder_of(path, real_traces) for path in recorded_captures(real_traces)} == set(FACTS)


@pytest.mark.parametrize("folder", FACTS)
def test_a_recorded_xspace_is_read_as_it_counts(real_traces: Path, folder: str) -> None:
    facts = FACTS[folder]
    found = discover(str(real_traces / folder)).files
    assert found
    for file in found:
        work, peaks, processes = counted(xspace(Path(file.path).read_bytes()))
        ((_, trace),) = load_parts(file)
        table = trace.kernels
        is_kernel = table.kind == KernelKind.KERNEL
        read = {
            gpu: (int((is_kernel & on_gpu(trace, gpu)).sum()), int((~is_kernel & on_gpu(trace, gpu)).sum()))
            for gpu in {d.ordinal for d in trace.devices} - {-1}
        }

        assert {gpu: counts for gpu, counts in read.items() if any(counts)} == facts.work
        assert {gpu: len(spans) for gpu, spans in work.items()} == {gpu: sum(both) for gpu, both in facts.work.items()}
        for gpu, spans in work.items():
            rows = on_gpu(trace, gpu)
            assert union(list(zip(table.start[rows].tolist(), table.duration[rows].tolist(), strict=True))) == union(
                spans
            )
        held = {trace.strings[row]: int(trace.allocations.in_use[trace.allocations.allocator == row].max())
                for row in np.unique(trace.allocations.allocator).tolist()}  # fmt: skip
        assert held == peaks == facts.peaks
        assert (trace.hostnames, trace.process_id, processes) == ((facts.host,), None, set())
        assert (len(trace.steps), len(table) - sum(map(sum, facts.work.values()))) == (facts.steps, facts.on_host)
        assert [p.slug for p in trace.problems if p.severity is not Severity.INFO] == []
        assert [s.use for _, s in skim_parts(file)] == [sketch_of(trace).use]


@pytest.mark.parametrize("folder", [name for name, facts in FACTS.items() if facts.work])
def test_a_report_of_a_recorded_xspace_has_its_gpus_and_no_warning(real_traces: Path, folder: str) -> None:
    facts = FACTS[folder]
    report = analyse_logdir(str(real_traces / folder), cache=None).report
    shown = {d.id.rpartition(":")[2]: d for d in report.devices}

    assert set(map(int, shown)) == set(facts.work)
    for gpu, (kernels, copies) in facts.work.items():
        device = shown[str(gpu)]
        (share,) = device.per_session
        assert device.memory is not None
        assert (share.kernels, share.copies, device.memory.peak) == (kernels, copies, facts.peaks[f"GPU_{gpu}_bfc"])
    assert [f.rule for f in report.findings if f.severity is not Severity.INFO] == []


@pytest.mark.parametrize(
    ("event", "lasts", "kept"), [(0.5, 9 * 10**12, 664), (0.5, 10**6, 665), (1.0, 9 * 10**12, 665)]
)
def test_a_duration_beyond_all_later_work_of_a_stream_is_set_aside(
    real_traces: Path, tmp_path: Path, event: float, lasts: int, kept: int
) -> None:
    (path,) = recorded_captures(real_traces / "gpu_multi_worker" / "plugins")
    space = xspace(path.read_bytes())
    (plane,) = (p for p in space.planes if p.name == b"/device:GPU:4")
    line = max((each for each in plane.lines if each.id >= 0), key=lambda each: len(each.events))
    changed = sorted(line.events, key=lambda e: e.offset_ps)[round(event * (len(line.events) - 1))]
    changed.duration_ps = lasts
    folder = tmp_path / "plugins" / "profile" / "run"
    folder.mkdir(parents=True)
    (folder / "h.xplane.pb").write_bytes(space.SerializeToString())
    (file,) = discover(str(tmp_path)).files
    ((_, trace),) = load_parts(file)
    ((_, sketch),) = skim_parts(file)

    assert int((on_gpu(trace, 4) & (trace.kernels.kind == KernelKind.KERNEL)).sum()) == kept
    assert [p.count for p in trace.problems if p.slug == "bad-timestamp"] == [1] * (665 - kept)
    assert (sketch.span, sketch.use) == (trace.span, sketch_of(trace).use)
