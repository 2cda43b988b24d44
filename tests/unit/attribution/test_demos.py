"""The recorded demo programs: two sessions, one with queue threads, one model in two parts, two processes."""

from pathlib import Path

import pytest

import tb_contention
from tb_contention.model.attribution import Rule
from tb_contention.model.report import DeviceReport, Report


def report_of(demo_logs: Path, name: str) -> tuple[Report, DeviceReport]:
    """Analyse one demo log; it has one device."""
    report = tb_contention.analyse(demo_logs / name, cache_dir=None)
    (device,) = report.devices
    return report, device


def test_two_sessions_compete_inside_their_process(demo_logs: Path) -> None:
    report, device = report_of(demo_logs, "recorded_two_sessions")
    process, *parts = (entry.session for entry in report.sessions)
    assert [part.name for part in parts] == ["model_a", "model_b"]
    assert device.sessions == tuple(part.id for part in parts)
    assert [len(part.trace.steps) for part in parts] == [20, 20]
    assert sum(len(part.trace.kernels) for part in parts) == len(process.trace.kernels)
    assert {part.attribution.rule for part in parts if part.attribution is not None} == {Rule.MODEL_ID}


def test_their_memory_stays_with_the_process(demo_logs: Path) -> None:
    report, device = report_of(demo_logs, "recorded_two_sessions")
    assert device.memory is not None
    assert {peak.session for peak in device.memory.allocators} == {report.sessions[0].session.id}
    assert device.memory.sessions_without_data == ()


def test_queue_threads_are_one_session_that_waits_for_them(demo_logs: Path) -> None:
    report, device = report_of(demo_logs, "recorded_queue_threads")
    (entry,) = report.sessions
    assert {entry.session.trace.strings[row] for row in entry.session.trace.steps.name.tolist()} == {"train"}
    assert len(entry.session.trace.steps) == 153
    threads = {part.thread: part for part in device.parts.threads}
    assert set(threads) == {"python", "inputs/queue (2 threads)", "noise/queue (2 threads)"}
    assert threads["python"].runs == 153
    assert threads["python"].waits_for in threads
    assert 0 < threads["python"].waited < threads["python"].busy


def test_a_model_in_two_parts_shows_both(demo_logs: Path) -> None:
    report, device = report_of(demo_logs, "recorded_split_model")
    assert len(report.sessions) == 1
    parts = {part.scope: part for part in device.parts.scopes}
    assert set(parts) == {"first_half", "second_half"}
    assert all(part.kernels == 156 and part.peak for part in parts.values())


def test_two_processes_stay_two_processes(demo_logs: Path) -> None:
    report, device = report_of(demo_logs, "recorded_two_processes")
    assert {entry.session.kind for entry in report.sessions} == {"process"}
    assert len(device.sessions) == 2
    assert [len(entry.session.trace.steps) for entry in report.sessions] == [57, 58]


@pytest.mark.parametrize("name", ["recorded_two_sessions", "recorded_queue_threads", "recorded_split_model"])
def test_every_form_of_report_copes(demo_logs: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    from tb_contention.cli.main import main

    for form in ("json", "csv", "html", "markdown"):
        assert main(["report", str(demo_logs / name), "--format", form]) == 0
        assert capsys.readouterr().out
