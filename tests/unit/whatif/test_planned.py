"""Several changes at once: one prediction, or one sentence on why they do not go together."""

from dataclasses import replace
from math import inf
from pathlib import Path

import pytest

from tb_contention.analysis import Analysis, Options
from tb_contention.model.contention import Mechanism
from tb_contention.model.plan import Plan
from tb_contention.model.prediction import Bounds, Prediction, Schedule
from tb_contention.model.report import DeviceReport
from tb_contention.pipeline import analyse_logdir
from tb_contention.simulate import random_scenario, write_scenario
from tb_contention.simulate.sharing import Policy
from tb_contention.units import Bytes, SessionId
from tb_contention.whatif import Question, predict

MS = 1_000_000


@pytest.fixture(scope="module")
def analysis(demo_logs: Path) -> Analysis:
    return analyse_logdir(demo_logs / "simulated_time_slicing")


@pytest.fixture
def device(analysis: Analysis) -> DeviceReport:
    return next(d for d in analysis.report.devices if len(d.sessions) > 1)


@pytest.fixture
def trainer(device: DeviceReport) -> SessionId:
    return next(s for s in device.sessions if "trainer" in s)


@pytest.fixture
def evaluator(device: DeviceReport) -> SessionId:
    return next(s for s in device.sessions if "evaluator" in s)


def predicted(device: DeviceReport, analysis: Analysis, plan: Plan) -> Prediction:
    (found,) = predict(device, analysis.aligned, (Question.of(plan),), analysis.report.devices)
    return found


def slowdown(found: Prediction, session: SessionId) -> Bounds:
    bounds = next(row.slowdown for row in found.sessions if row.session == session)
    assert bounds is not None
    return bounds


def test_one_change_is_the_schedule_of_its_name(trainer: SessionId) -> None:
    plans = (
        (Plan(policy=Schedule.MPS), Question(schedule=Schedule.MPS)),
        (Plan(shifts=((trainer, 5),)), Question(schedule=Schedule.SHIFTED, session=trainer, value=5)),
        (Plan(caps=((trainer, 40),)), Question(schedule=Schedule.SM_CAP, session=trainer, value=40)),
        (Plan(moves=((trainer, None),)), Question(schedule=Schedule.MOVED, session=trainer)),
        (Plan(limits=((trainer, 9),)), Question(schedule=Schedule.MEMORY_LIMITS, limits=((trainer, 9),))),
    )
    assert [Question.of(plan) for plan, _ in plans] == [question for _, question in plans]


def test_a_second_shift_of_nothing_changes_nothing(
    device: DeviceReport, analysis: Analysis, trainer: SessionId, evaluator: SessionId
) -> None:
    one = predicted(device, analysis, Plan(shifts=((trainer, 41 * MS),)))
    two = predicted(device, analysis, Plan(shifts=((trainer, 41 * MS), (evaluator, 0))))

    for session in device.sessions:
        assert slowdown(two, session).estimate == pytest.approx(slowdown(one, session).estimate, rel=0.02)
    assert two.memory_peak == one.memory_peak


def test_shifts_by_the_same_time_are_none(
    device: DeviceReport, analysis: Analysis, trainer: SessionId, evaluator: SessionId
) -> None:
    control = device.predictions[0]
    both = predicted(device, analysis, Plan(shifts=((trainer, -9 * MS), (evaluator, -9 * MS))))

    assert control.schedule is Schedule.AS_RECORDED
    for session in device.sessions:
        bounds, as_recorded = slowdown(both, session), slowdown(control, session).estimate
        assert as_recorded is not None
        assert bounds.low <= as_recorded <= bounds.high


def test_a_smaller_part_is_never_faster(
    device: DeviceReport, analysis: Analysis, trainer: SessionId, evaluator: SessionId
) -> None:
    found = [predicted(device, analysis, Plan(partition=((trainer, part),))) for part in (20, 50, 80)]
    lows = [slowdown(one, trainer).low for one in found]

    assert lows == sorted(lows, reverse=True)
    assert slowdown(found[0], evaluator).low < slowdown(found[2], evaluator).low
    named = predicted(device, analysis, Plan(partition=((trainer, 80), (evaluator, 20))))
    assert named.sessions == found[2].sessions


def test_who_goes_first_loses_less_than_without(device: DeviceReport, analysis: Analysis, trainer: SessionId) -> None:
    mps = predicted(device, analysis, Plan(policy=Schedule.MPS))
    first = predicted(device, analysis, Plan(policy=Schedule.MPS, first=(trainer,)))

    assert slowdown(first, trainer).low < slowdown(mps, trainer).low


def test_a_session_left_alone_with_a_cap_is_as_slow_as_its_kernels(
    device: DeviceReport, analysis: Analysis, trainer: SessionId, evaluator: SessionId
) -> None:
    found = predicted(device, analysis, Plan(moves=((trainer, None),), caps=((evaluator, 25),)))

    assert slowdown(found, trainer) == Bounds(estimate=1.0, low=1.0, high=1.0)
    assert slowdown(found, evaluator).high > 1.2
    assert device.memory is not None
    assert found.memory_peak == next(a.peak for a in device.memory.allocators if a.session == evaluator)


