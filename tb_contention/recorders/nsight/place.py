"""A file named `*.sqlite` or `*.nsys-rep` -> the CaptureFile of a report, if it is one. Reports may lie anywhere; the run is the folder."""

import os
import stat

from tb_contention.model.capture import CaptureFile, Container
from tb_contention.recorders.nsight.export import REPORTS
from tb_contention.recorders.nsight.recognise import is_export

_LAYOUT = "plugins/profile/"


def report_file(
    entry: os.DirEntry[str], relative: str, root: str, manifest: str | None, seen: set[tuple[int, int]]
) -> tuple[CaptureFile, ...]:
    """Describe an export, or a report to export; empty if the file is none or was found already.

    relative: path below the log directory named `root`.
    """
    try:
        info = entry.stat()
    except OSError:
        return ()  # a link to nothing, with another program's ending
    if not stat.S_ISREG(info.st_mode):
        return ()
    if not entry.name.endswith(REPORTS) and not is_export(entry.path, info.st_size, info.st_mtime_ns):
        return ()
    if (info.st_dev, info.st_ino) in seen and info.st_nlink == 1:
        return ()
    seen.add((info.st_dev, info.st_ino))
    folder, _, file = relative.rpartition("/")
    run = folder.replace(_LAYOUT, "") or root or "report"
    return (
        CaptureFile(
            path=entry.path, relative=relative, run=run, directory=run.rpartition("/")[2], host=file.rpartition(".")[0],
            container=Container.NSIGHT, size=info.st_size, mtime_ns=info.st_mtime_ns, manifest=manifest,
            identity=(info.st_ino, info.st_ctime_ns),
        ),
    )  # fmt: skip
