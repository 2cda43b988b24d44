"""PyTorch's traces: real ones against a plain reading of their JSON, synthetic ones against the XSpace file of the same session."""

import gzip
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.recorders.kineto.kineto_writer import kineto_document, write_kineto

import tb_contention
from tb_contention.analysis import Options
from tb_contention.errors import TraceFileError
from tb_contention.model.alignment import ClockSource
from tb_contention.model.launch_config import parse_launch_config
from tb_contention.model.report import Report
from tb_contention.model.trace import Era, KernelKind, Trace
from tb_contention.recorders.discover import discover
from tb_contention.recorders.kineto.reader import decode_kineto
from tb_contention.recorders.load import load_trace
from tb_contention.report.to_json import to_json
from tb_contention.simulate import Scenario, write_scenario
from tb_contention.simulate.sharing import TimeSlices
from tb_contention.simulate.workload import Item, SessionSpec

DATA = Path(__file__).resolve().parents[3] / "data" / "kineto"


def read(document: Any) -> Trace:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return decode_kineto(data, file="x.pt.trace.json")


def event(name: str = "gemm", **more: Any) -> dict[str, Any]:
    return {"ph": "X", "cat": "kernel", "name": name, "pid": 0, "tid": 7, "ts": 1.0, "dur": 2.0, "args": {}, **more}


def around(*events: Any, **more: Any) -> dict[str, Any]:
    return {"schemaVersion": 1, "baseTimeNanoseconds": 1_700_000_000_000_000_000, "traceEvents": list(events), **more}


@pytest.mark.parametrize("name", ["first", "second"])
def test_a_real_trace_is_read_as_its_json_says(name: str) -> None:
    (path,) = (DATA / name).glob("*.gz")
    plain = json.loads(gzip.decompress(path.read_bytes()))
    trace = decode_kineto(path.read_bytes(), file=path.name)
    events = plain["traceEvents"]
    steps = [e for e in events if e.get("name", "").startswith("ProfilerStep#")]
    memory = [e for e in events if e.get("cat") == "cpu_instant_event" and e["name"] == "[memory]"]

    assert trace.era is Era.KINETO
    assert trace.hostnames == (plain["host_name"],)
    assert trace.process_id == next(e["pid"] for e in events if e.get("cat") == "cpu_op")
    assert trace.complete
    assert sorted(trace.steps.number.tolist()) == sorted(int(e["name"].split("#")[1]) for e in steps)
    assert trace.steps.duration.sum() == pytest.approx(sum(e["dur"] for e in steps) * 1e6, abs=1)
    assert len(trace.allocations) == len(memory)
    assert trace.allocations.in_use.tolist() == [
        e["args"]["Total Allocated"] for e in sorted(memory, key=lambda e: e["ts"])
    ]
    assert trace.clock.start_ns is not None
    first = min(e["ts"] for e in events if e.get("ph") == "X")
    assert abs(trace.clock.start_ns - plain["baseTimeNanoseconds"] - first * 1000) <= 1000


@pytest.mark.parametrize("name", ["first", "second"])
def test_what_ran_on_a_processor_is_called_that_and_is_the_outermost_operations(name: str) -> None:
    (path,) = (DATA / name).glob("*.gz")
    trace = decode_kineto(path.read_bytes(), file=path.name)
    spans = sorted(
        (e["ts"], -e["dur"], e["name"], e["tid"])
        for e in json.loads(gzip.decompress(path.read_bytes()))["traceEvents"]
        if e.get("cat") == "cpu_op"
    )
    outer, ends = Counter[str](), dict[int, float]()
    for start, negative, operation, thread in spans:
        if start - negative > ends.get(thread, 0.0):
            outer[operation] += 1
            ends[thread] = start - negative

    assert [d.is_host for d in trace.devices] == [True]
    assert set(trace.kernels.kind.tolist()) == {KernelKind.HOST_OP}
    assert Counter(trace.strings[row] for row in trace.kernels.name.tolist()) == outer


def test_memory_is_of_the_operation_that_asked_for_it() -> None:
    (path,) = (DATA / "first").glob("*.gz")
    trace = decode_kineto(path.read_bytes(), file=path.name)
    plain = json.loads(gzip.decompress(path.read_bytes()))["traceEvents"]
    ops = [e for e in plain if e.get("cat") == "cpu_op"]
    memory = sorted((e for e in plain if e.get("name") == "[memory]"), key=lambda e: e["ts"])
    for row, each in enumerate(memory):
        inside = [o for o in ops if o["tid"] == each["tid"] and o["ts"] <= each["ts"] <= o["ts"] + o["dur"]]
        innermost = max(inside, key=lambda o: o["ts"])["name"] if inside else None
        assert trace.strings.get(int(trace.allocations.op[row])) == innermost