def plans_that_exclude_each_other(trainer: SessionId, evaluator: SessionId) -> list[tuple[Plan, str]]:
    return [
        (Plan(policy=Schedule.ONE_AFTER_ANOTHER, caps=((trainer, 40),)), "never meet, so a cap would change nothing"),
        (Plan(policy=Schedule.ONE_AFTER_ANOTHER, shifts=((trainer, MS),)), "never meet, so a shift"),
        (Plan(policy=Schedule.TIME_SLICING, partition=((trainer, 40),)), "turns leave no room for a partition"),
        (Plan(partition=((trainer, 40),), caps=((evaluator, 40),)), "so a cap would change nothing"),
        (Plan(partition=((trainer, 70), (evaluator, 60))), "add up to 130 %"),
        (Plan(partition=((trainer, 100),)), "leave nothing for together/evaluator"),
        (Plan(first=(trainer,)), "ask for MPS as well"),
        (Plan(policy=Schedule.MPS, first=(trainer, evaluator)), "When all sessions go first"),
        (Plan(moves=((trainer, None),), shifts=((evaluator, MS),)), "evaluator shares no GPU"),
        (Plan(moves=((trainer, None),), policy=Schedule.MPS), "Fewer than two sessions stay"),
        (Plan(shifts=((trainer, 10**10), (evaluator, MS))), "leaves too little overlap"),
    ]


def test_changes_that_exclude_each_other_are_refused_in_one_sentence(
    device: DeviceReport, analysis: Analysis, trainer: SessionId, evaluator: SessionId
) -> None:
    for plan, says in plans_that_exclude_each_other(trainer, evaluator):
        found = predicted(device, analysis, plan)
        assert says in found.unknown
        assert found.unknown.endswith(".")
        assert (found.sessions, found.makespan, found.memory_peak) == ((), None, None)


def test_a_part_that_is_smaller_than_the_memory_needed_leaves_open_whether_it_fits(
    device: DeviceReport, analysis: Analysis, trainer: SessionId
) -> None:
    assert device.memory is not None
    roomy = replace(device.memory, capacity=Bytes(1 << 40), safe=Bytes(1 << 40))
    found = predicted(replace(device, memory=roomy), analysis, Plan(partition=((trainer, 50),)))
    narrow = predicted(replace(device, memory=roomy), analysis, Plan(partition=((trainer, 1),)))

    assert (found.memory_fits, narrow.memory_fits) == (True, None)


def test_who_comes_to_another_gpu_gets_and_is_company(tmp_path: Path) -> None:
    scenario = random_scenario(1, "time_slicing")
    specs = (*scenario.sessions, replace(scenario.sessions[1], name="neighbour", process_id=9))
    write_scenario(replace(scenario, sessions=specs, policy=lambda: TwoGpus(scenario.policy())), tmp_path, alone=False)
    analysis = analyse_logdir(tmp_path / "together", Options(gpus={("neighbour", 0): "other"}))
    (device,) = (d for d in analysis.report.devices if len(d.sessions) == 2)
    (there,) = (d for d in analysis.report.devices if len(d.sessions) == 1 and not d.group.device.device.is_host)
    (moved, stays), (neighbour,) = device.sessions, there.sessions
    found = predicted(device, analysis, Plan(moves=((moved, there.id),)))

    assert device.cost.mechanism is Mechanism.TIME_SLICING
    assert (found.schedule, found.unknown) == (Schedule.MOVED, "")
    assert [row.session for row in found.sessions] == [moved, stays, neighbour]
    assert slowdown(found, stays) == Bounds(estimate=1.0, low=1.0, high=1.0)
    assert slowdown(found, moved).low > 1.0
    assert slowdown(found, neighbour).high > 1.02
    assert there.predictions == ()

    another = replace(there.group.device.device, model="another", core_count=7)
    unlike = replace(there, group=replace(there.group, device=replace(there.group.device, device=another)))
    (refused,) = predict(device, analysis.aligned, (Question.of(Plan(moves=((moved, there.id),))),), (device, unlike))
    assert "is of another model" in refused.unknown
    assert slowdown(refused, stays).estimate == 1.0


class TwoGpus:
    """The first two sessions share a GPU, and the last one has another to itself."""

    def __init__(self, shared: Policy) -> None:
        self._shared = shared

    def rates(self, time: float, runnable: dict[int, float], items: dict[int, int]) -> tuple[dict[int, float], float]:
        here = {i: launch for i, launch in runnable.items() if i < 2}
        given, until = self._shared.rates(time, here, items) if here else ({}, inf)
        return given | {i: 1.0 for i in runnable if i == 2}, until

    def finished(self, session: int) -> None:
        self._shared.finished(session)
