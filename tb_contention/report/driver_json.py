"""What the driver saw of a device, and what was written down of a recording -> JSON values. Keys, units and meanings: FORMAT.md."""

from typing import Any

from tb_contention.model.driver_view import DriverProcess, DriverView
from tb_contention.model.levels import Levels
from tb_contention.model.manifest import ManifestSession
from tb_contention.report.cost_json import integer, ratio


def driver(found: DriverView) -> dict[str, Any]:
    """Return the driver's view as JSON values."""
    return {
        "source": found.source,
        "samples": int(found.samples),
        "period_ns": integer(found.period),
        "capacity_bytes": integer(found.capacity),
        "used_peak_bytes": integer(found.used_peak),
        "used_peak_at_ns": integer(found.used_peak_at),
        "free_least_bytes": integer(found.free_least),
        "untraced_peak_bytes": integer(found.untraced_peak),
        "untraced_peak_at_ns": integer(found.untraced_peak_at),
        "unlisted_bytes": integer(found.unlisted),
        "unmatched": list(found.unmatched),
        "processes": [_process(p) for p in found.processes],
        "clock_mhz": None
        if found.clock is None
        else {key: ratio(getattr(found.clock, key)) for key in ("first", "last", "lowest")},
        "power_w": ratio(found.power),
        "utilisation_percent": ratio(found.utilisation),
        "used": None if found.used is None else _levels(found.used),
        "untraced": None if found.untraced is None else _levels(found.untraced),
    }


def _process(process: DriverProcess) -> dict[str, Any]:
    beside = process.beside
    return {
        "process_id": int(process.process_id),
        "name": process.name,
        "session": process.session,
        "peak_bytes": integer(process.peak),
        "at_fullest_bytes": integer(process.at_fullest),
        "in_use_bytes": None if beside is None else integer(beside.in_use),
        "beside_least_bytes": None if beside is None else integer(beside.least),
        "beside_most_bytes": None if beside is None else integer(beside.most),
    }


def _levels(levels: Levels) -> dict[str, list[int]]:
    """Print a step function without its steps of height 0."""
    changes = [0] + [i + 1 for i, (a, b) in enumerate(zip(levels.value, levels.value[1:], strict=False)) if a != b]
    return {
        "time_ns": [int(levels.time[i - 1]) for i in changes[1:]],
        "bytes": [int(levels.value[i]) for i in changes],
    }


def recording(said: ManifestSession | None) -> dict[str, Any] | None:
    """Return what was written down of a session when it was recorded; None without a manifest."""
    if said is None:
        return None
    return {
        "container": said.container,
        "driver": said.driver,
        "mps": {
            "state": said.mps.state.value,
            "active_thread_percentage": said.mps.active_thread_percentage,
            "pinned_memory_limit": said.mps.pinned_memory_limit,
        },
        "kernel_mode": said.kernel_mode.value,
        "clock_change_ns": integer(said.clock_change_ns),
        "environment": dict(sorted(said.environment.items())),
        "versions": dict(sorted(said.versions.items())),
        "not_known": list(said.not_known),
    }
