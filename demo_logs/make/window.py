"""A recording window that several processes open at the same moment."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf


def wait_for_all(name: str, processes: int) -> None:
    """Return once every process of this working directory has come here."""
    Path(f"{name}.ready").touch()
    while len(list(Path.cwd().glob("*.ready"))) < processes:
        time.sleep(0.005)


@contextmanager
def recorded(logdir: str) -> Iterator[None]:
    """Record what happens inside, host events without Python's own calls."""
    options = tf.profiler.experimental.ProfilerOptions(
        host_tracer_level=2, python_tracer_level=0, device_tracer_level=0
    )
    tf.profiler.experimental.start(logdir, options=options)
    try:
        yield
    finally:
        tf.profiler.experimental.stop()


def steps(seconds: float) -> Iterator[int]:
    """Count steps until the time is over."""
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        yield number
        number += 1
