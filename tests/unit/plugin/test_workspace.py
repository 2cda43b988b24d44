"""What takes seconds to measure is shown before: long captures, and all while functions compile; nothing partial leaves as a report."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tb_contention import analysis
from tb_contention.analysis import FirstLook, measured
from tb_contention.model.contention import Evidence, Mechanism
from tb_contention.plugin import analysing
from tb_contention.plugin.requests import View
from tb_contention.plugin.views import State
from tb_contention.plugin.workspace import Workspace
from tb_contention.simulate.nsight import write_report

VIEW = View()


def until(space: Workspace, done: Callable[[State], bool]) -> State:
    """Ask like the panel does."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        state = space.summary(VIEW)
        assert state.state != "failed", state.message
        if done(state):
            return state
        time.sleep(0.02)
    pytest.fail("the workspace did not get there")


@pytest.mark.parametrize(("long", "compiles"), [(100, False), (analysing.LONG, True)])
def test_what_takes_long_to_measure_is_shown_before(
    demo_logs: Path, monkeypatch: pytest.MonkeyPatch, long: int, compiles: bool
) -> None:
    go_on: list[bool] = []

    def wait(look: FirstLook) -> object:
        while not go_on:
            time.sleep(0.01)
        return measured(look)

    monkeypatch.setattr(analysing, "LONG", long)
    monkeypatch.setattr(analysing, "measuring_compiles", lambda: compiles)
    monkeypatch.setattr(analysis, "measured", wait)
    space = Workspace(str(demo_logs / "simulated_time_slicing" / "together"), "")
    first = until(space, lambda state: state.analysis is not None)
    assert first.analysis is not None
    device = first.analysis.report.devices[0]
    timeline, revision = space.timeline(VIEW, device.id)
    go_on.append(True)
    whole = until(space, lambda state: state.state == "ready")

    assert (first.partial, first.state) == (True, "working")
    assert device.overlap.time.contended > 0
    assert device.cost.mechanism is Mechanism.UNKNOWN
    assert all(loss.slowdown.evidence is Evidence.D and loss.slowdown.low is None for loss in device.losses)
    assert timeline is not None
    assert revision == first.revision != whole.revision
    assert not whole.partial
    assert whole.analysis is not None
    assert whole.analysis.report.devices[0].cost.mechanism is Mechanism.TIME_SLICING
    assert space.timeline(VIEW, device.id)[1] == whole.revision


def test_a_short_capture_is_shown_when_it_is_whole(demo_logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysing, "measuring_compiles", lambda: False)
    space = Workspace(str(demo_logs / "simulated_time_slicing" / "together"), "")
    state = until(space, lambda found: found.analysis is not None)

    assert (state.partial, state.state) == (False, "ready")


def test_the_processes_of_a_report_are_sessions_of_the_tab(tmp_path: Path) -> None:
    write_report("time_slicing", tmp_path)
    space = Workspace(str(tmp_path), "")
    state = until(space, lambda found: found.state == "ready")

    assert state.analysis is not None
    assert [s.session.process_id for s in state.analysis.report.sessions] == [4021, 4388]
    assert len(state.analysis.report.devices) == 1
    timeline, _ = space.timeline(VIEW, state.analysis.report.devices[0].id)
    assert timeline is not None
