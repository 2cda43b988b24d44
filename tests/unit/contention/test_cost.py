"""What a report says sharing cost, on small simulated pairs from bytes to report, and the laws that blame obeys."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import tb_contention
from tb_contention.analysis import Options
from tb_contention.model.contention import UNTRACED, Confidence, Cost, Evidence, Mechanism
from tb_contention.model.report import Report
from tb_contention.simulate import Scenario, random_scenario, write_scenario
from tb_contention.simulate.sharing import TimeSlices
from tb_contention.simulate.workload import Item, Recorder, SessionSpec


def report_of(
    scenario: Scenario, folder: Path, *, alone: bool = False, baselines: dict[str, str] | None = None
) -> Report:
    write_scenario(scenario, folder, seed=1, alone=alone)
    place = folder if alone else folder / "together"
    return tb_contention.analyse(place, cache_dir=None, options=Options(baselines=baselines or {}))


def cost_of(report: Report) -> Cost:
    return next(device.cost for device in report.devices if len(device.sessions) > 1)


def truth_of(folder: Path) -> dict[str, float]:
    sessions = json.loads((folder / "truth.json").read_text())["sessions"]
    return {name: values["slowdown"] for name, values in sessions.items()}


def by_name(report: Report) -> dict[str, float | None]:
    return {report.session(r.session).name: r.slowdown.estimate for r in cost_of(report).losses}


@pytest.mark.parametrize("mode", ["time_slicing", "mps", "single_stream"])
def test_every_victims_blame_adds_up_to_its_loss(mode: str, tmp_path: Path) -> None:
    cost = cost_of(report_of(random_scenario(1, mode), tmp_path))

    assert cost.blame
    for result in cost.losses:
        rows = [b for b in cost.blame if b.victim == result.session]
        assert all(b.culprit != result.session for b in rows)
        if result.lost is not None:
            assert sum(b.lost for b in rows) == result.lost


def test_a_capture_alone_gives_class_a_where_sessions_always_contend(tmp_path: Path) -> None:
    scenario = random_scenario(3, "processor_sharing", saturated=True)
    unaided = cost_of(report_of(scenario, tmp_path / "without"))
    names = {f"together/{s.name}": f"alone/{s.name}" for s in scenario.sessions}
    aided = report_of(scenario, tmp_path / "with", alone=True, baselines=names)
    truth = truth_of(tmp_path / "with")

    assert {r.slowdown.evidence for r in unaided.losses} == {Evidence.D}
    assert all(r.slowdown.settle and r.lost is None for r in unaided.losses)
    assert {r.slowdown.evidence for r in cost_of(aided).losses} == {Evidence.A}
    for name, estimate in by_name(aided).items():
        assert estimate == pytest.approx(truth[name.removeprefix("together/")], rel=0.03)


def test_the_launch_latency_of_a_capture_alone_tells_a_host_that_waits_from_one_that_is_slow(tmp_path: Path) -> None:
    scenario = random_scenario(1, "host_bound", saturated=True)
    report = report_of(
        scenario, tmp_path, alone=True, baselines={f"together/{s.name}": f"alone/{s.name}" for s in scenario.sessions}
    )
    truth = truth_of(tmp_path)

    for name, estimate in by_name(report).items():
        assert estimate == pytest.approx(truth[name.removeprefix("together/")], rel=0.01)


@pytest.mark.parametrize("offset", [-9_000.0, 9_000.0])
def test_a_clock_that_is_wrong_within_its_bound_changes_no_conclusion(offset: float, tmp_path: Path) -> None:
    right = random_scenario(2, "mps")
    first, second = right.sessions
    wrong = replace(right, sessions=(replace(first, recorder=Recorder(offset=offset)), second))
    a, b = report_of(right, tmp_path / "right"), report_of(wrong, tmp_path / "wrong")

    assert cost_of(a).mechanism is cost_of(b).mechanism is Mechanism.CONCURRENT
    for name, estimate in by_name(a).items():
        assert by_name(b)[name] == pytest.approx(estimate, rel=0.005)


def test_relabelled_sessions_permute_the_results(tmp_path: Path) -> None:
    scenario = random_scenario(4, "time_slicing")
    write_scenario(scenario, tmp_path, seed=1, alone=False)
    before = tb_contention.analyse(tmp_path / "together", cache_dir=None)
    (tmp_path / "together" / "session_a").rename(tmp_path / "together" / "zebra")
    after = tb_contention.analyse(tmp_path / "together", cache_dir=None)

    assert {n.replace("session_a", "zebra"): e for n, e in by_name(before).items()} == by_name(after)
    lost = [sorted(b.lost for b in cost_of(r).blame) for r in (before, after)]
    assert lost[0] == lost[1]


def test_periods_split_into_own_work_host_and_loss(tmp_path: Path) -> None:
    for steps in cost_of(report_of(random_scenario(1, "time_slicing"), tmp_path)).steps:
        assert (steps.own + steps.host + steps.lost).tolist() == (steps.end - steps.start).tolist()
        assert min(steps.own.min(), steps.host.min(), steps.lost.min()) >= 0


def test_a_session_alone_has_no_slowdown(tmp_path: Path) -> None:
    write_scenario(random_scenario(1, "mps"), tmp_path, seed=1)
    report = tb_contention.analyse(tmp_path / "alone" / "session_a", cache_dir=None)

    assert [d.cost.mechanism for d in report.devices] == [Mechanism.NONE]
    assert [r.slowdown.estimate for d in report.devices for r in d.cost.losses] == [None]


def test_dropped_events_widen_the_interval(tmp_path: Path) -> None:
    whole = random_scenario(2, "mps")
    lossy = replace(whole, sessions=tuple(replace(s, recorder=Recorder(lost_kernels=0.05)) for s in whole.sessions))
    widths = []
    for name, scenario in (("whole", whole), ("lossy", lossy)):
        results = cost_of(report_of(scenario, tmp_path / name)).losses
        widths.append(sum((r.slowdown.high or 0) - (r.slowdown.low or 0) for r in results))

    assert widths[1] > widths[0] + 0.1


def test_a_co_runner_that_was_not_captured_is_called_untraced(tmp_path: Path) -> None:
    scenario = random_scenario(6, "time_slicing")
    write_scenario(scenario, tmp_path, seed=1)
    shutil.rmtree(tmp_path / "together" / "session_b")
    options = Options(baselines={"together/session_a": "alone/session_a"})
    report = tb_contention.analyse(tmp_path, cache_dir=None, options=options)
    (cost,) = (d.cost for d in report.devices if any("together" in s for s in d.sessions))
    (result,) = cost.losses

    assert result.slowdown.evidence is Evidence.A
    assert result.slowdown.estimate == pytest.approx(truth_of(tmp_path)["session_a"], rel=0.03)
    assert [(b.culprit, b.lost) for b in cost.blame] == [(UNTRACED, result.lost)]
    assert cost.mechanism is Mechanism.UNKNOWN


def few_long_kernels(folder: Path, state: str) -> Cost:
    """Always contended, a dozen kernels of 12 ms each: too few ends to show turns; the manifests state whether MPS ran."""
    items = tuple(Item(name=f"gemm_{k}", op=f"m/op_{k}:MatMul", mean=12_000.0) for k in range(4))
    specs = tuple(
        SessionSpec(name=name, items=items, steps=4, window=(0.0, 250.0), pause=0.05, process_id=1000 + k, noise=0.01)
        for k, name in enumerate(("one", "two"))
    )
    made = Scenario(name="few", summary="few long kernels", sessions=specs, policy=lambda: TimeSlices(2e6, 5e4))
    write_scenario(made, folder, seed=1, alone=False)
    for file in folder.rglob("tb_contention.json"):
        document = json.loads(file.read_text())
        for entry in document["sessions"].values():
            entry["mps"] = {"state": state}
        file.write_text(json.dumps(document))
    return cost_of(tb_contention.analyse(folder / "together", cache_dir=None))


def test_where_kernels_do_not_show_how_processes_share_the_manifests_word_counts(tmp_path: Path) -> None:
    unknown, off, on = (few_long_kernels(tmp_path / state, state) for state in ("unknown", "off", "on"))

    assert (unknown.mechanism, unknown.confidence) == (Mechanism.UNKNOWN, Confidence.UNSURE)
    assert "Too few kernels" in unknown.detail
    assert (off.mechanism, off.confidence) == (Mechanism.TIME_SLICING, Confidence.SURE)
    assert "MPS was off" in off.detail
    assert (on.mechanism, on.confidence) == (Mechanism.CONCURRENT, Confidence.LIKELY)
