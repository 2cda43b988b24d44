"""`with tb_contention.profile("name"):` records what runs inside; `with tb_contention.manifest("name"):` only writes the manifest."""

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

    The framework is the one that is imported already; of two, JAX where it has opened its devices, else TensorFlow. Events of operations
    are recorded, calls of Python functions are not. When the profiler cannot record, a sentence on stderr says why and the block runs all
    the same. Also a decorator. sample_every_s: how often GPUs are read.
    """
    recording = Recording(name, logdir, recorder="profile", sample_every_s=sample_every_s)
    recording.start()
    _tell(recording)
    try:
        yield recording
    finally:
        recording.stop()
        _tell(recording)


def _tell(recording: Recording) -> None:
    for problem in recording.problems:
        say(problem)
    recording.problems.clear()


@contextmanager
def manifest(
    name: str, logdir: str | os.PathLike[str] = "logs", *, sample_every_s: float = SAMPLE_EVERY_S
) -> Iterator[None]:
    """Write `tb_contention.json` beside the trace that this process leaves below `logdir` inside the block.

    For programs that start the profiler themselves: with Keras' TensorBoard callback, `tf.profiler.experimental.Profile` or
    `jax.profiler.trace`. The process needs a log directory of its own, as traces do not say whose they are.
    """
    environment.let_kernels_run_at_once()
    statement = None
    try:
        statement = _Statement(name, logdir, sample_every_s)
    except Exception as error:
        say(f"{name}: no manifest is written ({type(error).__name__}: {reason(error)})")
    try:
        yield
    finally:
        if statement is not None:
            statement.write()


class _Statement:
    """What is gathered during a block, for the trace that appears meanwhile."""

    def __init__(self, name: str, logdir: str | os.PathLike[str], sample_every_s: float) -> None:
        if "://" in os.fspath(logdir):
            raise ValueError("the log directory must be a folder of this machine")
        self._name = name
        self._place = Path(logdir).absolute()
        self._gathering = Gathering(sample_every_s=sample_every_s)
        self._before = trace_files.list_traces(self._place, below=True)
        self._gathering.start()

    def write(self) -> None:
        """Write the manifest, or say why not."""
        try:
            self._gathering.stop()
            wrong = self._written()
        except Exception as error:
            wrong = f"no manifest is written ({type(error).__name__}: {reason(error)})"
        if wrong:
            say(f"{self._name}: {wrong}")

    def _written(self) -> str:
        session = self._gathering.session(self._name, None)
        traces = trace_files.new_traces(self._before, trace_files.list_traces(self._place, below=True))
        if not traces:
            return f"no trace appeared below {self._place}, so no manifest is written"
        if len(traces) > 1:
            told = f"{len(traces)} traces appeared below {self._place}, and which is of this block cannot be told"
            return f"{told}: no manifest is written"
        return writer.write(traces[0].path.parent, {traces[0].host: session}, "manifest")
