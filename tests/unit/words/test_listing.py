"""Titles of groups, the order of a list, and why nothing ran together."""

from dataclasses import replace

import pytest

from tb_contention.model.listing import KnownAnswer, ListedGroup
from tb_contention.units import Nanoseconds
from tb_contention.words.listing import group_title, instant, nothing_together, worst_first

TEN_O_CLOCK = 1_772_704_800 * 10**9
SECOND = 10**9


def group(
    name: str, *, shared: bool = False, at: int | None = 0, answer: str = "", estimate: float = 1.0
) -> ListedGroup:
    found = KnownAnswer(answer=answer, label="a", figure="", interval="", estimate=estimate) if answer else None
    start = None if at is None else TEN_O_CLOCK + at * SECOND
    captures = ("a", "b") if shared else ("a",)
    return ListedGroup(
        id=name, title=name, captures=captures, names=captures, host="h", devices=("h/GPU:0",), models=(), start_ns=start,
        end_ns=None if start is None else start + SECOND, shared=shared, on_host=False, overlap=Nanoseconds(0), overlap_share=0.0,
        error=None, kernels=1, simulated=0, by_name=False, left_out=0, found=found, repeated=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("names", "at", "title"),
    [
        (["job7/trainer", "job7/evaluator"], TEN_O_CLOCK, "job7: trainer + evaluator, 5 Mar 2026 10:00 UTC"),
        (["one", "two"], None, "one + two"),
        (["a", "b", "c", "d", "e"], None, "a + b + c + 2 more"),
        (["alone/trainer"], TEN_O_CLOCK, "alone/trainer, 5 Mar 2026 10:00 UTC"),
    ],
)
def test_a_title_holds_the_runs_and_the_date(names: list[str], at: int | None, title: str) -> None:
    assert group_title(names, at) == title


def test_an_instant_beyond_the_calendar_is_unknown() -> None:
    assert instant(1 << 62) != instant(None)
    assert instant((1 << 62) * 10**6) == instant(None) == "–"


def test_the_worst_stands_first_and_what_is_alone_last() -> None:
    groups = [
        group("alone"),
        group("fine", shared=True, answer="no"),
        group("not measured", shared=True),
        group("bad", shared=True, answer="yes", estimate=1.2),
        group("perhaps", shared=True, answer="undecided", estimate=3.0),
        group("worst", shared=True, answer="yes", estimate=2.0),
        replace(group("named", shared=True), by_name=True),
        group("undetermined", shared=True, answer="unknown"),
    ]
    assert [each.id for each in worst_first(groups)] == [
        "worst", "bad", "perhaps", "not measured", "undetermined", "fine", "named", "alone",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([group("a")], "there is only one capture"),
        ([group("a"), group("b", at=301)], "the nearest two are 5.00 min apart"),
        ([group("a"), replace(group("b"), devices=("h/GPU:1",))], "no two captures used the same GPU or processor"),
        ([group("a"), group("b")], "too uncertain to tell"),
        ([group("a", at=None), group("b", at=None)], "no capture states when it was recorded"),
        ([replace(group("a"), captures=("a", "b"))], "each ran alone"),
        ([replace(group("a"), by_name=True), replace(group("b"), by_name=True)], "not read yet"),
    ],
)
def test_why_nothing_ran_together(groups: list[ListedGroup], reason: str) -> None:
    said = nothing_together(groups)
    assert said.startswith("Nothing here ran together, because ")
    assert reason in said


def test_nothing_is_said_where_something_ran_together_or_nothing_is_there() -> None:
    assert nothing_together([group("a"), group("b", shared=True)]) == nothing_together([]) == ""
