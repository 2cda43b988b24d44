"""Record this process, a command of `tb-contention run`, during the window, without changing its program.

The first process of a command that imports a framework is recorded; if it exits before the window, the next one is.
"""

import atexit
import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType

from tb_contention.capture.facts import Recorded
from tb_contention.capture.messages import reason
from tb_contention.capture.profilers import is_imported, is_jax_at_work
from tb_contention.capture.recording import Recording
from tb_contention.capture.rendezvous import Done, Order, Rendezvous, Window, is_alive

_TICK_S = 0.02
_SLOW_TICK_S = 0.2
#: How long the exit of the program waits for its trace.
_EXPORT_S = 120.0
_TOO_EARLY = "it exited before the window opened; use a shorter --wait"


def begin(order_path: str) -> None:
    """Start a thread that waits for the window."""
    meeting = Rendezvous(Path(order_path).parent)
    order = meeting.order(int(Path(order_path).name.partition(".")[0]))
    if order is not None:
        WindowRecorder(meeting, order).start()


class WindowRecorder:
    """Waits for the window and records it; ends the recording early if the program exits first."""

    def __init__(self, meeting: Rendezvous, order: Order) -> None:
        self._meeting = meeting
        self._order = order
        self._process_id = os.getpid()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tb_contention window", daemon=True)
        self._recording = Recording(
            order.name, order.logdir, recorder="run", in_own_folder=False,
            recorded=Recorded(run=order.run, command=order.command, alone=order.alone),
        )  # fmt: skip

    def start(self) -> None:
        """Start waiting, and register for the exit of the program."""
        atexit.register(self.finish)
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._terminated)
        self._thread.start()

    def finish(self) -> None:
        """End the recording and wait for its trace; do nothing in a forked process."""
        if os.getpid() == self._process_id:
            self._over.set()
            self._thread.join(timeout=_EXPORT_S)

    def _terminated(self, number: int, frame: FrameType | None) -> None:
        """Save the recording, then let the signal end the process as it would have."""
        self.finish()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)

    def _run(self) -> None:
        number = self._order.number
        if not self._claimed():
            return
        send = self._meeting.report
        try:
            send = self._meeting.report if self._record() else self._meeting.leave
            done = Done(
                directories=tuple(map(str, self._recording.directories)), problems=tuple(self._recording.problems)
            )
        except Exception as error:
            done = Done(problems=(f"recording failed ({type(error).__name__}: {reason(error)})",))
        if self._meeting.is_there():
            send(number, done)

    def _claimed(self) -> bool:
        while not self._meeting.claim(self._order.number):
            if self._over.wait(_SLOW_TICK_S) or self._is_pointless():
                return False
        return True

    def _is_pointless(self) -> bool:
        """Return whether nobody waits for this recording any longer."""
        run_is_gone = not self._meeting.is_there() or not is_alive(self._order.runner)
        return run_is_gone or self._meeting.is_marked(self._order.number, "done")

    def _record(self) -> bool:
        """Record the window; return False if this process exits before it, so that the command's next process can."""
        meeting, problems = self._meeting, self._recording.problems
        while not _is_ready():
            if self._over.wait(_TICK_S) or meeting.is_ended() or self._is_pointless():
                problems.append(_TOO_EARLY if _is_ready() else "JAX was imported but opened no device")
                return False
        meeting.mark(self._order.number, "ready")
        self._recording.prepare()
        window = self._opened()
        if window is None:
            problems.append(_TOO_EARLY)
            return False
        if time.time_ns() >= window.close_ns:
            problems.append("it imported its framework after the window had closed; use a longer --timeout")
        else:
            self._record_until(window.close_ns)
        return True

    def _opened(self) -> Window | None:
        """Wait for the window, which may be postponed until it opens; return None if the program or `run` ends first."""
        while True:
            window = self._meeting.window()
            left_s = _TICK_S if window is None else min(_TICK_S, (window.open_ns - time.time_ns()) / 1e9)
            if left_s <= 0:
                return window
            if self._over.wait(left_s) or self._meeting.is_ended() or self._is_pointless():
                return None

    def _record_until(self, close_ns: int) -> None:
        self._recording.start()
        if self._recording.is_running:
            self._meeting.mark(self._order.number, "recording")
            self._wait_until(close_ns)
            self._recording.stop()

    def _wait_until(self, instant_ns: int) -> None:
        """Wait for an instant, or until the program or `run` ends."""
        while (left := instant_ns - time.time_ns()) > 0:
            if self._over.wait(min(_TICK_S, left / 1e9)) or self._meeting.is_ended() or not self._meeting.is_there():
                return


def _is_ready() -> bool:
    """Return whether a profiler can start: TensorFlow's after the import, JAX's once its devices are open."""
    return is_imported("tensorflow", "profiler") or is_jax_at_work()
