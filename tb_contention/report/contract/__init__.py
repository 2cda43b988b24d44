"""The contract with programs: what goes over the wire, and the schema, pages and types that are made of it.

`Wire` declares the keys of a frozen value on its fields; `derived` and `judged` add those that take more than one value.
"""

from dataclasses import fields, replace
from functools import partial
from typing import Any

from tb_contention import wire
from tb_contention.model.faults import Faults
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.contract import derived, judged
from tb_contention.report.contract.about import About
from tb_contention.report.contract.documents import ReportDocument
from tb_contention.words.names import device_label

__all__ = ["derived", "encode", "judged"]


def encode(value: Any, report: Report | None = None) -> wire.Json:
    """Return a frozen value as JSON values; report: the one that it is part of, where any of its keys is made of more than itself.

    A device that cannot be encoded is left out, and a problem of the report says so.
    """
    if report is None:
        return wire.encode(value)
    try:
        return wire.encode(value, About.of(report))
    except Exception:
        kept = _encodable(report)
        if len(kept.devices) == len(report.devices):
            raise
        return wire.encode(_put(value, kept), About.of(kept))


def _encodable(report: Report) -> Report:
    """Leave out the devices that cannot be encoded, with a problem for each."""
    faults, about = Faults(logdir=report.logdir), About.of(report)
    devices = tuple(
        device
        for device in report.devices
        if faults.on(device_label(device)).attempt("The JSON", partial(_is_encoded, device, about), lambda _: False)
    )
    return replace(report, devices=devices, problems=(*report.problems, *faults.problems))


def _is_encoded(device: DeviceReport, about: About) -> bool:
    return wire.encode(device, about) is not None


def _put(value: Any, report: Report) -> Any:
    """Put a report in the place of the one that a document holds."""
    if isinstance(value, Report):
        return report
    held = {each.name: getattr(value, each.name) for each in fields(value)}
    documents = {name: part for name, part in held.items() if isinstance(part, (Report, ReportDocument))}
    return replace(value, **{name: _put(part, report) for name, part in documents.items()})
