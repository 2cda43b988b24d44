from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from golden.reports import report_of
from lanes import session_of

from tb_contention.health.traces import MOST, trace_checks
from tb_contention.model.alignment import AlignedTraces, ClockOffset, ClockSource, Identity, Session
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.health import Check, Status
from tb_contention.model.manifest import KernelMode, ManifestSession
from tb_contention.model.report import Report
from tb_contention.model.trace import Stream
from tb_contention.pipeline import analyse_logdir
from tb_contention.units import Nanoseconds

RIGHTS = "CUPTI error: cuptiSubscribe: error 35: CUPTI_ERROR_INSUFFICIENT_PRIVILEGES"
DROPPED = "Dropped 17 activity events: max_activity_api_events is exceeded"


def checks_of(sessions: list[Session], **changed: object) -> list[Check]:
    report: Report = replace(report_of(sessions), **changed)  # type: ignore[arg-type]
    aligned = AlignedTraces(origin_ns=0, sessions=tuple(s.session for s in report.sessions), groups=())
    return trace_checks(report, aligned)


def named(checks: list[Check], name: str) -> list[Check]:
    return [check for check in checks if check.name == name]


def text_field(number: int, text: str) -> bytes:
    """Write a string field of a protobuf message: appended to a file it is part of the message."""
    data = text.encode()
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def logs_with(tmp_path: Path, demo_logs: Path, appended: bytes) -> list[Check]:
    """Look at a simulated capture to which a message of the profiler is appended."""
    (source,) = (demo_logs / "simulated_time_slicing" / "together" / "trainer").rglob("*.xplane.pb")
    folder = tmp_path / "run" / "plugins" / "profile" / "2026_03_05_10_00_00"
    folder.mkdir(parents=True)
    (folder / source.name).write_bytes(source.read_bytes() + appended)
    analysis = analyse_logdir(tmp_path)
    return trace_checks(analysis.report, analysis.aligned)


@pytest.mark.parametrize(
    ("appended", "name", "status", "remedy"),
    [
        (text_field(2, RIGHTS), "cupti-no-rights", Status.FAULT, "NVreg_RestrictProfilingToAdminUsers=0"),
        (text_field(3, RIGHTS), "cupti-no-rights", Status.FAULT, "CAP_SYS_ADMIN"),
        (
            text_field(2, "could not load dynamic library libcupti.so"),
            "cupti-not-loaded",
            Status.FAULT,
            "LD_LIBRARY_PATH",
        ),
        (text_field(3, DROPPED), "events-dropped", Status.NOTE, "shorter window"),
        (b"\x0a\x7f\x12", "truncated-xspace", Status.FAULT, "Copy the file again"),
    ],
)
def test_what_the_profiler_says_is_told_with_the_way_out(
    appended: bytes, name: str, status: Status, remedy: str, tmp_path: Path, demo_logs: Path
) -> None:
    (check,) = named(logs_with(tmp_path, demo_logs, appended), name)
    assert check.status is status
    assert remedy in check.remedy


def test_a_whole_capture_is_in_order(tmp_path: Path, demo_logs: Path) -> None:
    checks = logs_with(tmp_path, demo_logs, b"")
    assert {check.status for check in checks} == {Status.OK}
    assert named(checks, "captures")[0].message.startswith("1 of 1 readable capture is complete")


@pytest.mark.parametrize(
    ("source", "error", "status", "told"),
    [
        (ClockSource.TASK_ENVIRONMENT, 10_000, Status.OK, "task environment, ±10.0 µs"),
        (ClockSource.SHARED_CAPTURE, 20_000_000, Status.NOTE, "shared capture, ±20.0 ms"),
        (ClockSource.FILE_TIME, 7_200 * 10**9, Status.NOTE, "file time, ±2.00 h"),
        (ClockSource.NONE, None, Status.NOTE, "none, error unknown"),
    ],
)
def test_clocks_are_told_with_their_errors(source: ClockSource, error: int | None, status: Status, told: str) -> None:
    bound = None if error is None else Nanoseconds(error)
    clock = ClockOffset(source=source, origin_ns=0, error=bound, absolute_error=bound)
    (check,) = named(checks_of([replace(session_of("solo", "AA"), clock=clock)]), "clock")
    assert (check.status, check.message) == (status, told)
    assert (check.remedy == "") is (status is Status.OK)


def test_a_clock_that_keeps_sessions_apart_is_a_fault() -> None:
    session = session_of("solo", "AA")
    finding = Finding(
        rule="clock-too-coarse", severity=Severity.INFO, title="t", detail="d", advice="a", sessions=(session.id,)
    )
    (check,) = named(checks_of([session], findings=(finding,)), "clock")
    assert check.status is Status.FAULT
    assert "--shift" in check.remedy


