from dataclasses import replace

import pytest
from golden.reports import loss_of, ns

from tb_contention.model.contention import Evidence
from tb_contention.words.answers import loss_words

MS = 1_000_000


@pytest.mark.parametrize(
    ("lost", "stretch", "stall", "absorbed", "words"),
    [
        (12, 8, 6, 2, "8.00 ms stretch + 6.00 ms stall − 2.00 ms absorbed by the host"),
        (12, 0, 12, 0, "12.0 ms stall"),
        (12, 12, 0.001, 0.000_008, "12.0 ms stretch"),
        (0, 0, 0, 0, ""),
        (None, 8, 6, 2, ""),
    ],
)
def test_a_loss_is_written_by_its_parts_and_without_those_that_are_nothing(
    lost: float | None, stretch: float, stall: float, absorbed: float, words: str
) -> None:
    known = loss_of("trainer/host0", Evidence.B, (1.5, 1.4, 1.6))
    loss = replace(
        known,
        lost=None if lost is None else ns(round(lost * MS)),
        stretch=ns(round(stretch * MS)),
        stall=ns(round(stall * MS)),
        absorbed=ns(round(absorbed * MS)),
    )
    assert loss_words(loss) == words


def test_a_stretch_names_the_part_of_the_clock() -> None:
    known = loss_of("trainer/host0", Evidence.B, (1.5, 1.4, 1.6))
    loss = replace(known, lost=ns(8 * MS), stretch=ns(8 * MS), stall=ns(0), absorbed=ns(0), clock=ns(3 * MS))

    assert loss_words(loss) == "8.00 ms stretch (3.00 ms by the clock or cold caches)"
