"""A pool of processes on one machine: each has one task at a time, so that one that hangs or dies costs that task alone.

A worker that exceeds the time limit is killed and its task has timed out; one that dies by itself gets a successor, and its task another
try. Workers end when the pool does, also when it is killed: they read from a pipe that then closes.
"""

import os
import signal
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from tb_contention.dataset.place import Place
from tb_contention.dataset.tasks import Settings, Task
from tb_contention.dataset.work import Done, bound_memory, work, write_outcome
from tb_contention.model.dataset import Outcome

#: Seconds between looks at the clocks of running tasks.
_TICK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of one task: seconds that it may take, and how often it is tried again after its worker died."""

    limit_s: float
    retries: int


class _Worker:
    """One process and what it works on."""

    def __init__(self, settings: Settings, place: Place) -> None:
        self.task: tuple[Task, int] | None = None
        self.began = 0.0
        self._of = (settings, place)
        self._start()

    def _start(self) -> None:
        # Not a fork: the libraries that analyses use have threads.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: Any = context.Process(target=serve, args=(theirs, *self._of), daemon=True)
        self.process.start()
        theirs.close()

    def give(self, task: Task, tries: int) -> None:
        """Let it work on a task."""
        self.task, self.began = (task, tries), time.monotonic()
        with suppress(OSError, ValueError):  # it died meanwhile: that is found when its answer is awaited
            self.connection.send(task)

    def again(self) -> None:
        """Replace the process."""
        self.end()
        self._start()

    def end(self) -> None:
        """End the process, whatever it is at."""
        self.process.kill()
        self.process.join()
        self.connection.close()


def serve(connection: Connection, settings: Settings, place: Place) -> None:
    """Work on one task after the other until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the pool decides what an interrupt means
    bound_memory(settings.memory)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            task = connection.recv()
            try:
                found: Done | OSError = work(task, settings, place)
            except OSError as error:  # the dataset cannot be written to, which no other task can do either
                found = OSError(error.errno, error.strerror or str(error))
            connection.send(found)


def run_here(
    tasks: Iterator[Task], settings: Settings, place: Place, *, workers: int, bounds: Bounds
) -> Iterator[Done]:
    """Work on tasks in processes of this machine, and yield how each ended. Raises OSError where the dataset cannot be written."""
    again: deque[tuple[Task, int]] = deque()
    pool: list[_Worker] = []
    try:
        while True:
            free = [worker for worker in pool if worker.task is None]
            while free or len(pool) < workers:
                found = again.popleft() if again else next(((task, 0) for task in tasks), None)
                if found is None:
                    break
                if not free:
                    free.append(_Worker(settings, place))
                    pool.append(free[-1])
                free.pop().give(*found)
            busy = [worker for worker in pool if worker.task is not None]
            if not busy:
                return
            wait([w.connection for w in busy] + [w.process.sentinel for w in busy], _TICK_S)
            for worker in busy:
                yield from _look(worker, again, place, bounds)
    finally:
        for worker in pool:
            worker.end()


def _look(worker: _Worker, again: "deque[tuple[Task, int]]", place: Place, bounds: Bounds) -> Iterator[Done]:
    """Take the answer of a worker, or find that it is dead or takes too long."""
    assert worker.task is not None
    task, tries = worker.task
    taken = time.monotonic() - worker.began
    found: Done | OSError | None = None
    if worker.connection.poll():
        with suppress(EOFError, OSError):
            found = worker.connection.recv()
        if found is None:  # it died, which closed the pipe
            worker.process.join()
    if isinstance(found, OSError):
        raise found
    if found is not None:
        worker.task = None
        yield found
    elif not worker.process.is_alive():
        code = worker.process.exitcode
        worker.task = None
        worker.again()
        if tries < bounds.retries:
            again.append((task, tries + 1))
        else:
            why = f"The worker died ({_how(code)}) {tries + 1} times." if tries else f"The worker died ({_how(code)})."
            yield replace(write_outcome(task, place, Outcome.FAILED, "worker-died", why), seconds=taken)
    elif taken > bounds.limit_s:
        worker.task = None
        worker.again()
        why = f"The analysis took longer than {bounds.limit_s:g} s."
        yield replace(write_outcome(task, place, Outcome.TIMED_OUT, "timed-out", why), seconds=taken)


def _how(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
