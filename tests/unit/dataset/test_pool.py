"""Real worker processes: a task that its worker dies of, one that hangs, and one that succeeds."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tb_contention.analysis import Options
from tb_contention.dataset.place import Place
from tb_contention.dataset.pool import Bounds, run_here
from tb_contention.dataset.tasks import Settings, Task, plan, task_of
from tb_contention.model.dataset import Outcome
from tb_contention.pipeline import look
from tb_contention.simulate import write_directory


class Bad(Task):
    """A task that does something to the worker that unpacks it."""

    does: tuple[Callable[..., Any], tuple[Any, ...]]

    def __reduce__(self) -> Any:
        return self.does


class Deadly(Bad):
    does = (os._exit, (9,))


class Endless(Bad):
    does = (time.sleep, (600.0,))


def bad(kind: type[Bad], task: Task, key: str) -> Task:
    return kind(**{name: getattr(replace(task, key=key), name) for name in Task.__slots__})


@pytest.mark.full
def test_a_worker_that_dies_or_hangs_costs_its_task_alone(tmp_path: Path) -> None:
    logs = write_directory(tmp_path / "logs", 1, window_ms=60.0)
    _, snapshot = look(str(logs), Options())
    place, settings = Place(str(tmp_path / "ds")), Settings()
    (unit,) = plan(snapshot, str(logs), settings)
    task = task_of(snapshot, unit)
    tasks = [bad(Deadly, task, "dies"), bad(Endless, task, "hangs"), replace(task, key="good")]
    ended = list(run_here(iter(tasks), settings, place, workers=1, bounds=Bounds(limit_s=15.0, retries=1)))
    found = {done.outcomes for done in ended}
    assert found == {(Outcome.FAILED,) * 2, (Outcome.TIMED_OUT,) * 2, (Outcome.ANALYSED,) * 2}
    names = {name.rpartition("/")[2].split("-")[0] + name[-13:-8] for name in place.files("table=inputs")}
    assert names == {"retry-dies", "retryhangs", "part-good"}
    (good,) = [done for done in ended if done.is_final]
    assert good.peak > 0
