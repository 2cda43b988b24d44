"""The types that the panel reads are those that the routes answer."""

from tb_contention.plugin.pages import PAGE, page


def test_the_types_of_the_panel_are_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write them with `python -m tb_contention.plugin.pages`"
