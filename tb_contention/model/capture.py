"""Profiler files as found in a log directory, before and after decoding."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from enum import Enum

from tb_contention.model.findings import Problem
from tb_contention.model.manifest import ManifestSession
from tb_contention.model.sketch import Sketch
from tb_contention.model.trace import Era, Trace


class Container(str, Enum):
    """The kinds of profiler files, by name."""

    XPLANE = ".xplane.pb"
    TRACE_JSON = ".trace.json.gz"
    TRACE_PROTO = ".trace"
    RIEGELI = ".xplane.riegeli"
    KINETO = ".pt.trace.json"
    KINETO_GZIP = ".pt.trace.json.gz"
    NSIGHT = ".sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFile:
    """One profiler file of `<logdir>[/<run>]/plugins/profile/<directory>/<host><container>`.

    path: where to read it (local path or fsspec URL), never shown as an address and never taken from a request. relative: path below the
    logdir, with '/'. run: as xprof names it, `<relative dir>/<directory>` or `<directory>` at the root; with `--logdir_spec name:path` the
    name stands in front. host: file name without the container suffix. tfevents_seconds: Unix seconds of `*.profile-empty` files in the
    folder that holds `plugins`. manifest: path of `tb_contention.json` in the session directory, or None. part: the process that this is
    about, of a file that holds several; "" = the whole file. identity: inode and time of change (ns) of a local file, which tell when it
    was replaced by one of equal size and date. steps: what the user calls its steps, a regular expression; "" = as they are recognised.
    Files of other recorders need not lie under `plugins/profile`: their run is the folder that they are in.
    """

    path: str
    relative: str
    run: str
    directory: str
    host: str
    container: Container
    size: int
    mtime_ns: int
    tfevents_seconds: tuple[int, ...] = ()
    manifest: str | None = None
    part: str = ""
    identity: tuple[int, ...] = ()
    steps: str = ""

    @property
    def id(self) -> str:
        """The session id of this process in reports: `<run>/<host>`, and `/<part>` where a file holds several processes."""
        return f"{self.run}/{self.host}/{self.part}" if self.part else f"{self.run}/{self.host}"

    @property
    def whole(self) -> "CaptureFile":
        """Return the file itself, of which this may be a part."""
        return replace(self, part="") if self.part else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What a log directory holds.

    looked_in: folders walked; seen_instead: what is there in place of captures, for the empty state; datasets: those of `batch` in it or
    it itself, whole paths or URLs, the nearest first.
    """

    logdir: str
    files: tuple[CaptureFile, ...]
    problems: tuple[Problem, ...] = ()
    looked_in: int = 0
    seen_instead: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A decoded profiler file with what stands beside it."""

    file: CaptureFile
    trace: Trace
    manifest: ManifestSession | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketched:
    """A profiler file without its events, with what stands beside it."""

    file: CaptureFile
    sketch: Sketch
    manifest: ManifestSession | None = None


#: How PyTorch's handler names files.
_HANDLER = re.compile(r"(?P<host>.+)_(?P<pid>\d{1,10})(?:\.\d{10,20})?")
#: TensorFlow names the directory of a capture by local time, with or without underscores.
_DIRECTORY = re.compile(r"(\d{4})[_-](\d\d)[_-](\d\d)_(\d\d)[_-](\d\d)[_-](\d\d)")


def time_named(directory: str) -> int | None:
    """Read the name of a capture's directory as if it were in UTC; Unix s."""
    name = _DIRECTORY.fullmatch(directory)
    try:
        return int(datetime(*map(int, name.groups()), tzinfo=timezone.utc).timestamp()) if name else None  # type: ignore[arg-type, misc]
    except (ValueError, OverflowError):
        return None


def without_port(host: str) -> str:
    """Return the host of a file's name, which may end with a port of two digits or more."""
    address, underscore, port = host.rpartition("_")
    return address if underscore and port.isdigit() and len(port) >= 2 else host


def host_of(capture: Sketched) -> str:
    """Name the machine: manifest, then the file's own word, then its name; a port is not part of it."""
    if capture.manifest is not None and capture.manifest.host:
        return capture.manifest.host
    if capture.sketch.hostnames and capture.sketch.hostnames[0]:
        host = capture.sketch.hostnames[0]
        address, colon, port = host.rpartition(":")
        return address if colon and port.isdigit() and ":" not in address else host
    return _written_by(capture) or without_port(capture.file.host)


def names_host(capture: Sketched) -> bool:
    """Return whether a capture says on which machine it was made; files of PyTorch do so by a member or by their usual name."""
    stated = (capture.manifest is not None and capture.manifest.host) or any(capture.sketch.hostnames)
    return bool(stated or capture.sketch.era is not Era.KINETO or _written_by(capture))


def _written_by(capture: Sketched) -> str | None:
    """Read the machine from a name that `tensorboard_trace_handler` makes, `<host>_<pid>.<ns>`, if the process is the file's."""
    found = _HANDLER.fullmatch(capture.file.host) if capture.sketch.era is Era.KINETO else None
    return found["host"] if found and int(found["pid"]) == capture.sketch.process_id else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedFile:
    """What one file held: a capture per process, or the problems that kept it from being read."""

    captures: tuple[Capture, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What was found in a log directory, and what each of its files held."""

    discovery: Discovery
    files: Mapping[CaptureFile, DecodedFile]

    @property
    def captures(self) -> tuple[Capture, ...]:
        """The captures of all files, in the order of the files."""
        return tuple(capture for file in self.discovery.files for capture in self.files[file].captures)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of reading the files."""
        return tuple(problem for file in self.discovery.files for problem in self.files[file].problems)
