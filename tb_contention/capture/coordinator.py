"""Decide for `run` when the window opens and when it is over: it opens once all commands are ready."""

import time
from dataclasses import dataclass

from tb_contention.capture.rendezvous import Rendezvous, Window

#: Minimum time between announcing and opening the window, so that every process reads it. Within this time it can no longer change.
_NOTICE_NS = 100_000_000
#: How long after the window to wait for the traces of commands that have exited.
_EXPORT_NS = 30_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """When to record, in ns. wait: from the last framework's import to the window; timeout: the longest wait for all imports.

    stop: stop the commands once the window is recorded.
    """

    wait_ns: int
    duration_ns: int
    timeout_ns: int
    stop: bool = False


class Coordinator:
    """Sets the window from the state of the commands; `run` calls `update` at intervals with the numbers of those running."""

    def __init__(self, meeting: Rendezvous, settings: Settings) -> None:
        self._meeting = meeting
        self._settings = settings
        self._deadline_ns = time.time_ns() + settings.timeout_ns
        self._window: Window | None = None
        self._known: frozenset[int] = frozenset()

    def update(self, running: frozenset[int]) -> None:
        """Announce the window once all commands are ready, withdraw it if one no longer is, and release claims of dead processes.

        The window is announced as early as possible: a busy machine may not run this process again before it opens.
        """
        self._known |= running
        now = time.time_ns()
        if self._is_settled(now):
            return
        running |= frozenset(filter(self._is_recording, self._known))  # also those whose shell has exited
        for number in running:
            if self._meeting.claimed_by(number) is not None and not self._meeting.is_held(number):
                self._meeting.release(number)
        if not self._are_ready(running, now):
            self._withdraw()
        elif self._window is None:
            opening = now + max(self._settings.wait_ns, _NOTICE_NS)
            self._window = Window(open_ns=opening, close_ns=opening + self._settings.duration_ns)
            self._meeting.set_window(self._window)

    def _is_settled(self, now: int) -> bool:
        """Return whether the window is open, or opens too soon to be changed."""
        return self._window is not None and now >= self._window.open_ns - _NOTICE_NS

    def _withdraw(self) -> None:
        if self._window is not None:
            self._window = None
            self._meeting.withdraw_window()

    def _are_ready(self, running: frozenset[int], now: int) -> bool:
        """Return whether all running commands are ready or, after the timeout, any of them."""
        ready = sum(self._meeting.is_marked(number, "ready") for number in running)
        return ready > 0 and (ready == len(running) or now > self._deadline_ns)

    def end(self) -> None:
        """Close the window now."""
        self._meeting.end()

    def awaits_a_trace(self) -> bool:
        """Return whether a live process still has to record or write its trace; False some time after the window."""
        if self._window is None or time.time_ns() > self._window.close_ns + _EXPORT_NS:
            return False
        return any(self._is_recording(number) for number in self._known)

    def _is_recording(self, number: int) -> bool:
        """Return whether a live process still has to record this command or write its trace."""
        if not self._meeting.is_marked(number, "ready") or self._meeting.is_marked(number, "done"):
            return False
        return self._meeting.is_held(number)

    def is_time_to_stop(self) -> bool:
        """Return whether to stop the commands now: the window is recorded, or none was ready in time."""
        if not self._settings.stop:
            return False
        if self._window is None:
            return time.time_ns() > self._deadline_ns
        return time.time_ns() > self._window.close_ns and not self.awaits_a_trace()
