"""Traces made after public reports, and real ones of PyTorch and Nsight Systems: each is read as other programs count it."""

import gzip
import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_contention.align import AlignOptions, align, repeated
from tb_contention.cache.entry import pack, unpack
from tb_contention.cli.analysis import no_captures
from tb_contention.index import Index
from tb_contention.model.capture import Capture, CaptureFile
from tb_contention.model.contention import Mechanism
from tb_contention.model.findings import Severity
from tb_contention.model.sketch import sketch_of
from tb_contention.model.trace import KernelKind, Trace
from tb_contention.pipeline import analyse_logdir
from tb_contention.recorders.discover import discover
from tb_contention.recorders.kineto.document import CATEGORIES, SPAN
from tb_contention.recorders.kineto.recognise import is_kineto
from tb_contention.recorders.load import load_parts
from tb_contention.recorders.skim import skim_parts
from tb_contention.report.listing_text import to_text
from tb_contention.report.to_markdown import to_markdown
from tb_contention.words.names import physical_label

#: File of PyTorch -> (device, kernels, copies and memsets, steps, memory events, slugs of losses), counted in its JSON.
KINETO = {
    "a100_nccl": (0, 2700, 1074, 3, 0, ["events-dropped"]),
    "alexnet_2023": (0, 79, 19, 0, 0, []),
    "b200_eager": (0, 768, 161, 0, 0, []),
    "h100_bert": (0, 60, 1, 1, 236, []),
    "mi210_gpu_only": (1, 562, 0, 0, 0, []),
    "mi250_rocm": (2, 14, 2, 2, 0, []),
    "sglang_decode": (0, 555, 3, 0, 0, []),
    "vllm_decode_graph": (2, 425, 9, 0, 0, []),
}

#: Report of Nsight Systems -> its processes: (name, UUIDs of GPUs, kernels, copies and memsets), counted by SQL.
NSIGHT: dict[str, list[tuple[str, list[str | None], int, int]]] = {
    "a100_four_gpus_permuted": [("program-1701896", ["GPU-00000000-0000-4000-8000-000000000002"], 1312, 279)],
    "h100_two_processes_two_gpus": [("program-111", [None], 1721, 463), ("program-112", [None], 1721, 463)],
}


def files(place: Path) -> list[CaptureFile]:
    return list(discover(str(place)).files)


def only(place: Path) -> Trace:
    (file,) = files(place)
    ((_, trace),) = load_parts(file)
    return trace


def losses(trace: Trace) -> Counter[str]:
    return Counter(p.slug for p in trace.problems if p.severity is not Severity.INFO)


def ops(trace: Trace) -> list[str | None]:
    return [trace.strings.get(int(op)) for op in trace.kernels.op]


def union_us(spans: list[tuple[float, float]]) -> float:
    """Measure a union of spans by another way than the project's."""
    total, reach = 0.0, -np.inf
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reach))
        reach = max(reach, end)
    return total


@pytest.fixture
def cases(real_traces: Path) -> Path:
    return real_traces / "public_cases"


@pytest.mark.parametrize("name", sorted(KINETO))
def test_a_real_trace_of_pytorch_is_read_as_it_counts(real_traces: Path, name: str) -> None:
    path = real_traces / "kineto" / f"{name}.pt.trace.json.gz"
    events = [e for e in json.loads(gzip.decompress(path.read_bytes()))["traceEvents"] if e.get("ph") == "X"]
    work = [e for e in events if e.get("cat") in ("kernel", "gpu_memcpy", "gpu_memset")]
    trace = only(path)
    is_kernel = trace.kernels.kind == KernelKind.KERNEL
    device, kernels, copies, steps, memory, lost = KINETO[name]

    assert [d.ordinal for d in trace.devices] == [device]
    assert (int(is_kernel.sum()), int((~is_kernel).sum())) == (kernels, copies) == (kernels, len(work) - kernels)
    assert len(trace.steps) == steps
    assert len(trace.allocations) == memory
    assert sorted(losses(trace)) == lost
    spans = zip(trace.kernels.start / 1e6, (trace.kernels.start + trace.kernels.duration) / 1e6, strict=True)
    counted = union_us([(e["ts"] - events[0]["ts"], e["ts"] + e["dur"] - events[0]["ts"]) for e in work])
    # As floats, times since the machine started keep only some hundreds of picoseconds.
    assert union_us(list(spans)) == pytest.approx(counted, rel=1e-5)


