"""Who holds the peak, whatever is wrong with the events."""

from unit.memory.heap import Heap, memory_of, rows_of

from tb_contention.memory.holders import MAX_ROWS
from tb_contention.model.memory import Holding

BEFORE, MISSING = Holding.BEFORE_CAPTURE.words, Holding.NOT_RECORDED.words


def test_holders_are_what_was_given_and_not_taken_back() -> None:
    heap = Heap(before=100)
    heap.give(1, 1, 40, "net/a/MatMul", region="output", shape="[5,2]", requested=33)
    heap.give(2, 2, 50, "net/b/MatMul")
    heap.take(3, 2)
    heap.give(4, 3, 60, "net/b/MatMul")
    memory = memory_of(heap)
    first = next(row for row in memory.holders.rows if row.op == "net/a/MatMul")

    assert rows_of(memory) == {BEFORE: 100, "net/b/MatMul": 60, "net/a/MatMul": 40}
    assert (first.region, first.shape, first.data_type, first.requested) == ("output", "[5,2]", "float32", 33)
    assert (first.age, first.scope, first.count) == (3_000, "net/a", 1)
    assert memory.allocators[0].rounding_at_peak == 7


def test_equal_allocations_are_one_row_as_old_as_the_oldest() -> None:
    heap = Heap()
    for time in (1, 3, 7):
        heap.give(time, time, 10, "net/a", shape="[2]")
    heap.give(8, 8, 10, "net/a", shape="[3]")
    rows = memory_of(heap).holders.rows

    assert [(row.shape, row.count, row.bytes, row.age) for row in rows] == [("[2]", 3, 30, 7_000), ("[3]", 1, 10, 0)]


def test_what_was_held_before_the_capture_shrinks_with_frees_that_have_no_allocation() -> None:
    heap = Heap(before=100)
    heap.take(1, 77, size=30)
    heap.give(2, 1, 50, "x")
    memory = memory_of(heap)

    assert rows_of(memory) == {BEFORE: 70, "x": 50}
    assert memory.allocators[0].before_capture == 100
    assert memory.allocators[0].gaps.unpaired == 1


def test_an_event_reported_twice_counts_once() -> None:
    heap = Heap()
    heap.give(1, 1, 40, "x")
    heap.give(2, 2, 50, "y")
    heap.events.insert(1, {**heap.events[0], "thread": 1})
    memory = memory_of(heap)

    assert rows_of(memory) == {"y": 50, "x": 40}
    assert (memory.allocators[0].gaps.repeated, memory.allocators[0].gaps.missing) == (1, 0)


def test_an_address_given_again_was_taken_back_by_an_event_that_is_missing() -> None:
    heap = Heap()
    heap.give(1, 1, 40, "x")
    heap.take(2, 1)
    heap.give(3, 1, 40, "x")
    heap.give(4, 2, 10, "y")
    del heap.events[1]
    memory = memory_of(heap)

    assert rows_of(memory) == {"x": 40, "y": 10}
    assert memory.allocators[0].gaps.missing == 1


def test_what_a_missing_event_gave_is_named() -> None:
    heap = Heap(before=20)
    heap.give(1, 1, 40, "x")
    heap.give(2, 2, 50, "lost")
    heap.give(3, 3, 10, "y")
    del heap.events[1]
    memory = memory_of(heap)

    assert rows_of(memory) == {"x": 40, BEFORE: 20, MISSING: 50, "y": 10}
    assert memory.peak == 120


def test_what_a_missing_event_took_is_below_zero() -> None:
    heap = Heap()
    heap.give(1, 1, 40, "x")
    heap.take(2, 1)
    heap.give(3, 2, 90, "y")
    del heap.events[1]

    assert rows_of(memory_of(heap)) == {"y": 90, "x": 40, MISSING: -40}


def test_events_of_one_instant_follow_the_bytes_in_use() -> None:
    heap = Heap()
    heap.give(1, 1, 40, "x")
    heap.give(5, 2, 50, "y", thread=1)
    heap.take(5, 1, thread=2)
    heap.give(5, 3, 70, "z", thread=3)
    heap.events[1:] = [heap.events[3], heap.events[1], heap.events[2]]
    memory = memory_of(heap)

    assert memory.curves[0].levels.value.tolist() == [0, 40, 90, 50, 120]
    assert memory.allocators[0].gaps.missing == 0
    assert rows_of(memory) == {"z": 70, "y": 50}


def test_rows_beyond_the_largest_are_one() -> None:
    heap = Heap(limit=1 << 20)
    for number in range(100):
        heap.give(number // 2, number, 1000 - number, f"op_{number}")
    memory = memory_of(heap)
    last = memory.holders.rows[-1]

    assert (last.kind, last.count) == (Holding.OTHERS, 100 - MAX_ROWS)
    assert sum(row.bytes for row in memory.holders.rows) == memory.peak


def test_holders_of_several_processes_at_the_combined_peak_and_at_their_own() -> None:
    a, b = Heap("a"), Heap("b")
    a.give(1, 1, 300, "a/x")
    a.take(2, 1)
    a.give(4, 2, 200, "a/y")
    b.give(3, 1, 250, "b/x")
    memory = memory_of(a, b)

    assert rows_of(memory) == {"b/x": 250, "a/y": 200}
    assert [(p.peak, p.peak_at, p.holders.rows[0].op) for p in memory.allocators] == [
        (300, 1_000, "a/x"),
        (250, 3_000, "b/x"),
    ]
    assert (memory.sum_of_peaks, memory.peak) == (550, 450)


def test_scopes_sum_up_what_lies_below_them() -> None:
    heap = Heap()
    for number, op in enumerate(("net/a/MatMul", "net/a/Relu", "net/b/MatMul", "gradient_tape/net/b/MatMul/MatMul")):
        heap.give(1, number, 10 * (number + 1), op)
    scopes = memory_of(heap).holders.scopes

    assert {s.scope: (s.bytes, s.count) for s in scopes} == {"net/b": (70, 2), "net/a": (30, 2)}


def test_pinned_host_memory_is_kept_apart() -> None:
    heap = Heap()
    heap.give(1, 1, 40, "x")
    heap.give(2, 1, 900, "y", allocator="gpu_host_bfc")
    memory = memory_of(heap)

    assert memory.peak == 40
    assert [(a.allocator, a.peak, a.at_combined_peak) for a in memory.host] == [("gpu_host_bfc", 900, 0)]


def test_numbers_that_no_allocator_can_have_are_taken_for_absent() -> None:
    heap = Heap(before=10)
    heap.give(1, 1, 40, "x")
    heap.give(2, 2, 50, "y", requested=1 << 62)
    heap.events[1]["in_use"] = (1 << 63) - 1
    heap.give(3, 3, 5, "z")
    memory = memory_of(heap)

    assert memory.peak == 105
    assert rows_of(memory) == {"y": 50, "x": 40, BEFORE: 10, "z": 5}


def test_events_of_one_thread_keep_their_order_also_after_a_missing_event() -> None:
    heap = Heap()
    heap.give(1, 1, 40, "a")
    heap.give(2, 2, 30, "b")
    heap.give(3, 3, 10, "lost")
    heap.take(5, 1)
    heap.take(5, 2)
    heap.give(6, 4, 5, "c")
    del heap.events[2]
    memory = memory_of(heap)

    assert memory.curves[0].levels.value.tolist() == [0, 40, 70, 40, 10, 15]
    assert memory.allocators[0].gaps.missing == 1
