import pytest

from tb_contention.words.numbers import between, count, duration, error, listing, percent, share, size, times


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (None, "–"), (0, "0 ns"), (999, "999 ns"), (1_000, "1.00 µs"), (999_600, "1.00 ms"), (2_300_000, "2.30 ms"),
        (-12_340_000, "−12.3 ms"), (1_234_000_000, "1.23 s"), (95_000_000_000, "95.0 s"), (750_000_000_000, "12.5 min"),
        (28 * 3_600_000_000_000, "28.0 h"), (101_000 * 1_000_000_000, "28.1 h"), (3 * 86_400_000_000_000, "3.00 days"),
    ],
)  # fmt: skip
def test_a_length_of_time_has_three_digits_and_a_unit_that_people_use(nanoseconds: int | None, text: str) -> None:
    assert duration(nanoseconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, "–"), (0, "0 B"), (1_000, "1,000 B"), (1_024, "1.00 KiB"), (1_048_575, "1.00 MiB"), (79 << 30, "79.0 GiB"),
        (-(3 << 20), "−3.00 MiB")],
)  # fmt: skip
def test_bytes_have_three_digits_in_binary_units(amount: int | None, text: str) -> None:
    assert size(amount) == text.replace("1,000", "1000")


@pytest.mark.parametrize(
    ("part", "text"),
    [(None, "–"), (0, "0 %"), (0.0004, "< 0.1 %"), (0.0801, "8 %"),
        (0.0123, "1.2 %"), (0.534, "53 %"), (0.9951, "99.5 %"),
        (0.9999, "> 99.9 %"), (1, "100 %"), (1.44, "144 %")],
)  # fmt: skip
def test_a_share_never_rounds_to_nothing_or_to_all(part: float | None, text: str) -> None:
    assert share(part) == text


def test_a_part_of_nothing_is_unknown() -> None:
    assert (percent(1, 0), percent(1, 4), percent(None, 4)) == ("–", "25 %", "–")


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
