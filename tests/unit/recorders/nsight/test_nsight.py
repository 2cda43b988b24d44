"""Exports of Nsight Systems: which tables are read, what their variants mean, and what is refused."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import tb_contention
from tb_contention.align import AlignOptions, align
from tb_contention.cache import TraceCache
from tb_contention.cli.main import main
from tb_contention.errors import TraceFileError
from tb_contention.model.alignment import ClockSource, Identity
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.model.sketch import sketch_of
from tb_contention.model.trace import NONE, Era, HostKind, KernelKind, Trace
from tb_contention.pipeline import decode
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_parts
from tb_contention.recorders.nsight.reader import Part, read_report
from tb_contention.recorders.nsight.skim import skim_nsight
from tb_contention.report.to_json import to_dict
from tb_contention.simulate.nsight import write_report
from tb_contention.simulate.nsight_tables import SCHEMA, UUID, global_id

A, B = global_id(100), global_id(200)
KERNEL = "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (?, ?, ?, 1, 7, ?, ?, 1, 2, 3, 32, 4, 5, 6, 128, 1, 1, 0, 1024, NULL, ?)"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report("time_slicing", tmp_path_factory.mktemp("nsight"))


def made(path: Path, *statements: tuple[str, tuple[object, ...]]) -> Path:
    """Write an export with the documented tables and a few rows."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO StringIds VALUES (1, 'void gemm<float>(int)'), (2, 'gemm'), (3, '_Z4gemm')")
        for statement, values in statements:
            connection.execute(statement, values)
        connection.commit()
    return path


def kernel(
    start: int, end: int, *, process: int = A, device: int = 0, correlation: int = 5, graph: int | None = None
) -> tuple[str, tuple[object, ...]]:
    return KERNEL, (start, end, device, correlation, process, graph)


def only(path: Path) -> Trace:
    (part,) = read_report(str(path), path.name)
    return part.trace


def test_each_process_of_a_report_is_a_session_on_one_clock_and_one_stated_gpu(report: Path) -> None:
    aligned = align(decode(discover(str(report.parent))).captures, AlignOptions())

    assert [s.process_id for s in aligned.sessions] == [4021, 4388]
    assert len({s.id for s in aligned.sessions}) == 2
    assert {s.clock.source for s in aligned.sessions} == {ClockSource.SHARED_CAPTURE}
    assert {s.clock.error for s in aligned.sessions} == {1_000}
    (group,) = aligned.groups
    assert group.device.identity is Identity.MANIFEST
    assert [d.uuid for s in aligned.sessions for d in s.trace.devices] == [f"GPU-{UUID}"] * 2


def test_a_kernel_comes_with_its_name_launch_configuration_and_cause(tmp_path: Path) -> None:
    call = "INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (1000, 1500, 0, ?, 5, 2, 0, NULL)"

    trace = only(made(tmp_path / "r.sqlite", kernel(2_000, 5_000), (call, (global_id(100, 101),))))

    kernels = trace.kernels
    assert trace.era is Era.NSIGHT
    assert trace.strings[kernels.name[0]] == "void gemm<float>(int)"
    assert trace.strings[kernels.details[0]] == "regs:32 static_shared:0 dynamic_shared:1024 grid:4,5,6 block:128,1,1"
    assert (kernels.start[0], kernels.duration[0]) == (1_000_000, 3_000_000)
    assert trace.launches.correlation.tolist() == kernels.correlation.tolist() == [5]
    assert trace.threads == ("thread 101",)


def test_copies_memsets_and_whole_graphs_are_device_work(tmp_path: Path) -> None:
    path = made(tmp_path / "r.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (10, 20, 0, 1, 8, 1, ?, 4096, 1)", (A,))
        columns = (
            "start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, correlationId INTEGER, globalPid INTEGER"
        )
        connection.execute(f"CREATE TABLE CUPTI_ACTIVITY_KIND_MEMSET ({columns}, bytes INTEGER)")
        connection.execute("INSERT INTO CUPTI_ACTIVITY_KIND_MEMSET VALUES (30, 40, 0, 8, 2, ?, 64)", (A,))
        connection.execute(f"CREATE TABLE CUPTI_ACTIVITY_KIND_GRAPH_TRACE ({columns}, graphId INTEGER)")
        connection.execute("INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE VALUES (50, 90, 0, 7, 3, ?, 12)", (A,))
        connection.commit()

    trace = only(path)

    assert [trace.strings[n] for n in trace.kernels.name] == ["MemcpyH2D", "Memset", "CUDA graph 12"]
    assert trace.kernels.kind.tolist() == [KernelKind.COPY, KernelKind.MEMSET, KernelKind.KERNEL]
    assert trace.kernels.bytes.tolist() == [4096, 64, -1]
    assert trace.kernels.graph.tolist() == [-1, -1, 12]


