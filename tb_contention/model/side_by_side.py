"""Do the same for every session at once."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

_CORES = os.cpu_count() or 1
_pools: list[ThreadPoolExecutor] = []
_lock = threading.Lock()
_here = threading.local()


def each(work: Callable[[A], B], items: list[A]) -> list[B]:
    """Do the same for every item, side by side: the loops over kernels let go of the interpreter's lock.

    The threads stay, since small groups would wait for their start longer than for the work. What an item does side by side in turn is done
    one after the other: threads that wait for threads of the same pool could wait for ever.
    """
    if len(items) < 2 or _CORES < 2 or getattr(_here, "is_inside", False):
        return [work(item) for item in items]
    return list(_pool().map(work, items))


def _pool() -> ThreadPoolExecutor:
    with _lock:
        if not _pools:
            _pools.append(ThreadPoolExecutor(min(8, _CORES), "tb_contention-each", initializer=_enter))
        return _pools[0]


def _enter() -> None:
    _here.is_inside = True


def _begin_anew() -> None:
    """Forget, in a process that was forked, the threads that it does not have, and a lock that one of them may have held."""
    global _lock
    _lock = threading.Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
