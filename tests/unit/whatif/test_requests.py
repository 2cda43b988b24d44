"""Sessions whose steps begin with requests: they wait for arrivals, keep their throughput, and lose latency."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from unit.whatif.works import US, work_of

from tb_contention import analyse
from tb_contention.model.prediction import Schedule
from tb_contention.model.workload import Workload
from tb_contention.simulate import hard_scenario, write_hard
from tb_contention.whatif.outcome import Outcome, Stage, run
from tb_contention.whatif.policy import Policy, Way

_STEPS, _LENGTH = 20, 1000 * US


def server(every: float) -> Workload:
    """Serve requests of 1 ms each that come every so many ns."""
    work = work_of("server", steps=_STEPS)
    begins = np.concatenate([[0], work.marks[:-1] + 1])
    arrival = np.full(len(work.host), -np.inf)
    arrival[begins] = np.arange(_STEPS) * every
    return replace(work, arrival=arrival)


def shared(every: float, begin: list[float] | None = None) -> Outcome:
    stage = Stage.of((server(every), work_of("trainer", steps=100)))
    policy = Policy(way=Way.CONCURRENT, sm_demand=np.ones(len(stage.merged.kernels.duration)))
    return run(stage, policy, None if begin is None else np.array(begin))


def test_alone_every_request_begins_when_it_arrives() -> None:
    stage = Stage.of((server(4 * _LENGTH),))

    assert stage.alone[0] == pytest.approx(np.arange(_STEPS) * 4 * _LENGTH + _LENGTH)
    assert stage.requests[0].times(stage.alone[0]) == pytest.approx(np.full(_STEPS, _LENGTH))


@pytest.mark.parametrize("late", [0.0, 3 * _LENGTH])
def test_shared_it_keeps_its_throughput_and_loses_latency(late: float) -> None:
    found = shared(4 * _LENGTH, [late, 0.0])

    assert found.slowdown[0] == pytest.approx(1.0, abs=0.01)
    assert found.latency[0] == pytest.approx(2.0, rel=0.02)
    assert found.latency[1] is None


def test_it_loses_throughput_where_requests_come_faster_than_they_are_served() -> None:
    found = shared(1.25 * _LENGTH)

    assert found.slowdown[0] == pytest.approx(2 / 1.25, rel=0.03)
    assert found.latency[0] is not None
    assert found.latency[0] > 5


@pytest.mark.parametrize("seed", [1, 3])
def test_the_schedule_as_recorded_gives_the_time_per_request_that_was_measured(seed: int, tmp_path: Path) -> None:
    write_hard(hard_scenario(seed, "server_mps"), tmp_path, seed=seed, alone=False)
    (device,) = analyse(tmp_path / "together", cache_dir=None).devices
    measured = {loss.session: loss.latency.slowdown.estimate for loss in device.cost.losses if loss.latency is not None}
    control = next(found for found in device.predictions if found.schedule is Schedule.AS_RECORDED)
    told = {row.session: row.latency for row in control.sessions if row.latency is not None}

    assert measured
    for session, latency in told.items():
        assert latency.estimate is None or latency.estimate == pytest.approx(measured[session], rel=1e-6)
    assert any(latency.estimate is not None for latency in told.values())