@pytest.mark.parametrize(
    ("text", "number"),
    [("step 7", 7), ("Iteration: 12", 12), ("train_step#3", 3), ("global step", None), ("batch_9", 9), ("iter", None)],
)
def test_ranges_named_like_steps_are_the_steps(tmp_path: Path, text: str, number: int | None) -> None:
    insert = "INSERT INTO NVTX_EVENTS VALUES (?, ?, 59, NULL, ?, ?, NULL, NULL, 0)"
    thread = global_id(100, 1)
    rows = [(insert, (at, at + 50, text, thread)) for at in (0, 100)]
    other = [(insert, (at, at + 90, name, thread)) for at, name in ((0, "forward"), (100, "stepping stone"))]

    trace = only(made(tmp_path / "r.sqlite", kernel(5, 20), *rows, *other))

    assert trace.steps.start.tolist() == [0, 100_000]
    assert trace.steps.number.tolist() == ([0, 1] if number is None else [number, number])
    assert [trace.strings[n] for n in trace.steps.name] == [text, text]


def test_a_range_with_a_registered_name_and_one_that_names_a_session_are_read(tmp_path: Path) -> None:
    thread = global_id(100, 1)
    registered = "INSERT INTO NVTX_EVENTS VALUES (?, ?, 60, 1, NULL, ?, NULL, 9, 0)"
    session = "INSERT INTO NVTX_EVENTS VALUES (0, 400, 59, NULL, 'tb_contention.session:left', ?, NULL, NULL, 0)"
    path = made(
        tmp_path / "r.sqlite", kernel(5, 20), ("INSERT INTO StringIds VALUES (9, 'step')", ()), (session, (thread,)),
        *((registered, (at, at + 50, thread)) for at in (0, 100, 200)),
    )  # fmt: skip

    trace = only(path)

    assert len(trace.steps) == 3
    assert (trace.host_events.kind == HostKind.ANNOTATION).sum() == 1


def test_nested_or_single_ranges_are_no_steps(tmp_path: Path) -> None:
    insert = "INSERT INTO NVTX_EVENTS VALUES (?, ?, 59, NULL, 'step', ?, NULL, NULL, 0)"
    nested = [(insert, (at, at + 500, global_id(100, 1))) for at in (0, 100)]

    assert len(only(made(tmp_path / "nested.sqlite", kernel(5, 20), *nested)).steps) == 0
    assert len(only(made(tmp_path / "one.sqlite", kernel(5, 20), nested[0])).steps) == 0


def test_the_ordinals_of_a_process_are_those_gpus_that_the_report_says(tmp_path: Path) -> None:
    gpu = "INSERT INTO TARGET_INFO_GPU VALUES (0, ?, 'H', ?, 1000, 2000, 3000000, 10, ?, 9, 0)"
    gpus = [(gpu, (n, f"0000:{n}1:00.0", f"{n}1310000-0000-4000-8000-000000000001")) for n in (0, 1)]
    mapped = ("INSERT INTO TARGET_INFO_CUDA_DEVICE VALUES (1, 0, 100, NULL, 10)", ())

    known = only(made(tmp_path / "a.sqlite", kernel(5, 20), *gpus, mapped)).devices
    unknown = only(made(tmp_path / "b.sqlite", kernel(5, 20), *gpus)).devices

    assert [d.uuid for d in known] == ["GPU-11310000-0000-4000-8000-000000000001"]
    assert [d.clock_rate_khz for d in known] == [3000]
    assert [(d.uuid, d.model) for d in unknown] == [(None, None)]


def test_driver_allocations_add_up_per_process(tmp_path: Path) -> None:
    insert = "INSERT INTO CUDA_GPU_MEMORY_USAGE_EVENTS VALUES (?, ?, 0, 1, ?, 0, ?, ?, ?, NULL, NULL)"
    events = [(10, 1, 100, 2, 0), (20, 2, 50, 2, 0), (25, 9, 7, 1, 0), (30, 1, 100, 2, 1)]
    rows = [(insert, (time, A, address, size, kind, done)) for time, address, size, kind, done in events]

    trace = only(made(tmp_path / "r.sqlite", kernel(5, 40), *rows))

    assert trace.allocations.in_use.tolist() == [100, 150, 50]
    assert [trace.strings[n] for n in trace.allocations.allocator] == ["GPU_0_cuda"] * 3
    assert trace.allocations.is_allocation.tolist() == [1, 1, 0]


