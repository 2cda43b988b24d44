"""Inside a command of `tb-contention run`: record this process during the window, without a change to its program.

Of the processes of a command the first that imports a framework records; when it ends before the window, the next one does.
"""

import atexit
import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType

from tb_contention.capture.messages import reason
from tb_contention.capture.profilers import is_imported, is_jax_at_work
from tb_contention.capture.recording import Recording
from tb_contention.capture.rendezvous import Done, Order, Rendezvous, Window, is_alive

_TICK_S = 0.02
_SLOW_TICK_S = 0.2
#: The longest that the end of the program waits for its trace.
_EXPORT_S = 120.0


def begin(order_path: str) -> None:
    """Start to wait for the window, in a thread of its own."""
    meeting = Rendezvous(Path(order_path).parent)
    order = meeting.order(int(Path(order_path).name.partition(".")[0]))
    if order is not None:
        WindowRecorder(meeting, order).start()


class WindowRecorder:
    """Waits for the window and records it; also ends the recording when the program ends first."""

    def __init__(self, meeting: Rendezvous, order: Order) -> None:
        self._meeting = meeting
        self._order = order
        self._process_id = os.getpid()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tb_contention window", daemon=True)
        self._recording = Recording(order.name, order.logdir, recorder="run", in_own_folder=False)

    def start(self) -> None:
        """Watch for the end of the program, and begin."""
        atexit.register(self.finish)
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._terminated)
        self._thread.start()

    def finish(self) -> None:
        """End the recording and wait for its trace. In a process forked from this one there is none."""
        if os.getpid() == self._process_id:
            self._over.set()
            self._thread.join(timeout=_EXPORT_S)

    def _terminated(self, number: int, frame: FrameType | None) -> None:
        """Keep what is recorded, then end by the signal as if nothing had been in its way."""
        self.finish()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)

    def _run(self) -> None:
        number = self._order.number
        if not self._claimed():
            return
        tell = self._meeting.report
        try:
            tell = self._meeting.report if self._record() else self._meeting.leave
            done = Done(
                directories=tuple(map(str, self._recording.directories)), problems=tuple(self._recording.problems)
            )
        except Exception as error:
            done = Done(problems=(f"nothing is recorded ({type(error).__name__}: {reason(error)})",))
        if self._meeting.is_there():
            tell(number, done)

    def _claimed(self) -> bool:
        while not self._meeting.claim(self._order.number):
            if self._over.wait(_SLOW_TICK_S) or self._is_pointless():
                return False
        return True

    def _is_pointless(self) -> bool:
        """Tell whether nobody waits for a recording any more."""
        run_is_gone = not self._meeting.is_there() or not is_alive(self._order.runner)
        return run_is_gone or self._meeting.is_marked(self._order.number, "done")

    def _record(self) -> bool:
        """Record the window; False where this process ended before it, so that another one of the command may."""
        meeting, problems = self._meeting, self._recording.problems
        while not _is_ready():
            if self._over.wait(_TICK_S) or meeting.is_ended() or self._is_pointless():
                problems.append("JAX was imported, but it did not open a device")
                return False
        meeting.mark(self._order.number, "ready")
        self._recording.prepare()
        window = self._opened()
        if window is None:
            problems.append("it ended before the window opened; a shorter --wait opens it earlier")
            return False
        if time.time_ns() >= window.close_ns:
            problems.append("it imported its framework after the window had closed")
        else:
            self._record_until(window.close_ns)
        return True

    def _opened(self) -> Window | None:
        """Wait for the window, which may be put off until it opens; None when the program or `run` ended first."""
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
    """Tell whether there is a profiler to start: TensorFlow's always, JAX's once its devices are open."""
    return is_imported("tensorflow", "profiler") or is_jax_at_work()
