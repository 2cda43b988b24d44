"""What is made of the declarations for whoever reads the JSON: schemas, and the tables of FORMAT.md."""

import json
from pathlib import Path

from tb_contention.report.contract.documents import ComparisonDocument, GateDocument, ListingDocument, ReportDocument
from tb_contention.report.contract.explanation import Explanation
from tb_contention.report.contract.markdown import with_tables
from tb_contention.report.contract.schema import schema

_REPORT = Path(__file__).parents[1]


def pages() -> dict[Path, str]:
    """Return the text of every generated file by its path."""
    page = _REPORT / "FORMAT.md"
    return {
        page: with_tables(
            page.read_text(encoding="utf-8"),
            (ReportDocument, ComparisonDocument, GateDocument, ListingDocument, Explanation),
        ),
        _REPORT / "comparison.schema.json": _json(
            schema(ComparisonDocument, "Comparison of tb_contention, format version 1")
        ),
        _REPORT / "explanation.schema.json": _json(
            schema(Explanation, "Short answer of tb_contention, format version 1")
        ),
        _REPORT / "listing.schema.json": _json(
            schema(ListingDocument, "Captures and groups of a log directory, tb_contention, format version 1")
        ),
        _REPORT / "report.schema.json": _json(schema(ReportDocument, "Report of tb_contention, format version 1")),
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=True) + "\n"
