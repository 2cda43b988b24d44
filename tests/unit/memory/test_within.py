"""Parts of the window, instants, and caps."""

from lanes import group_of
from unit.memory.heap import Heap

from tb_contention.memory.highwater import combined_memory
from tb_contention.memory.within import memory_within
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.memory import CombinedMemory


def pair() -> tuple[CombinedMemory, AlignedTraces]:
    """Use of a: 300 from 10 to 20 us, 100 from 40; of b: 200 from 15, 450 from 50 to 60."""
    a, b = Heap("a"), Heap("b")
    a.give(10, 1, 300, "a/x")
    a.take(20, 1)
    a.give(40, 2, 100, "a/y")
    b.give(15, 1, 200, "b/x")
    b.give(50, 2, 250, "b/y")
    b.take(60, 2)
    aligned, group = group_of([a.session(), b.session()])
    memory = combined_memory(aligned, group)
    assert memory is not None
    return memory, aligned


def test_the_peak_of_a_part_and_who_holds_it() -> None:
    part = memory_within(*pair(), 0, 30_000)

    assert (part.peak, part.peak_at) == (500, 15_000)
    assert [(a.peak, a.at) for a in part.allocators] == [(300, 300), (200, 200)]
    assert {h.op: h.bytes for h in part.holders.rows} == {"a/x": 300, "b/x": 200}


def test_a_part_begins_with_what_is_held_then() -> None:
    part = memory_within(*pair(), 25_000, 30_000)

    assert (part.peak, part.peak_at) == (200, 25_000)


def test_holders_at_any_instant() -> None:
    part = memory_within(*pair(), 0, 100_000, at=55_000)

    assert (part.peak, part.holders.at, part.holders.total) == (550, 55_000, 550)
    assert {h.op for h in part.holders.rows} == {"a/y", "b/x", "b/y"}


def test_caps_cut_each_session_and_say_for_how_long_it_would_be_above() -> None:
    capped = memory_within(*pair(), 0, 100_000, caps=(None, 300)).capped

    assert capped is not None
    assert (capped.peak, capped.peak_at, capped.sum_of_limits) == (500, 15_000, 800)
    assert [(s.cap, s.peak, s.over) for s in capped.sessions] == [(None, 300, 0), (300, 450, 10_000)]
