"""Record this process: run the profiler, gather facts meanwhile, write the manifest beside the trace. Nothing here raises."""

import os
from dataclasses import replace
from pathlib import Path

from tb_contention.capture import environment, manifest, trace_files
from tb_contention.capture.facts import Recorded
from tb_contention.capture.folders import OwnFolder, folder_name
from tb_contention.capture.gathering import Gathering
from tb_contention.capture.machine import SAMPLE_EVERY_S
from tb_contention.capture.messages import reason
from tb_contention.capture.profilers import Profiler, is_running_already, profilers

#: How a problem begins that left nothing recorded.
NOT_RECORDED = "not recorded: "


class Recording:
    """Records this process into its own log directory `<logdir>/<name>`, since two processes may export within the same second.

    in_own_folder: create that directory; False if logdir already belongs to one session. recorded: for which command of a `run` this is.
    """

    def __init__(
        self,
        name: str,
        logdir: str | os.PathLike[str],
        *,
        recorder: str,
        sample_every_s: float = SAMPLE_EVERY_S,
        in_own_folder: bool = True,
        recorded: Recorded | None = None,
    ) -> None:
        self.name = name
        self.logdir = Path(logdir).absolute() / (folder_name(name) if in_own_folder else "")
        self._is_local = "://" not in os.fspath(logdir)
        self._place: OwnFolder | None = None
        #: The directories of the trace and the manifest, once stopped.
        self.directories: tuple[Path, ...] = ()
        #: What went wrong, in sentences.
        self.problems: list[str] = []
        self._recorder = recorder
        self._recorded = recorded
        self._sample_every_s = sample_every_s
        self._gathering: Gathering | None = None
        self._profiler: Profiler | None = None
        self._before: frozenset[trace_files.TraceFile] = frozenset()
        self._others: list[str] = []

    @property
    def is_running(self) -> bool:
        """Return whether its profiler is recording now."""
        return self._profiler is not None

    def prepare(self) -> None:
        """Do the slow part before the profiler starts: open libraries and read the GPUs' identities."""
        environment.let_kernels_run_at_once()
        try:
            self._gathering = self._gathering or Gathering(sample_every_s=self._sample_every_s)
        except Exception as error:
            self._no_manifest(error)

    def start(self) -> None:
        """Start the profiler of the imported framework, and the readings."""
        if self._gathering is None:
            self.prepare()
        if not self._is_local:
            self._refuse("the log directory must be a local directory, not a URL")
            return
        try:
            self._place = OwnFolder(self.logdir)
        except OSError as error:
            self._refuse(f"cannot create {self.logdir} ({error.strerror or reason(error)})")
            return
        self.logdir = self._place.path
        self._before = trace_files.list_traces(self.logdir)
        self._profiler = self._started()
        if self._profiler is None:
            self._place.leave()
        elif self._gathering is not None:
            self._start_gathering(self._gathering)

    def _start_gathering(self, gathering: Gathering) -> None:
        try:
            gathering.start()
        except Exception as error:  # no thread can be started
            self._gathering = None
            self._no_manifest(error)

    def _started(self) -> Profiler | None:
        candidates = profilers()
        refused = [] if candidates else ["neither TensorFlow nor JAX is imported yet"]
        for profiler in candidates:
            error = _start(profiler, self.logdir)
            if error is None:
                self._others = [other.framework for other in candidates if other is not profiler]
                return profiler
            refused.append(f"{profiler.framework}'s profiler failed to start ({reason(error)})")
            if is_running_already(error):
                break  # started by the program: a second profiler would take the GPU events away from it
        self._refuse("; ".join(refused))
        return None

    def _no_manifest(self, error: Exception) -> None:
        self.problems.append(f"no manifest was written ({type(error).__name__}: {reason(error)})")

    def _refuse(self, why: str) -> None:
        self.problems.append(f"{NOT_RECORDED}{why}")

    def stop(self) -> None:
        """Stop the profiler, wait for its trace, and write the manifest."""
        profiler, self._profiler = self._profiler, None
        if profiler is None:
            return
        if self._gathering is not None:
            self._gathering.stop()
        try:
            profiler.stop()
        except Exception as error:
            self.problems.append(f"{profiler.framework}'s profiler failed to write its trace ({reason(error)})")
        try:
            self._state(profiler)
        except Exception as error:
            self._no_manifest(error)
        if self._place is not None:
            self._place.leave()

    def _state(self, profiler: Profiler) -> None:
        traces = trace_files.new_traces(self._before, trace_files.list_traces(self.logdir))
        if not traces:
            self.problems.append(f"{profiler.framework}'s profiler wrote no trace to {self.logdir}")
        self.directories = tuple(dict.fromkeys(trace.path.parent for trace in traces))
        if self._gathering is None:
            return
        session = self._gathering.session(self.name, profiler.framework, self._unrecorded(profiler))
        session = replace(session, recorded=self._recorded)
        for directory in self.directories:
            keys = (trace.host for trace in traces if trace.path.parent == directory)
            wrong = manifest.write(directory, dict.fromkeys(keys, session), self._recorder)
            if wrong:
                self.problems.append(wrong)

    def _unrecorded(self, profiler: Profiler) -> tuple[str, ...]:
        return tuple(
            f"host events of {framework}: only one profiler can run per process, and it was {profiler.framework}'s"
            for framework in self._others
        )


def _start(profiler: Profiler, logdir: Path) -> Exception | None:
    try:
        profiler.start(logdir)
    except Exception as error:
        return error
    return None
