"""Steps that a host's thread only hands over, and recorders that leave out what is short: as TensorFlow's on a processor."""

from dataclasses import replace

import numpy as np
import pytest
from lanes import PS_PER_US, empty, session_of

from tb_contention.contention.exposure import expose
from tb_contention.contention.likeness import Likeness, judge_likeness
from tb_contention.contention.work import SessionWork, session_work
from tb_contention.model.intervals import Intervals
from tb_contention.model.trace import StepTable
from tb_contention.units import I64

STEP_US = 250
#: A long operation after the step was handed over, then one that is sometimes too short to be recorded.
BOTH, LONG = (f"..{'A' * 200}.{short}".ljust(STEP_US, ".") for short in ("b", ""))


def work_of(*steps: str, before: str = "") -> SessionWork:
    session = session_of("program", before + "".join(steps))
    begin = np.arange(len(steps)) * STEP_US + len(before)
    table = empty(
        StepTable,
        len(steps),
        start=begin * PS_PER_US,
        duration=np.full(len(steps), PS_PER_US),
        number=np.arange(len(steps)),
    )
    assert isinstance(table, StepTable)
    return session_work(replace(session, trace=replace(session.trace, steps=table)), [0])


def steps_of(work: SessionWork) -> I64:
    return work.start // (STEP_US * 1000)


def judged(work: SessionWork, solo: SessionWork) -> Likeness:
    nobody = Intervals.union([])
    return judge_likeness(work, expose(work, nobody, 0, int(work.end[-1]), 0), solo).likeness


def test_what_runs_after_the_host_has_handed_a_step_over_belongs_to_it() -> None:
    work = work_of(*[BOTH] * 6)

    assert work.step.tolist() == steps_of(work).tolist()


def test_what_runs_before_the_first_step_belongs_to_none() -> None:
    work = work_of(*[BOTH] * 6, before="CCCCC.....")

    assert (work.step[0], work.step[1]) == (-1, 0)


@pytest.mark.parametrize("recorded", [0, 3, 9])
def test_short_operations_that_are_recorded_at_times_make_no_other_work(recorded: int) -> None:
    alone = work_of(*[BOTH] * recorded, *[LONG] * (10 - recorded))

    assert judged(work_of(*[BOTH] * 10), alone) is Likeness.SURE


def test_what_ran_once_before_the_steps_makes_no_other_work() -> None:
    assert judged(work_of(*[BOTH] * 10), work_of(*[BOTH] * 10, before="C.")) is Likeness.SURE


@pytest.mark.parametrize("recorded", [0, 3, 9])
def test_without_enough_steps_what_takes_the_time_is_compared(recorded: int) -> None:
    alone = work_of(*[BOTH] * recorded, *[LONG] * (10 - recorded))
    without = [replace(work, step=np.full(len(work.step), -1)) for work in (work_of(*[BOTH] * 10), alone)]

    assert judged(*without) is Likeness.DOUBTFUL


def test_other_proportions_of_what_takes_the_time_are_other_work() -> None:
    here, there = (f"..{part}.{'B' * 80}".ljust(STEP_US, ".") for part in ("A" * 80, f"{'A' * 40}.{'A' * 40}"))
    without = [
        replace(work, step=np.full(len(work.step), -1)) for work in (work_of(*[here] * 9), work_of(*[there] * 9))
    ]

    assert judged(*without) is Likeness.WRONG