@pytest.mark.parametrize("name", sorted(NSIGHT))
def test_a_real_report_of_nsight_is_read_as_it_counts(real_traces: Path, name: str) -> None:
    path = real_traces / "nsight" / f"{name}.sqlite"
    (file,) = files(path)
    read = load_parts(file)

    assert [(f.part, [d.uuid for d in t.devices], len(t.steps), len(t.allocations), losses(t)) for f, t in read] == [
        (part, uuids, 0, 0, Counter()) for part, uuids, _, _ in NSIGHT[name]
    ]
    for (_, trace), (_, _, kernels, copies) in zip(read, NSIGHT[name], strict=True):
        is_kernel = trace.kernels.kind == KernelKind.KERNEL
        assert (int(is_kernel.sum()), int((~is_kernel).sum())) == (kernels, copies)
        spans = zip(trace.kernels.start / 1e6, (trace.kernels.start + trace.kernels.duration) / 1e6, strict=True)
        counted = union_us([(start / 1e3, end / 1e3) for start, end in rows_of(path, trace.process_id or 0)])
        assert union_us(list(spans)) == pytest.approx(counted, rel=1e-9)


def rows_of(path: Path, process: int) -> list[tuple[int, int]]:
    """Read start and end, ns, of all that a process had on a GPU."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        work = [t for t in tables if t.rpartition("_")[2] in ("KERNEL", "MEMCPY", "MEMSET")]
        asked = " UNION ALL ".join(
            f"SELECT start, end FROM {t} WHERE (globalPid >> 24) & 0xFFFFFF = {process}" for t in work
        )
        return list(database.execute(asked))


@pytest.mark.parametrize("folder", ["kineto", "nsight", "public_cases"])
def test_a_skim_tells_what_reading_finds(real_traces: Path, folder: str) -> None:
    for file in files(real_traces / folder):
        read = [(f.part, len(t.steps), len(t.allocations), t.devices, t.span) for f, t in load_parts(file)]
        skimmed = [(f.part, s.steps, s.allocations, s.devices, s.span) for f, s in skim_parts(file)]

        assert skimmed == read, file.relative


def test_what_the_recorder_says_of_losses_is_counted(cases: Path) -> None:
    trace = only(cases / "kineto_says_lost")
    counts = {p.message.split(": ", 1)[1]: p.count for p in trace.problems if p.slug == "events-dropped"}

    assert sorted(counts.values()) == [1, 1, 1, 12, 4181]
    assert any("CUPTI stopped early" in message for message in counts)
    assert trace.dropped_events


def test_an_external_id_that_repeats_the_correlation_id_names_no_operation(cases: Path) -> None:
    assert ops(only(cases / "external_id_is_correlation")) == ["aten::copy_", "aten::mm"]


def test_a_refused_request_is_a_failure_and_no_allocation(cases: Path) -> None:
    trace = only(cases / "oom_event")
    (problem,) = (p for p in trace.problems if p.slug == "out-of-memory")

    assert problem.severity is Severity.ERROR
    assert "70.0 GiB with 3.00 GiB in use and 6.00 GiB reserved" in problem.message
    assert int(trace.allocations.size.max()) == 1 << 30
    assert int(trace.allocations.in_use.max()) == 5 << 30


def test_who_held_the_memory_when_a_request_was_refused_adds_up(cases: Path) -> None:
    report = analyse_logdir(str(cases / "oom_event"), cache=None).report
    (device,) = report.devices
    first = report.findings[0]
    assert device.memory is not None
    (refusal,) = device.memory.refused

    assert (first.rule, first.severity) == ("out-of-memory", Severity.CRITICAL)
    assert device.advice is not None
    assert device.advice.actions[device.advice.recommendation.actions[0]].kind == "out-of-memory"
    assert (refusal.asked, refusal.in_use, refusal.reserved) == (70 << 30, 3 << 30, 6 << 30)
    assert sum(row.bytes for row in refusal.holders.rows) == refusal.holders.total == refusal.in_use
    assert sum(row.bytes for row in device.memory.holders.rows) == device.memory.peak == 5 << 30


def test_an_impossible_duration_is_set_aside_and_counted(cases: Path) -> None:
    trace = only(cases / "overflowing_duration")
    (problem,) = (p for p in trace.problems if p.slug == "bad-timestamp")

    assert (problem.count, len(trace.kernels)) == (1, 999)
    assert trace.span[1] == pytest.approx(100e9, rel=0.01)
    assert trace.kernels.duration.sum() / trace.span[1] == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    ("last", "waited", "kept"),
    [(900_000.0, 0.0, 20), (900_000.0, 900_400.0, 21), (150.0, 0.0, 21)],
    ids=["impossible", "waited for", "short"],
)
def test_an_impossible_duration_of_the_last_kernel_is_set_aside(
    tmp_path: Path, last: float, waited: float, kept: int
) -> None:
    events = [*(kernel(row) for row in range(20)), kernel(20, dur=last)]
    if waited:
        events.append(
            {**mark("cudaDeviceSynchronize", 1.0, waited), "cat": "cuda_runtime", "args": {"correlation": 99}}
        )
    trace = made(tmp_path, *events)

    assert len(trace.kernels) == kept
    assert losses(trace) == ({"bad-timestamp": 1} if kept == 20 else {})


def test_a_long_kernel_at_the_end_of_a_trace_without_its_like_is_kept(tmp_path: Path) -> None:
    assert (
        len(made(tmp_path, *(kernel(row) for row in range(20)), kernel(20, dur=900_000.0, name="other")).kernels) == 21
    )


def test_agents_of_rocm_are_the_gpus_of_its_memory(cases: Path) -> None:
    trace = only(cases / "rocm_two_gpus")

    assert [(d.ordinal, d.model) for d in trace.devices] == [(0, "AMD Instinct MI300X"), (1, "AMD Instinct MI300X")]
    assert {trace.strings[int(row)] for row in trace.allocations.allocator} == {"GPU_0_pytorch", "GPU_1_pytorch"}


def test_steps_of_servers_are_steps(cases: Path) -> None:
    assert len(only(cases / "serving_step_names").steps) == 30


@pytest.mark.parametrize(("mps", "mechanism"), [("", Mechanism.UNKNOWN), ("off", Mechanism.TIME_SLICING)])
def test_processes_whose_kernels_never_overlap_are_in_no_queue(
    cases: Path, tmp_path: Path, mps: str, mechanism: Mechanism
) -> None:
    shutil.copytree(cases / "two_processes_called_one_stream", tmp_path / "logs")
    for path in tmp_path.rglob("tb_contention.json"):
        manifest = json.loads(path.read_text())
        manifest["sessions"]["*"] |= {"mps": {"state": mps}} if mps else {}
        path.chmod(0o644)
        path.write_text(json.dumps(manifest))
    (device,) = analyse_logdir(str(tmp_path / "logs"), cache=None).report.devices

    assert device.cost.mechanism is mechanism
    assert "one stream" not in device.cost.detail


@pytest.mark.parametrize(
    ("place", "slug"),
    [
        ("two_documents/concat.pt.trace.json", "text-behind"),
        ("two_documents/overrun.pt.trace.json", "several-processes"),
    ],
)
def test_more_than_one_writer_is_said(cases: Path, place: str, slug: str) -> None:
    assert losses(only(cases / place)) == {slug: 1}


def test_numbers_of_skipped_events_are_said_once_and_in_the_right_form(cases: Path) -> None:
    reports = [
        to_markdown(analyse_logdir(str(cases / name), cache=None).report)
        for name in ("overflowing_duration", "two_documents")
    ]

    assert "1 event with impossible times or devices is skipped." in reports[0]
    assert "26,708 bytes behind" in reports[1]
    assert "×) (" not in reports[1]


def test_a_session_whose_requests_are_slowed_is_not_said_to_pay_hardly(cases: Path) -> None:
    report = analyse_logdir(str(cases / "two_processes_called_one_stream"), cache=None).report

    assert "slow-requests" in {f.rule for f in report.findings}
    assert "unfair-sharing" not in {f.rule for f in report.findings}


@pytest.mark.parametrize("place", ["plugins", "elsewhere", "."])
def test_a_trace_of_pytorch_is_known_by_what_is_in_it(cases: Path, place: str) -> None:
    for file in files(cases / "kineto_called_trace_json" / place):
        ((_, trace),) = load_parts(file)
        assert (file.host, len(trace.kernels), len(trace.steps)) == ("1234-TP-0", 200, 20)


def kernel(row: int, **parts: Any) -> dict[str, Any]:
    args = {"device": 0, "stream": 7, "correlation": row + 1}
    return {
        "ph": "X",
        "cat": "kernel",
        "name": "k",
        "pid": 0,
        "tid": 7,
        "ts": 10.0 * row,
        "dur": 5.0,
        "args": args,
        **parts,
    }


@pytest.mark.parametrize(
    "name", ["trace.json", "rank0_trace.json.gz", "a/b.json", "w.trace.json.gz", "plugins/profile/1/x.json"]
)
@pytest.mark.parametrize("root", ["object", "list"])
def test_the_name_and_the_root_of_a_trace_are_free(tmp_path: Path, name: str, root: str) -> None:
    events = [kernel(row, ts=f"{10.25 * row}", dur="5.5") for row in range(4)]
    text = json.dumps(events if root == "list" else {"schemaVersion": 1, "traceEvents": events}).encode()
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)

    trace = only(tmp_path)

    assert trace.complete
    assert trace.kernels.start.tolist() == [10_250_000 * row for row in range(4)]
    assert set(trace.kernels.duration.tolist()) == {5_500_000}


@pytest.mark.parametrize("category", [name for name, kind in CATEGORIES.items() if kind != SPAN])
def test_one_event_of_any_kind_that_is_read_tells_a_trace(category: str) -> None:
    assert is_kineto(json.dumps([{"ph": "X", "cat": category, "name": "n", "ts": 1}]).encode())


def test_what_looks_like_a_trace_and_is_none_is_named_with_why(tmp_path: Path) -> None:
    viz = {"traceEvents": [{"ph": "X", "cat": "FEE", "name": "main", "pid": 1, "tid": 1, "ts": 1, "dur": 2}]}
    (tmp_path / "viz.json").write_text(json.dumps(viz))
    (tmp_path / "trace_config.json").write_text('{"schemaVersion": 2, "every": 5}')
    (tmp_path / "trace.json.gz").write_bytes(b"\x1f\x8b\x08damaged")
    (tmp_path / "empty_trace.json").write_bytes(b"")
    (tmp_path / "package.json").write_text('{"schemaVersion": 2}')
    (tmp_path / "tb_contention.json").write_text("{}")

    found = discover(str(tmp_path))

    assert not found.files
    assert found.seen_instead == (
        "empty_trace.json (empty)",
        "trace.json.gz (no trace events)",
        "trace_config.json (no trace events)",
        "viz.json (a Chrome trace without events of PyTorch's profiler)",
    )
    assert all(words in str(no_captures(found)) for words in found.seen_instead)


def made(tmp_path: Path, *events: dict[str, Any], **beside: Any) -> Trace:
    (tmp_path / "a.pt.trace.json").write_text(json.dumps({"schemaVersion": 1, **beside, "traceEvents": list(events)}))
    return only(tmp_path)


def mark(name: str, start: float, length: float) -> dict[str, Any]:
    return {"ph": "X", "cat": "user_annotation", "name": name, "pid": 1, "tid": 1, "ts": start, "dur": length}


@pytest.mark.parametrize(
    ("names", "steps"),
    [
        (["execute_context_1(512)_generation_0(0)", "execute_context_0(0)_generation_31(31)"], 2),
        (["step[EXTEND bs=1 toks=512]", "step[DECODE bs=32]"], 2),
        (["train_step", "train_step"], 2),
        (["[pl][profile][Strategy]DDPStrategy.training_step"] * 3, 3),
        (["iteration 7", "iteration 8"], 2),
        (["Optimizer.step#SGD.step", "Optimizer.step#SGD.step"], 0),
        (["lr_scheduler.step", "lr_scheduler.step"], 0),
        (["ProfilerStep#3", "train_step", "train_step"], 1),
        (["forward", "forward"], 0),
    ],
)
def test_annotations_that_name_steps_are_steps(tmp_path: Path, names: list[str], steps: int) -> None:
    trace = made(tmp_path, *(mark(name, 10.0 * row, 9.0) for row, name in enumerate(names)))

    assert len(trace.steps) == steps


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("[TP00] 41", "[TP01] 41"),
        ("[TP0-DP1] 41", "[TP1-DP1] 41"),
        ("rank0 41", "rank1 41"),
        ("rank 0: 41", "rank 1: 41"),
    ],
)
def test_ranks_in_one_file_are_sessions_on_gpus_of_their_own(tmp_path: Path, first: str, second: str) -> None:
    events = []
    for process, gpu in ((first, first.replace("41", "0")), (second, second.replace("41", "0"))):
        events += [kernel(row, pid=gpu) for row in range(3)]
        events += [{**mark(f"ProfilerStep#{row}", 10.0 * row, 9.0), "pid": process} for row in range(2)]
        events += [{**mark("op", 0, 5), "cat": "cpu_op", "pid": process}]
    (tmp_path / "merged.json").write_text(json.dumps({"traceEvents": events, "host_name": "h"}))
    (file,) = files(tmp_path)
    read = load_parts(file)

    assert [(len(t.kernels), len(t.steps), t.process_id, t.devices[0].rank) for _, t in read] == [
        (3, 2, 41, (0, 2)),
        (3, 2, 41, (1, 2)),
    ]
    assert [s.use for _, s in skim_parts(file)] == [sketch_of(t).use for _, t in read]
    assert placed(tmp_path) == (1, [])


def fused(shape: str, *, nccl: bool = False) -> list[dict[str, Any]]:
    """Two ranks, 41 and 42 on GPU 0 of their own, in one list of events, as programs merge them."""
    found = []
    for rank, process in enumerate((41, 42)):
        rank_ = {"rank": rank} if shape == "stated" else {}
        away = {"moved": 1000 * rank, "all moved": 1000 * (rank + 1), "stated": 100_000 * rank, "replaced": 0}[shape]
        host, gpu = (rank, rank) if shape == "replaced" else (process + away, away)
        for row in range(10):
            name = "ncclDevKernel_AllReduce" if nccl and row % 2 else "gemm"
            call = {
                "ph": "X",
                "cat": "cuda_runtime",
                "name": "cudaLaunchKernel",
                "pid": host,
                "tid": host,
                "ts": 10.0 * row,
                "dur": 1.0,
            }
            found += [
                {**call, "args": {"correlation": row + 1, **rank_}},
                {
                    **kernel(row, pid=gpu, name=name),
                    "args": {"device": 0, "stream": 7, "correlation": row + 1, **rank_},
                },
            ]
        found += [{**mark(f"ProfilerStep#{row}", 10.0 * row, 9.0), "pid": host, "args": rank_} for row in range(3)]
    return found


@pytest.mark.parametrize(
    ("shape", "nccl", "processes", "apart", "rules"),
    [
        ("moved", True, [41, 42], [(0, 2), (1, 2)], []),
        ("moved", False, [41, 42], [None, None], ["gpu-unknown"]),
        ("all moved", True, [41, 42], [(0, 2), (1, 2)], []),
        ("stated", False, [41, 42], [(0, 2), (1, 2)], []),
        ("replaced", True, [None, None], [(0, 2), (1, 2)], []),
        ("replaced", False, [None, None], [None, None], ["gpu-unknown"]),
    ],
)
def test_ranks_whose_process_ids_were_moved_apart_are_sessions(
    tmp_path: Path, shape: str, nccl: bool, processes: list[int | None], apart: list[Any], rules: list[str]
) -> None:
    beside = {"host_name": "h", "baseTimeNanoseconds": 1_700_000_000_000_000_000}
    (tmp_path / "merged.json").write_text(json.dumps({**beside, "traceEvents": fused(shape, nccl=nccl)}))
    (file,) = files(tmp_path)
    read = load_parts(file)

    assert [(f.part, len(t.kernels), len(t.launches), len(t.steps), losses(t)) for f, t in read] == [
        (f"rank{rank}", 10, 10, 3, Counter()) for rank in range(2)
    ]
    assert [t.process_id for _, t in read] == processes
    assert [t.devices[0].rank for _, t in read] == apart
    assert [s.use for _, s in skim_parts(file)] == [sketch_of(t).use for _, t in read]
    assert placed(tmp_path) == (1, rules)


def test_processes_whose_launches_explain_no_work_of_theirs_stay_one_session(tmp_path: Path) -> None:
    events = [e for e in fused("moved") if e["cat"] != "cuda_runtime" or e["pid"] == 41]
    events += [
        {**e, "pid": 1042, "args": {"correlation": e["args"]["correlation"] + 500}}
        for e in events
        if e["cat"] == "cuda_runtime"
    ]

    assert losses(made(tmp_path, *events)) == {"several-processes": 1}


@pytest.mark.parametrize("names", [("0_41", "1_42"), ("0:41", "1:41"), ("rank0", "rank1"), ("Rank 0", "Rank 1")])
def test_ranks_are_known_by_numbers_before_process_ids_and_in_their_place(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    events = []
    for name in names:
        events += [kernel(row, pid=name) for row in range(3)]
        events += [{**mark("op", 10.0 * row, 5), "cat": "cpu_op", "pid": name} for row in range(3)]
    (tmp_path / "merged.json").write_text(json.dumps({"traceEvents": events, "host_name": "h"}))
    ((first, one), (second, two)) = load_parts(files(tmp_path)[0])

    assert [losses(one), losses(two)] == [Counter(), Counter()]
    assert [t.devices[0].rank for t in (one, two)] == [(0, 2), (1, 2)]
    assert (first.part, second.part) != ("", "")


def test_merged_ranks_have_the_work_of_each(cases: Path) -> None:
    (file,) = files(cases / "merged_ranks")
    read = load_parts(file)

    assert [(f.id, len(t.kernels), len(t.steps), losses(t)) for f, t in read] == [
        ("merged_ranks/merged/TP00", 80, 8, Counter()),
        ("merged_ranks/merged/TP01", 80, 8, Counter()),
    ]
    assert all(t.kernels.duration.sum() / (t.span[1] - t.span[0]) == pytest.approx(0.8, abs=0.01) for _, t in read)


@pytest.mark.parametrize("names", [("GPU 0", "CPU 41"), ("one", "two"), ("[A] 1", 2)])
def test_texts_for_processes_alone_tell_no_ranks(tmp_path: Path, names: tuple[str, Any]) -> None:
    events = [kernel(row, pid=names[row % 2] if row else names[0]) for row in range(0, 8, 2)]
    events += [{**mark("op", 10.0 * row, 5), "cat": "cpu_op", "pid": names[1]} for row in range(4)]

    assert len(made(tmp_path, *events).kernels) == 4


@pytest.mark.parametrize(
    ("events", "what", "count"),
    [
        ([kernel(row, cat="mtia_ccp_events") for row in range(3)], "MTIA", 3),
        ([kernel(row, cat="hpu_op") for row in range(2)], "HPU", 2),
        ([{"ph": "i", "cat": "cpu_instant_event", "name": "[memory]", "ts": 1, "args": {"Device Type": 15, "Bytes": 4}}], "HPU", 1),
    ],
)  # fmt: skip
def test_devices_that_are_not_understood_are_counted(
    tmp_path: Path, events: list[dict[str, Any]], what: str, count: int
) -> None:
    trace = made(tmp_path, kernel(9), *events)
    (problem,) = (p for p in trace.problems if p.slug == "unknown-device")

    assert (problem.count, len(trace.kernels)) == (count, 1)
    assert f"{count} events of {what}" in problem.message
    assert problem.severity is Severity.WARNING


def test_memory_of_an_xpu_is_a_gpus(tmp_path: Path) -> None:
    args = {"Device Type": 12, "Device Id": 0, "Addr": 1, "Bytes": 64, "Total Allocated": 64}
    trace = made(
        tmp_path, kernel(1), {"ph": "i", "cat": "cpu_instant_event", "name": "[memory]", "ts": 1, "args": args}
    )

    assert len(trace.allocations) == 1
    assert not losses(trace)


@pytest.mark.parametrize(
    ("level", "text", "slugs"),
    [
        (1, "Profiling has stopped.", []),
        (1, "CUDA profiling might have not been started correctly.", ["events-dropped"]),
        (2, "Not all CUDA events might have been collected.", ["events-dropped"]),
        (3, "No CUDA events collected. Does the process use CUDA?", ["events-dropped"]),
        (3, "Event requestor failed.", ["profiler-error"]),
        (2, "Installed CUDA driver version is not supported.", ["profiler-warning"]),
    ],
)
@pytest.mark.parametrize("is_named", [True, False], ids=["levels named", "levels by number"])
def test_what_nsight_diagnoses_is_a_problem(
    cases: Path, tmp_path: Path, level: int, text: str, slugs: list[str], is_named: bool
) -> None:
    report = tmp_path / "r.sqlite"
    report.write_bytes((cases / "nsys_table_suffix" / "v2.sqlite").read_bytes())
    with closing(sqlite3.connect(report)) as database:
        if is_named:
            database.execute("CREATE TABLE ENUM_DIAGNOSTIC_SEVERITY_LEVEL (id INTEGER, name TEXT)")
            levels = [(1, "Info"), (2, "Warning"), (3, "Error")]
            database.executemany("INSERT INTO ENUM_DIAGNOSTIC_SEVERITY_LEVEL VALUES (?, ?)", levels)
        database.execute("CREATE TABLE DIAGNOSTIC_EVENT (timestamp INTEGER, severity INTEGER, text TEXT)")
        database.executemany("INSERT INTO DIAGNOSTIC_EVENT VALUES (1, ?, ?)", [(level, text), (level, text)])
        database.commit()
    ((_, sketch),) = skim_parts(files(report)[0])
    trace = only(report)

    assert list(losses(trace)) == slugs
    assert [p for p in trace.problems if p.slug in slugs] == [p for p in sketch.problems if p.slug in slugs]


def test_kernels_that_overlap_their_next_are_possible(tmp_path: Path) -> None:
    events = [
        {"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": 10.0 * row, "dur": 15.0, "args": {"device": 0, "stream": 7}}
        for row in range(20)
    ]  # fmt: skip

    assert not losses(made(tmp_path, *events))


def test_a_report_with_versioned_tables_is_read(cases: Path) -> None:
    trace = only(cases / "nsys_table_suffix")

    assert (len(trace.kernels), len(trace.launches)) == (400, 400)


def test_kernels_without_a_time_are_counted_and_do_not_make_the_window(cases: Path) -> None:
    (file,) = files(cases / "nsys_zero_times")
    traces = [trace for _, trace in load_parts(file)]

    assert [len(trace.kernels) for trace in traces] == [400, 400]
    assert {trace.span[1] // 10**9 for trace in traces} <= {39, 40}
    assert [p.count for p in traces[0].problems if p.slug == "bad-timestamp"] == [3]


def placed(place: Path, *, gpus: dict[tuple[str, int], str] | None = None) -> tuple[int, list[str]]:
    """Return how many sessions the largest group has, and the rules of the findings."""
    captures = [Capture(file=f, trace=t) for file in files(place) for f, t in load_parts(file)]
    aligned = align(captures, AlignOptions(gpus=gpus or {}))
    return max(len(g.planes) for g in aligned.groups), [f.rule for f in aligned.findings]


def test_files_named_by_pytorchs_handler_are_of_one_machine(cases: Path) -> None:
    assert placed(cases / "no_host_name_default_file_names") == placed(cases / "host_name_present")
    assert placed(cases / "host_name_present") == (2, ["gpu-identity-assumed"])


def test_ranks_of_one_job_are_on_gpus_of_their_own(cases: Path) -> None:
    assert placed(cases / "ranks_each_device0") == (1, [])


def test_gpus_of_ranks_that_all_call_theirs_0_are_told_apart_by_name(cases: Path) -> None:
    names = {
        case: [physical_label(d.group.device) for d in analyse_logdir(str(cases / case), cache=None).report.devices]
        for case in ("ranks_each_device0", "nsys_ranks_each_device0")
    }

    assert names["ranks_each_device0"] == ["GPU 0 of rank 0 on hostA", "GPU 0 of rank 1 on hostA"]
    assert names["nsys_ranks_each_device0"] == ["GPU 0 on no_map", "GPU 0 on no_map (no. 2 called so)"]


def test_one_ordinal_among_several_gpus_is_unknown_until_the_user_says_which(cases: Path) -> None:
    folder = cases / "nsys_ranks_each_device0"

    assert placed(folder) == (1, ["gpu-unknown"])
    assert placed(folder, gpus={("python3-101", 0): "A", ("python3-102", 0): "A"}) == (2, [])


@pytest.mark.parametrize("compared_first", [1 << 15, 20])
def test_recordings_of_one_process_that_repeat_kernels_share_no_gpu(
    cases: Path, compared_first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated, "_SAMPLE", compared_first)

    assert placed(cases / "one_process_two_recordings") == (1, ["recorded-twice"])


@pytest.mark.parametrize(
    ("processes", "moved", "sessions"),
    [((41, 41), 0, 1), ((41, 42), 0, 2), ((41, 41), 5, 2)],
    ids=["same", "pid", "time"],
)
def test_neither_a_process_id_nor_times_alone_tell_that_recordings_repeat(
    tmp_path: Path, processes: tuple[int, int], moved: int, sessions: int
) -> None:
    for number, process in enumerate(processes):
        events = [kernel(row, ts=1000.0 * row + moved * number) for row in range(20)]
        events += [{**mark("op", 0, 5), "cat": "cpu_op", "pid": process}]
        beside = {"host_name": "h", "baseTimeNanoseconds": 1_700_000_000_000_000_000, "number": number}
        (tmp_path / f"{number}.json").write_text(json.dumps({**beside, "traceEvents": events}))

    assert placed(tmp_path)[0] == sessions


@pytest.mark.parametrize(
    ("processes", "moved", "together"),
    [((41, 41), 0, False), ((41, 42), 0, True), ((41, 41), 5, True)],
    ids=["same", "pid", "time"],
)
def test_a_list_says_that_recordings_of_one_process_did_not_run_together(
    tmp_path: Path, processes: tuple[int, int], moved: int, together: bool
) -> None:
    for number, process in enumerate(processes):
        events = [
            kernel(row + 300 * number, ts=100.0 * row + moved * number)
            for row in range(300 * number, 300 * number + 600)
        ]
        events += [{**mark("op", 0, 5), "cat": "cpu_op", "pid": process}]
        beside = {"host_name": "h", "baseTimeNanoseconds": 1_700_000_000_000_000_000, "number": number}
        (tmp_path / f"{number}.json").write_text(json.dumps({**beside, "traceEvents": events}))
    index = Index.of(str(tmp_path), "", None)
    found = index.look(discover(str(tmp_path)), AlignOptions()).listing

    assert [group.shared for group in found.groups] == [together]
    assert [f.rule for f in found.findings] == ([] if together else ["recorded-twice"])
    assert ("none ran together, 2 captures alone" in to_text(found)) == (not together)
    assert ("recordings of one process" in found.apart) == (not together)


@pytest.mark.parametrize(
    ("model", "rules"), [("NVIDIA H100", ["gpu-unknown"]), ("NVIDIA A100", [])], ids=["alike", "different"]
)
def test_files_that_name_no_machine_are_perhaps_on_one_gpu(tmp_path: Path, model: str, rules: list[str]) -> None:
    for name, gpu in (("rank0", "NVIDIA H100"), ("server", model)):
        kernel = {"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": 1, "dur": 9, "args": {"device": 0}}
        beside = {"deviceProperties": [{"id": 0, "name": gpu}], "baseTimeNanoseconds": 1_700_000_000_000_000_000}
        (tmp_path / f"{name}.pt.trace.json").write_text(json.dumps({**beside, "traceEvents": [kernel]}))

    assert placed(tmp_path) == (1, rules)


def test_the_order_of_gpus_is_the_recorders_where_no_process_has_its_own(real_traces: Path) -> None:
    trace = only(real_traces / "nsight" / "a100_four_gpus_permuted.sqlite")

    assert [(d.ordinal, d.uuid) for d in trace.devices] == [(0, "GPU-00000000-0000-4000-8000-000000000002")]


def test_busy_time_is_told_by_what_had_the_device(tmp_path: Path) -> None:
    work = [
        kernel(0, ts=0.0, dur=10.0),
        kernel(1, ts=5.0, dur=10.0, name="ncclDevKernel_AllReduce_Sum_f32_RING_LL", args={"device": 0, "stream": 9}),
        kernel(2, ts=14.0, dur=6.0, cat="gpu_memcpy", name="Memcpy HtoD", args={"device": 0, "stream": 8}),
        kernel(3, ts=30.0, dur=10.0),
    ]
    (tmp_path / "a.json").write_text(json.dumps({"traceEvents": work}))
    ((share,),) = (device.overlap.shares for device in analyse_logdir(str(tmp_path), cache=None).report.devices)

    assert (share.computing, share.collective, share.copying) == (20_000, 5_000, 5_000)
    assert share.busy == share.computing + share.collective + share.copying


def test_a_gpu_that_copies_is_not_said_to_compute(real_traces: Path) -> None:
    path = real_traces / "nsight" / "h100_two_processes_two_gpus.sqlite"
    for device in analyse_logdir(str(path), cache=None).report.devices:
        (share,) = device.overlap.shares
        assert share.busy / device.overlap.time.window == pytest.approx(0.993, abs=0.002)
        assert share.computing / share.busy == pytest.approx(0.023, abs=0.002)
        assert share.copying == share.busy - share.computing


def test_what_is_read_survives_the_cache(cases: Path) -> None:
    ((file, trace),) = load_parts(files(cases / "ranks_each_device0" / "rank1.pt.trace.json")[0])
    entry = unpack(pack((file, trace), 1, "f"), "f")

    assert entry.trace.devices == trace.devices
    assert trace.devices[0].rank == (1, 2)
