"""Answers -> JSON. Keys are declared on the values (`wire`); FORMAT.md and the schemas are generated from the same declarations."""

import json
from collections.abc import Sequence

from tb_contention.model.comparison import Comparison
from tb_contention.model.gate import Gate
from tb_contention.model.listing import Listing
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.contract import encode
from tb_contention.report.contract.documents import (
    Document,
    ListingDocument,
    ReportDocument,
    Tool,
    comparison_document,
    gate_document,
    prediction_document,
)
from tb_contention.report.contract.explanation import Explanation, explanation
from tb_contention.wire import Json


def to_json(report: Report) -> str:
    """Print the report as JSON; equal reports give equal bytes, all of them ASCII."""
    return _printed(document(report), report)


def to_dict(report: Report) -> Json:
    """Return the report as JSON values."""
    return encode(document(report), report)


def document(report: Report) -> ReportDocument:
    """Return the whole answer, to be encoded with the report as context."""
    return ReportDocument(tool=Tool(version=report.version), report=report)


def explanation_to_json(report: Report) -> str:
    """Print the short answer."""
    return explained_to_json(explanation(report))


def explained_to_json(found: Explanation) -> str:
    """Print a short answer, or why there is none."""
    return _printed(found)


def listing_to_json(listing: Listing) -> str:
    """Print what a log directory holds."""
    return _printed(ListingDocument(listing=listing))


def predictions_to_json(report: Report, device: DeviceReport) -> str:
    """Print the predictions of one device."""
    return _printed(prediction_document(report, device), report)


def comparison_to_json(
    found: Comparison,
    *more: Comparison,
    before: str,
    after: str,
    gone: Sequence[DeviceReport] = (),
    appeared: Sequence[DeviceReport] = (),
) -> str:
    """Print comparisons; before, after: the log directories as given; gone, appeared: groups that could not be paired."""
    alone = {"gone": [device.id for device in gone], "appeared": [device.id for device in appeared]}
    return _printed(comparison_document(found, *more, before=before, after=after, **alone))


def gate_to_json(gate: Gate, *, logdir: str) -> str:
    """Print the verdicts on a log directory, as given."""
    return _printed(gate_document(gate, logdir=logdir))


def _printed(found: Document, report: Report | None = None) -> str:
    return json.dumps(encode(found, report), indent=1, ensure_ascii=True, allow_nan=False) + "\n"
