"""Estimates against the truth of every pair that was recorded on a GPU and is kept under tests/data/gpu."""

from pathlib import Path

import pytest
from gpu.compare import DATA, pairs, rows_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "accuracy.md"]
STORED = pairs(DATA)
#: What a capture together may miss the truth of its own recording by, and one with captures alone beside it.
ALONE, AIDED = 0.10, 0.05


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_pages_say_whether_estimates_were_checked_on_a_gpu(page: Path) -> None:
    assert ("have not been checked on a real GPU yet" in page.read_text(encoding="utf-8")) == (not STORED)


if STORED:

    @pytest.mark.parametrize("pair", STORED, ids=lambda path: "/".join(path.parts[-2:]))
    def test_estimates_of_a_recorded_pair_are_near_its_truth(pair: Path) -> None:
        rows = [row for row in rows_of(pair) if not row.is_host]
        assert rows
        for row in rows:
            assert row.holds, row
            assert row.error is None or abs(row.error) <= (AIDED if row.has_baseline else ALONE), row
