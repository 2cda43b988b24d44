"""The compiled walk over allocator events against a dictionary, on damaged streams."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tb_contention.memory.instants import settle
from tb_contention.memory.walk import follow, pairs
from tb_contention.model.levels import Levels, peak_of_sum, sum_of
from tb_contention.model.trace import NONE
from tb_contention.units import I64

Event = tuple[int, int, int]  # kind, address, size

events = st.lists(
    st.tuples(st.integers(0, 1), st.one_of(st.integers(0, 6), st.just(NONE)), st.integers(1, 9)), max_size=60
)


def columns(drawn: list[Event]) -> tuple[Any, I64, I64]:
    kind = np.array([k for k, _, _ in drawn], np.uint8)
    return kind, np.array([a for _, a, _ in drawn], np.int64), np.array([s for _, _, s in drawn], np.int64)


@given(events, st.integers(100, 1000))
def test_pairs_are_those_of_a_dictionary(drawn: list[Event], before: int) -> None:
    kind, address, size = columns(drawn)
    used = before + np.cumsum(np.where(kind == 1, size, -size), dtype=np.int64)
    used = np.maximum(used, 0)
    value = np.append(np.int64(0), used)
    until, ended = pairs(kind, address)
    follow(kind, ended, size, value)

    live: dict[int, int] = {}
    ends, begins = [-1] * len(drawn), [-1] * len(drawn)
    for row, (is_allocation, where, _) in enumerate(drawn):
        last = live.pop(where, None) if where != NONE else None
        if last is not None:
            ends[last], begins[row] = row, last
        if is_allocation and where != NONE:
            live[where] = row
    assert (until.tolist(), ended.tolist()) == (ends, begins)
    assert value[1:].tolist() == used.tolist()


@given(events, st.integers(200, 400), st.lists(st.integers(1, 4), min_size=60, max_size=60), st.randoms())
def test_any_order_within_an_instant_is_put_right(
    drawn: list[Event], before: int, runs: list[int], shuffle: Any
) -> None:
    kind, address, size = columns(drawn)
    used = before + np.cumsum(np.where(kind == 1, size, -size), dtype=np.int64)
    instant = np.repeat(np.arange(len(runs)), runs)[: len(drawn)].astype(np.int64)
    rows = np.arange(len(drawn))
    for moment in np.unique(instant).tolist():
        mine = np.flatnonzero(instant == moment).tolist()
        mixed = mine.copy()
        shuffle.shuffle(mixed)
        rows[mine] = mixed
    order = np.arange(len(drawn))
    threads = np.arange(len(drawn), dtype=np.int32)
    kept = settle(kind[rows], threads, instant, address[rows], size[rows], used[rows], order)
    level = used[rows][order[:kept]]
    change = np.where(kind == 1, size, -size)[rows][order[:kept]]

    assert sorted(instant[order[:kept]].tolist()) == instant[order[:kept]].tolist()
    if len({(k, a, s, u) for (k, a, s), u in zip(drawn, used.tolist(), strict=True)}) == len(drawn):
        assert kept == len(drawn)
        whole = len(np.unique(used)) == len(used) and before not in used
        assert not whole or (np.diff(level) == change[1:]).all()


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 30), max_size=8), st.lists(st.integers(0, 9), min_size=9, max_size=9)), min_size=1, max_size=4
    ),
    st.integers(0, 30),
    st.integers(0, 30),
)  # fmt: skip
def test_the_supremum_of_a_sum_is_that_of_all_instants(
    drawn: list[tuple[list[int], list[int]]], a: int, b: int
) -> None:
    parts = [
        Levels(time=np.unique(np.array(times, np.int64)), value=np.array(values[: len(set(times)) + 1], np.int64))
        for times, values in drawn
    ]
    start, end = min(a, b), max(a, b)
    peak = peak_of_sum(parts, start, end)
    whole = {time: sum(p.at(time) for p in parts) for time in range(start, end + 1)}

    # Changes of one instant come one after the other, so that the supremum may pass the sum after all of them.
    assert peak.value >= max(whole.values())
    assert start <= peak.at <= end
    assert peak.value == sum(int(p.value[n]) for p, n in zip(parts, peak.events, strict=True))
    assert sum_of(parts).at(end) == whole[end]
    if len({time for p in parts for time in p.time.tolist()}) == sum(len(p.time) for p in parts):
        assert peak.value == max(whole.values())
        assert peak.at == min(time for time, value in whole.items() if value == peak.value)
