"""One way to read a schedule of one's own, in options, in the tab's address and in its route."""

import pytest

from tb_contention.model.asked import MOST_CHANGES, Change, Kind, parse_change, parse_changes


def test_changes_are_read_as_the_options_spell_them() -> None:
    text = "shift:a/host=-1.5ms; cap:b=40;cap:c=7 %;partition:b=60;priority:b;move:a;move:b=GPU 1;memory-limit:a=20;policy:mps;"
    assert parse_changes(text) == (
        Change(kind=Kind.SHIFT, who="a/host", what=-1_500_000),
        Change(kind=Kind.CAP, who="b", what=40),
        Change(kind=Kind.CAP, who="c", what=7),
        Change(kind=Kind.PARTITION, who="b", what=60),
        Change(kind=Kind.PRIORITY, who="b"),
        Change(kind=Kind.MOVE, who="a"),
        Change(kind=Kind.MOVE, who="b", what="GPU 1"),
        Change(kind=Kind.MEMORY_LIMIT, who="a", what=20 << 30),
        Change(kind=Kind.POLICY, what="mps"),
    )
    assert parse_changes("") == parse_changes(" ; ;") == ()


def test_a_name_may_hold_what_separates_changes() -> None:
    assert parse_changes("cap:a%3Bb%25:c=d=40") == (Change(kind=Kind.CAP, who="a;b%:c=d", what=40),)


@pytest.mark.parametrize(
    "text", ["cap", "cap:a", "cap:=40", "cap:a=0", "cap:a=101", "cap:a=4e1", "cap:a=٤", "shift:a=1", "shift:=1ms", "x:a=1", "policy:mig",
             "memory-limit:a=0", "memory-limit:a=-1", "memory-limit:a=1e9", "memory-limit:a", ";".join(["move:a"] * (MOST_CHANGES + 1))],
)  # fmt: skip
def test_what_cannot_be_read_is_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not|is no |may have"):
        parse_changes(text)


def test_an_option_keeps_its_word_as_it_is() -> None:
    assert parse_change(Kind.CAP, "a%3B=40").who == "a%3B"
