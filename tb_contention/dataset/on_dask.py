"""Tasks as Dask futures: on the scheduler that is named, or on workers of this machine.

As many futures are in flight as the workers have threads, and half as many again, so that none waits for the scheduler; a task that a
worker dies of is tried again by Dask itself, on another one.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

from tb_contention.dataset.library import library
from tb_contention.dataset.place import Place
from tb_contention.dataset.pool import Bounds
from tb_contention.dataset.tasks import Settings, Task
from tb_contention.dataset.work import Done, work, write_outcome
from tb_contention.errors import OptionError
from tb_contention.model.dataset import Outcome
from tb_contention.model.side_by_side import use_cores

_TICK_S = 0.2
#: Seconds to wait for the first worker of a cluster that is only starting.
_PATIENCE_S = 600.0


def run_on_dask(
    tasks: Iterator[Task], settings: Settings, place: Place, *, workers: int, bounds: Bounds, scheduler: str = ""
) -> Iterator[Done]:
    """Work on tasks as futures, and yield how each ended. Raises OptionError when the scheduler does not answer."""
    distributed = library("distributed", "--executor dask")
    dask = library("dask", "--executor dask")
    with ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": bounds.retries}))
        address: Any = scheduler
        if not scheduler:
            address = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
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
        yield from _futures(client, distributed, tasks, settings, place, bounds)


def work_alone(task: Task, settings: Settings, place: Place) -> Done:
    """Work on one thread of a worker, which has others for other tasks."""
    use_cores(settings.threads)
    return work(task, settings, place)


def _futures(
    client: Any, distributed: Any, tasks: Iterator[Task], settings: Settings, place: Place, bounds: Bounds
) -> Iterator[Done]:
    """Keep the workers busy. A task's time begins when a worker has nothing before it."""
    running: dict[Any, tuple[Task, float | None]] = {}
    try:
        while True:
            threads = sum(client.nthreads().values())
            for task in tasks if len(running) < max(1, threads + threads // 2) else ():
                future = client.submit(
                    work_alone, task, settings, place, key=f"tb-contention-{task.unit}-{task.key}", pure=False
                )
                running[future] = task, None
                if len(running) >= max(1, threads + threads // 2):
                    break
            if not running:
                return
            with suppress(TimeoutError, distributed.TimeoutError):
                distributed.wait(list(running), timeout=_TICK_S, return_when="FIRST_COMPLETED")
            for future in [future for future in running if future.done()]:
                task, _ = running.pop(future)
                yield _ended(future, task, place)
            yield from _too_long(client, running, place, bounds)
    finally:
        client.cancel(list(running), force=True)


def _ended(future: Any, task: Task, place: Place) -> Done:
    error = future.exception()
    if error is None:
        found: Done = future.result()
        return found
    if isinstance(error, OSError):
        raise error
    name = type(error).__name__
    slug = "worker-died" if name == "KilledWorker" else "exception"
    return write_outcome(task, place, Outcome.FAILED, slug, f"{name}: {error}"[:500])


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