@pytest.mark.parametrize(
    ("identity", "statuses"),
    [(Identity.ASSUMED, [Status.NOTE]), (Identity.MANIFEST, [Status.OK]), (Identity.USER, [Status.OK])],
)
def test_an_assumed_gpu_is_told_where_sessions_share_it(identity: Identity, statuses: list[Status]) -> None:
    sessions = [session_of("a", "AA"), session_of("b", "BB")]
    report = report_of(sessions)
    group = replace(report.devices[0].group, device=replace(report.devices[0].group.device, identity=identity))
    devices = (replace(report.devices[0], group=group),)
    assert [c.status for c in named(checks_of(sessions, devices=devices), "gpu-identity")] == statuses
    assert named(checks_of([session_of("a", "AA")]), "gpu-identity") == []


def test_sessions_without_steps_and_gpus_without_memory_events_are_told() -> None:
    checks = checks_of([session_of("a", "AA"), session_of("b", "BB")])
    assert [(c.status, c.about) for c in named(checks, "steps")] == [(Status.NOTE, "a/host0"), (Status.NOTE, "b/host0")]
    assert [c.status for c in named(checks, "memory")] == [Status.NOTE]


def with_streams(row: str, streams: list[int], kind: int = 0) -> Session:
    """A session whose kernels, in the order drawn, are on these streams."""
    session = session_of("a", row)
    trace = session.trace
    kernels = replace(
        trace.kernels,
        stream=np.array(streams, np.int32),
        kind=np.full(len(trace.kernels), kind, np.uint8),
    )
    lines = tuple(Stream(device=0, id=number, name=f"Stream #{number}") for number in range(max(streams) + 1))
    return replace(session, trace=replace(trace, kernels=kernels, streams=lines))


def overlapping() -> Session:
    session = with_streams("AABB", [0, 1])
    kernels = replace(session.trace.kernels, duration=session.trace.kernels.duration * 2)
    return replace(session, trace=replace(session.trace, kernels=kernels))


def test_kernels_that_never_ran_at_once_on_several_streams_may_have_been_serialised() -> None:
    (check,) = named(checks_of([with_streams("AABB", [0, 1])]), "concurrent-kernels")
    assert check.status is Status.NOTE
    assert "does not show which" in check.message
    assert "TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL=1" in check.remedy


def test_kernels_that_ran_at_once_were_not_serialised_and_one_stream_tells_nothing() -> None:
    (check,) = named(checks_of([overlapping()]), "concurrent-kernels")
    assert (check.status, check.about) == (Status.OK, "a/host0")
    (check,) = named(checks_of([with_streams("AABB", [0, 0])]), "concurrent-kernels")
    assert check.message.startswith(
        "1 capture has all kernels on one stream, so it does not matter whether the profiler serialises"
    )


def test_copies_beside_kernels_do_not_show_that_kernels_ran_at_once() -> None:
    session = overlapping()
    kernels = replace(session.trace.kernels, kind=np.array([0, 1], np.uint8))
    copying = replace(session, trace=replace(session.trace, kernels=kernels))
    (check,) = named(checks_of([copying]), "concurrent-kernels")
    assert "on one stream" in check.message


def test_many_lines_of_one_kind_are_counted() -> None:
    checks = named(checks_of([session_of(f"s{number}", "A") for number in range(MOST + 5)]), "clock")
    assert len(checks) == MOST + 1
    assert checks[-1].message == "5 more, none of them worse"


def test_a_manifest_that_states_the_tracers_mode_takes_the_place_of_guessing() -> None:
    guessed = with_streams("AABB", [0, 1])
    stated = replace(guessed, manifest=ManifestSession(kernel_mode=KernelMode.CONCURRENT))

    assert named(checks_of([guessed]), "concurrent-kernels")
    assert not named(checks_of([stated]), "concurrent-kernels")
    (check,) = named(checks_of([stated]), "recording")
    assert "could overlap" in check.message


@pytest.mark.parametrize(
    ("case", "steps", "memory"),
    [
        ("external_id_is_correlation", "torch.profiler", "profile_memory=True"),
        ("nsys_table_suffix", "NVTX range", "--cuda-memory-usage=true"),
    ],
)
def test_remedies_are_in_the_words_of_the_recorder(real_traces: Path, case: str, steps: str, memory: str) -> None:
    found = analyse_logdir(str(real_traces / "public_cases" / case), cache=None)
    remedies = {c.name: c.remedy for c in trace_checks(found.report, found.aligned) if c.status is Status.NOTE}

    assert steps in remedies["steps"]
    assert memory in remedies["memory"]
    assert "tf." not in remedies["steps"]
