"""Predictions of small simulated pairs, from bytes to the report: what is told, what is not, and why."""

from dataclasses import replace
from pathlib import Path

import pytest

from tb_contention.analysis import Analysis
from tb_contention.model.contention import Evidence, Mechanism
from tb_contention.model.prediction import Bounds, Prediction, Schedule
from tb_contention.model.report import DeviceReport
from tb_contention.pipeline import analyse_logdir
from tb_contention.simulate import Scenario, random_scenario, write_scenario
from tb_contention.whatif import Question, predict, prepare

GIB = 1 << 30


def analysed(scenario: Scenario, folder: Path) -> tuple[Analysis, DeviceReport]:
    write_scenario(scenario, folder, seed=1, alone=False)
    analysis = analyse_logdir(folder / "together")
    return analysis, next(d for d in analysis.report.devices if len(d.sessions) > 1)


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> tuple[Analysis, DeviceReport]:
    return analysed(random_scenario(1, "time_slicing"), tmp_path_factory.mktemp("turns"))


@pytest.fixture(scope="module")
def saturated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Analysis, DeviceReport]:
    scenario = random_scenario(3, "processor_sharing", saturated=True)
    return analysed(scenario, tmp_path_factory.mktemp("saturated"))


def by_schedule(found: tuple[Prediction, ...]) -> dict[Schedule, Prediction]:
    return {one.schedule: one for one in found}


def bounds_of(found: tuple[Prediction, ...]) -> list[Bounds]:
    rows = [row for one in found for row in one.sessions]
    every = [b for row in rows for b in (row.slowdown, row.step, row.end, row.gain)] + [one.makespan for one in found]
    return [b for b in every if b is not None]


def test_every_estimate_lies_in_its_range(turns: tuple[Analysis, DeviceReport]) -> None:
    found = bounds_of(turns[1].predictions)

    assert len(found) > 30
    assert all(b.low <= b.high for b in found)
    assert all(b.low <= b.estimate <= b.high for b in found if b.estimate is not None)


def test_what_is_so_already_is_not_among_the_standard_ones(turns: tuple[Analysis, DeviceReport]) -> None:
    analysis, device = turns

    assert device.cost.mechanism is Mechanism.TIME_SLICING
    assert Schedule.TIME_SLICING not in by_schedule(device.predictions)
    (asked,) = predict(device, analysis.aligned, (Question(schedule=Schedule.TIME_SLICING),))
    assert asked.unknown == "The sessions already take turns."
    assert asked.sessions == ()


def test_the_control_returns_what_was_measured(turns: tuple[Analysis, DeviceReport]) -> None:
    _, device = turns
    found = by_schedule(device.predictions)[Schedule.AS_RECORDED]

    for row in found.sessions:
        measured = device.cost.loss(row.session).slowdown
        assert row.slowdown is not None
        assert measured.estimate is not None
        assert row.slowdown.low <= measured.estimate <= row.slowdown.high


def test_the_best_shift_is_the_least_of_those_tried(turns: tuple[Analysis, DeviceReport]) -> None:
    found = by_schedule(turns[1].predictions)[Schedule.SHIFTED]

    best = min(found.curve, key=lambda point: point[1])
    assert dict(found.parameters)["shift_ns"] == best[0]
    assert len(found.curve) > 5


def test_one_after_another_nobody_is_slowed_down(turns: tuple[Analysis, DeviceReport]) -> None:
    found = by_schedule(turns[1].predictions)[Schedule.ONE_AFTER_ANOTHER]

    assert [row.slowdown for row in found.sessions] == [Bounds(estimate=1.0, low=1.0, high=1.0)] * 2
    ends = [row.end.estimate for row in found.sessions if row.end is not None and row.end.estimate is not None]
    assert len(ends) == 2
    assert found.makespan is not None
    assert ends[0] < ends[1] == found.makespan.estimate


def test_where_durations_alone_are_not_known_only_what_is_certain_is_told(
    saturated: tuple[Analysis, DeviceReport],
) -> None:
    _, device = saturated
    found = by_schedule(device.predictions)

    assert {loss.slowdown.evidence for loss in device.cost.losses} == {Evidence.D}
    for schedule in (Schedule.AS_RECORDED, Schedule.SHIFTED, Schedule.SM_CAP, Schedule.TIME_SLICING):
        if schedule in found:
            assert found[schedule].sessions == ()
            assert found[schedule].makespan is None
            assert "as its baseline" in found[schedule].unknown
    moved = found[Schedule.MOVED]
    assert moved.unknown == ""
    assert all(row.slowdown is not None and row.slowdown.estimate == 1.0 for row in moved.sessions)
    assert all(row.step is None or row.step.estimate is None for row in moved.sessions)
    assert all(row.step is None or row.step.low < row.step.high for row in moved.sessions)


def stretched(device: DeviceReport, factor: float) -> DeviceReport:
    """Return the device as if all periods had taken so many times as long as they did."""
    works = tuple(replace(w, recorded=w.recorded * factor) for w in device.cost.workloads)
    return replace(device, cost=replace(device.cost, workloads=works))


