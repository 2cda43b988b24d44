"""Who ran together among many: the walk through time says what comparing every pair says, and ends where that does not."""

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_contention.align import cliques
from tb_contention.align.cliques import MOST_MEMBERS, Clique, cliques_of
from tb_contention.align.windows import Windows

S = 1_000_000_000


def windows(spans: list[tuple[int, int]], error: int = 0, naming: str | None = None) -> Windows:
    clock = SimpleNamespace(
        error=error, absolute_error=error if naming is None else 50_000 * S, capture=None, naming=naming,
        naming_error=None if naming is None else error,
    )  # fmt: skip
    members: list[Any] = [SimpleNamespace(start=start, end=end, clock=clock) for start, end in spans]
    return Windows(members)


def together(found: list[Clique]) -> set[frozenset[int]]:
    return {frozenset(c.rows) for c in found if len(c.rows) > 1}


SPANS = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 40)).map(lambda p: (p[0], p[0] + p[1])), min_size=2, max_size=40
)


@settings(max_examples=150, deadline=None)
@given(SPANS, st.sampled_from([None, "names of host"]))
def test_the_walk_finds_what_comparing_finds(spans: list[tuple[int, int]], naming: str | None) -> None:
    made, weight = windows(spans, naming=naming), np.ones(len(spans), np.int64)
    compared = cliques_of(made, weight)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cliques, "_FEW", 1)
        walked = cliques_of(made, weight)

    assert together(walked) == together(compared)
    assert {row for c in walked for row in c.rows} == set(range(len(spans)))


@settings(max_examples=100, deadline=None)
@given(SPANS, st.integers(1, 20))
def test_the_walk_never_groups_what_is_not_sure(spans: list[tuple[int, int]], error: int) -> None:
    made = windows(spans, error)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cliques, "_FEW", 1)
        walked = cliques_of(made, np.ones(len(spans), np.int64))

    for one in together(walked):
        # The windows of any two still overlap if each clock errs by its bound, towards or away from the other.
        for a in one:
            for b in one - {a}:
                assert spans[a][1] - error > spans[b][0] + error


@pytest.mark.parametrize("length", [10, 100_000])
def test_many_captures_that_overlap_end_in_bounded_groups(length: int) -> None:
    spans = [(k * 5, k * 5 + length) for k in range(20_000)]
    began = time.process_time()
    found = cliques_of(windows(spans), np.arange(len(spans)))

    assert time.process_time() - began < 20
    assert max(len(c.rows) for c in found) <= MOST_MEMBERS
    kept = {row for c in found for row in c.rows}
    assert len(kept) + max(c.left_out for c in found) >= len(spans) or length == 10
    assert all(len(c.rows) > 1 for c in found)


def test_of_too_many_those_with_the_most_kernels_stay() -> None:
    spans = [(k, 1000 + k) for k in range(200)]
    (one,) = cliques_of(windows(spans), np.arange(200))

    assert one.rows == tuple(range(200 - MOST_MEMBERS, 200))
    assert one.left_out == 200 - MOST_MEMBERS
