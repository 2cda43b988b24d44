"""Predictions -> JSON values. Keys, units and meanings: FORMAT.md."""

import json

from tb_contention.model.report import FORMAT_VERSION, DeviceReport, Report
from tb_contention.report.contract import encode


def to_json(report: Report, device: DeviceReport) -> str:
    """Print the predictions of one device as JSON; equal ones give equal bytes, all of them ASCII."""
    made = {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "tb_contention", "version": report.version},
        "logdir": report.logdir,
        "device": device.id,
        "sessions": [{"id": s, "name": report.session(s).name} for s in device.sessions],
        "what_if": [encode(prediction) for prediction in device.predictions],
    }
    return json.dumps(made, indent=1, ensure_ascii=True, allow_nan=False) + "\n"
