"""Give each recording its own directory: two processes that export into one within the same second would write the same file."""

import contextlib
import os
import re
from pathlib import Path

_MOST = 1000


def folder_name(name: str) -> str:
    """Return the name of a session in characters fit for a directory."""
    return re.sub(r"[^\w.+@=-]+", "_", name)[:100].lstrip(".") or "session"


class OwnFolder:
    """Creates a directory and locks it; takes `<name>_2` and so on if another recording holds it. Raises OSError if it cannot."""

    def __init__(self, wanted: Path) -> None:
        self.path = wanted
        self._handle: int | None = None
        for number in range(2, _MOST):
            self.path.mkdir(parents=True, exist_ok=True)
            if self._hold():
                return
            self.path = wanted.with_name(f"{wanted.name}_{number}")

    def _hold(self) -> bool:
        try:
            import fcntl
        except ImportError:
            return True  # a system without locks
        handle = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        except OSError:
            os.close(handle)
            return True  # a file system without locks
        self._handle = handle
        return True

    def leave(self) -> None:
        """Release the lock, as the end of the process does."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with contextlib.suppress(OSError):
                os.close(handle)
