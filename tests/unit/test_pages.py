"""What is generated from the code is as it would be written now. The commands' pages run examples: see tests/cli/test_pages.py."""

import os
from pathlib import Path

import pytest

from tb_contention.pages import generated, stale

GENERATED = generated()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_a_generated_file_is_current(path: Path) -> None:
    if os.environ.get("TB_CONTENTION_UPDATE_GOLDEN") == "1":
        path.write_text(GENERATED[path], encoding="utf-8")
    assert stale({path: GENERATED[path]}) == [], "write it with `python -m tb_contention.pages` and commit it"


def test_a_file_that_differs_or_is_missing_is_stale(tmp_path: Path) -> None:
    there, missing = tmp_path / "there", tmp_path / "missing"
    there.write_text("as it is", encoding="utf-8")
    assert stale({there: "as it is"}) == []
    assert stale({there: "as it should be", missing: ""}) == [there, missing]
