"""Let `run` and the commands it started agree on one window through small files in a directory, by the wall clock.

<number>.order      written by run: what command <number> is to record, and where
<number>.claim      by the process of the command that will record: a dangling link that holds its id and start time
<number>.ready      its framework can be profiled
window              by run: when to start and stop, in Unix ns; withdrawn if a process that was to record exits first
end                 by run: stop now
<number>.recording  the profiler is running
<number>.done       what was recorded
<number>.left       by a process that exited before the window: why it recorded nothing, in case no other process of the command does
"""

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a command is to record. package: the directory of tb_contention; runner: the process id of `run`.

    run: drawn for each `tb-contention run`; command: its number there, alone or not.
    """

    number: int
    name: str
    logdir: str
    package: str
    runner: int
    run: str
    command: int
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When to record, in Unix ns."""

    open_ns: int
    close_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command recorded: the directories of its traces, and what went wrong."""

    directories: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Rendezvous:
    """The directory; what does not exist yet reads as None."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def is_there(self) -> bool:
        """Return whether the directory still exists, that is, whether `run` still waits."""
        return self.folder.is_dir()

    def order_path(self, number: int) -> Path:
        """Return the path of an order."""
        return self.folder / f"{number}.order"

    def give_order(self, order: Order) -> None:
        """Write an order."""
        self._write(self.order_path(order.number).name, asdict(order))

    def order(self, number: int) -> Order | None:
        """Read an order."""
        found = self._read(f"{number}.order")
        return None if found is None else Order(**found)

    def claim(self, number: int) -> bool:
        """Claim a command for this process; return False if another process has it."""
        process_id = os.getpid()
        try:  # a link is created together with its content; a process may die between creating a file and writing it
            (self.folder / f"{number}.claim").symlink_to(f"{process_id} {_born(process_id)}")
        except OSError:
            return False
        (self.folder / f"{number}.left").unlink(missing_ok=True)
        return True

    def claimed_by(self, number: int) -> int | None:
        """Return the process that claimed a command."""
        holder = self._holder(number)
        return None if holder is None else holder[0]

    def is_held(self, number: int) -> bool:
        """Return whether the process that claimed a command is alive; one that reuses its id does not count."""
        holder = self._holder(number)
        return holder is not None and is_alive(*holder)

    def _holder(self, number: int) -> tuple[int, str] | None:
        """Return the process that claimed a command, and its start time."""
        with contextlib.suppress(OSError, ValueError):
            process_id, _, born = str((self.folder / f"{number}.claim").readlink()).partition(" ")
            return int(process_id), born
        return None

    def release(self, number: int) -> None:
        """Release the claim, so that another process of the command can take it."""
        for mark in ("ready", "claim"):
            (self.folder / f"{number}.{mark}").unlink(missing_ok=True)

    def mark(self, number: int, what: str) -> None:
        """Mark a command as `ready` or `recording`."""
        self._write(f"{number}.{what}", {"process_id": os.getpid()})

    def is_marked(self, number: int, what: str) -> bool:
        """Return whether a command has that mark."""
        return (self.folder / f"{number}.{what}").exists()

    def set_window(self, window: Window) -> None:
        """Announce the window."""
        self._write("window", asdict(window))

    def withdraw_window(self) -> None:
        """Withdraw the announced window."""
        (self.folder / "window").unlink(missing_ok=True)

    def window(self) -> Window | None:
        """Return the announced window."""
        found = self._read("window")
        return None if found is None else Window(**found)

    def end(self) -> None:
        """Ask all processes to stop and write their traces."""
        self._write("end", {})

    def is_ended(self) -> bool:
        """Return whether all processes were asked to stop."""
        return (self.folder / "end").exists()

    def report(self, number: int, done: Done) -> None:
        """Report what was recorded."""
        self._write(f"{number}.done", asdict(done))

    def leave(self, number: int, done: Done) -> None:
        """Report why nothing was recorded, and let another process of the command record."""
        self._write(f"{number}.left", asdict(done))
        self.release(number)

    def done(self, number: int) -> Done | None:
        """Return what was recorded; if nothing was, the report of the last process that left."""
        found = self._read(f"{number}.done") or self._read(f"{number}.left")
        if found is None:
            return None
        return Done(directories=tuple(found.get("directories", ())), problems=tuple(found.get("problems", ())))

    def _write(self, name: str, content: dict[str, Any]) -> None:
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=self.folder)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(content, stream)
        Path(temporary).replace(self.folder / name)

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            found = json.loads((self.folder / name).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None


def is_alive(process_id: int, born: str = "") -> bool:
    """Return whether a process is alive; a zombie is not.

    born: its start time as `_born` returns it, because process ids are reused, and soon where programs have thousands of threads.
    """
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    fields = _stat(process_id)
    if not fields:
        return True  # a system without /proc
    return fields[0] != "Z" and born in ("", fields[_START])


def _born(process_id: int) -> str:
    """Return the start time of a process in the system's units; "" if unknown."""
    fields = _stat(process_id)
    return fields[_START] if fields else ""


#: Index of the start time among the fields after the name in /proc/N/stat.
_START = 19


def _stat(process_id: int) -> list[str]:
    try:
        text = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    fields = text.rpartition(")")[2].split()
    return fields if len(fields) > _START else []