def test_a_column_of_another_type_or_none_at_all_is_absent_and_not_zero(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start, end, deviceId, globalPid, shortName, correlationId)"
        )
        connection.execute("CREATE TABLE StringIds (id, value)")
        connection.execute("INSERT INTO StringIds VALUES ('x', 'text'), (1, NULL), (2, x'00ff')")
        rows = [
            (10, 20, 0, A, 1, "seven"),
            (30, "forty", 0, A, 2, 3),
            (50, 60, None, A, None, None),
            (None, 9, 0, A, 1, 1),
        ]
        connection.executemany("INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.commit()

    trace = only(path)

    assert trace.kernels.start.tolist() == [0, 40_000]
    assert trace.kernels.name.tolist() == [-1, -1]
    assert trace.kernels.correlation.tolist() == [-1, -1]
    assert trace.kernels.details.tolist() == [-1, -1]
    assert [p.count for p in trace.problems if p.slug == "bad-timestamp"] == [2]


def test_views_virtual_tables_and_computed_columns_are_never_followed(tmp_path: Path) -> None:
    path = made(tmp_path / "r.sqlite", kernel(5, 20))
    with closing(sqlite3.connect(path)) as connection:
        endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n AS start, n AS end, n AS bytes FROM t"
        connection.execute(f"CREATE VIEW CUPTI_ACTIVITY_KIND_MEMSET AS {endless}")
        connection.execute(
            "CREATE TABLE CUPTI_ACTIVITY_KIND_GRAPH_TRACE (start INT, end INT GENERATED ALWAYS AS (abs(start)) VIRTUAL)"
        )
        connection.execute("INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE VALUES (1)")
        connection.commit()

    trace = only(path)

    assert len(trace.kernels) == 1


def test_nothing_is_written_beside_a_report(report: Path, tmp_path: Path) -> None:
    path = tmp_path / "run" / "r.sqlite"
    path.parent.mkdir()
    path.write_bytes(report.read_bytes())
    path.parent.chmod(0o500)
    before = path.read_bytes()
    try:
        read_report(str(path), "r.sqlite")
        beside = [p.name for p in path.parent.iterdir()]
    finally:
        path.parent.chmod(0o700)

    assert beside == ["r.sqlite"]
    assert path.read_bytes() == before


def test_a_report_in_wal_mode_is_read_without_its_side_files(tmp_path: Path) -> None:
    path = made(tmp_path / "r.sqlite", kernel(5, 20))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    assert len(only(path).kernels) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["r.sqlite"]


def test_databases_of_other_programs_are_no_traces(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as connection:
        connection.execute("CREATE TABLE visits (url TEXT)")
    (tmp_path / "notes.sqlite").write_text("not a database")
    (tmp_path / "empty.sqlite").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe.sqlite")
    (tmp_path / "gone.sqlite").symlink_to(tmp_path / "nowhere")

    found = discover(str(tmp_path))

    assert found.files == ()
    assert found.problems == ()


def test_a_report_that_was_not_exported_is_named_with_how_to_export_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "my report1.nsys-rep"
    report.write_bytes(b"x")

    for place in (tmp_path, report):
        assert main(["report", str(place)]) == 1
        said = " ".join(capsys.readouterr().err.split())
        assert "my report1.nsys-rep" in said
        assert f"nsys export --type sqlite --output '{tmp_path}/my report1.sqlite' '{report}'" in said


def test_a_report_is_not_asked_for_where_its_export_stands_beside_it(tmp_path: Path) -> None:
    for name in ("a.nsys-rep", "b.qdrep", "b.sqlite"):
        (tmp_path / name).write_bytes(b"x")

    assert [(p.slug, p.file) for p in discover(str(tmp_path)).problems] == [("not-exported", "a.nsys-rep")]


@pytest.mark.parametrize("place", ["r.sqlite", "train/r.sqlite", "train/plugins/profile/2026_01_01_00_00_00/r.sqlite"])
def test_a_report_is_found_wherever_it_lies(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    made(path, kernel(5, 20), kernel(30, 40, process=B))

    (file,) = discover(str(tmp_path)).files
    parts = load_parts(file)

    assert file.container is Container.NSIGHT
    assert file.relative == place
    assert [part.id for part, _ in parts] == [f"{file.run}/r/process-100", f"{file.run}/r/process-200"]
    assert "plugins" not in file.run
    assert discover(str(path)).files[0].path == str(path)


def test_a_report_without_gpu_work_is_whole_and_no_trace(tmp_path: Path) -> None:
    made(tmp_path / "cpu.sqlite")

    report = tb_contention.analyse(tmp_path, cache_dir=None)

    assert report.sessions == ()
    assert [(p.slug, p.severity.value) for p in report.problems] == [("no-gpu-work", "info")]


def test_a_report_is_decoded_once(report: Path, tmp_path: Path) -> None:
    (file,) = discover(str(report.parent)).files
    cache = TraceCache(tmp_path / "cache")
    parts = load_parts(file)

    cache.put(file, parts)
    kept = cache.get(file)

    assert kept is not None
    assert [part for part, _ in kept] == [part for part, _ in parts]
    for (_, ours), (_, theirs) in zip(parts, kept, strict=True):
        assert np.array_equal(ours.kernels.start, theirs.kernels.start)
        assert np.array_equal(ours.residency.process, theirs.residency.process)
        assert (ours.devices, ours.clock, ours.problems) == (theirs.devices, theirs.clock, theirs.problems)


def test_a_report_of_which_the_cache_lost_a_part_is_decoded_again(report: Path, tmp_path: Path) -> None:
    (file,) = discover(str(report.parent)).files
    cache = TraceCache(tmp_path / "cache")
    cache.put(file, load_parts(file))
    next((tmp_path / "cache").glob("*-1.trace")).unlink()

    assert cache.get(file) is None


def test_a_manifest_speaks_of_one_process_of_a_report_or_of_the_whole(tmp_path: Path) -> None:
    made(tmp_path / "r.sqlite", kernel(5, 20), kernel(30, 40, process=B))
    (tmp_path / "tb_contention.json").write_text(
        '{"format_version": 1, "sessions": {"r.sqlite/process-100": {"name": "left"}, "*": {"name": "all", "host": "box"}}}'
    )

    report = tb_contention.analyse(tmp_path, cache_dir=None)

    assert [s.session.name for s in report.sessions] == ["left", "process-200"]
    assert report.sessions[1].session.host == "box"


@pytest.mark.parametrize(
    ("content", "slug"),
    [(b"", "empty-file"), (b"SQLite format 3\0" + bytes(300), "bad-sqlite"), (b"\x9f" * 4096, "bad-sqlite")],
)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes, slug: str) -> None:
    path = tmp_path / "r.sqlite"
    path.write_bytes(content)

    with pytest.raises(TraceFileError) as raised:
        read_report(str(path), "r.sqlite")

    assert raised.value.slug == slug
    assert "\n" not in raised.value.message


def test_contexts_stay_from_their_restoring_to_their_saving(tmp_path: Path) -> None:
    insert = "INSERT INTO GPU_CONTEXT_SWITCH_EVENTS VALUES (?, 0, ?, ?, ?, ?, 0)"
    rows = [
        (8, 3, 0, A),
        (7, 3, 100, A),
        (8, 4, 110, B),
        (7, 4, 200, B),
        (8, 0, 205, None),
        (7, 0, 240, None),
        (8, 3, 250, A),
    ]
    switches = [(insert, (tag, n, context, time, pid)) for n, (tag, context, time, pid) in enumerate(rows)]
    gpu = ("INSERT INTO TARGET_INFO_GPU VALUES (0, 0, 'H', 'b', 1000, 2000, 3000, 10, 'u', 9, 0)", ())

    first, second = read_report(
        str(made(tmp_path / "r.sqlite", gpu, kernel(0, 90), kernel(120, 400, process=B), *switches)), "r.sqlite"
    )

    table = first.trace.residency
    assert table.start.tolist() == [0, 110_000, 205_000, 250_000]
    assert (table.start + table.duration).tolist() == [100_000, 200_000, 240_000, 400_000]
    assert table.process.tolist() == [100, 200, NONE, 100]
    assert table.own.tolist() == [1, 0, 0, 1]
    assert second.trace.residency.own.tolist() == [0, 1, 0, 0]


def test_switches_that_do_not_pair_are_not_used(tmp_path: Path) -> None:
    insert = "INSERT INTO GPU_CONTEXT_SWITCH_EVENTS VALUES (8, 0, ?, 3, ?, ?, 0)"
    switches = [(insert, (n, n * 10, A)) for n in range(9)]
    gpu = ("INSERT INTO TARGET_INFO_GPU VALUES (0, 0, 'H', 'b', 1000, 2000, 3000, 10, 'u', 9, 0)", ())

    trace = only(made(tmp_path / "r.sqlite", gpu, kernel(0, 90), *switches))

    assert len(trace.residency) == 0
    assert "context-switches-lost" in [p.slug for p in trace.problems]


def test_a_process_with_ids_of_its_container_is_known_by_where_its_kernels_begin(tmp_path: Path) -> None:
    insert = "INSERT INTO GPU_CONTEXT_SWITCH_EVENTS VALUES (?, 0, ?, ?, ?, ?, 0)"
    outside = {3: global_id(9003), 4: global_id(9004)}
    rows = []
    for n in range(40):
        context = 3 + n % 2
        rows += [(insert, (tag, n, context, time, outside[context])) for tag, time in ((8, n * 100), (7, n * 100 + 90))]
    kernels = [kernel(n * 100 + 10, n * 100 + 50, process=(A, B)[n % 2]) for n in range(40)]
    kernels += [kernel(n * 100 + 60, n * 100 + 70, process=(A, B)[n % 2]) for n in range(40)]
    gpu = ("INSERT INTO TARGET_INFO_GPU VALUES (0, 0, 'H', 'b', 1000, 2000, 3000, 10, 'u', 9, 0)", ())

    parts: tuple[Part, ...] = read_report(str(made(tmp_path / "r.sqlite", gpu, *kernels, *rows)), "r.sqlite")

    assert [np.unique(p.trace.residency.context[p.trace.residency.own == 1]).tolist() for p in parts] == [[3], [4]]


def test_a_file_is_named_by_what_it_is(report: Path) -> None:
    file = CaptureFile(
        path=str(report), relative="x/report.sqlite", run="x", directory="x", host="report", container=Container.NSIGHT,
        size=report.stat().st_size, mtime_ns=0,
    )  # fmt: skip

    parts = load_parts(file)

    assert [part.whole for part, _ in parts] == [file, file]
    assert all(trace.sha256 == parts[0][1].sha256 and trace.file_bytes == file.size for _, trace in parts)


CONTEXTS = """CREATE TABLE TARGET_INFO_CUDA_CONTEXT_INFO (nullStreamId INTEGER, hwId INTEGER, vmId INTEGER, processId INTEGER,
deviceId INTEGER, contextId INTEGER, parentContextId INTEGER, isGreenContext INTEGER, numMultiprocessors INTEGER)"""


@pytest.mark.parametrize(("cores", "said"), [(None, "2"), (66, "2, 66 multiprocessors")])
def test_the_green_context_of_a_stream_is_read_and_shown(tmp_path: Path, cores: int | None, said: str) -> None:
    add = "INSERT INTO TARGET_INFO_CUDA_CONTEXT_INFO VALUES (7, 0, 0, ?, 0, ?, ?, ?, ?)"
    path = made(
        tmp_path / "r.sqlite",
        *(kernel(1000 * k, 1000 * k + 500, correlation=k + 1) for k in range(60)),
        ("UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET contextId = CASE start WHEN 0 THEN 1 ELSE 2 END", ()),
        (CONTEXTS, ()),
        (add, (100, 1, 0, 0, None)),
        (add, (100, 2, 1, 1, cores)),
        (add, (200, 1, 0, 1, 8)),  # of another process
    )
    trace = only(path)
    (session,) = to_dict(tb_contention.analyse(path, cache_dir=None))["sessions"]

    assert [(s.name, s.green_context, s.green_cores) for s in trace.streams] == [
        ("Stream 7", -1, None),
        ("Stream 7 (green context 2)", 2, cores),
    ]
    assert np.bincount(trace.kernels.stream).tolist() == [1, 59]
    assert session["green_context"] == said


def test_an_impossible_duration_is_set_aside_and_counted(tmp_path: Path) -> None:
    times = [(1000 * k, 1000 * k + 500) for k in range(40)]
    path = made(
        tmp_path / "r.sqlite",
        *(kernel(start, end, correlation=k + 1) for k, (start, end) in enumerate(times)),
        ("UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET end = start + 900000000 WHERE start = 20000", ()),
    )
    trace = only(path)
    ((_, sketch),) = skim_nsight(str(path), path.name)

    assert (len(trace.kernels), trace.span[1]) == (39, 39_500_000)
    assert [p.count for p in trace.problems if p.slug == "bad-timestamp"] == [1]
    assert (sketch.span, sketch.use) == (trace.span, sketch_of(trace).use)
    assert [p.count for p in sketch.problems if p.slug == "bad-timestamp"] == [1]


@pytest.mark.parametrize("column", ["graphId", "graphNodeId"])
def test_a_branch_of_a_graph_may_last_beyond_what_its_stream_does_meanwhile(tmp_path: Path, column: str) -> None:
    path = made(
        tmp_path / "r.sqlite",
        *(kernel(1000 * k, 1000 * k + 500, correlation=k + 1) for k in range(40)),
        (f"UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET {column} = 3", ()),
        ("UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET end = start + 15000 WHERE start = 20000", ()),
    )

    assert len(only(path).kernels) == 40
