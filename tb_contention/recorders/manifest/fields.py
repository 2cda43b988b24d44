"""One entry of a manifest -> ManifestSession. Every value is checked; an absent one is None or empty."""

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from tb_contention.errors import ManifestError
from tb_contention.model.manifest import (
    ClockReading,
    GpuProcess,
    GpuSamples,
    KernelMode,
    ManifestDevice,
    ManifestSession,
    Mps,
    MpsState,
    Recorded,
    Sharing,
)
from tb_contention.model.trace import NONE
from tb_contention.units import F64, I64

_MOST_TEXT = 1000
_LARGE = 1e18
_Choice = TypeVar("_Choice", KernelMode, MpsState)


def session_of(entry: Mapping[str, Any]) -> ManifestSession:
    """Read one entry of `sessions`. Raises ManifestError."""
    clock = object_of(entry.get("clock", {}), "clock")
    origin, error = _integer(clock, "origin_ns"), _integer(clock, "error_ns")
    if origin is not None and error is None:
        raise _bad("clock has origin_ns without error_ns; state both.")
    devices = {}
    for ordinal, device in object_of(entry.get("devices", {}), "devices").items():
        if not (ordinal.isascii() and ordinal.isdigit() and len(ordinal) < 6):
            raise _bad(f"devices has the key {ordinal!r}, which is not a CUDA ordinal.")
        devices[int(ordinal)] = _device(object_of(device, f"devices[{ordinal!r}]"))
    return ManifestSession(
        host=_string(entry, "host"),
        name=_string(entry, "name"),
        process_id=_integer(entry, "process_id"),
        boot_id=_string(entry, "boot_id"),
        container=_string(entry, "container"),
        pod=_string(entry, "pod"),
        namespace=_string(entry, "namespace"),
        node=_string(entry, "node"),
        origin_ns=origin,
        error_ns=error,
        simulated=_boolean(entry, "simulated") or False,
        recorded=_recorded(entry),
        driver=_string(entry, "driver"),
        mps=_mps(object_of(entry.get("mps", {}), "mps")),
        sharing=_sharing(object_of(entry.get("sharing", {}), "sharing")),
        kernel_mode=_choice(entry, "kernel_mode", KernelMode.UNKNOWN),
        clock_readings=tuple(_reading(r) for r in _list(entry, "clock_readings")),
        environment=_texts(entry, "environment"),
        versions=_texts(entry, "versions"),
        not_known=tuple(_text(line, "not_known") for line in _list(entry, "not_known")),
        devices=devices,
    )


def _recorded(entry: Mapping[str, Any]) -> Recorded | None:
    if entry.get("recorded") is None:
        return None
    stated = object_of(entry["recorded"], "recorded")
    run, command = _string(stated, "run"), _integer(stated, "command")
    if run is None or command is None:
        raise _bad("recorded needs run and command.")
    return Recorded(run=run, command=command, alone=_boolean(stated, "alone") or False)


def object_of(value: Any, what: str) -> Mapping[str, Any]:
    """Return a JSON object, or raise ManifestError."""
    if not isinstance(value, dict):
        raise _bad(f"{what} must be an object.")
    return value


def _bad(message: str) -> ManifestError:
    return ManifestError(message, slug="bad-manifest")


def _device(entry: Mapping[str, Any]) -> ManifestDevice:
    return ManifestDevice(
        uuid=_string(entry, "uuid"),
        pci_bus_id=_string(entry, "pci_bus_id"),
        model=_string(entry, "model"),
        memory_bytes=_integer(entry, "memory_bytes"),
        compute_mode=_string(entry, "compute_mode"),
        mig=_boolean(entry, "mig"),
        mig_of=_string(entry, "mig_of"),
        samples=_samples(entry),
    )


def _mps(entry: Mapping[str, Any]) -> Mps:
    percentage = entry.get("active_thread_percentage")
    if percentage is not None and not (_is_number(percentage) and 0 < percentage <= 100):
        raise _bad("mps.active_thread_percentage must be a number above 0 and at most 100.")
    return Mps(
        state=_choice(entry, "state", MpsState.UNKNOWN),
        active_thread_percentage=None if percentage is None else float(percentage),
        pinned_memory_limit=_string(entry, "pinned_memory_limit"),
        sm_partition=_string(entry, "sm_partition"),
    )


