"""The scenarios: two sessions on one simulated GPU, and how they share it. A new one is one entry of SCENARIOS."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tb_contention.simulate.engine import Clock
from tb_contention.simulate.sharing import Policy, Queue, Rates, TimeSlices
from tb_contention.simulate.workload import SessionSpec, evaluation_step, training_step

_GIB = 1 << 30
_MS = 1e6

#: Unix ns of 2026-03-05 10:00:00 UTC, when the simulated sessions run together.
EPOCH_NS = 1_772_704_800_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Sessions and a way of sharing; `policy` makes a fresh one per run.

    mechanism: what the sharing is, in the words of the report. slice_ns: the time slice where there is one. clock: of the device.
    """

    name: str
    summary: str
    sessions: tuple[SessionSpec, ...]
    policy: Callable[[], Policy]
    mechanism: str = "time_slicing"
    slice_ns: float | None = None
    clock: Clock = field(default_factory=Clock)


def _trainer(process_id: int, window: tuple[float, float] = (60.0, 960.0)) -> SessionSpec:
    return SessionSpec(
        name="trainer", items=training_step(rows=256, scale=0.85), steps=40, window=window, pause=6.0, tail=900.0,
        weights=27 * _GIB, limit=51 * _GIB, process_id=process_id,
    )  # fmt: skip


def _evaluator(process_id: int, window: tuple[float, float] = (330.0, 1230.0)) -> SessionSpec:
    return SessionSpec(
        name="evaluator", items=evaluation_step(rows=512, scale=0.5), steps=60, step_name="test", start=110.0,
        window=window, pause=2.0, burst=9, long_pause=95.0, tail=900.0,
        weights=22 * _GIB, limit=28 * _GIB, process_id=process_id,
    )  # fmt: skip


_PAIR = (_trainer(4021), _evaluator(4388))

#: Processes have no queue in common.
_IN_ONE_PROCESS = tuple(
    replace(spec, process="program", process_id=4021, window=(60.0, 1230.0), tail=0.0) for spec in _PAIR
)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="time_slicing",
        summary="a training and an evaluation in two processes take turns of 2.3 ms",
        sessions=_PAIR,
        policy=lambda: TimeSlices(2.3 * _MS, 0.1 * _MS),
        slice_ns=2.3 * _MS,
    ),
    Scenario(
        name="mps",
        summary="the same two processes run at once, each slower while the other has work (0.8 and 0.7)",
        sessions=_PAIR,
        policy=lambda: Rates((0.8, 0.7)),
        mechanism="concurrent",
    ),
    Scenario(
        name="single_stream",
        summary="the same work in one process goes through one queue, first launched first served, nothing is preempted",
        sessions=_IN_ONE_PROCESS,
        policy=Queue,
        mechanism="single_stream",
    ),
    Scenario(
        name="unshared",
        summary="the same two processes, each as fast as alone: nothing is lost",
        sessions=_PAIR,
        policy=lambda: Rates((1.0, 1.0)),
        mechanism="none",
    ),
)
