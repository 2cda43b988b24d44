"""A report -> JSON. Its keys are declared on the values (`wire`); FORMAT.md and `report.schema.json` are made of the same declarations."""

import json

from tb_contention.model.report import Report
from tb_contention.report.contract import encode
from tb_contention.report.contract.documents import ReportDocument, Tool
from tb_contention.wire import Json


def to_json(report: Report) -> str:
    """Print the report as JSON; equal reports give equal bytes, all of them ASCII."""
    return json.dumps(to_dict(report), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def to_dict(report: Report) -> Json:
    """Return the report as JSON values."""
    return encode(document(report), report)


def document(report: Report) -> ReportDocument:
    """Return the whole answer, to be encoded with the report as context."""
    return ReportDocument(tool=Tool(version=report.version), report=report)
