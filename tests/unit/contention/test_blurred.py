"""Where clocks are coarser than the pieces of overlap, what met is unknown."""

from dataclasses import replace

import pytest
from unit.contention.works import works_of

from tb_contention.contention.blurred import blurred
from tb_contention.model.alignment import ClockCheck
from tb_contention.model.contention import Mechanism

MS = 1_000_000
#: One character is one microsecond; both overlap for 4 ms at a time.
DRAWING = f"a |{('A' * 6000 + '.' * 6000) * 3}|\nb |{('.' * 2000 + 'B' * 6000 + '.' * 4000) * 3}|"


@pytest.mark.parametrize("error", [0, 50_000, 900_000])
def test_clocks_that_agree_well_enough_say_nothing(error: int) -> None:
    assert blurred(works_of(DRAWING), 0, 36 * MS, error) is None


@pytest.mark.parametrize("error", [1_100_000, 5 * MS, 5_000 * MS])
def test_with_clocks_as_coarse_as_the_overlaps_the_mechanism_is_unknown(error: int) -> None:
    sharing = blurred(works_of(DRAWING), 0, 36 * MS, error)
    assert sharing is not None
    assert sharing.mechanism is Mechanism.UNKNOWN
    assert "4.00 ms at a time" in sharing.detail


def test_a_clock_in_doubt_must_agree_better() -> None:
    first, second = works_of(DRAWING)
    doubted = replace(first.session, clock=replace(first.session.clock, check=ClockCheck.DOUBTED))
    works = [replace(first, session=doubted), second]
    assert blurred(works, 0, 36 * MS, 150_000) is None
    assert blurred(works, 0, 36 * MS, 250_000) is not None
