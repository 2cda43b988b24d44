"""`tb_contention.json` beside the traces -> what it says of one session. The format is in MANIFEST.md."""

import json
import os
from collections.abc import Mapping
from typing import Any

from tb_contention.errors import ManifestError
from tb_contention.model.capture import CaptureFile, ManifestDevice, ManifestSession
from tb_contention.model.findings import Origin, Problem, Severity

FORMAT_VERSION = 1
MAX_BYTES = 1 << 20


def read_manifest(file: CaptureFile) -> "tuple[ManifestSession | None, tuple[Problem, ...]]":
    """Read what the manifest in a file's directory says of it; a manifest that is not usable is a problem, and ignored."""
    if file.manifest is None:
        return None, ()
    try:
        return parse_manifest(_text(file.manifest), os.path.basename(file.path), file.host), ()
    except ManifestError as error:
        place = f"{file.relative.rpartition('/')[0]}/tb_contention.json"
        return None, (
            Problem(
                file=file.relative, slug="bad-manifest", severity=Severity.WARNING, origin=Origin.READING,
                message=f"{place}: {error.message}", advice="Correct it, or remove it.",
            ),
        )  # fmt: skip


def _text(path: str) -> bytes:
    try:
        if "://" in path:
            from tb_contention.xspace.remote import read_small

            return read_small(path, MAX_BYTES + 1)
        if not os.path.isfile(path):
            raise ManifestError("it is not a regular file.", slug="bad-manifest")
        with open(path, "rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ManifestError(f"it cannot be read ({error.strerror}).", slug="bad-manifest") from None


def parse_manifest(data: bytes, file_name: str, host: str) -> "ManifestSession | None":
    """Find the entry for a file by its name, by its host part, or `*`; None when there is none. Raises ManifestError."""
    if len(data) > MAX_BYTES:
        raise ManifestError("it is larger than 1 MB.", slug="bad-manifest")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ManifestError("it is not valid JSON.", slug="bad-manifest") from None
    document = _object(document, "the document")
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise ManifestError(
            f"its format_version is {version!r}; this version reads {FORMAT_VERSION}.", slug="bad-manifest"
        )
    sessions = _object(document.get("sessions", {}), "sessions")
    for key in (file_name, host, "*"):
        if key in sessions:
            return _session(_object(sessions[key], f"sessions[{key!r}]"))
    return None


def _session(entry: "Mapping[str, Any]") -> ManifestSession:
    clock = _object(entry.get("clock", {}), "clock")
    origin, error = _integer(clock, "origin_ns"), _integer(clock, "error_ns")
    if origin is not None and error is None:
        raise ManifestError("clock.origin_ns needs clock.error_ns.", slug="bad-manifest")
    simulated = entry.get("simulated", False)
    if not isinstance(simulated, bool):
        raise ManifestError("simulated must be true or false.", slug="bad-manifest")
    devices = {}
    for ordinal, device in _object(entry.get("devices", {}), "devices").items():
        if not (ordinal.isascii() and ordinal.isdigit() and len(ordinal) < 6):
            raise ManifestError(f"devices has the key {ordinal!r}, which is no CUDA ordinal.", slug="bad-manifest")
        devices[int(ordinal)] = _device(_object(device, f"devices[{ordinal!r}]"))
    return ManifestSession(
        host=_string(entry, "host"), name=_string(entry, "name"), process_id=_integer(entry, "process_id"), origin_ns=origin,
        error_ns=error, simulated=simulated, devices=devices,
    )  # fmt: skip


def _device(entry: "Mapping[str, Any]") -> ManifestDevice:
    return ManifestDevice(
        uuid=_string(entry, "uuid"), pci_bus_id=_string(entry, "pci_bus_id"), model=_string(entry, "model"),
        memory_bytes=_integer(entry, "memory_bytes"),
    )  # fmt: skip


def _object(value: Any, what: str) -> "Mapping[str, Any]":
    if not isinstance(value, dict):
        raise ManifestError(f"{what} must be an object.", slug="bad-manifest")
    return value


def _string(entry: "Mapping[str, Any]", key: str) -> "str | None":
    value = entry.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= 1000:
        raise ManifestError(f"{key} must be a short text.", slug="bad-manifest")
    return value.encode("utf-8", "replace").decode()  # JSON can spell half a character


def _integer(entry: "Mapping[str, Any]", key: str) -> "int | None":
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 62:
        raise ManifestError(f"{key} must be a whole number that is not negative.", slug="bad-manifest")
    return value
