"""Work that is done side by side gives what it gives one after the other, also where an item divides its own work in turn."""

import threading

import pytest

from tb_contention.model.side_by_side import each, together


def test_results_come_in_the_order_of_the_items() -> None:
    assert each(lambda x: x * x, list(range(100))) == [x * x for x in range(100)]


def test_items_that_divide_their_work_in_turn_all_end() -> None:
    def deep(level: int) -> int:
        return 1 if level == 0 else sum(each(deep, [level - 1] * 3))

    assert deep(5) == 3**5


def test_a_thread_without_work_helps_with_the_parts_of_the_last_item() -> None:
    both = threading.Barrier(2)

    def parts(_: int) -> tuple[int, int]:
        return together(lambda: both.wait(60), lambda: both.wait(60))

    assert each(parts, [0]) != []


def test_the_first_item_that_fails_decides() -> None:
    def work(item: int) -> int:
        if item in (3, 7):
            raise ValueError(item)
        return item

    with pytest.raises(ValueError, match="3"):
        each(work, list(range(50)))
