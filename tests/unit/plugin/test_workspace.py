"""What takes seconds to measure is shown before: long captures, and all while functions compile; nothing partial leaves as a report."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tb_contention import analysis
from tb_contention.analysis import FirstLook, measured
from tb_contention.model.contention import Evidence, Mechanism
from tb_contention.plugin import analysing, views
from tb_contention.plugin.requests import View
from tb_contention.plugin.scanning import AnyGroup, Scan
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


SHIFTED = tuple(View(shifts=(("trainer/2026_03_05_10_00_00/simulated-host", 1000 * n),)) for n in range(1, 13))


def asked_together(space: Workspace, views: tuple[View, ...]) -> list[State]:
    """Ask for several views like several panels do, until none has anything to wait for."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        states = [space.summary(view) for view in views]
        if all(state.state in ("ready", "failed") for state in states):
            return states
        time.sleep(0.05)
    pytest.fail("some view is never ready")


def test_many_who_each_look_at_a_view_of_their_own_all_keep_it(demo_logs: Path) -> None:
    space = Workspace(str(demo_logs / "simulated_time_slicing" / "together"), "")

    states = asked_together(space, (VIEW, *SHIFTED))

    assert [state.state for state in states] == ["ready"] * 13
    assert all(state.analysis is not None for state in states)


def test_views_beyond_the_memory_are_dropped(demo_logs: Path) -> None:
    space = Workspace(str(demo_logs / "simulated_time_slicing" / "together"), "", memory=1 << 20)
    until(space, lambda state: state.state == "ready")
    states = {}
    for view in SHIFTED:
        state = space.settled(view)
        states[view] = space.summary(view, state.revision)
        assert state.state == "ready", state.message

    held = [s.held for _, s in space._views if s.held is not None]

    assert 1 < len(held) <= 8


def test_a_view_that_fails_unexpectedly_fails_alone_and_once(demo_logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[object] = []
    revision = Scan.revision

    def failing(scan: Scan, group: AnyGroup | None, baselines: object = ()) -> str:
        if baselines:
            tries.append(scan)
            raise ZeroDivisionError
        return revision(scan, group)

    monkeypatch.setattr(Scan, "revision", failing)
    bad = View(baselines=(("trainer/2026_03_05_10_00_00/simulated-host", ""),))
    space = Workspace(str(demo_logs / "simulated_time_slicing" / "together"), "")

    states = asked_together(space, (VIEW, bad))
    again = [space.summary(bad) for _ in range(5)]

    assert [state.state for state in states] == ["ready", "failed"]
    assert "ZeroDivisionError" in states[1].message
    assert {state.state for state in again} == {"failed"}
    assert len(tries) == len(set(map(id, tries)))


def test_nobody_works_for_those_who_have_gone(demo_logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LOOKS", 0.0)
    monkeypatch.setattr(views, "WAITS", 0.0)
    space = Workspace(str(demo_logs / "simulated_time_slicing" / "together"), "")
    for view in SHIFTED:
        space.summary(view)
    space.settled(VIEW)

    assert all(state.held is None for view, state in space._views if view in SHIFTED)
