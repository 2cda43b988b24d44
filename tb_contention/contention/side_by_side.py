"""Do the same for every session at once."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def each(work: Callable[[A], B], items: list[A]) -> list[B]:
    """Do the same for every session, side by side: the loops over kernels let go of the interpreter's lock."""
    with ThreadPoolExecutor(min(8, max(1, len(items)), os.cpu_count() or 1)) as pool:
        return list(pool.map(work, items))
