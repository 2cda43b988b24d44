"""Start commands together, let them record one window, and wait for them, without reading or changing their output."""

import contextlib
import errno
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tb_contention.capture.commands import Command
from tb_contention.capture.coordinator import Coordinator, Settings
from tb_contention.capture.environment import CONCURRENT
from tb_contention.capture.facts import Recorded
from tb_contention.capture.interrupts import Interrupts
from tb_contention.capture.messages import reason
from tb_contention.capture.rendezvous import Done, Order, Rendezvous

ORDER_VARIABLE = "TB_CONTENTION_RUN"
_PACKAGE = Path(__file__).resolve().parents[1]
_INJECT = Path(__file__).resolve().parent / "inject"
_TICK_S = 0.05
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
#: How long an interrupt waits for traces before it is passed on, and how long the commands then have to exit.
_EXPORT_S, _PATIENCE_S = 15.0, 60.0
#: How long a command has to exit once it is stopped after its window.
_STOP_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended. code: as in a shell, 0 if stopped as asked; claimed: one of its processes imported a framework."""

    command: Command
    code: int
    claimed: bool
    done: Done | None


def run_together(
    commands: Sequence[Command],
    logdirs: Sequence[Path],
    settings: Settings,
    interrupts: Interrupts,
    say: Callable[[str], None],
    recorded: Sequence[Recorded],
) -> tuple[Outcome, ...]:
    """Run commands at the same time, each recorded into its own log directory, until all have exited.

    recorded: what the manifests say of which command that was.
    """
    with tempfile.TemporaryDirectory(prefix="tb_contention_run_", ignore_cleanup_errors=True) as folder:
        meeting = Rendezvous(folder)
        for number, (command, logdir, of) in enumerate(zip(commands, logdirs, recorded, strict=True)):
            meeting.give_order(
                Order(
                    number=number, name=command.name, logdir=str(logdir), package=str(_PACKAGE), runner=os.getpid(),
                    run=of.run, command=of.command, alone=of.alone,
                )
            )  # fmt: skip
        processes = _Processes(commands, meeting, say)
        try:
            _follow(processes, Coordinator(meeting, settings), interrupts, say)
        finally:
            processes.signal(_KILL)
        return processes.outcomes()


def _follow(
    processes: "_Processes", coordinator: Coordinator, interrupts: Interrupts, say: Callable[[str], None]
) -> None:
    """Wait until the commands have exited and their traces are written."""
    ending = _Ending(processes, coordinator, say)
    while not ending.is_over:
        running = processes.running()
        coordinator.update(running)
        if not running and not coordinator.awaits_a_trace():
            return
        ending.look(interrupts)
        time.sleep(_TICK_S)


class _Ending:
    """Ends the commands: first their traces, then the signal, then SIGKILL if that is not enough."""

    def __init__(self, processes: "_Processes", coordinator: Coordinator, say: Callable[[str], None]) -> None:
        self.is_over = False
        self._say = say
        self._processes = processes
        self._coordinator = coordinator
        self._began: float | None = None
        self._passed_on: float | None = None

    def look(self, interrupts: Interrupts) -> None:
        """Act on interrupts and on the end of the window."""
        now = time.monotonic()
        if interrupts.count > 1:
            self._kill()
        elif interrupts.number is not None:
            self._interrupted(interrupts.number, now)
        elif self._coordinator.is_time_to_stop():
            self._stop(now)

    def _kill(self) -> None:
        self._processes.signal(_KILL)
        self.is_over = True

    def _interrupted(self, number: int, now: float) -> None:
        if self._began is None:
            self._began = now
            self._coordinator.end()
            self._say("Interrupted: saving traces, then stopping the commands; press Ctrl-C again to kill them.")
        if self._passed_on is None and (not self._coordinator.awaits_a_trace() or now > self._began + _EXPORT_S):
            self._passed_on = now
            self._processes.signal(number)
        elif self._passed_on is not None and now > self._passed_on + _PATIENCE_S:
            self._kill()

    def _stop(self, now: float) -> None:
        if self._passed_on is None:
            self._passed_on = now
            self._processes.stop()
        elif now > self._passed_on + _STOP_S:
            self._kill()


class _Processes:
    """The processes of the commands, in their order; None for one that could not be started."""

    def __init__(self, commands: Sequence[Command], meeting: Rendezvous, say: Callable[[str], None]) -> None:
        self._commands = tuple(commands)
        self._meeting = meeting
        self._codes: dict[int, int] = {}
        self._stopped: set[int] = set()
        self._processes: list[subprocess.Popen[bytes] | None] = []
        for number, command in enumerate(commands):
            self._processes.append(self._started(number, command, say))

    def _started(self, number: int, command: Command, say: Callable[[str], None]) -> subprocess.Popen[bytes] | None:
        try:
            return _start(command, self._meeting.order_path(number))
        except (OSError, ValueError) as error:
            self._codes[number] = 127 if getattr(error, "errno", None) == errno.ENOENT else 126
            why = getattr(error, "strerror", None) or reason(error)
            say(f"{command.name}: cannot start {command.words[0]} ({why}); the other commands continue.")
            return None

    def running(self) -> frozenset[int]:
        """Return the numbers of the commands that are still running."""
        return frozenset(
            n for n, process in enumerate(self._processes) if process is not None and process.poll() is None
        )

    def signal(self, number: int) -> None:
        """Send a signal to the running commands and the processes they started."""
        for index in self.running() | self._outlived():
            process = self._processes[index]
            if process is not None:
                _signal(process, number)

    def _outlived(self) -> frozenset[int]:
        """Return the commands that have exited before their recorded process."""
        holders = {n: self._meeting.claimed_by(n) for n, process in enumerate(self._processes) if process is not None}
        return frozenset(n for n, holder in holders.items() if holder is not None and self._is_of(holder, n))

    def _is_of(self, holder: int, number: int) -> bool:
        process = self._processes[number]
        try:
            return process is not None and os.getpgid(holder) == process.pid
        except (OSError, AttributeError):
            return False

    def stop(self) -> None:
        """Stop the running commands, as --stop asks."""
        self._stopped |= self.running()
        self.signal(signal.SIGTERM)

    def outcomes(self) -> tuple[Outcome, ...]:
        """Wait for all commands and return how each ended."""
        for number, process in enumerate(self._processes):
            if process is not None:
                code = process.wait()
                self._codes[number] = 0 if number in self._stopped else code if code >= 0 else 128 - code
        return tuple(self._outcome(number, command) for number, command in enumerate(self._commands))

    def _outcome(self, number: int, command: Command) -> Outcome:
        done = self._meeting.done(number)
        claimed = done is not None or self._meeting.claimed_by(number) is not None
        return Outcome(command=command, code=self._codes[number], claimed=claimed, done=done)


def _start(command: Command, order: Path) -> subprocess.Popen[bytes]:
    """Start a command in its own session, so that Ctrl-C reaches it only through this process."""
    path = [str(_INJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path), ORDER_VARIABLE: str(order)}
    environment.setdefault(CONCURRENT, "1")
    return subprocess.Popen(command.words, stdin=subprocess.DEVNULL, env=environment, start_new_session=True)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
