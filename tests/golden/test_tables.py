"""Every declared table of the drawn report as people read it: what the panel must show too (frontend/src/model/cells.test.ts)."""

import json
import os
from pathlib import Path

from golden.reports import shared

from tb_contention.report.to_json import to_dict
from tb_contention.tables.catalogue import DEVICE_TABLES, REPORT_TABLES
from tb_contention.tables.people import device_table, report_table
from tb_contention.words.names import names_of

EXPECTED = Path(__file__).parent / "expected" / "tables.json"


def test_the_tables_are_those_that_the_panel_is_tested_on() -> None:
    report = shared()
    wire, names = to_dict(report), names_of(report)
    names.update((device["id"], device["label"]) for device in wire["devices"])
    made = {spec.slug: device_table(spec, wire["devices"][0], names) for spec in DEVICE_TABLES}
    made |= {spec.slug: report_table(spec, wire, names) for spec in REPORT_TABLES}
    tables = {slug: {"header": table.header, "rows": table.rows} for slug, table in made.items()}
    text = json.dumps(tables, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("TB_CONTENTION_UPDATE_GOLDEN") == "1":
        EXPECTED.write_text(text, encoding="utf-8")
    assert EXPECTED.read_text(encoding="utf-8") == text
