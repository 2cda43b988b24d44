"""Where a session is in xprof's trace viewer: its run and host there, and the instant that xprof counts from.

xprof takes the lines of a file as they are written, so its 0 ms is time 0 of the trace, for each file by itself.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tb_contention.model.alignment import Session
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.units import Nanoseconds
from tb_contention.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceViewerPlace:
    """Where xprof's trace viewer shows a session."""

    run: Annotated[str, Wire("run, as xprof names it")]
    host: Annotated[str, Wire("host, as xprof names it")]
    zero: Annotated[Nanoseconds, Wire("instant that the trace viewer shows as 0 ms", signed=True)]


def trace_viewer_place(session: Session, file: CaptureFile, logdir: str) -> TraceViewerPlace | None:
    """Name the place of a session, read from `file`; None where xprof in the same TensorBoard does not open it at its time.

    logdir: TensorBoard's, empty under `--logdir_spec`, which xprof does not read. Neither does it read URLs with our file systems, a
    folder below `plugins`, legacy containers and files that are cut; lines in Unix time overflow in it.
    """
    trace = session.trace
    if not logdir or "://" in logdir or file.container is not Container.XPLANE:
        return None
    if not trace.complete or trace.clock.unix_lines:
        return None
    # A name that had to be made printable, and a logdir inside a run, do not lead back to the file.
    if Path(file.path) != _absolute(logdir) / file.relative:
        return None
    if "," in file.host:  # xprof takes it as the end of a host's name
        return None
    run = "/".join([*file.relative.split("/")[:-4], file.directory])
    return TraceViewerPlace(run=run, host=file.host, zero=session.offset)


def _absolute(logdir: str) -> Path:
    return Path(os.path.abspath(Path(logdir).expanduser()))  # noqa: PTH100 - links stay as they are, as in what was discovered
