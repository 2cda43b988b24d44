"""Real worker processes: a task that its worker dies of, one that hangs, and one that succeeds."""

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tb_contention.analysis import Options
from tb_contention.dataset import pool
from tb_contention.dataset.on_dask import run_on_dask
from tb_contention.dataset.place import Place
from tb_contention.dataset.pool import Bounds, run_here
from tb_contention.dataset.tasks import Settings, Task, plan, task_of
from tb_contention.looking import look
from tb_contention.model.dataset import Outcome
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


def test_a_worker_has_its_next_task_ahead_when_tasks_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    class Idle(pool._Worker):
        """A worker without a process."""

        def _start(self) -> None:
            self.sent: list[bytes] = []

        def _send(self, data: bytes) -> None:
            self.sent.append(data)

    workers: list[pool._Worker] = []
    again: deque[tuple[Task, int]] = deque()
    tasks = (name for name in ("a", "b", "c" * 2 * pool._ROOM, "d", "e"))

    def fill() -> list[list[str]]:
        pool._fill(workers, again, tasks, 2, lambda: Idle(Settings(), Place("")))  # type: ignore[arg-type]
        return [[str(task)[0] for task, _ in worker.queue] for worker in workers]

    assert fill() == [["a"], ["b"]]
    first = workers[0]
    assert isinstance(first, Idle)
    first.go_on()  # at once: the next ones are given ahead
    assert fill() == [["c", "d"], ["b"]]
    again.append(("x", 1))  # type: ignore[arg-type]
    monkeypatch.setattr(first, "began", time.monotonic() - 2 * pool._QUICK_S)
    first.go_on()
    assert fill() == [["d"], ["b"]]
    assert len(first.sent) == 3


def test_a_large_task_waits_outside_the_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool._Worker, "_start", lambda self: None)
    sent: list[bytes] = []
    monkeypatch.setattr(pool._Worker, "_send", lambda self, data: sent.append(data))
    worker = pool._Worker(Settings(), Place(""))
    for task in ("a", "b" * 2 * pool._ROOM):
        worker.give(task, 0)  # type: ignore[arg-type]
    assert len(sent) == 1
    worker.go_on()
    assert len(sent) == 2


@pytest.mark.full
def test_a_worker_that_dies_or_hangs_costs_its_task_alone(tmp_path: Path) -> None:
    logs = write_directory(tmp_path / "logs", 1, window_ms=60.0)
    _, snapshot = look(str(logs), Options())
    place, settings = Place(str(tmp_path / "ds")), Settings()
    (unit,) = plan(snapshot, str(logs), settings)
    task = task_of(snapshot, unit)
    tasks = [replace(task, key="first")]  # it is short, so that the others are given ahead of time
    tasks += [bad(Deadly, task, "dies"), bad(Endless, task, "hangs"), replace(task, key="good")]
    ended = list(run_here(iter(tasks), settings, place, workers=1, bounds=Bounds(limit_s=15.0, retries=1)))
    found = {done.outcomes for done in ended}
    assert found == {(Outcome.FAILED,) * 2, (Outcome.TIMED_OUT,) * 2, (Outcome.ANALYSED,) * 2}
    names = {name.rpartition("/")[2].split("-")[0] + name[-13:-8] for name in place.files("table=inputs")}
    assert names == {"retry-dies", "retryhangs", "part-good", "partfirst"}
    good = [done for done in ended if done.is_final]
    assert len(good) == 2
    assert all(done.peak > 0 for done in good)


@pytest.mark.full
def test_a_task_on_dask_that_takes_too_long_ends(tmp_path: Path) -> None:
    logs = write_directory(tmp_path / "logs", 1, window_ms=60.0)
    _, snapshot = look(str(logs), Options())
    place, settings = Place(str(tmp_path / "ds")), Settings()
    (unit,) = plan(snapshot, str(logs), settings)
    bounds = Bounds(limit_s=0.0, retries=0)  # a worker that has done nothing yet imports the analysis first
    (done,) = run_on_dask(iter([task_of(snapshot, unit)]), settings, place, workers=1, bounds=bounds)
    assert done.outcomes == (Outcome.TIMED_OUT,) * 2
    assert not done.is_final
