import numpy as np
import pytest
from golden.reports import steps_of

from tb_contention.report.contract import encode
from tb_contention.report.steps import MOST_STEPS, merge_steps

PERIODS = [(100 + n, 20, n % 7) for n in range(1_001)]


def test_few_steps_stay_as_they_are() -> None:
    times = steps_of("a", PERIODS[:MOST_STEPS])
    assert merge_steps(times).times is times
    assert merge_steps(times).merged == 1


@pytest.mark.parametrize("count", [401, 799, 800, 801, 1_001])
def test_merged_steps_keep_all_sums_and_stand_for_equally_many(count: int) -> None:
    times = steps_of("a", PERIODS[:count])
    runs = merge_steps(times)
    assert len(runs.times.number) == len(runs.sizes()) <= MOST_STEPS
    assert int(runs.sizes().sum()) == runs.steps == count
    assert set(runs.sizes()[:-1].tolist()) == {runs.merged}
    for name in ("own", "host", "lost"):
        assert getattr(runs.times, name).sum() == getattr(times, name).sum()
    whole = runs.times.own + runs.times.host + runs.times.lost
    assert (whole == runs.times.end - runs.times.start).all()
    assert (runs.times.start[0], runs.times.end[-1]) == (times.start[0], times.end[-1])
    assert runs.times.number[-1] == count
    assert np.array_equal(runs.times.start[1:], runs.times.end[:-1])


def test_json_says_how_many_an_entry_stands_for() -> None:
    printed = encode(merge_steps(steps_of("a", PERIODS)))
    assert (printed["merged"], printed["steps"], len(printed["own_ns"])) == (3, 1_001, 334)
    assert printed["number"][:2] == [3, 6]


def test_no_steps_are_no_entries() -> None:
    empty = steps_of("a", [(1, 1, 1)])
    times = type(empty)(
        session=empty.session,
        known=True,
        **{c: getattr(empty, c)[:0] for c in ("number", "start", "end", "own", "host", "lost")},
    )
    printed = encode(merge_steps(times))
    assert (printed["merged"], printed["number"]) == (1, [])
