"""Which sessions have a place in xprof's trace viewer; that the place is right, `properties/test_trace_viewer_oracle.py` asks xprof."""

from dataclasses import replace
from pathlib import Path

import pytest
from properties.memory_profile import parsed

from tb_contention.align import AlignOptions, align
from tb_contention.model.alignment import Session
from tb_contention.model.capture import Capture, CaptureFile, Container
from tb_contention.plugin.trace_viewer import TraceViewerPlace, trace_viewer_place
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_trace
from tb_contention.recorders.xspace.decoding.reader import decode_xspace


@pytest.fixture(scope="module")
def logdir(demo_logs: Path) -> str:
    return str(demo_logs / "recorded_two_processes")


@pytest.fixture(scope="module")
def file(logdir: str) -> CaptureFile:
    return discover(logdir).files[1]


@pytest.fixture(scope="module")
def session(logdir: str) -> Session:
    captures = [Capture(file=f, trace=load_trace(f)) for f in discover(logdir).files]
    return align(captures, AlignOptions()).sessions[1]


def test_the_place_of_a_session(session: Session, file: CaptureFile, logdir: str) -> None:
    assert trace_viewer_place(session, file, logdir) == TraceViewerPlace(
        run="worker_b/2026_11_23_03_02_43", host="demo-host", zero=session.offset
    )
    assert session.offset == 4_217_641  # worker_b's profiler started by that much later than worker_a's


def test_a_log_directory_that_is_a_run(session: Session, logdir: str) -> None:
    run = str(Path(logdir) / "worker_b")
    (file,) = discover(run).files
    place = trace_viewer_place(session, file, run)
    assert place is not None
    assert place.run == "2026_11_23_03_02_43"


def test_a_relative_log_directory(
    session: Session, demo_logs: Path, logdir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(demo_logs)
    for given in ("recorded_two_processes", "./recorded_two_processes/"):
        assert trace_viewer_place(session, discover(given).files[1], given) is not None
    monkeypatch.chdir(logdir)
    assert trace_viewer_place(session, discover(".").files[1], ".") is not None


def test_no_place_for_what_xprof_does_not_reach(session: Session, file: CaptureFile, logdir: str) -> None:
    layout = Path(logdir) / "worker_b" / "plugins" / "profile"
    for inside in (layout, layout / "2026_11_23_03_02_43"):
        (found,) = discover(str(inside)).files
        assert trace_viewer_place(session, found, str(inside)) is None
    (named,) = discover("", spec=f"one:{layout.parents[1]}").files
    assert trace_viewer_place(session, named, "") is None
    assert trace_viewer_place(session, named, logdir) is None
    assert trace_viewer_place(session, replace(file, path=f"gs://bucket/{file.relative}"), "gs://bucket") is None
    assert trace_viewer_place(session, replace(file, path=file.path.replace("demo", "\udcff")), logdir) is None
    assert trace_viewer_place(session, replace(file, host="a,b"), logdir) is None


def test_no_place_for_what_xprof_does_not_read(session: Session, file: CaptureFile, logdir: str) -> None:
    assert trace_viewer_place(session, replace(file, container=Container.TRACE_JSON), logdir) is None
    assert trace_viewer_place(session, replace(file, container=Container.TRACE_PROTO), logdir) is None
    cut = replace(session, trace=replace(session.trace, complete=False))
    assert trace_viewer_place(cut, file, logdir) is None


def test_no_place_for_lines_in_unix_time(session: Session, file: CaptureFile, logdir: str) -> None:
    assert not session.trace.clock.unix_lines
    space = parsed(Path(file.path).read_bytes())
    for line in (line for plane in space.planes for line in plane.lines):
        line.timestamp_ns += session.trace.clock.start_ns
    trace = decode_xspace(space.SerializeToString(), file="f")
    assert trace.clock.unix_lines
    assert trace.span == session.trace.span
    assert trace_viewer_place(replace(session, trace=trace), file, logdir) is None