def _sharing(entry: Mapping[str, Any]) -> Sharing:
    return Sharing(strategy=_string(entry, "strategy"), replicas=_integer(entry, "replicas"))


def _reading(value: Any) -> ClockReading:
    entry = object_of(value, "clock_readings[]")
    realtime, steady = _integer(entry, "realtime_ns"), _integer(entry, "monotonic_raw_ns")
    if realtime is None or steady is None:
        raise _bad("an entry of clock_readings needs realtime_ns and monotonic_raw_ns.")
    return ClockReading(realtime_ns=realtime, monotonic_raw_ns=steady, gap_ns=_integer(entry, "gap_ns") or 0)


def _samples(entry: Mapping[str, Any]) -> GpuSamples | None:
    columns = object_of(entry.get("samples", {}), "samples")
    time = _integers(columns, "time_ns", None)
    if not len(time):
        return None
    if (time == NONE).any() or (np.diff(time) < 0).any():
        raise _bad("samples.time_ns must be integers in ascending order.")
    return GpuSamples(
        time=time,
        sm_clock=_floats(columns, "sm_clock_mhz", len(time)),
        power=_floats(columns, "power_mw", len(time)) / 1000,
        utilisation=_floats(columns, "utilisation_percent", len(time)),
        memory_used=_integers(columns, "memory_used_bytes", len(time)),
        processes=tuple(_process(p, len(time)) for p in _list(entry, "processes")),
    )


def _process(value: Any, samples: int) -> GpuProcess:
    entry = object_of(value, "processes[]")
    number = _integer(entry, "process_id")
    if number is None:
        raise _bad("an entry of processes needs process_id.")
    return GpuProcess(
        process_id=number, name=_string(entry, "name") or "", memory=_integers(entry, "memory_bytes", samples)
    )


def _integers(entry: Mapping[str, Any], key: str, length: int | None) -> I64:
    values = _column(entry, key, length)
    if not all(v is None or _is_whole(v) for v in values):
        raise _bad(f"{key} must hold non-negative integers or null.")
    return np.array([NONE if v is None else v for v in values], np.int64)


def _floats(entry: Mapping[str, Any], key: str, length: int) -> F64:
    values = _column(entry, key, length)
    if not all(v is None or (_is_number(v) and v >= 0) for v in values):
        raise _bad(f"{key} must hold non-negative numbers or null.")
    return np.array([np.nan if v is None else v for v in values], np.float64)


def _column(entry: Mapping[str, Any], key: str, length: int | None) -> list[Any]:
    """Return a list of the given length; all None if it is absent. Raises ManifestError on another length."""
    values = _list(entry, key)
    if length is None or len(values) == length:
        return values
    if not values:
        return [None] * length
    raise _bad(f"{key} has {len(values)} values, but time_ns has {length}.")


def _list(entry: Mapping[str, Any], key: str) -> list[Any]:
    value = entry.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _bad(f"{key} must be a list.")
    return value


def _choice(entry: Mapping[str, Any], key: str, default: _Choice) -> _Choice:
    """Return a member of an enumeration; the default for a word that this release does not know."""
    word = _string(entry, key)
    return next((each for each in type(default) if each.value == word), default)


def _texts(entry: Mapping[str, Any], key: str) -> dict[str, str]:
    return {_text(name, key): _text(value, key) for name, value in object_of(entry.get(key, {}), key).items()}


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise _bad(f"{key} must hold strings of at most {_MOST_TEXT} characters.")
    return value.encode("utf-8", "replace").decode()  # JSON can spell a lone surrogate


def _string(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_TEXT:
        raise _bad(f"{key} must be a string of 1 to {_MOST_TEXT} characters.")
    return _text(value, key)


def _boolean(entry: Mapping[str, Any], key: str) -> bool | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, bool):
        raise _bad(f"{key} must be true or false.")
    return value


def _integer(entry: Mapping[str, Any], key: str) -> int | None:
    value = entry.get(key)
    if value is not None and not _is_whole(value):
        raise _bad(f"{key} must be a non-negative integer.")
    return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGE
    )  # neither NaN nor infinite
