"""Intervals against sets of integers, which are slow and obviously right."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tb_contention.model.intervals import Intervals, at_depth, depth_profile

spans = st.lists(st.tuples(st.integers(-20, 20), st.integers(-3, 12)), max_size=12)


def intervals(drawn: list[tuple[int, int]]) -> Intervals:
    start = np.array([s for s, _ in drawn], np.int64)
    return Intervals.union_of(start, start + np.array([n for _, n in drawn], np.int64))


def points(drawn: list[tuple[int, int]]) -> set[int]:
    return {t for s, n in drawn for t in range(s, s + n)}


def members(value: Intervals) -> set[int]:
    return {t for s, e in zip(value.start.tolist(), value.end.tolist(), strict=True) for t in range(s, e)}


@given(spans)
def test_union_holds_the_same_instants(a: list[tuple[int, int]]) -> None:
    assert points(a) == members(intervals(a))
    assert len(points(a)) == intervals(a).total


@given(spans)
def test_intervals_are_sorted_disjoint_and_not_adjacent(a: list[tuple[int, int]]) -> None:
    value = intervals(a)

    assert np.all(value.start < value.end)
    assert np.all(value.end[:-1] < value.start[1:])


@given(spans, spans)
def test_intersection_is_that_of_the_sets(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> None:
    assert points(a) & points(b) == members(intervals(a) & intervals(b))


@given(st.lists(spans, max_size=4), st.integers(1, 4))
def test_depth_counts_the_sets_that_hold_an_instant(sets: list[list[tuple[int, int]]], least: int) -> None:
    expected = {t for t in range(-30, 40) if sum(t in points(s) for s in sets) >= least}

    assert expected == members(at_depth([intervals(s) for s in sets], least))


@given(st.lists(spans, max_size=4))
def test_the_depth_profile_ends_at_zero(sets: list[list[tuple[int, int]]]) -> None:
    edges, depth = depth_profile([intervals(s) for s in sets])

    assert np.all(np.diff(edges) > 0)
    assert len(depth) == 0 or depth[-1] == 0


@given(spans, st.lists(st.integers(-25, 45), max_size=8))
def test_the_length_before_an_instant_counts_those_before(a: list[tuple[int, int]], at: list[int]) -> None:
    expected = [sum(t < instant for t in points(a)) for instant in at]

    assert intervals(a).length_before(np.array(at, np.int64)).tolist() == expected


@given(spans, st.integers(-25, 25), st.integers(-25, 25))
def test_clip_keeps_the_inside(a: list[tuple[int, int]], low: int, high: int) -> None:
    assert {t for t in points(a) if low <= t < high} == members(intervals(a).clip(low, high))
