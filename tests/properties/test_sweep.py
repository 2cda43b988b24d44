"""The one compiled pass over all sessions against depths counted set by set."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tb_contention.contention.sweep import swept_together
from tb_contention.model.intervals import Intervals, at_depth, depth_profile

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=15)


def intervals(drawn: list[tuple[int, int]]) -> Intervals:
    start = np.array([s for s, _ in drawn], np.int64)
    return Intervals.union_of(start, start + np.array([n for _, n in drawn], np.int64))


@given(st.lists(spans, min_size=1, max_size=5))
def test_the_sweep_finds_what_counting_depths_finds(drawn: list[list[tuple[int, int]]]) -> None:
    sets = tuple(intervals(d) for d in drawn)

    swept = swept_together(sets)

    contended = at_depth(list(sets), 2)
    assert swept.contended.start.tolist() == contended.start.tolist()
    assert swept.contended.end.tolist() == contended.end.tolist()
    assert (swept.used, swept.shared) == (at_depth(list(sets), 1).total, contended.total)
    for i, a in enumerate(sets):
        assert int(swept.pairs[i, i]) == (a & contended).total
        for j in range(i + 1, len(sets)):
            assert int(swept.pairs[i, j]) == (a & sets[j]).total


@given(st.lists(spans, min_size=2, max_size=5))
def test_the_depth_of_a_contended_interval_is_its_largest(drawn: list[list[tuple[int, int]]]) -> None:
    sets = [intervals(d) for d in drawn]
    edges, depth = depth_profile(sets)

    swept = swept_together(tuple(sets))

    for start, end, most in zip(
        swept.contended.start.tolist(), swept.contended.end.tolist(), swept.depth.tolist(), strict=True
    ):
        assert most == max(d for e, d in zip(edges.tolist(), depth.tolist(), strict=True) if start <= e < end)
