"""The side of `run` in the rendezvous: opens the window once all commands are ready, and knows when it is over."""

import time
from dataclasses import dataclass

from tb_contention.capture.rendezvous import Rendezvous, Window

#: The least time from saying when the window opens to its opening, so that all have read it. From then on it stays as it is.
_NOTICE_NS = 100_000_000
#: How long after the window traces are waited for when their commands have ended.
_EXPORT_NS = 30_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """wait: from the last framework's import to the window; duration: of the window; timeout: the longest wait for imports. In ns.

    stop: end the commands when the window is recorded.
    """

    wait_ns: int
    duration_ns: int
    timeout_ns: int
    stop: bool = False


class Coordinator:
    """Looks into the folder at intervals; `update` is to be called with the numbers of the commands that run."""

    def __init__(self, meeting: Rendezvous, settings: Settings) -> None:
        self._meeting = meeting
        self._settings = settings
        self._deadline_ns = time.time_ns() + settings.timeout_ns
        self._window: Window | None = None
        self._known: frozenset[int] = frozenset()

    def update(self, running: frozenset[int]) -> None:
        """Say when the window opens once all are ready, and take it back when one is not any more; free what the dead hold.

        It is said as early as can be: a machine that is busy may not run this process again before the window opens.
        """
        self._known |= running
        now = time.time_ns()
        if self._is_settled(now):
            return
        running |= frozenset(filter(self._is_recording, self._known))  # beyond the shells that started them
        for number in running:
            if self._meeting.claimed_by(number) is not None and not self._meeting.is_held(number):
                self._meeting.release(number)
        if not self._are_ready(running, now):
            self._take_back()
        elif self._window is None:
            opening = now + max(self._settings.wait_ns, _NOTICE_NS)
            self._window = Window(open_ns=opening, close_ns=opening + self._settings.duration_ns)
            self._meeting.set_window(self._window)

    def _is_settled(self, now: int) -> bool:
        """Tell whether the window is open or opens so soon that it stays as it is."""
        return self._window is not None and now >= self._window.open_ns - _NOTICE_NS

    def _take_back(self) -> None:
        if self._window is not None:
            self._window = None
            self._meeting.take_back_window()

    def _are_ready(self, running: frozenset[int], now: int) -> bool:
        """Tell whether all that run are ready, or, after the timeout, any."""
        ready = sum(self._meeting.is_marked(number, "ready") for number in running)
        return ready > 0 and (ready == len(running) or now > self._deadline_ns)

    def end(self) -> None:
        """Close the window now."""
        self._meeting.end()

    def awaits_a_trace(self) -> bool:
        """Tell whether a process that lives is to record, records or writes its trace; only for a while after the window."""
        if self._window is None or time.time_ns() > self._window.close_ns + _EXPORT_NS:
            return False
        return any(self._is_recording(number) for number in self._known)

    def _is_recording(self, number: int) -> bool:
        """Tell whether a process that lives is to record this command, does, or writes its trace."""
        if not self._meeting.is_marked(number, "ready") or self._meeting.is_marked(number, "done"):
            return False
        return self._meeting.is_held(number)

    def is_time_to_stop(self) -> bool:
        """Tell whether commands that are to end after their window may end: it is recorded, or none was ready in time."""
        if not self._settings.stop:
            return False
        if self._window is None:
            return time.time_ns() > self._deadline_ns
        return time.time_ns() > self._window.close_ns and not self.awaits_a_trace()
