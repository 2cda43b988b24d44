"""Record several profiler servers at the same moment into one session directory; keep the rest if one fails."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tb_contention.capture import manifest
from tb_contention.capture.addresses import Address, unreachable
from tb_contention.capture.logdir import make_logdir
from tb_contention.capture.watch import Watch
from tb_contention.errors import ContentionError, MissingLibraryError
from tb_contention.words.numbers import duration

#: Delay from the request to the common start of all servers.
_DELAY_MS = 500
#: Time for the client to import TensorFlow, wait 20 s for a silent server, and fetch the traces.
_PATIENCE_S = 180
_NO_TRACE = "it answered but returned no trace; it may not be a profiler server, or is recording for someone else"
_PACKAGE = Path(__file__).resolve().parents[2]

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one server: its trace file, or why there is none."""

    address: Address
    path: Path | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCapture:
    """The outcome of one request. folder: the session directory."""

    folder: Path
    client: str
    outcomes: tuple[Outcome, ...]

    @property
    def is_whole(self) -> bool:
        """Return whether every server returned a trace."""
        return all(outcome.path is not None for outcome in self.outcomes)


def request_capture(
    logdir: str | os.PathLike[str], addresses: tuple[Address, ...], duration_ms: int, say: Say
) -> RemoteCapture:
    """Record `duration_ms` on all servers from the same moment on, into `<logdir>/plugins/profile/<time>/<host>_<port>.xplane.pb`.

    Raises OptionError or OutputError if the directory cannot be created, MissingLibraryError without a client, and ContentionError if no
    server returns a trace.
    """
    folder = make_logdir(os.fspath(logdir))
    profile = folder / "plugins" / "profile"
    addresses = tuple(dict.fromkeys(addresses))
    say("Connecting to the profiler servers")
    silent = unreachable(addresses)
    there = tuple(a for a in addresses if a not in silent)
    if not there:
        raise ContentionError(_failures(silent), slug="capture-failed", advice=_START_ONE)
    before = _files(profile)
    say(f"Recording {duration(duration_ms * 1_000_000)} from {', '.join(map(str, there))}")
    with Watch.during() as watch:
        answer = _ask(folder, there, duration_ms)
    given = {path.name: path for path in sorted(_files(profile) - before)}
    outcomes = tuple(_outcome(a, silent.get(a), given) for a in addresses)
    session = next((o.path.parent for o in outcomes if o.path is not None), None)
    if session is None:
        why = answer["error"] or _NO_TRACE
        raise ContentionError(
            f"No server returned a trace: {_one_line(why).rstrip('.')}.", slug="capture-failed", advice=_START_ONE
        )
    taken = [o.address for o in outcomes if o.path is not None]
    wrong = manifest.write(session, {address.file: watch.session(address) for address in taken}, "capture")
    watch.close()
    if wrong:
        say(wrong)
    return RemoteCapture(folder=session, client=answer["client"], outcomes=outcomes)


_START_ONE = (
    "Start one in each program with tf.profiler.experimental.server.start(PORT) or jax.profiler.start_server(PORT)."
)


def _files(profile: Path) -> set[Path]:
    return set(profile.glob("*/*.xplane.pb"))


def _ask(logdir: Path, addresses: tuple[Address, ...], duration_ms: int) -> dict[str, Any]:
    """Send the request from a separate process and return its answer."""
    wanted = {
        "addresses": [str(a) for a in addresses],
        "logdir": str(logdir),
        "duration_ms": duration_ms,
        "delay_ms": _DELAY_MS,
    }
    path = os.pathsep.join(filter(None, (str(_PACKAGE), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tb_contention.capture.request"],
            input=json.dumps(wanted),
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=duration_ms / 1000 + _PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"client": "", "error": f"no answer within {_PATIENCE_S} s after the recording"}
    answer = _last_line(done.stdout)
    if answer is None:
        last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "it printed no reason")
        return {"client": "", "error": f"the client exited with code {done.returncode}: {last}"}
    if not answer["client"]:
        raise MissingLibraryError(
            f"Cannot record from profiler servers: {answer['error']}.",
            slug="missing-library",
            advice='Install one of them: pip install xprof, or pip install "tb_contention[tensorflow]".',
        )
    return answer


def _last_line(text: str) -> dict[str, Any] | None:
    line = text.strip().rpartition("\n")[2]
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and {"client", "error"} <= answer.keys() else None


def _outcome(address: Address, silent: str | None, made: dict[str, Path]) -> Outcome:
    if silent is not None:
        return Outcome(address=address, error=silent)
    path = made.get(f"{address.file}.xplane.pb")
    return Outcome(address=address, path=path, error="" if path is not None else _NO_TRACE)


def _failures(silent: dict[Address, str]) -> str:
    return "No profiler server answered: " + "; ".join(f"{a}: {why}" for a, why in silent.items()) + "."


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:299]}…"
