"""Where decoded traces and machine code are kept, and whether that works. Both are optional: without them everything takes longer."""

import os
import stat
from pathlib import Path

from tb_contention.model.health import Check, Status

_MIB = 1 << 20


def trace_cache(folder: Path, budget: int) -> Check:
    """Check the cache of decoded traces: it is made when first needed, used only if it is this user's own, and bounded."""
    try:
        info = folder.lstat()
    except FileNotFoundError:
        return _to_be_made(folder)
    except OSError as error:
        return _trace_cache(Status.NOTE, f"{folder} cannot be looked at ({error.strerror})")
    if not stat.S_ISDIR(info.st_mode):
        return _trace_cache(Status.NOTE, f"{folder} is not a folder, or a link to one, and is not used")
    if hasattr(os, "getuid") and info.st_uid != os.getuid():
        return _trace_cache(Status.NOTE, f"{folder} belongs to another user and is not used")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return _trace_cache(Status.NOTE, f"{folder} cannot be written to")
    try:
        sizes = [path.stat().st_size for path in folder.glob("*.trace")]
    except OSError as error:
        return _trace_cache(Status.NOTE, f"{folder} cannot be listed ({error.strerror})")
    number = f"{len(sizes)} decoded trace{'' if len(sizes) == 1 else 's'}"
    message = f"{folder} holds {number}, {sum(sizes) / _MIB:,.1f} MiB of at most {budget // _MIB:,} MiB"
    return _trace_cache(Status.OK, message)


def _to_be_made(folder: Path) -> Check:
    above = next((parent for parent in folder.parents if parent.exists()), None)
    if above is None or not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        return _trace_cache(Status.NOTE, f"{folder} cannot be made")
    return _trace_cache(Status.OK, f"{folder} is not there yet and can be made")


def _trace_cache(status: Status, message: str) -> Check:
    remedy = "" if status is Status.OK else "Each trace is decoded anew; TB_CONTENTION_CACHE_DIR names another folder."
    return Check(name="trace-cache", status=status, message=message, remedy=remedy)


def compiled_cache(path: str | None, hits: int) -> Check:
    """Check numba's cache by what it says of a function of this package; path: where, None where it keeps nothing."""
    if path is None:
        return Check(
            name="compiled-cache",
            status=Status.NOTE,
            message="machine code cannot be kept, so each start compiles for about fifteen seconds",
            remedy="Let NUMBA_CACHE_DIR name a folder that can be written to.",
        )
    how = "was read from" if hits else "was compiled just now and is kept in"
    return Check(name="compiled-cache", status=Status.OK, message=f"machine code {how} {path}")
