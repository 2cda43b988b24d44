"""Estimates against the truth of every pair that was recorded on a GPU and is kept under tests/data/gpu."""

from pathlib import Path

import pytest
from gpu.compare import DATA, pairs, rows_of

README = Path(__file__).resolve().parents[2] / "README.md"
STORED = pairs(DATA)
#: What a capture together may miss the truth of its own recording by, and one with captures alone beside it.
ALONE, AIDED = 0.10, 0.05


def test_readme_says_whether_estimates_were_checked_on_a_gpu() -> None:
    assert ("No GPU was at hand" in README.read_text()) == (not STORED)


if STORED:

    @pytest.mark.parametrize("pair", STORED, ids=lambda path: "/".join(path.parts[-2:]))
    def test_estimates_of_a_recorded_pair_are_near_its_truth(pair: Path) -> None:
        rows = [row for row in rows_of(pair) if not row.is_host]
        assert rows
        for row in rows:
            assert row.holds, row
            assert row.error is None or abs(row.error) <= (AIDED if row.has_baseline else ALONE), row
