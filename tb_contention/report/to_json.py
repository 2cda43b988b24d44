"""A report -> JSON. Keys, units and meanings: FORMAT.md; `report.schema.json` is strict about them."""

import json
import math
from typing import Any

from tb_contention.model.contention import SessionShare
from tb_contention.model.findings import Finding, Problem
from tb_contention.model.report import FORMAT_VERSION, DeviceReport, Report, SessionReport, Window
from tb_contention.report import cost_json, driver_json, memory_json
from tb_contention.report.cost_json import integer
from tb_contention.report.whatif_json import what_if


def to_json(report: Report) -> str:
    """Print the report as JSON; equal reports give equal bytes, all of them ASCII."""
    return json.dumps(to_dict(report), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def to_dict(report: Report) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "tb_contention", "version": report.version},
        "logdir": report.logdir,
        "origin_ns": integer(report.origin_ns),
        "sessions": [_session(s) for s in report.sessions],
        "devices": [_device(report, d) for d in report.devices],
        "findings": [_finding(f) for f in report.findings],
        "problems": [_problem(p) for p in report.problems],
        "notes": list(report.notes),
    }


def _window(window: Window) -> dict[str, int]:
    return {"start_ns": int(window.start_ns), "end_ns": int(window.end_ns)}


def _session(item: SessionReport) -> dict[str, Any]:
    session, steps = item.session, item.steps
    return {
        "id": session.id,
        "name": session.name,
        "run": session.run,
        "file": session.file,
        "file_bytes": integer(session.trace.file_bytes),
        "sha256": session.trace.sha256,
        "host": session.host,
        "process_id": integer(session.process_id),
        "kind": session.kind,
        "process": session.process,
        "attribution": cost_json.attribution(session.attribution),
        "simulated": session.simulated,
        "clock": {
            "source": session.clock.source.value,
            "error_ns": integer(session.clock.error),
            "absolute_error_ns": integer(session.clock.absolute_error),
            "detail": session.clock.detail,
        },
        "window": _window(item.window),
        "steps": None
        if steps is None
        else {
            "count": int(steps.count),
            "mean_ns": int(steps.mean),
            "p50_ns": int(steps.p50),
            "p95_ns": int(steps.p95),
        },
        "warnings": list(item.warnings),
        "recording": driver_json.recording(session.manifest) if session.process is None else None,
    }


def _device(report: Report, device: DeviceReport) -> dict[str, Any]:
    physical = device.group.device
    return {
        "id": device.id,
        "host": physical.host,
        "model": physical.device.model,
        "capacity_bytes": integer(physical.device.memory_size),
        "identity": physical.identity.value,
        "is_host": physical.device.is_host,
        "sessions": list(device.sessions),
        "window": _window(device.window),
        "alignment": {"max_error_ns": integer(device.group.max_error)},
        "time": cost_json.time_split(device.time),
        **cost_json.sharing(device.cost),
        "per_session": [_share(report, device, share) for share in device.per_session],
        "pairs": [{"a": p.a, "b": p.b, "overlap_ns": int(p.overlap)} for p in device.overlap.pairs],
        **cost_json.blame(device.cost),
        "kernels": cost_json.kernels(device.overlap, device.cost.kernels),
        "step_times": [cost_json.step_times(times) for times in device.cost.steps],
        **cost_json.parts(device.parts),
        "memory": None if device.memory is None else memory_json.memory(device.memory),
        "memory_note": device.memory_note,
        "driver": None if device.driver is None else driver_json.driver(device.driver),
        "what_if": what_if(device.predictions),
    }


def _share(report: Report, device: DeviceReport, share: SessionShare) -> dict[str, Any]:
    return {
        "session": share.session,
        "kernels": int(share.kernels),
        "copies": int(share.copies),
        "busy_ns": int(share.busy),
        "exclusive_ns": int(share.exclusive),
        "contended_ns": int(share.contended),
        **cost_json.loss(device.cost.loss(share.session), _mean_step(report, device, share)),
    }


def _mean_step(report: Report, device: DeviceReport, share: SessionShare) -> int | None:
    steps = report.session(share.session).steps
    return steps.mean if steps is not None and len(device.sessions) > 1 else None


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "title": finding.title,
        "detail": finding.detail,
        "advice": finding.advice,
        "cause": finding.cause,
        "effect": finding.effect,
        "verify": finding.verify,
        "gain_ns": finding.gain_ns,
        "gain_bytes": finding.gain_bytes,
        "evidence": {key: _plain(finding.evidence[key]) for key in sorted(finding.evidence)},
        "device": finding.device,
        "sessions": list(finding.sessions),
    }


def _plain(value: Any) -> Any:
    """Turn NumPy numbers and tuples into JSON values; what is not a finite number is unknown, that is null."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) else str(value)


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "slug": problem.slug,
        "severity": problem.severity.value,
        "origin": problem.origin.value,
        "message": problem.message,
        "advice": problem.advice,
        "count": int(problem.count),
        "offset": integer(problem.offset),
    }
