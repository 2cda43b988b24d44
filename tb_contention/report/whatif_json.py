"""Predictions -> JSON values. Keys, units and meanings: FORMAT.md."""

import json
from typing import Any

from tb_contention.model.prediction import Bounds, Prediction, SessionPrediction
from tb_contention.model.report import FORMAT_VERSION, DeviceReport, Report
from tb_contention.report.cost_json import integer, ratio


def to_json(report: Report, device: DeviceReport) -> str:
    """Print the predictions of one device as JSON; equal ones give equal bytes, all of them ASCII."""
    made = {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "tb_contention", "version": report.version},
        "logdir": report.logdir,
        "device": device.id,
        "sessions": [{"id": s, "name": report.session(s).name} for s in device.sessions],
        "what_if": what_if(device.predictions),
    }
    return json.dumps(made, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def what_if(found: tuple[Prediction, ...]) -> list[dict[str, Any]]:
    """Return the predictions of a device."""
    return [_prediction(one) for one in found]


def _prediction(found: Prediction) -> dict[str, Any]:
    return {
        "schedule": found.schedule.value,
        "setting": found.setting,
        "parameters": [{"name": name, "value": _value(value)} for name, value in found.parameters],
        "sessions": [_session(row) for row in found.sessions],
        "makespan_ns": _nanoseconds(found.makespan),
        "combined_peak_bytes": integer(found.memory_peak),
        "combined_peak_most_bytes": integer(found.memory_most),
        "fits": found.memory_fits,
        "curve": [{"shift_ns": round(by), "antt": ratio(antt)} for by, antt in found.curve],
        "played_share": ratio(found.played),
        "assumes": found.assumes,
        "unknown": found.unknown,
    }


def _value(value: float | int | str) -> float | int | str | None:
    return ratio(value) if isinstance(value, float) else value


def _session(row: SessionPrediction) -> dict[str, Any]:
    return {
        "session": row.session,
        "slowdown": _ratios(row.slowdown),
        "step_ns": _nanoseconds(row.step),
        "end_ns": _nanoseconds(row.end),
        "gain_ns": _nanoseconds(row.gain),
    }


def _ratios(bounds: Bounds | None) -> dict[str, Any] | None:
    if bounds is None:
        return None
    return {"estimate": ratio(bounds.estimate), "low": ratio(bounds.low), "high": ratio(bounds.high)}


def _nanoseconds(bounds: Bounds | None) -> dict[str, Any] | None:
    if bounds is None:
        return None
    estimate = None if bounds.estimate is None else round(bounds.estimate)
    return {"estimate": estimate, "low": round(bounds.low), "high": round(bounds.high)}