def test_two_real_processes_are_lined_up_by_their_clocks(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "logs")
    report = tb_contention.analyse(tmp_path / "logs", cache_dir=tmp_path / "cache")
    again = tb_contention.analyse(tmp_path / "logs", cache_dir=tmp_path / "cache")

    assert [s.clock.source for s in report.sessions] == [ClockSource.TASK_ENVIRONMENT] * 2
    assert {s.clock.error for s in report.sessions} == {100_000}
    assert {s.name.split("_")[0] for s in report.sessions} == {"vm"}
    (device,) = report.devices
    assert len(device.sessions) == 2
    assert device.group.device.device.is_host
    assert device.memory is not None
    assert {a.limit for a in device.memory.allocators} == {None}
    assert [p.slug for p in report.problems] == ["kineto"] * 2
    assert to_json(report) == to_json(again)


def sessions() -> tuple[SessionSpec, ...]:
    items = tuple(Item(name=f"gemm_{k}", op=f"m/op_{k}:MatMul", mean=150.0, grid=(64, 2, 1)) for k in range(20))
    copy = Item(name="MemcpyD2H", op="loss:Mean", mean=3.0, copied=4096)
    return tuple(
        SessionSpec(
            name=name, items=(*items, copy), steps=90, window=(20.0, 500.0), pause=1.5, burst=6, long_pause=40.0, process_id=4000 + k,
            start=15.0 * k, noise=0.02,
        )
        for k, name in enumerate(("one", "two"))
    )  # fmt: skip


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions that take turns, as XSpace files."""
    folder = tmp_path_factory.mktemp("simulated")
    made = Scenario(name="pair", summary="for PyTorch's form", sessions=sessions(), policy=lambda: TimeSlices(2e6, 5e4))
    write_scenario(made, folder, seed=5, alone=False)
    return folder / "together"


def as_kineto(xspace: Path, target: Path, *names: str, base_ns: int | None = 1_771_000_000_000_000_000) -> None:
    """Copy a log directory, with these sessions in PyTorch's form and the GPU they were on named as before."""
    shutil.copytree(xspace, target)
    for file in discover(str(target)).files:
        if file.run.split("/")[0] not in names:
            continue
        path = Path(file.path)
        document = kineto_document(load_trace(file), base_ns=base_ns)
        write_kineto(target / file.run.split("/")[0] / "w_4211.1700000000000.pt.trace.json.gz", document)
        shutil.rmtree(path.parents[2])


def gpus(report: Report) -> dict[tuple[str, int], str]:
    return {(s.id, 0): "the GPU" for s in report.sessions}


def losses(report: Report) -> dict[str, tuple[float, float]]:
    (device,) = (d for d in report.devices if len(d.sessions) > 1)
    return {
        loss.session.split("/")[0]: (loss.slowdown.estimate or 0.0, float(loss.lost or 0)) for loss in device.losses
    }


@pytest.mark.parametrize("names", [("one",), ("one", "two")])
def test_a_session_in_pytorchs_form_gives_the_results_of_its_xspace_file(
    names: tuple[str, ...], simulated: Path, tmp_path: Path
) -> None:
    as_kineto(simulated, tmp_path / "logs", *names)
    plain = tb_contention.analyse(simulated, cache_dir=None)
    mixed = tb_contention.analyse(tmp_path / "logs", cache_dir=None)
    mixed = tb_contention.analyse(tmp_path / "logs", cache_dir=None, options=Options(gpus=gpus(mixed)))
    plain = tb_contention.analyse(simulated, cache_dir=None, options=Options(gpus=gpus(plain)))
    (a,) = (d for d in plain.devices if len(d.sessions) > 1)
    (b,) = (d for d in mixed.devices if len(d.sessions) > 1)

    assert b.time.contended == pytest.approx(a.time.contended, rel=0.002)
    assert sum(s.kernels + s.copies for s in b.per_session) == sum(s.kernels + s.copies for s in a.per_session)
    assert b.mechanism is a.mechanism
    for name, (estimate, lost) in losses(plain).items():
        assert losses(mixed)[name][0] == pytest.approx(estimate, rel=0.01)
        assert losses(mixed)[name][1] == pytest.approx(lost, rel=0.03, abs=5e5)


def test_launches_configurations_and_operations_come_with_kernels(simulated: Path) -> None:
    file = next(f for f in discover(str(simulated)).files if f.run.startswith("one"))
    source = load_trace(file)
    trace = read(kineto_document(source, base_ns=1_771_000_000_000_000_000))

    assert len(trace.kernels) == len(source.kernels)
    assert np.abs(trace.kernels.duration - source.kernels.duration).max() <= 1000
    assert {trace.strings.get(int(op)) for op in trace.kernels.op} == {
        source.strings.get(int(op)) for op in source.kernels.op
    }
    first = parse_launch_config(trace.strings.get(int(trace.kernels.details[0])))
    assert first is not None
    assert first.grid == (64, 2, 1)
    assert np.isin(trace.kernels.correlation, trace.launches.correlation).sum() == len(source.launches)
    device = trace.devices[0]
    assert (device.memory_size, device.core_count) == (source.devices[0].memory_size, source.devices[0].core_count)


