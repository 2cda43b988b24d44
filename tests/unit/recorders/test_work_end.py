"""Device events that end before the capture does: what came later is lost, and neither idle nor undisturbed."""

from dataclasses import replace

import numpy as np
import pytest

from tb_contention.model.trace import KernelTable, LaunchTable, Trace
from tb_contention.recorders.common.work_end import with_work_end
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.simulate import write_scenario


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    folder = write_scenario("time_slicing", tmp_path_factory.mktemp("whole"), alone=False)
    file = next(folder.rglob("trainer/plugins/profile/*/*.xplane.pb"))
    return decode_xspace(np.fromfile(file, np.uint8), file="x")


def until(trace: Trace, part: float) -> Trace:
    """Drop the device events after a part of the capture, as a full buffer does."""
    kept = np.flatnonzero(trace.kernels.start + trace.kernels.duration < part * trace.span[1])
    columns = {name: getattr(trace.kernels, name)[kept] for name in KernelTable.__dataclass_fields__}
    return replace(trace, kernels=KernelTable(**columns))


def test_work_ends_where_launches_go_on_without_kernels(trace: Trace) -> None:
    cut = until(trace, 0.5)
    found = with_work_end(cut, "x")
    assert found.work_end == int((cut.kernels.start + cut.kernels.duration).max())
    assert [p.slug for p in found.problems if p not in cut.problems] == ["device-work-ends-early"]
    later = int((trace.launches.start > found.work_end).sum())
    assert f"launches {later:,} more kernels" in found.problems[-1].message


@pytest.mark.parametrize("part", [1.1, 0.995])
def test_a_queue_at_the_end_of_a_capture_is_no_loss(trace: Trace, part: float) -> None:
    cut = until(trace, part)
    assert with_work_end(cut, "x") is cut


def test_without_launches_the_profiler_must_say_that_it_dropped_events(trace: Trace) -> None:
    none = LaunchTable(**{n: getattr(trace.launches, n)[:0] for n in LaunchTable.__dataclass_fields__})
    cut = replace(until(trace, 0.5), launches=none)
    assert with_work_end(cut, "x") is cut
    said = replace(cut, profiler_messages=("Dropped 1178 events because of the limit on device events.",))
    found = with_work_end(said, "x")
    assert found.work_end == int((cut.kernels.start + cut.kernels.duration).max())
    assert "launches" not in found.problems[-1].message
    assert with_work_end(replace(said, kernels=trace.kernels), "x").work_end is None
