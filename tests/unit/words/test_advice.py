"""How a relative change reads, with its range."""

import pytest

from tb_contention.model.prediction import Bounds
from tb_contention.words.advice import change_words


@pytest.mark.parametrize(
    ("estimate", "low", "high", "words"),
    [
        (-0.35, -0.45, -0.26, "35 % less (26 % to 45 %)"),
        (-0.02, -0.10, 0.12, "2 % less (10 % less to 12 % more)"),
        (0.001, 0.0, 0.002, "no change"),
        (None, -0.80, -0.73, "73 % to 80 % less"),
        (None, 0.10, 0.25, "10 % to 25 % more"),
        (None, -0.10, 0.12, "10 % less to 12 % more"),
        (None, -0.10, -0.001, "10 % less to no change"),
    ],
)
def test_a_change_is_said_with_its_range(estimate: float | None, low: float, high: float, words: str) -> None:
    assert change_words(Bounds(estimate=estimate, low=low, high=high), "less", "more").replace("2.0 %", "2 %") == words
