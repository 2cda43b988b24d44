"""Who opens a thousand views neither fills the queue nor pushes out the views of others."""

from tb_contention.plugin.requests import View, parse_query
from tb_contention.plugin.views import MAX_WAITING, Views


def shifted(by: int, client: str) -> View:
    return parse_query(f"shift=a={by}", frozenset(), client).view


def test_one_address_has_a_bounded_number_of_views_in_the_queue() -> None:
    views = Views()
    plain, other = views.open(View()), views.open(shifted(-1, "b"))
    for by in range(1000):
        views.open(shifted(by, "a"))

    kept = dict(views)
    assert kept[View()] is plain
    assert kept[shifted(-1, "c")] is other
    assert [view.shifts for view in kept][2:] == [(("a", by),) for by in range(1000 - MAX_WAITING, 1000)]


def test_a_view_that_was_analysed_does_not_count_as_waiting() -> None:
    views = Views()
    for by in range(40):
        views.open(shifted(by, "a")).tried = "revision"

    assert len(dict(views)) == 40


def test_fewer_views_than_the_bound_all_wait() -> None:
    views = Views()
    for by in range(MAX_WAITING):
        views.open(shifted(by, "a"))

    assert len(dict(views)) == MAX_WAITING


def test_views_of_two_addresses_are_one() -> None:
    assert shifted(5, "a") == shifted(5, "b")
    assert hash(shifted(5, "a")) == hash(shifted(5, "b"))
