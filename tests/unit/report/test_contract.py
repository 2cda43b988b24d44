"""What is generated from the declarations is as it would be written now, and says what it should."""

from tb_contention.report.contract.pages import stale


def test_generated_files_are_not_stale() -> None:
    assert stale() == [], "write them with `python -m tb_contention.report.contract.pages`"
