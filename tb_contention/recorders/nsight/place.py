"""A file named `*.sqlite` -> the CaptureFile of a report, if it is one. Reports may lie anywhere; the run is the folder."""

import os
import shlex
import stat

from tb_contention.model.capture import CaptureFile, Container
from tb_contention.recorders.common.naming import printable
from tb_contention.recorders.nsight.recognise import is_export

_LAYOUT = "plugins/profile/"
#: Reports before their export.
REPORTS = (".nsys-rep", ".qdrep")


def export_command(path: str) -> str:
    """Return the command that exports a report beside itself."""
    export = f"{path.rpartition('.')[0]}{Container.NSIGHT.value}"
    return printable(f"nsys export --type sqlite --output {shlex.quote(export)} {shlex.quote(path)}")


def report_file(
    entry: os.DirEntry[str], relative: str, root: str, manifest: str | None, seen: set[tuple[int, int]]
) -> tuple[CaptureFile, ...]:
    """Describe an export; empty if the file is none or was found already. relative: path below the log directory named `root`."""
    try:
        info = entry.stat()
    except OSError:
        return ()  # a link to nothing, with another program's ending
    if not stat.S_ISREG(info.st_mode) or not is_export(entry.path, info.st_size, info.st_mtime_ns):
        return ()
    if (info.st_dev, info.st_ino) in seen and info.st_nlink == 1:
        return ()
    seen.add((info.st_dev, info.st_ino))
    folder, _, file = relative.rpartition("/")
    run = folder.replace(_LAYOUT, "") or root or "report"
    return (
        CaptureFile(
            path=entry.path, relative=relative, run=run, directory=run.rpartition("/")[2], host=file[: -len(Container.NSIGHT.value)],
            container=Container.NSIGHT, size=info.st_size, mtime_ns=info.st_mtime_ns, manifest=manifest,
            identity=(info.st_ino, info.st_ctime_ns),
        ),
    )  # fmt: skip