def test_what_the_control_misses_widens_every_range(turns: tuple[Analysis, DeviceReport]) -> None:
    analysis, device = turns
    question = (Question(schedule=Schedule.AS_RECORDED),)
    spans = []
    for factor in (1.0, 1.06, 1.12):
        (found,) = predict(stretched(device, factor), analysis.aligned, question)
        assert found.makespan is not None
        spans.append(found.makespan.high - found.makespan.low)

    assert spans[0] < spans[1] < spans[2]
    assert spans[2] > 1.12 * spans[0]


def test_a_model_that_does_not_return_what_was_measured_predicts_nothing(
    turns: tuple[Analysis, DeviceReport],
) -> None:
    analysis, device = turns
    found = by_schedule(predict(stretched(device, 2.0), analysis.aligned))

    for schedule in (Schedule.AS_RECORDED, Schedule.SHIFTED, Schedule.MPS, Schedule.SM_CAP):
        assert found[schedule].sessions == ()
        assert "does not reproduce the measured slowdowns" in found[schedule].unknown
    assert found[Schedule.ONE_AFTER_ANOTHER].makespan is not None


def test_a_shift_beyond_what_was_recorded_together_is_not_told(turns: tuple[Analysis, DeviceReport]) -> None:
    analysis, device = turns
    question = Question(schedule=Schedule.SHIFTED, session=device.sessions[0], value=10**10)
    (found,) = predict(device, analysis.aligned, (question,))

    assert found.sessions == ()
    assert "leaves too little overlap" in found.unknown


def test_an_earlier_start_is_a_later_one_of_the_others(turns: tuple[Analysis, DeviceReport]) -> None:
    analysis, device = turns
    a, b = device.sessions
    questions = (
        Question(schedule=Schedule.SHIFTED, session=a, value=-30_000_000),
        Question(schedule=Schedule.SHIFTED, session=b, value=30_000_000),
    )
    earlier, later = predict(device, analysis.aligned, questions)

    assert "earlier" in earlier.setting
    pairs = zip(earlier.sessions, later.sessions, strict=True)
    for one, other in pairs:
        assert one.slowdown is not None
        assert other.slowdown is not None
        assert one.slowdown.estimate == pytest.approx(other.slowdown.estimate, rel=0.05)


def test_equal_input_gives_equal_predictions(turns: tuple[Analysis, DeviceReport]) -> None:
    analysis, device = turns

    assert predict(device, analysis.aligned) == device.predictions


def test_a_prepared_scene_gives_the_same_and_holds_no_traces(turns: tuple[Analysis, DeviceReport]) -> None:
    analysis, device = turns
    scene = prepare(device, analysis.aligned)

    assert scene.aligned.sessions == ()
    assert predict(device, analysis.aligned, prepared=scene) == device.predictions


def test_a_session_alone_and_a_host_have_no_predictions(turns: tuple[Analysis, DeviceReport]) -> None:
    analysis, device = turns
    physical = device.group.device
    host = replace(physical, device=replace(physical.device, is_host=True))

    assert predict(replace(device, group=replace(device.group, device=host)), analysis.aligned) == ()
    assert all(d.predictions == () for d in analysis.report.devices if len(d.sessions) < 2)


def test_limits_below_what_was_needed_do_not_fit(demo_logs: Path) -> None:
    analysis = analyse_logdir(demo_logs / "simulated_time_slicing" / "together")
    device = analysis.report.devices[0]
    assert device.memory is not None
    trainer = next(a for a in device.memory.allocators if "trainer" in a.session)
    questions = [
        Question(schedule=Schedule.MEMORY_LIMITS, limits=((trainer.session, size),))
        for size in (trainer.needed - 1, trainer.needed)
    ]
    short, enough = predict(device, analysis.aligned, tuple(questions))

    assert short.memory_fits is False
    assert "trainer needed" in short.assumes
    assert enough.memory_most == trainer.needed + sum(
        a.limit or 0 for a in device.memory.allocators if a.session != trainer.session
    )
    assert enough.memory_peak == device.memory.peak


def test_memory_of_a_shift_is_the_highest_sum_of_the_shifted_curves(demo_logs: Path) -> None:
    analysis = analyse_logdir(demo_logs / "simulated_time_slicing")
    device = next(d for d in analysis.report.devices if len(d.sessions) > 1)
    assert device.memory is not None
    curves = {c.session: c.levels for c in device.memory.curves}
    trainer, evaluator = (next(s for s in curves if name in s) for name in ("trainer", "evaluator"))
    by = 41_000_000
    (shifted,) = predict(device, analysis.aligned, (Question(schedule=Schedule.SHIFTED, session=trainer, value=by),))
    sessions = {s.id: s for s in analysis.aligned.sessions}
    start = max(sessions[trainer].start + by, sessions[evaluator].start)
    end = min(sessions[trainer].end + by, sessions[evaluator].end)
    times = [t for t in [*(curves[trainer].time + by).tolist(), *curves[evaluator].time.tolist()] if start <= t <= end]

    expected = max(curves[trainer].at(t - by) + curves[evaluator].at(t) for t in [start, *times])
    assert shifted.memory_peak == expected
