"""`with tb_contention.profile("name"):` records its block; `with tb_contention.manifest("name"):` only writes the manifest."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tb_contention.capture import environment, trace_files
from tb_contention.capture import manifest as writer
from tb_contention.capture.gathering import Gathering
from tb_contention.capture.machine import SAMPLE_EVERY_S
from tb_contention.capture.messages import reason, say
from tb_contention.capture.recording import Recording


@contextmanager
def profile(
    name: str, logdir: str | os.PathLike[str] = "logs", *, sample_every_s: float = SAMPLE_EVERY_S
) -> Iterator[Recording]:
    """Record this process into `<logdir>/<name>/plugins/profile/...`, with `tb_contention.json` beside the trace.

    The profiler is that of the framework already imported; of two, JAX if it has opened its devices, else TensorFlow. It records
    operations, not calls of Python functions. If it cannot record, a line on stderr says why and the block runs all the same. Also works
    as a decorator. sample_every_s: interval between readings of the GPUs.
    """
    recording = Recording(name, logdir, recorder="profile", sample_every_s=sample_every_s)
    recording.start()
    _print_problems(recording)
    try:
        yield recording
    finally:
        recording.stop()
        _print_problems(recording)


def _print_problems(recording: Recording) -> None:
    for problem in recording.problems:
        say(f"{recording.name}: {problem}")
    recording.problems.clear()


@contextmanager
def manifest(
    name: str, logdir: str | os.PathLike[str] = "logs", *, sample_every_s: float = SAMPLE_EVERY_S
) -> Iterator[None]:
    """Write `tb_contention.json` beside the trace that this process writes below `logdir` inside the block.

    For programs that start the profiler themselves: with Keras' TensorBoard callback, `tf.profiler.experimental.Profile` or
    `jax.profiler.trace`. The process needs its own log directory, because a trace does not name its process.
    """
    environment.let_kernels_run_at_once()
    statement = None
    try:
        statement = _Statement(name, logdir, sample_every_s)
    except Exception as error:
        say(f"{name}: no manifest was written ({type(error).__name__}: {reason(error)})")
    try:
        yield
    finally:
        if statement is not None:
            statement.write()


class _Statement:
    """Gathers facts during a block, and writes them beside the trace that appears meanwhile."""

    def __init__(self, name: str, logdir: str | os.PathLike[str], sample_every_s: float) -> None:
        if "://" in os.fspath(logdir):
            raise ValueError("the log directory must be a local directory, not a URL")
        self._name = name
        self._place = Path(logdir).absolute()
        self._gathering = Gathering(sample_every_s=sample_every_s)
        self._before = trace_files.list_traces(self._place, below=True)
        self._gathering.start()

    def write(self) -> None:
        """Write the manifest, or print why it was not written."""
        try:
            self._gathering.stop()
            wrong = self._written()
        except Exception as error:
            wrong = f"no manifest was written ({type(error).__name__}: {reason(error)})"
        if wrong:
            say(f"{self._name}: {wrong}")

    def _written(self) -> str:
        session = self._gathering.session(self._name, None)
        traces = trace_files.new_traces(self._before, trace_files.list_traces(self._place, below=True))
        if not traces:
            return f"no manifest was written, because no trace appeared below {self._place}"
        if len(traces) > 1:
            return (
                f"no manifest was written, because {len(traces)} traces appeared below {self._place}; "
                "give each process its own log directory"
            )
        return writer.write(traces[0].path.parent, {traces[0].host: session}, "manifest")
