from lanes import Allocation, group_of, session_of

from tb_contention.memory.highwater import combined_memory
from tb_contention.model.memory import CombinedMemory


def combined(a: list[Allocation], b: list[Allocation], length: int = 20) -> CombinedMemory:
    row = "A" * length
    memory = combined_memory(*group_of([session_of("a", row, a), session_of("b", row, b)]))
    assert memory is not None
    return memory


def test_peaks_at_different_times_do_not_add_up() -> None:
    memory = combined([(1, 300, 400), (3, -300, 100)], [(5, 400, 500), (7, -400, 100)])

    assert memory.sum_of_peaks == 900
    assert (memory.peak, memory.peak_at) == (600, 5_000)
    assert [a.at_combined_peak for a in memory.allocators] == [100, 500]


def test_what_was_held_before_the_capture_counts_from_the_start() -> None:
    memory = combined([(9, 10, 310)], [(2, -50, 100)])

    assert [a.before_capture for a in memory.allocators] == [300, 150]
    assert (memory.peak, memory.peak_at) == (450, 0)


def test_headroom_is_what_the_capacity_leaves() -> None:
    memory = combined([(1, 300, 300)], [(2, 400, 400)])

    assert (memory.capacity, memory.peak, memory.headroom) == (1000, 700, 300)
    assert [a.limit for a in memory.allocators] == [500, 500]


def test_no_allocator_event_is_unknown_and_not_zero() -> None:
    assert combined_memory(*group_of([session_of("a", "AAAA")])) is None


def test_a_session_without_events_is_named() -> None:
    memory = combined([(1, 300, 300)], [])

    assert memory.sessions_without_data == ("b/host0",)


def test_events_after_the_window_do_not_count() -> None:
    a = session_of("a", "A" * 20, [(1, 100, 100), (15, 300, 400)])
    b = session_of("b", "B" * 10, [(2, 50, 50)])

    memory = combined_memory(*group_of([a, b]))

    assert memory is not None
    assert (memory.peak, memory.peak_at) == (150, 2_000)
    assert memory.curves[0].levels.at(15_000) == 400
