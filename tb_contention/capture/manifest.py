"""Write facts about sessions to `tb_contention.json` beside the traces, merged with its content, whole or not at all."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tb_contention._version import __version__
from tb_contention.capture.facts import Device, Samples, Session
from tb_contention.capture.messages import reason

NAME = "tb_contention.json"
FORMAT_VERSION = 1
#: Readers refuse more than 1 MB.
MAX_BYTES = 1 << 20
_ROOM = MAX_BYTES - 1000


def write(directory: Path, sessions: Mapping[str, Session], recorder: str) -> str:
    """Add sessions, keyed by their file names without `.xplane.pb`; return a sentence on what went wrong, or "".

    Other entries stay as they are. A manifest that cannot be read is kept unchanged.
    """
    path = directory / NAME
    try:
        with _locked(directory):
            document = _present(path)
            if document is None:
                return (
                    f"{path} is not a manifest of format {FORMAT_VERSION}; it is kept unchanged, without this session"
                )
            document["recorder"] = f"tb_contention {__version__} {recorder}"
            document.setdefault("sessions", {})
            text = _fitted(document, sessions)
            if text is None:
                return f"{path} would exceed {MAX_BYTES >> 20} MiB with another session; it is kept unchanged"
            _replace(path, text)
    except OSError as error:
        return f"{path} cannot be written ({error.strerror or reason(error)})"
    return ""


def _present(path: Path) -> dict[str, Any] | None:
    """Return the existing document, or a new one; None if the file is not a manifest."""
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {"format_version": FORMAT_VERSION}
    except (ValueError, RecursionError):
        return None
    sound = isinstance(document, dict) and document.get("format_version") == FORMAT_VERSION
    return document if sound and isinstance(document.get("sessions", {}), dict) else None


def _fitted(document: dict[str, Any], sessions: Mapping[str, Session]) -> str | None:
    """Return the text, with fewer samples if it would be too long, at last without any; None if even that is too long."""
    for keep in (1, 2, 4, 8, 16, 0):
        added = {key: as_json(_thinned(session, keep)) for key, session in sessions.items()}
        text = _text({**document, "sessions": {**document["sessions"], **added}})
        if len(text.encode()) <= _ROOM:
            return text
    return None


def _thinned(session: Session, keep: int) -> Session:
    """Keep every `keep`-th sample; none for 0."""
    if keep == 1:
        return session
    return replace(session, devices={ordinal: _thin(device, keep) for ordinal, device in session.devices.items()})


def _thin(device: Device, keep: int) -> Device:
    if keep == 0 or device.samples is None:
        return replace(device, samples=None, processes=())
    part, rows = slice(None, None, keep), device.samples
    samples = Samples(
        time_ns=rows.time_ns[part],
        sm_clock_mhz=rows.sm_clock_mhz[part],
        power_mw=rows.power_mw[part],
        utilisation_percent=rows.utilisation_percent[part],
        memory_used_bytes=rows.memory_used_bytes[part],
    )
    processes = tuple(replace(process, memory_bytes=process.memory_bytes[part]) for process in device.processes)
    return replace(device, samples=samples, processes=processes)


def as_json(session: Session) -> dict[str, Any]:
    """Return a session in the manifest's form; leave out unknown values."""
    mps = session.mps
    return _known(
        {
            "host": session.host,
            "name": session.name,
            "process_id": session.process_id,
            "boot_id": session.boot_id,
            "container": session.container,
            "pod": session.kubernetes.pod,
            "namespace": session.kubernetes.namespace,
            "node": session.kubernetes.node,
            "profiler": session.profiler,
            "recorded": session.recorded and asdict(session.recorded),
            "clock_readings": [
                {"realtime_ns": r.realtime_ns, "monotonic_raw_ns": r.monotonic_raw_ns, "gap_ns": r.gap_ns}
                for r in session.clock_readings
            ],
            "driver": session.driver,
            "mps": mps
            and _known(
                {
                    "state": mps.state,
                    "active_thread_percentage": mps.active_thread_percentage,
                    "pinned_memory_limit": mps.pinned_memory_limit,
                    "sm_partition": mps.sm_partition,
                }
            ),
            "sharing": _known(asdict(session.sharing)) or None,
            "kernel_mode": session.kernel_mode,
            "environment": session.environment,
            "versions": session.versions,
            "not_known": list(session.not_known),
            "devices": {str(ordinal): _device(device) for ordinal, device in sorted(session.devices.items())},
        }
    )


def _device(device: Device) -> dict[str, Any]:
    gpu, rows = device.gpu, device.samples
    found = _known(
        {
            "uuid": gpu.uuid,
            "pci_bus_id": gpu.pci_bus_id,
            "model": gpu.model,
            "memory_bytes": gpu.memory_bytes,
            "compute_mode": gpu.compute_mode,
            "mig": gpu.mig,
            "mig_of": gpu.mig_of,
        }
    )
    if rows is not None:
        found["samples"] = {
            "time_ns": list(rows.time_ns),
            "sm_clock_mhz": list(rows.sm_clock_mhz),
            "power_mw": list(rows.power_mw),
            "utilisation_percent": list(rows.utilisation_percent),
            "memory_used_bytes": list(rows.memory_used_bytes),
        }
        found["processes"] = [
            _known({"process_id": p.process_id, "name": p.name, "memory_bytes": list(p.memory_bytes)})
            for p in device.processes
        ]
    return found


def _known(entries: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if value is not None}


def _text(document: dict[str, Any]) -> str:
    """Write one line per key of a session, so that it is readable and long lists stay on one line."""
    lines = [f"{_dumps(key)}: {_dumps(value)}" for key, value in document.items() if key != "sessions"]
    sessions = [f" {_dumps(key)}: {_entry(value)}" for key, value in sorted(document["sessions"].items())]
    lines.append('"sessions": {\n' + ",\n".join(sessions) + "\n }")
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def _entry(value: Any) -> str:
    if not isinstance(value, dict) or not value:
        return _dumps(value)
    return "{\n" + ",\n".join(f"   {_dumps(key)}: {_dumps(part)}" for key, part in value.items()) + "\n  }"


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(", ", ": "))


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Lock the directory against other recorders, if the system has locks; leave no file behind."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{NAME}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
