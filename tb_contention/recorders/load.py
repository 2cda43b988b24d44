"""One file -> its Trace, by the reader of its container. Every fault of the file raises TraceFileError."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple, TypeVar

import numpy as np

from tb_contention.errors import TraceFileError
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.side_by_side import together
from tb_contention.model.sketch import Sketch
from tb_contention.model.trace import Trace
from tb_contention.recorders.common.advice import COPY_AGAIN, GRANT_READING, REMOVE, SHORTER_WINDOW
from tb_contention.recorders.common.work_end import with_work_end
from tb_contention.units import U8

#: The largest protobuf message, so no writer exceeds it.
MAX_BYTES = (1 << 31) - 1
#: Bytes of files that are kept for their second reading, in all.
_MOST_KEPT = 1 << 29
#: Bytes from which on it pays to hash them on another core.
_LARGE = 1 << 22
#: What a reader makes of the bytes of a file.
Read = TypeVar("Read", Trace, Sketch)
#: The parts of a file, by name; one is named "".
Parts = tuple[tuple[str, Read], ...]
Report = TypeVar("Report")


class _Bytes(NamedTuple):
    """The bytes of a file, its state before and after they were read, and their SHA-256, "" until it is known."""

    data: U8
    before: tuple[int, ...]
    after: tuple[int, ...]
    sha256: str = ""


class _Kept:
    """What was read inside `read_once` and not yet read again."""

    def __init__(self) -> None:
        self.lock, self.users, self.files = Lock(), 0, dict[str, _Bytes]()

    def keep(self, path: str, read: _Bytes) -> None:
        """Keep the bytes of a file that did not change meanwhile, where there is room."""
        with self.lock:
            room = _MOST_KEPT - sum(len(kept.data) for kept in self.files.values())
            if self.users and read.before == read.after and 0 < len(read.data) <= room:
                self.files[path] = read

    def take(self, path: str) -> _Bytes | None:
        """Hand out the bytes of a file once, unless it has changed."""
        with self.lock:
            kept = self.files.pop(path, None)
        if kept is None:
            return None
        try:
            now = Path(path).stat()
        except OSError:
            return None
        return kept if _state(now) == kept.after else None


_kept = _Kept()


@contextmanager
def read_once() -> Iterator[None]:
    """Read files from the disk once that are skimmed and then decoded in here; large ones beyond a bound are read twice."""
    with _kept.lock:
        _kept.users += 1
    try:
        yield
    finally:
        with _kept.lock:
            _kept.users -= 1
            if not _kept.users:
                _kept.files.clear()


def load_parts(file: CaptureFile) -> tuple[tuple[CaptureFile, Trace], ...]:
    """Read and decode a file into one trace per process in it. Raises TraceFileError."""
    if file.container in (Container.KINETO, Container.KINETO_GZIP, Container.TRACE_JSON):
        found = read_whole(file, lambda data: _decode(data, file))
        return tuple((replace(file, part=part), with_work_end(trace, file.relative)) for part, trace in found)
    if file.container is not Container.NSIGHT:
        return ((file, with_work_end(load_trace(file), file.relative)),)
    from tb_contention.recorders.nsight.reader import read_report

    parts, size, sha256 = read_export(file, read_report)
    return tuple(
        (
            replace(file, part=p.name),
            with_work_end(replace(p.trace, file_bytes=size, sha256=sha256), file.relative),
        )
        for p in parts
    )


def load_trace(file: CaptureFile) -> Trace:
    """Read and decode a file with one process. Raises TraceFileError."""
    return read_whole(file, lambda data: _decode(data, file))[0][1]


def read_whole(file: CaptureFile, read: Callable[[U8], Parts[Read]]) -> Parts[Read]:
    """Read the bytes of a file, once more if it changes meanwhile; return what each part of it holds, by name. Raises TraceFileError."""
    for _ in range(2):
        kept = _kept.take(file.path)
        data, before, after, known = kept or _Bytes(*read_bytes(file))
        digest = partial(_digest, data, known)
        try:
            # Hashing takes as long as skimming: side by side where a core is free.
            found, sha256 = together(partial(read, data), digest) if len(data) > _LARGE else (read(data), "")
        except TraceFileError:
            if before == after:
                raise
            continue
        if all(part.complete for _, part in found) or before == after:
            sha256 = sha256 or digest()
            if kept is None and "://" not in file.path:
                _kept.keep(file.path, _Bytes(data, before, after, sha256))
            return tuple((name, replace(part, file_bytes=len(data), sha256=sha256)) for name, part in found)
    raise TraceFileError(
        f"{file.relative}: the file is still being written.",
        slug="still-growing",
        advice="Reload when the profiler has finished writing it.",
    )


def _digest(data: U8, known: str) -> str:
    """Return the SHA-256 of a file's bytes, unless it is known."""
    return known or hashlib.sha256(data.data).hexdigest()


