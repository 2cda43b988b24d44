"""What the recorder gets wrong, and each release's layout, read back with the project's own decoder."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tb_contention.model.trace import NONE, Trace
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.simulate import RANDOM_MODES, Scenario, play, random_scenario, write_scenario
from tb_contention.simulate.recording import recorded_spans
from tb_contention.simulate.scenarios import EPOCH_NS
from tb_contention.simulate.sharing import Queue, TimeSlices
from tb_contention.simulate.workload import Era, Recorder, SessionSpec, plain_step

ORIGIN = EPOCH_NS + 20_000_000


def session(name: str = "a", **changes: object) -> SessionSpec:
    spec = SessionSpec(
        name=name, items=plain_step(20, 100.0), steps=60, window=(20.0, 220.0), pause=0.5, noise=0.02, process_id=1000 + ord(name)
    )  # fmt: skip
    return replace(spec, **changes)  # type: ignore[arg-type]


def scenario_of(*sessions: SessionSpec) -> Scenario:
    return Scenario(name="t", summary="t", sessions=sessions, policy=lambda: TimeSlices(2e6, 1e5), slice_ns=2e6)


def read(folder: Path, process: str) -> Trace:
    (path,) = (folder / process).rglob("*.xplane.pb")
    return decode_xspace(path.read_bytes(), file=path.name)


def recorded(spec: SessionSpec, folder: Path) -> Trace:
    write_scenario(scenario_of(spec, session("z")), folder, seed=2, alone=False)
    return read(folder, f"together/{spec.process or spec.name}")


def test_files_hold_every_kernel_of_the_window_to_the_nanosecond(tmp_path: Path) -> None:
    trace = recorded(session(), tmp_path)
    (played, _) = play(scenario_of(session(), session("z")), 2)
    spans = np.array(recorded_spans(played.spec, played.shared), np.int64) - 20_000_000
    assert (trace.kernels.start // 1000).tolist() == spans[:, 0].tolist()
    assert (trace.kernels.duration // 1000).tolist() == (spans[:, 1] - spans[:, 0]).tolist()
    assert len(spans) < sum(len(r.start) for r in played.shared)
    assert trace.clock.start_ns == ORIGIN
    assert trace.complete
    assert trace.profiler_messages == ()


@pytest.mark.parametrize("offset", [-1_000_000.0, 70_000.0])
def test_a_wrong_clock_moves_the_stated_start_and_no_event(offset: float, tmp_path: Path) -> None:
    right = recorded(session(), tmp_path / "right")
    wrong = recorded(session(recorder=Recorder(offset=offset)), tmp_path / "wrong")
    assert wrong.clock.start_ns == ORIGIN + int(offset)
    assert wrong.kernels.start.tolist() == right.kernels.start.tolist()


def test_a_drifting_clock_stretches_all_times(tmp_path: Path) -> None:
    right = recorded(session(), tmp_path / "right")
    wrong = recorded(session(recorder=Recorder(drift=50.0)), tmp_path / "wrong")
    assert wrong.kernels.start == pytest.approx(right.kernels.start * (1 + 50e-6), abs=2)
    assert wrong.steps.start == pytest.approx(right.steps.start * (1 + 50e-6), abs=2)


def test_dropped_kernels_are_missing_and_the_profiler_says_so(tmp_path: Path) -> None:
    whole = recorded(session(), tmp_path / "whole")
    lossy = recorded(session(recorder=Recorder(lost_kernels=0.2)), tmp_path / "lossy")
    assert len(lossy.kernels) == pytest.approx(0.8 * len(whole.kernels), rel=0.1)
    assert len(lossy.launches) == len(whole.launches)
    assert any("Dropped" in message for message in lossy.profiler_messages)


def test_dropped_launches_leave_kernels_without_one(tmp_path: Path) -> None:
    whole = recorded(session(), tmp_path / "whole")
    lossy = recorded(session(recorder=Recorder(lost_launches=0.3)), tmp_path / "lossy")
    assert lossy.kernels.start.tolist() == whole.kernels.start.tolist()
    assert len(lossy.launches) == pytest.approx(0.7 * len(whole.launches), rel=0.1)


@pytest.mark.parametrize("era", [Era.TF_2_6, Era.TF_2_14])
def test_releases_without_an_environment_can_be_placed_by_their_data_pipeline(era: Era, tmp_path: Path) -> None:
    trace = recorded(session(recorder=Recorder(era=era)), tmp_path)
    assert trace.clock.start_ns is None
    assert trace.clock.tf_data_origin_ns == pytest.approx(ORIGIN, abs=2_000)
    assert trace.process_id is None
    assert (trace.kernels.group != -1).all() == (era is Era.TF_2_6)


def test_jax_names_the_module_of_each_kernel_and_the_process(tmp_path: Path) -> None:
    trace = recorded(session(recorder=Recorder(era=Era.JAX)), tmp_path)
    assert {trace.strings[row] for row in set(trace.kernels.module.tolist())} == {"jit_train"}
    assert trace.process_id == 1000 + ord("a")
    assert (np.diff(trace.steps.number) == 1).all()


def test_kernels_of_a_graph_share_one_launch_and_name_it(tmp_path: Path) -> None:
    items = tuple(replace(item, graph=k // 10) for k, item in enumerate(plain_step(20, 100.0)))
    trace = recorded(session(items=items), tmp_path)
    counts = np.unique(trace.kernels.correlation, return_counts=True)[1]
    assert counts.max() == 10
    assert set(trace.kernels.graph.tolist()) == {1, 2}


def test_processes_use_equal_stream_and_correlation_ids(tmp_path: Path) -> None:
    write_scenario(scenario_of(session("a"), session("b")), tmp_path, alone=False)
    a, b = (read(tmp_path, f"together/{name}") for name in "ab")
    assert [s.id for s in a.streams] == [s.id for s in b.streams] == [20]
    assert set(a.kernels.correlation.tolist()) & set(b.kernels.correlation.tolist())


@pytest.mark.parametrize(("streams", "lines"), [((20, 20), [20]), ((20, 30), [20, 30])])
def test_sessions_of_one_process_share_a_file_and_say_whose_runs_are_whose(
    streams: tuple[int, int], lines: list[int], tmp_path: Path
) -> None:
    pair = (session(name, process="program", process_id=7, stream=s) for name, s in zip("ab", streams, strict=True))
    made = replace(scenario_of(*pair), policy=Queue, mechanism="single_stream", slice_ns=None)
    write_scenario(made, tmp_path, alone=False)
    trace = read(tmp_path, "together/program")
    models = {trace.strings[row] for row in set(trace.host_events.model.tolist()) if row >= 0}
    assert [s.id for s in trace.streams] == lines
    assert models == {"a:1", "b:1"}
    assert len(set(trace.launches.correlation.tolist())) == len(trace.launches)
    if lines == [20]:
        ends = trace.kernels.start + trace.kernels.duration
        assert (trace.kernels.start[1:] >= ends[:-1]).all()


def test_capture_windows_cut_what_is_not_whole_in_them(tmp_path: Path) -> None:
    trace = recorded(session(window=(50.0, 90.0)), tmp_path)
    assert trace.clock.start_ns == EPOCH_NS + 50_000_000
    assert trace.span[1] <= 40_000_000_000
    assert (trace.steps.number != NONE).all()


@pytest.mark.parametrize("mode", RANDOM_MODES)
def test_random_scenarios_are_equal_for_equal_seeds_and_their_truth_adds_up(mode: str, tmp_path: Path) -> None:
    for name in "ab":
        write_scenario(random_scenario(5, mode), tmp_path / name, seed=5, alone=False)
    first, second = ({p.name: p.read_bytes() for p in sorted((tmp_path / n).rglob("*.pb"))} for n in "ab")
    truth = json.loads((tmp_path / "a" / "truth.json").read_text())
    assert first == second
    assert truth == json.loads((tmp_path / "b" / "truth.json").read_text())
    assert sum(truth["time"].values()) == truth["window"]["length"]
    for found in truth["sessions"].values():
        mean, alone = found["period_mean_shared"], found["period_mean_alone"]
        if alone:
            assert found["slowdown"] == pytest.approx(mean / alone, rel=1e-5)
            assert found["lost"] == pytest.approx((mean - alone) * found["periods"], abs=found["periods"])
        # A host that waits for the device each step, and launches faster than it computes, has no slack: it loses all of it.
        if mode not in ("host_bound", "asynchronous"):
            assert found["stretch"] + found["stall"] == pytest.approx(found["lost"], abs=2)
            assert sum(found["lost_to"].values()) == pytest.approx(found["lost"], abs=2)
        if truth["mechanism"] == "none":
            assert found["slowdown"] in (None, pytest.approx(1.0))
            assert set(found["lost_to"].values()) == {0}
            # Where sessions only follow each other, the device still changes over once, for 0.15 ms at most.
            assert sum(found["waited_for"].values()) <= (150_000 if mode == "disjoint" else 0)
