"""Each renderer prints the drawn report as in expected/. TB_CONTENTION_UPDATE_GOLDEN=1 rewrites the files."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from golden.reports import alone, shared

from tb_contention.model.report import Report
from tb_contention.report.to_csv import to_csv
from tb_contention.report.to_html import to_html
from tb_contention.report.to_json import to_json
from tb_contention.report.to_markdown import to_markdown
from tb_contention.report.to_openmetrics import to_openmetrics

EXPECTED = Path(__file__).parent / "expected"
RENDERERS: dict[str, Callable[[Report], str]] = {
    "json": to_json,
    "csv": to_csv,
    "md": to_markdown,
    "html": to_html,
    "prom": to_openmetrics,
}


@pytest.mark.parametrize("make", [shared, alone])
@pytest.mark.parametrize("suffix", RENDERERS)
def test_a_report_prints_as_its_golden_file(suffix: str, make: Callable[[], Report]) -> None:
    actual = RENDERERS[suffix](make())
    path = EXPECTED / f"{make.__name__}.{suffix}"
    if os.environ.get("TB_CONTENTION_UPDATE_GOLDEN") == "1":
        path.write_text(actual, encoding="utf-8")
    assert actual == path.read_text(encoding="utf-8")
