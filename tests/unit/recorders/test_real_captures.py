"""What must come out of real captures: of every release that was recorded, and of GPUs."""

from pathlib import Path

import numpy as np
import pytest
from recorded import recorded_folders

import tb_contention
from tb_contention.model.report import Report

#: The clock that each era allows: file times before TF 2.5, element ids where a tf.data pipeline ran, the profiler's own from 2.17.
CLOCKS = {
    "tf-1.15.0": {"file_time"}, "tf-2.2.0": {"file_time"}, "tf-2.4.0": {"file_time"}, "tf-2.6.0": {"file_time", "tf_data"},
    "tf-2.10.0": {"file_time", "tf_data"}, "tf-2.12.0": {"file_time", "tf_data"}, "tf-2.15.0": {"file_time", "tf_data"},
    "tf-2.17.0": {"task_environment"},
}  # fmt: skip


def report_of(folder: Path) -> Report:
    return tb_contention.analyse(folder, cache_dir=None)


@pytest.mark.parametrize("release", sorted(CLOCKS))
def test_each_release_opens_with_the_clock_that_it_allows(release: str, real_traces: Path) -> None:
    report = report_of(real_traces / "eras" / release)

    assert {s.clock.source.value for s in report.sessions} == CLOCKS[release]
    assert not [p for p in report.problems if p.severity.value == "error"]


def test_keras_captures_of_one_release_have_element_ids(real_traces: Path) -> None:
    report = report_of(real_traces / "eras" / "tf-2.10.0")

    assert {s.session.run.split("/")[0]: s.clock.source.value for s in report.sessions} == {
        "exp": "file_time",
        "keras": "tf_data",
    }


def test_three_steps_and_three_session_runs_are_six_steps(real_traces: Path) -> None:
    report = report_of(real_traces / "eras" / "tf-2.17.0" / "exp")

    assert [len(s.session.trace.steps) for s in report.sessions] == [6]


def test_kernels_of_the_bert_capture_are_counted_without_derived_lines_and_copies(real_traces: Path) -> None:
    report = report_of(real_traces / "gpu_multi_worker")

    counted = {d.id.rpartition(":")[2]: (d.per_session[0].kernels, d.per_session[0].copies) for d in report.devices}
    assert counted == {"4": (665, 94), "6": (665, 113), "1": (0, 19)}
    assert all(d.memory is not None for d in report.devices)


def test_eight_gpus_of_a_jax_capture_are_busy_with_clock_and_memory(real_traces: Path) -> None:
    report = report_of(real_traces / "mi300x_jax" / "conv_8gpu")

    assert len(report.devices) == 8
    assert all(d.per_session[0].busy > 0 and d.memory is not None and d.memory.peak > 0 for d in report.devices)
    assert {s.clock.source.value for s in report.sessions} == {"task_environment"}


def test_times_add_up_exactly(real_traces: Path) -> None:
    for device in (device for folder in recorded_folders(real_traces) for device in report_of(folder).devices):
        time = device.time
        assert time.idle + time.exclusive + time.contended == time.window
        assert all(share.exclusive + share.contended == share.busy for share in device.per_session)


def test_old_containers_say_what_they_do_not_hold(real_traces: Path) -> None:
    for release in ("tf-1.15.0", "tf-2.2.0"):
        report = report_of(real_traces / "eras" / release)

        assert "legacy-container" in {p.slug for p in report.problems}
        assert all(len(s.session.trace.allocations) == 0 for s in report.sessions)


def test_bytes_in_use_are_the_allocators_own(real_traces: Path) -> None:
    (session,) = report_of(real_traces / "gpu_multi_worker").sessions
    table = session.session.trace.allocations

    assert np.all(table.in_use + table.available >= 0)
    for allocator in np.unique(table.allocator):
        rows = table.allocator == allocator
        assert len(np.unique((table.in_use + table.available)[rows])) == 1
