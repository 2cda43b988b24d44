import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tb_contention.model.names import shorten
from tb_contention.words.numbers import between, count, duration, error, listing, percent, share, size, times

#: The panel is tested on the same cases, so that both write the same digits.
CASES = json.loads(Path(__file__).with_name("formats.json").read_text("utf-8"))
WRITERS: dict[str, Callable[..., str]] = {
    "duration": duration, "size": size, "share": share, "times": times, "error": error, "shorten": shorten,
}  # fmt: skip


def test_every_format_has_cases() -> None:
    assert set(CASES) == set(WRITERS)


@pytest.mark.parametrize(
    ("name", "case"), [(name, case) for name, cases in CASES.items() for case in cases], ids=lambda part: str(part)[:40]
)
def test_a_number_is_written_as_the_panel_writes_it(name: str, case: list[object]) -> None:
    *given, text = case
    assert WRITERS[name](*given) == text


def test_a_part_of_nothing_is_unknown() -> None:
    assert (percent(1, 0), percent(1, 4), percent(None, 4)) == ("–", "25 %", "–")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_unknown(value: float) -> None:
    for write in (duration, size, share, times):
        assert write(value) == "–"
    assert (percent(value, 1), percent(1, value), between(value, 1.5)) == ("–", "–", "at most 1.50")


def test_ratios_have_two_digits_after_the_point() -> None:
    assert (times(1.556), times(None)) == ("1.56×", "–")
    assert [between(*ends) for ends in ((1, 2.5), (1.2, None), (None, 1.4), (None, None))] == [
        "1.00 to 2.50", "at least 1.20", "at most 1.40", "–",
    ]  # fmt: skip


def test_counts_and_lists_read_as_in_a_sentence() -> None:
    assert (count(1, "kernel"), count(2_000, "kernel"), count(2, "copy", "copies")) == (
        "1 kernel",
        "2,000 kernels",
        "2 copies",
    )
    assert (listing(["a"]), listing(["a", "b", "c"]), listing(list("abcdef"))) == (
        "a",
        "a, b and c",
        "a, b, c, d and 2 more",
    )
    assert (error(12_000), error(None)) == ("±12.0 µs", "error unknown")
