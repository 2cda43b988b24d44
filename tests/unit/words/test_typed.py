"""What users type is found as reports show it, and an error names the nearest three."""

import pytest

from tb_contention.errors import OptionError
from tb_contention.words.typed import named, nearest, the_one

KNOWN = {
    "job1/trainer/2026/host": ("job1/trainer", "exp/job1/trainer"),
    "job2/trainer/2026/host": ("job2/trainer", "exp/job2/trainer"),
    "server/2026/host": ("server", "server"),
    "zoo/2026/host#model_a": ("model_a", "zoo#model_a"),
}


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("server/2026/host", ["server"]),
        ("job1/trainer", ["job1"]),
        ("exp/job1/trainer", ["job1"]),
        ("trainer", ["job1", "job2"]),
        ("model_a", ["zoo"]),
        ("zoo", ["zoo"]),
        ("job2", ["job2"]),
        ("rainer", []),
        ("", []),
        ("/", []),
    ],
)
def test_a_word_is_an_id_a_name_an_end_or_a_beginning(word: str, found: list[str]) -> None:
    assert [key.partition("/")[0] for key in named(word, KNOWN)] == found


def test_a_whole_name_comes_before_the_end_of_another() -> None:
    assert named("trainer", {"a": ("trainer",), "b": ("x/trainer",)}) == ("a",)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("trainer", "--for: 'trainer' names 2 sessions of this group; write job1/trainer or job2/trainer."),
        ("servr", "--for: no session of this group is called 'servr'; the nearest are server, job1/trainer and job2/trainer."),
        ("trainr", "--for: no session of this group is called 'trainr'; the nearest are job1/trainer, job2/trainer and server."),
    ],
)  # fmt: skip
def test_an_error_is_one_sentence_with_the_nearest_names(word: str, says: str) -> None:
    with pytest.raises(OptionError) as raised:
        the_one("--for", word, KNOWN, where="of this group")
    assert str(raised.value) == says


def test_a_word_and_names_are_shown_cleaned_and_short() -> None:
    with pytest.raises(OptionError) as raised:
        the_one("--for", "\x1b[2J" + "x" * 10_000, {"a": ("evil\x1b\n" + "y" * 10_000,)})
    assert len(str(raised.value)) < 300
    assert str(raised.value).isprintable()


def test_where_there_is_nothing_that_is_said() -> None:
    with pytest.raises(OptionError, match=r"^--for: there is no session at all, so none is called 'a'\.$"):
        the_one("--for", "a", {})


def test_of_very_many_names_three_are_listed() -> None:
    assert nearest("run_0500", (f"exp/run_{n:04d}" for n in range(5_000)))[0] == "exp/run_0500"
    assert len(nearest("x", map(str, range(100)))) == 3
