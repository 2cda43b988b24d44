"""Tell Nsight Systems' exports from other programs' `*.sqlite` files, which log directories hold too."""

from functools import lru_cache
from pathlib import Path

from tb_contention.errors import TraceFileError


def is_export(path: str, size: int, mtime_ns: int) -> bool:
    """Tell by its table names whether a file is an export; the answer is kept until the file changes."""
    return _looked_at(path, size, mtime_ns)


@lru_cache(maxsize=4096)
def _looked_at(path: str, size: int, mtime_ns: int) -> bool:
    del size, mtime_ns  # part of the key
    try:
        from tb_contention.recorders.nsight.database import Database
    except ImportError:  # a Python that was built without SQLite
        return False
    try:
        with Database(path, path) as database:
            return database.is_export
    except TraceFileError as error:
        # A damaged export is reported when it is decoded.
        return error.slug == "bad-sqlite" and _names_a_report(path)


def _names_a_report(path: str) -> bool:
    """Return whether the bytes of a file that cannot be opened name a table of Nsight Systems."""
    try:
        with Path(path).open("rb") as stream:
            start = stream.read(1 << 20)
    except OSError:
        return False
    return start.startswith(b"SQLite format 3\0") and b"CUPTI_ACTIVITY_KIND_" in start
