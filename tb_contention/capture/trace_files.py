"""List the trace files in a log directory, and find those written between two listings."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".xplane.pb"


@dataclass(frozen=True, slots=True)
class TraceFile:
    """A trace file as it was when listed."""

    path: Path
    written_ns: int
    size: int

    @property
    def host(self) -> str:
        """Return the host in the file's name, which is its key in the manifest."""
        return self.path.name[: -len(SUFFIX)]


def list_traces(logdir: Path, *, below: bool = False) -> frozenset[TraceFile]:
    """List the traces in `plugins/profile` of a log directory; with `below`, also in the directories below it."""
    places = [Path(folder) for folder, _, _ in os.walk(logdir)] if below else [logdir]
    return frozenset(trace for place in places for trace in _in(place / "plugins" / "profile"))


def _in(profiles: Path) -> list[TraceFile]:
    found = []
    for path in profiles.glob(f"*/*{SUFFIX}"):
        try:
            info = path.stat()
        except OSError:
            continue
        found.append(TraceFile(path, info.st_mtime_ns, info.st_size))
    return found


def new_traces(before: frozenset[TraceFile], after: frozenset[TraceFile]) -> tuple[TraceFile, ...]:
    """Return the traces that this machine wrote in between, sorted by path; a profiler names its file after its host."""
    host = socket.gethostname()
    fresh = sorted(after - before, key=lambda trace: trace.path)
    mine = [trace for trace in fresh if trace.host in (host, host.partition(".")[0])]
    return tuple(mine)
