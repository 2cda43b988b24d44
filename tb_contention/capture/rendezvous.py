"""A folder of small files in which `run` and the commands that it started agree on one window. No sockets, no shared clock but the wall.

<number>.order      by run: what command <number> is to record, and where
<number>.claim      by the one process of the command that records, a link to nowhere that says its id and birth
<number>.ready      its framework is there to be profiled
window              by run: when to start and to stop, in Unix ns; taken back when a process that was to record ends before
end                 by run: stop now
<number>.recording  the profiler runs
<number>.done       what was recorded
<number>.left       by a process that ended before the window: why it recorded nothing, should no other one of the command do
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
    """What a command is to record. package: the folder of tb_contention; runner: the process id of `run`."""

    number: int
    name: str
    logdir: str
    package: str
    runner: int


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
    """The folder; what is not there yet is None."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def is_there(self) -> bool:
        """Tell whether `run` still keeps the folder."""
        return self.folder.is_dir()

    def order_path(self, number: int) -> Path:
        """Return where an order lies."""
        return self.folder / f"{number}.order"

    def give_order(self, order: Order) -> None:
        """Leave an order."""
        self._write(self.order_path(order.number).name, asdict(order))

    def order(self, number: int) -> Order | None:
        """Return an order."""
        found = self._read(f"{number}.order")
        return None if found is None else Order(**found)

    def claim(self, number: int) -> bool:
        """Take a command for this process; False where another process has it."""
        process_id = os.getpid()
        try:  # a link is there with all that it says, or not at all: a process may end between making a file and writing it
            (self.folder / f"{number}.claim").symlink_to(f"{process_id} {_born(process_id)}")
        except OSError:
            return False
        (self.folder / f"{number}.left").unlink(missing_ok=True)
        return True

    def claimed_by(self, number: int) -> int | None:
        """Return the process that has a command."""
        holder = self._holder(number)
        return None if holder is None else holder[0]

    def is_held(self, number: int) -> bool:
        """Tell whether the process that has a command lives; another one that got its number since does not count."""
        holder = self._holder(number)
        return holder is not None and is_alive(*holder)

    def _holder(self, number: int) -> tuple[int, str] | None:
        """Return the process that has a command, and when it was born."""
        with contextlib.suppress(OSError, ValueError):
            process_id, _, born = str((self.folder / f"{number}.claim").readlink()).partition(" ")
            return int(process_id), born
        return None

    def release(self, number: int) -> None:
        """Let another process of a command take it."""
        for mark in ("ready", "claim"):
            (self.folder / f"{number}.{mark}").unlink(missing_ok=True)

    def mark(self, number: int, what: str) -> None:
        """Say `ready` or `recording`."""
        self._write(f"{number}.{what}", {"process_id": os.getpid()})

    def is_marked(self, number: int, what: str) -> bool:
        """Tell whether a command said so."""
        return (self.folder / f"{number}.{what}").exists()

    def set_window(self, window: Window) -> None:
        """Say when to record."""
        self._write("window", asdict(window))

    def take_back_window(self) -> None:
        """Say that it is not settled any more when to record."""
        (self.folder / "window").unlink(missing_ok=True)

    def window(self) -> Window | None:
        """Return when to record."""
        found = self._read("window")
        return None if found is None else Window(**found)

    def end(self) -> None:
        """Ask all to stop and to write what they have."""
        self._write("end", {})

    def is_ended(self) -> bool:
        """Tell whether all are asked to stop."""
        return (self.folder / "end").exists()

    def report(self, number: int, done: Done) -> None:
        """Say what was recorded."""
        self._write(f"{number}.done", asdict(done))

    def leave(self, number: int, done: Done) -> None:
        """Say why nothing was recorded, and let another process of the command do it."""
        self._write(f"{number}.left", asdict(done))
        self.release(number)

    def done(self, number: int) -> Done | None:
        """Return what was recorded; where nobody came to record, what the last one said that left."""
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
    """Tell whether a process runs; one that has ended and is not yet collected does not.

    born: when it began, as `_born` says; numbers come again, soon where programs have thousands of threads, which take numbers too.
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
    """Return when a process began, in the system's own units; nothing where that is not told."""
    fields = _stat(process_id)
    return fields[_START] if fields else ""


#: Of the fields behind the name in /proc/N/stat, the start time.
_START = 19


def _stat(process_id: int) -> list[str]:
    try:
        text = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    fields = text.rpartition(")")[2].split()
    return fields if len(fields) > _START else []
