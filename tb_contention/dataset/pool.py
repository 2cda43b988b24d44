"""A pool of processes on one machine: each works on one task at a time, so that one that hangs or dies costs that task alone.

A worker that exceeds the time limit is killed and its task has timed out; one that dies by itself gets a successor, and its task another
try. Workers end when the pool does, also when it is killed: they read from a pipe that then closes.
"""

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

from tb_contention.dataset.place import Place
from tb_contention.dataset.tasks import Settings, Task
from tb_contention.dataset.work import Done, bound_memory, work, write_outcome
from tb_contention.model.dataset import Outcome
from tb_contention.model.side_by_side import use_cores

#: Seconds between looks at the clocks of running tasks.
_TICK_S = 0.2
#: Signals by which a process ends when memory runs out: the system's, which Windows lacks, and its own below a bound.
_OUT_OF_MEMORY = (getattr(signal, "SIGKILL", 9), signal.SIGABRT)
#: Bytes of a task that a pipe takes although nobody reads, and seconds below which a worker has another task ahead.
_ROOM, _QUICK_S = 1 << 14, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of one task: seconds that it may take, and how often it is tried again after its worker died."""

    limit_s: float
    retries: int


class _Worker:
    """One process, the task that it works on and the one that comes next, each with the number of tries before."""

    def __init__(self, settings: Settings, place: Place) -> None:
        self.queue: deque[tuple[Task, int]] = deque()
        self.began = 0.0
        self.is_quick = False
        self._of = (settings, place)
        self._held: bytes | None = None
        self._start()

    def _start(self) -> None:
        # Not a fork: the libraries that analyses use have threads.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: Any = context.Process(target=serve, args=(theirs, *self._of), daemon=True)
        self.process.start()
        theirs.close()

    def give(self, task: Task, tries: int) -> None:
        """Let it work on a task, at once or after the one that it is at."""
        data = bytes(ForkingPickler.dumps(task))
        self.queue.append((task, tries))
        if len(self.queue) == 1:
            self.began = time.monotonic()
            self._send(data)
        elif len(data) <= _ROOM:
            self._send(data)
        else:  # the pipe may be full until the worker reads again, and who waits for that sees no clock
            self._held = data

    def _send(self, data: bytes) -> None:
        with suppress(OSError, ValueError):  # it died meanwhile: that is found when its answer is awaited
            self.connection.send_bytes(data)

    def go_on(self) -> None:
        """Begin with the next task: the first one is done."""
        self.queue.popleft()
        now = time.monotonic()
        self.is_quick, self.began = now - self.began < _QUICK_S, now
        if self._held is not None:
            self._send(self._held)
            self._held = None

    def again(self) -> None:
        """Replace the process, without its tasks."""
        self.end()
        self.queue.clear()
        self._held = None
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
    use_cores(settings.threads)
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
            _fill(pool, again, tasks, workers, lambda: _Worker(settings, place))
            busy = [worker for worker in pool if worker.queue]
            if not busy:
                return
            wait([w.connection for w in busy] + [w.process.sentinel for w in busy], _TICK_S)
            for worker in busy:
                yield from _look(worker, again, place, bounds)
    finally:
        for worker in pool:
            worker.end()


def _fill(
    pool: list[_Worker],
    again: "deque[tuple[Task, int]]",
    tasks: Iterator[Task],
    workers: int,
    new: Callable[[], _Worker],
) -> None:
    """Give each worker a task, and another one to those that would soon wait for it; long tasks may go to whoever is free first."""
    for depth in (0, 1):
        while True:
            fit = next((w for w in pool if len(w.queue) == depth and (not depth or w.is_quick)), None)
            if fit is None and (depth or len(pool) >= workers):
                break
            found = again.popleft() if again else next(((task, 0) for task in tasks), None)
            if found is None:
                return
            if fit is None:
                fit = new()
                pool.append(fit)
            fit.give(*found)


def _look(worker: _Worker, again: "deque[tuple[Task, int]]", place: Place, bounds: Bounds) -> Iterator[Done]:
    """Take the answer of a worker, or find that it is dead or takes too long; what was to come next is given away again."""
    task, tries = worker.queue[0]
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
        worker.go_on()
        yield found
        return
    is_dead = not worker.process.is_alive()
    if not is_dead and taken <= bounds.limit_s:
        return
    code = worker.process.exitcode
    again.extend(list(worker.queue)[1:])
    worker.again()
    if not is_dead:
        why = f"The analysis took longer than {bounds.limit_s:g} s."
        yield replace(write_outcome(task, place, Outcome.TIMED_OUT, "timed-out", why), seconds=taken)
    elif tries < bounds.retries:
        again.append((task, tries + 1))
    else:
        why = f"The worker died ({_how(code)}){f' {tries + 1} times' if tries else ''}."
        why += (
            " Usually memory ran out: use fewer --workers, or raise --memory." if -(code or 0) in _OUT_OF_MEMORY else ""
        )
        yield replace(write_outcome(task, place, Outcome.FAILED, "worker-died", why), seconds=taken)


def _how(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