def read_export(file: CaptureFile, read: Callable[[str, str, str], Report]) -> tuple[Report, int, str]:
    """Read an export of Nsight Systems in place, or a report through its export; return what it held, its size and its SHA-256.

    Raises TraceFileError.
    """
    from tb_contention.recorders.nsight.export import exported

    digest = hashlib.sha256()
    try:
        before = Path(file.path).stat()
        found = read(exported(file), file.relative, file.steps)
        with Path(file.path).open("rb") as stream:
            while block := stream.read(1 << 22):
                digest.update(block)
            after = os.fstat(stream.fileno())
    except OSError as error:
        raise TraceFileError(
            f"{file.relative}: the file cannot be read ({error.strerror}).",
            slug="unreadable-file",
            advice="Check the disk or the mount.",
        ) from None
    if _state(before) != _state(after):
        raise TraceFileError(
            f"{file.relative}: the file is still being written.",
            slug="still-growing",
            advice="Reload when `nsys export` has finished writing it.",
        )
    return found, after.st_size, digest.hexdigest()


def _decode(data: U8, file: CaptureFile) -> Parts[Trace]:
    """Decode each rank of a trace that is PyTorch's, and anything else as one."""
    if file.container in (Container.XPLANE, Container.RIEGELI):
        from tb_contention.recorders.xspace.decoding.reader import decode_xspace

        message, lost = message_of(data, file)
        trace = decode_xspace(message, file=file.relative, steps=file.steps)
        return (("", replace(trace, complete=trace.complete and not lost, problems=(*lost, *trace.problems))),)
    if file.container in (Container.KINETO, Container.KINETO_GZIP) or _is_kineto(data, file):
        from tb_contention.recorders.kineto.reader import decode_ranks

        return decode_ranks(data, file=file.relative, steps=file.steps)
    if file.container is Container.TRACE_JSON:
        from tb_contention.recorders.legacy.trace_json import decode_trace_json

        return (("", decode_trace_json(data.tobytes(), file=file.relative, steps=file.steps)),)
    from tb_contention.recorders.legacy.trace_proto import decode_trace_proto

    return (("", decode_trace_proto(data.tobytes(), file=file.relative, steps=file.steps)),)


def message_of(data: U8, file: CaptureFile) -> tuple[U8, tuple[Problem, ...]]:
    """Return the message that a file of TensorFlow or JAX holds, and what was lost of a file of records."""
    if file.container is not Container.RIEGELI:
        return data, ()
    from tb_contention.recorders.xspace.riegeli import xspace_of

    message, whole = xspace_of(data, file.relative)
    if whole:
        return message, ()
    cut = Problem(
        file=file.relative, slug="truncated-riegeli", severity=Severity.ERROR, origin=Origin.READING,
        message=f"{file.relative}: the file is truncated or damaged; the records that are whole are used.", advice=COPY_AGAIN,
    )  # fmt: skip
    return message, (cut,)


def _is_kineto(data: U8, file: CaptureFile) -> bool:
    """Return whether a file that is named as TensorFlow 2.2 names traces is one of PyTorch."""
    if file.container is not Container.TRACE_JSON:
        return False
    from tb_contention.recorders.kineto.recognise import is_kineto

    return is_kineto(data)


def _state(info: os.stat_result) -> tuple[int, ...]:
    """Return what changes when a file is written or replaced."""
    return (info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)


def read_bytes(file: CaptureFile) -> tuple[U8, tuple[int, ...], tuple[int, ...]]:
    """Read a file's bytes, with its state before and after."""
    if "://" in file.path:
        from tb_contention.recorders.common.remote import read_remote

        return np.frombuffer(read_remote(file), np.uint8), (0, 0), (0, 0)
    try:
        descriptor = os.open(file.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            info = os.fstat(descriptor)
            _check(info, file)
            data = _read(descriptor, info.st_size)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise TraceFileError(
            f"{file.relative}: the file was found but no longer exists.",
            slug="file-vanished",
            advice="Reload; if it stays missing, check whether the log directory was moved.",
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        advice = (
            GRANT_READING
            if getattr(error, "errno", None) in (errno.EACCES, errno.EPERM)
            else "Check the disk or the mount."
        )
        raise TraceFileError(
            f"{file.relative}: the file cannot be read ({reason}).", slug="unreadable-file", advice=advice
        ) from None
    return data, _state(info), _state(after)


def _read(descriptor: int, size: int) -> U8:
    """Read up to `size` bytes. Read, not mapped: a mapped file that another program cuts short kills this process with SIGBUS."""
    data = np.empty(size, np.uint8)  # of large pages, which takes half the time to fill that `bytes` take
    with os.fdopen(descriptor, "rb", closefd=False) as stream:
        return data[: stream.readinto(data.data)]


def _check(info: os.stat_result, file: CaptureFile) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise TraceFileError(f"{file.relative}: not a regular file.", slug="not-a-file", advice=REMOVE)
    if info.st_size > MAX_BYTES:
        raise TraceFileError(
            f"{file.relative}: the file has {info.st_size / (1 << 30):.1f} GiB, but a profile can have at most 2 GiB.",
            slug="too-large",
            advice=SHORTER_WINDOW,
        )
