"""Measures the cases of a population side by side, on the cores that are this process's to use."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

CaseT = TypeVar("CaseT")
RowT = TypeVar("RowT")


def cores() -> int:
    """Return how many cores this process may count as its own: all of them, or its share beside the other workers of a test run."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def spread(measure: Callable[[CaseT], Iterable[RowT]], cases: Sequence[CaseT]) -> list[RowT]:
    """Measure each case, and return the rows of all in the order of the cases."""
    count = min(cores(), len(cases))
    if count <= 1:
        return [row for case in cases for row in measure(case)]
    # Spawned: this process has threads, which a fork would not take along.
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        return [row for rows in pool.map(measure, cases, chunksize=1) for row in rows]
