"""A report of Nsight Systems -> its export, made by `nsys` where it is installed, in the user's cache and never in the log directory."""

import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Lock

from tb_contention._user_cache import default_cache_directory, make
from tb_contention.errors import TraceFileError
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.recorders.common.naming import printable

#: Reports before their export.
REPORTS = (".nsys-rep", ".qdrep")
#: Seconds that an export may take.
_PATIENCE_S = 600.0
_MOST_SAID = 200
_exporting = Lock()


def exporter() -> str | None:
    """Return the program that exports reports, if it is installed."""
    return shutil.which("nsys")


def export_command(path: str) -> str:
    """Return the command that exports a report beside itself."""
    export = f"{path.rpartition('.')[0]}{Container.NSIGHT.value}"
    return printable(f"nsys export --type sqlite --output {shlex.quote(export)} {shlex.quote(path)}")


def exported(file: CaptureFile) -> str:
    """Return the place of a file's export: the file itself, or what was made of a report and is kept. Raises TraceFileError.

    An export is known by place, size and date of the report.
    """
    if not file.path.endswith(REPORTS):
        return file.path
    info = Path(file.path).stat()
    key = (os.path.realpath(file.path), info.st_size, info.st_mtime_ns, info.st_ino)
    name = hashlib.blake2b(repr(key).encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()
    directory = default_cache_directory()
    place = directory / f"{name}{Container.NSIGHT.value}"
    with _exporting:
        if place.is_file() and not place.is_symlink():
            with suppress(OSError):
                os.utime(place)  # what was used least recently makes room first
            return str(place)
        try:
            if not make(directory):
                raise _failed(file, "the cache directory cannot be used")
            with tempfile.TemporaryDirectory(dir=directory, prefix="export-") as folder:
                made = Path(folder) / f"report{Container.NSIGHT.value}"
                _export(file, made)
                made.replace(place)
        except OSError as error:
            raise _failed(file, error.strerror or "unknown error") from None
    return str(place)


def _export(file: CaptureFile, made: Path) -> None:
    program = exporter()
    if program is None:
        raise _failed(file, "nsys is not on PATH")
    words = [program, "export", "--type", "sqlite", "--force-overwrite", "true", "--output", str(made), file.path]
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=made.parent, start_new_session=True
    ) as process:  # fmt: skip
        try:
            said, _ = process.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            _end(process)
            raise _failed(file, f"it took longer than {_PATIENCE_S:g} s") from None
    last = " ".join(said.decode("utf-8", "replace").split())[-_MOST_SAID:]
    if process.returncode or not made.is_file():
        raise _failed(file, printable(last) or f"exit code {process.returncode}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and those that it started: what is called nsys may be a script."""
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()


def _failed(file: CaptureFile, reason: str) -> TraceFileError:
    return TraceFileError(
        f"{file.relative}: nsys could not export the report ({reason.rstrip('.')}).",
        slug="export-failed",
        advice=f"Export it by hand: {export_command(file.path)}",
    )
