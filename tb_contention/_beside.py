"""Processes beside this one that make machine code. Only the standard library is imported: TensorBoard's start must not wait for numba.

What they make, and in which order, is in `_warming`.
"""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock

from tb_contention._user_cache import machine_code

#: Processes at the most.
_MOST = 3
_starting = Lock()
#: Those beside a first report; None until one was looked at.
_running: list["subprocess.Popen[bytes]"] | None = None


def begin_tab() -> None:
    """Let processes compile for the tab from now on, where no machine code is cached at all; the workspace looks closer, later."""
    global _running
    place = os.environ.get("NUMBA_CACHE_DIR") or machine_code()
    with _starting:
        if _running is None and place and not any(Path(place).glob("*")):
            _running = start("tab")


def help_once(where: str, is_lacking: bool) -> None:
    """Start processes for a first report, unless that was done or looked at before."""
    global _running
    with _starting:
        if _running is None:
            _running = start(where) if is_lacking else []


def is_settled() -> bool:
    """Tell whether processes were started for a first report, or none are needed."""
    return _running is not None


def start(what: str) -> list["subprocess.Popen[bytes]"]:
    """Start as many processes as there are processors left; fewer where no more can be started."""
    if not sys.executable or getattr(sys, "frozen", False):  # what runs is another program than Python
        return []
    # With our own search path: by itself, Python would look into the current directory first, which can be anyone's.
    code = f"import sys; sys.path[:] = {sys.path!r}; from tb_contention._warming import main; main(*sys.argv[1:])"
    count = min(_MOST, _processors() - 1)
    started = []
    with suppress(OSError):
        for number in range(count):
            words = [sys.executable, "-c", code, what, str(number), str(count)]
            started.append(
                subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
    return started


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
