"""Which compiled functions are being made, so that no two processes make the same one at once.

A claim is a lock on one byte of a file beside the machine code. It ends with its process at the latest. Where files cannot be locked,
everything is free, and at worst something is compiled twice.
"""

import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None

_NAME = "claims"
_POLL_S = 0.01
#: Open files by folder. One that is closed would end all claims of this process on it.
_files: dict[str, int] = {}


@contextmanager
def claimed(folder: str, name: str, patience: float) -> Iterator[bool]:
    """Claim a function in the folder of its machine code; yield False where another process has it, and kept it so many seconds."""
    file, byte = _opened(folder), zlib.crc32(name.encode())
    if fcntl is None or file is None:
        yield True
        return
    until = time.monotonic() + patience
    while (ours := _locked(file, byte)) is False and time.monotonic() < until:
        time.sleep(_POLL_S)
    try:
        yield ours is not False
    finally:
        if ours:
            with suppress(OSError):
                fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)


def _opened(folder: str) -> int | None:
    if folder not in _files:
        with suppress(OSError):
            path = Path(folder) / _NAME
            _files[folder] = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    return _files.get(folder)


def _locked(file: int, byte: int) -> bool | None:
    """Lock a byte; return False where another process has it, None where there are no locks."""
    assert fcntl is not None
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return None
    return True
