"""Do the same for every session at once."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

_cores = os.cpu_count() or 1
_pools: list[ThreadPoolExecutor] = []
_lock = threading.Lock()


def cores() -> int:
    """Return how many threads of this process work side by side at most."""
    return _cores


def use_cores(number: int) -> None:
    """Let no more threads work side by side: where processes do, threads only wait for each other."""
    global _cores
    _cores = max(1, number)


def each(work: Callable[[A], B], items: list[A]) -> list[B]:
    """Do the same for every item, side by side: the loops over kernels let go of the interpreter's lock.

    The threads stay, since small groups would wait for their start longer than for the work. Who asks takes part, so that an item may do
    its own parts side by side in turn: threads that have nothing else to do help, and nobody waits for a thread to become free.
    """
    if len(items) < 2 or _cores < 2:
        return [work(item) for item in items]
    shared = _Shared(work, items)
    pool = _pool()
    for _ in range(min(len(items), _cores) - 1):
        pool.submit(shared.help)
    return shared.finish()


def together(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """Do two things side by side."""
    parts: list[Callable[[], Any]] = [first, second]
    one, other = each(lambda part: part(), parts)
    return one, other


class _Shared(Generic[A, B]):
    """Items of which each is taken once, by whoever comes for it."""

    def __init__(self, work: Callable[[A], B], items: list[A]) -> None:
        self._work, self._items = work, items
        self._found: dict[int, B] = {}
        self._failed: dict[int, BaseException] = {}
        self._next, self._open = 0, len(items)
        self._changing = threading.Lock()
        self._done = threading.Event()

    def help(self) -> None:
        """Take items until none is left; one that fails leaves none to take."""
        while self._next < len(self._items):
            with self._changing:
                at, self._next = self._next, self._next + 1
            if at >= len(self._items):
                return
            left = 0
            try:
                self._found[at] = self._work(self._items[at])
            except BaseException as error:
                self._failed[at] = error
            with self._changing:
                if at in self._failed:
                    left = max(0, len(self._items) - self._next)
                    self._next += left
                self._open -= 1 + left
                if not self._open:
                    self._done.set()

    def finish(self) -> list[B]:
        """Take part, and return what all found; raise what the first of those that failed raised."""
        self.help()
        self._done.wait()
        if self._failed:
            raise self._failed[min(self._failed)]
        return [self._found[at] for at in range(len(self._items))]


def _pool() -> ThreadPoolExecutor:
    with _lock:
        if not _pools:
            _pools.append(ThreadPoolExecutor(min(8, _cores), "tb_contention-each"))
        return _pools[0]


def _begin_anew() -> None:
    """Forget, in a process that was forked, the threads that it does not have, and a lock that one of them may have held."""
    global _lock
    _lock = threading.Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
