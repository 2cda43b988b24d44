"""Tasks as Dask futures: on the scheduler that is named, or on workers of this machine.

As many futures are in flight as the workers have threads, and half as many again, so that none waits for the scheduler. When a worker dies,
Dask suspects all tasks that it had, also those that only waited there. They run again one by one when all others are done: what a
worker dies of that has nothing else to do has failed, and nothing else has.
"""

import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from tb_contention.dataset.library import library
from tb_contention.dataset.place import Place
from tb_contention.dataset.pool import Bounds
from tb_contention.dataset.tasks import Settings, Task
from tb_contention.dataset.work import Done, work, write_outcome
from tb_contention.errors import OptionError, OutputError
from tb_contention.model.dataset import Outcome
from tb_contention.model.side_by_side import use_cores

_TICK_S = 0.2
#: Seconds to wait for the first worker of a cluster that is only starting, and for another one where all are gone.
_PATIENCE_S = 600.0
#: What holds for workers of this machine. Who a worker died of is found here, not by Dask; and a worker near its bound of memory goes on,
#: since nothing that it holds could be set aside, and one that pauses would never begin again.
_HERE = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
}


def run_on_dask(
    tasks: Iterator[Task], settings: Settings, place: Place, *, workers: int, bounds: Bounds, scheduler: str = ""
) -> Iterator[Done]:
    """Work on tasks as futures, and yield how each ended. Raises OptionError when the scheduler does not answer."""
    distributed = library("distributed", "--executor dask")
    dask = library("dask", "--executor dask")
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(_HERE))
        stack.enter_context(_quiet())
        address: Any = scheduler
        if not scheduler:
            address = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                    memory_limit=settings.memory or "auto",
                )
            )
        try:
            client = stack.enter_context(distributed.Client(address))
            client.wait_for_workers(1, timeout=_PATIENCE_S)
        except (OSError, ValueError, TimeoutError) as error:
            raise OptionError(
                f"--scheduler: {scheduler} does not answer ({error}).",
                slug="bad-option",
                advice="Name a running scheduler, such as tcp://HOST:8786.",
            ) from None
        try:
            yield from _futures(client, distributed, tasks, settings, place, bounds)
        except (library("distributed.comm", "--executor dask").CommClosedError, distributed.CancelledError):
            raise OutputError(
                f"The Dask scheduler {address if scheduler else 'of this machine'} went away.",
                slug="output-incomplete",
                advice="What is done is kept: run again with --resume.",
                file=place.root,
            ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from logging what is answered here: workers that die, and a scheduler that is gone."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def work_alone(task: Task, settings: Settings, place: Place) -> Done:
    """Work on one thread of a worker, which has others for other tasks."""
    use_cores(settings.threads)
    return work(task, settings, place)


def _futures(
    client: Any, distributed: Any, tasks: Iterator[Task], settings: Settings, place: Place, bounds: Bounds
) -> Iterator[Done]:
    """Keep the workers busy. A task's time begins when a worker has nothing before it."""
    running: dict[Any, tuple[Task, float | None]] = {}
    suspects, deaths = deque[Task](), dict[str, int]()
    last = time.monotonic()

    def submit(task: Task) -> None:
        name = f"tb-contention-{task.unit}-{task.key}-{deaths.get(task.key, 0)}"
        running[client.submit(work_alone, task, settings, place, key=name, pure=False)] = task, None

    try:
        while True:
            threads = sum(client.nthreads().values())
            last = _patient(threads, last, place)
            for task in islice(tasks, max(0, max(1, threads + threads // 2) - len(running))):
                submit(task)
            if not running and suspects:
                submit(suspects.popleft())
            if not running:
                return
            with suppress(TimeoutError, distributed.TimeoutError):
                distributed.wait(list(running), timeout=_TICK_S, return_when="FIRST_COMPLETED")
            for future in [future for future in running if future.done()]:
                task, _ = running.pop(future)
                error = future.exception()
                if not _is_death(error):
                    yield _ended(future, error, task, place)
                    continue
                was_alone, count = task.key in deaths, deaths.get(task.key, 0) + _times(error)
                deaths[task.key] = count
                if was_alone and count > bounds.retries:
                    yield write_outcome(task, place, Outcome.FAILED, "worker-died", _died(error, count))
                else:
                    suspects.append(task)
            yield from _too_long(client, running, place, bounds)
    finally:
        with suppress(OSError, distributed.CancelledError):
            client.cancel(list(running), force=True)


def _patient(threads: int, last: float, place: Place) -> float:
    """Return when there was a worker last. Raises OutputError where that is too long ago."""
    now = time.monotonic()
    if threads:
        return now
    if now - last > _PATIENCE_S:
        raise OutputError(
            f"The Dask scheduler has had no worker for {_PATIENCE_S:g} s.",
            slug="output-incomplete",
            advice="Start workers, and run again with --resume.",
            file=place.root,
        )
    return last


def _is_death(error: Any) -> bool:
    return type(error).__name__ == "KilledWorker"


def _times(error: Any) -> int:
    """Return how many workers died before Dask gave a task up."""
    return int(getattr(error, "allowed_failures", 0)) + 1


def _died(error: Any, count: int) -> str:
    at = getattr(getattr(error, "last_worker", None), "address", "")
    return f"The worker died {count} times{f', last {at}' if at else ''}. Usually memory ran out: give workers more, or see the log."


def _ended(future: Any, error: Any, task: Task, place: Place) -> Done:
    if error is None:
        found: Done = future.result()
        return found
    if isinstance(error, OSError):
        raise error
    return write_outcome(task, place, Outcome.FAILED, "exception", f"{type(error).__name__}: {error}"[:500])


def _too_long(
    client: Any, running: dict[Any, tuple[Task, float | None]], place: Place, bounds: Bounds
) -> Iterator[Done]:
    """End tasks that exceed the time limit, together with the worker that is at them, since a thread cannot be stopped."""
    now = time.monotonic()
    at = {key: worker for worker, keys in client.processing().items() for key in list(keys)[:1]}
    for future, (task, since) in list(running.items()):
        worker = at.get(future.key)
        if worker is None:
            running[future] = task, None
        elif since is None:
            running[future] = task, now
        elif now - since > bounds.limit_s:
            del running[future]
            client.cancel([future], force=True)
            with suppress(ValueError, KeyError, TimeoutError):
                client.restart_workers([worker])
            why = f"The analysis took longer than {bounds.limit_s:g} s."
            yield replace(write_outcome(task, place, Outcome.TIMED_OUT, "timed-out", why), seconds=now - since)