def test_older_releases_count_unix_microseconds(simulated: Path) -> None:
    file = next(f for f in discover(str(simulated)).files if f.run.startswith("one"))
    source = load_trace(file)
    trace = read(kineto_document(source, base_ns=None))

    assert trace.clock.start_ns is not None
    assert source.clock.start_ns is not None
    assert abs(trace.clock.start_ns - source.clock.start_ns) <= 1000


def test_times_keep_every_digit() -> None:
    trace = read(around(event(ts=198093488368.463, dur=0.001), event("b", ts="198093488369.4631", dur="1.5e1")))
    assert trace.kernels.start.tolist() == [463_000, 1_463_100]
    assert trace.kernels.duration.tolist() == [1_000, 15_000_000]
    assert trace.clock.start_ns == 1_700_000_000_000_000_000 + 198093488368 * 1000


def test_times_since_the_machines_start_have_no_place_on_the_wall_clock() -> None:
    document = around(event(ts=5_000_000.0))
    del document["baseTimeNanoseconds"]
    assert read(document).clock.start_ns is None


@pytest.mark.parametrize(
    "text",
    [
        b'{"traceEvents": [{"ph": "X", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 1, "dur": 2,},],}',
        b'{"traceEvents": [{"ph": "X", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 1, "dur": 2, "x": NaN}]}',
        b'{"path": "C:\\Users\\x", "traceEvents": [{"ph":"X","cat":"kernel","name":"a","pid":0,"tid":7,"ts":1,"dur":2}]}',
        b'{"traceEvents": [{"ph":"X","cat":"kernel","name":"a","pid":0,"tid":7,"ts":1,"dur":2} 5 null [] "x"]}',
        b'{"traceEvents": [{"ph":"X","cat":"Kernel","name":"a","pid":"0","tid":"7","ts":"1","dur":"2"}], "z": {"y": [}]}}',
    ],
)
def test_text_that_is_nearly_json_is_read(text: bytes) -> None:
    trace = read(text)
    assert [trace.strings[row] for row in trace.kernels.name.tolist()] == ["a"]
    assert trace.kernels.duration.tolist() == [2_000_000]


def test_events_with_impossible_values_are_left_out_and_counted() -> None:
    bad = [
        event(ts=None),
        event(dur=-1),
        event(ts=1e30),
        event(dur="x"),
        event(pid=-3, args={"device": -1}),
        event(pid=1 << 40),
    ]
    trace = read(around(event(), *bad, 7, None, {"ph": "X"}))
    assert len(trace.kernels) == 1
    (problem,) = (p for p in trace.problems if p.slug == "bad-timestamp")
    assert problem.count == len(bad)


def test_names_are_unescaped_and_stay_text() -> None:
    name = 'void f<"\u00e9\\t">(\n)</script>'
    trace = read(around(event(name)))
    assert trace.strings[int(trace.kernels.name[0])] == name


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_a_cut_file_shows_what_was_whole(cut: float) -> None:
    whole = json.dumps(around(*(event(f"k{n}", ts=n) for n in range(50)))).encode()
    trace = read(whole[: int(len(whole) * cut)])
    assert 0 < len(trace.kernels) < 50
    assert not trace.complete
    assert "truncated-json" in [p.slug for p in trace.problems]


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"", "empty-file"),
        (b"[]", "not-a-trace"),
        (b"\x1f\x8bnonsense", "bad-gzip"),
        (b"{}", "not-a-trace"),
        (b'{"a": 1}', "not-a-trace"),
        (b'{"traceEvents": 5}', "not-a-trace"),
        (gzip.compress(b"[" * (9 << 20)), "too-large"),
    ],
)
def test_what_is_no_trace_is_refused_in_one_sentence(data: bytes, slug: str) -> None:
    with pytest.raises(TraceFileError) as raised:
        decode_kineto(data, file="x.pt.trace.json")
    assert raised.value.slug == slug
    assert raised.value.message.startswith("x.pt.trace.json: ")


def test_files_are_found_wherever_they_are_and_their_folder_is_the_run(tmp_path: Path) -> None:
    (source,) = (DATA / "first").glob("*.gz")
    for place in ("a/b", "plugins/profile/2026_01_01_00_00_00", "."):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        shutil.copy(source, tmp_path / place / "w_1.5.pt.trace.json.gz")
    (tmp_path / "a" / "tb_contention.json").write_text("{}")
    (tmp_path / "a" / "b" / "tb_contention.json").write_text("{}")
    (tmp_path / "a" / "dir.pt.trace.json").mkdir()
    found = discover(str(tmp_path))

    assert sorted(f.run for f in found.files) == ["2026_01_01_00_00_00", "a/b", tmp_path.name]
    assert {f.host for f in found.files} == {"w_1.5"}
    assert [f.manifest is not None for f in sorted(found.files, key=lambda f: f.run == "a/b")] == [False, False, True]


@pytest.mark.parametrize("number", [{}, [], "0", None, 1.5])
def test_a_device_whose_number_is_none_is_not_described(number: object) -> None:
    trace = read(around(event(), deviceProperties=[{"id": number, "name": "A"}, {"id": 7, "name": "B"}]))

    assert [device.model for device in trace.devices] == [None]
