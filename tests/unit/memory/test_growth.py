"""What stays from step to step, and what a step uses for itself."""

import pytest
from unit.memory.heap import Heap, memory_of

KIB = 1 << 10
LEAK = 100 * KIB


def training(steps: int = 12, *, leak: int = 0, every: int = 1, warm_up: int = 0) -> Heap:
    """Each step of 10 us has a temporary and an activation; some give what nothing takes back."""
    heap = Heap(length=steps * 10 + 5, limit=1 << 40, capacity=1 << 40)
    for step in range(steps):
        at = step * 10
        heap.steps.append((at, at + 9))
        heap.give(at + 1, 1, 500 * KIB, "net/workspace", region="temp", shape="[7]")
        heap.take(at + 2, 1)
        heap.give(at + 3, 2, 300 * KIB, "net/activation")
        if leak and step % every == 0:
            heap.give(at + 4, 1000 + step, leak, "net/leak")
        if step < warm_up:
            heap.give(at + 5, 2000 + step, leak or LEAK, "net/cache")
        heap.take(at + 6, 2)
    return heap


def test_a_leak_is_told_with_what_it_gains_per_step() -> None:
    growth = memory_of(training(leak=LEAK)).growth

    assert {g.op for g in growth} == {"", "net/leak"}
    assert all(g.per_step == LEAK and g.rising == 1.0 for g in growth)
    assert next(g for g in growth if g.op).last == 12 * LEAK


def test_a_leak_every_third_step_is_one() -> None:
    growth = memory_of(training(24, leak=LEAK, every=3)).growth

    assert {g.op for g in growth} == {"", "net/leak"}
    assert all(g.per_step == pytest.approx(LEAK / 3, rel=0.15) for g in growth)


def test_steps_that_give_back_all_do_not_grow() -> None:
    assert memory_of(training()).growth == ()


def test_what_the_first_steps_keep_is_warm_up() -> None:
    assert memory_of(training(20, warm_up=4)).growth == ()


def test_lost_frees_are_not_called_a_leak_of_what_they_freed() -> None:
    heap = training(40)
    heap.events = [e for k, e in enumerate(heap.events) if e["is_allocation"] or k % 9]

    assert memory_of(heap).growth == ()


def test_too_few_steps_tell_nothing() -> None:
    assert memory_of(training(4, leak=LEAK)).growth == ()


def test_what_a_step_uses() -> None:
    (use,) = memory_of(training(5)).steps

    assert (use.steps, use.allocations, use.allocated) == (4, 2.0, 800 * KIB)
    assert (use.rise, use.temporary_median) == (500 * KIB, 500 * KIB)
    assert use.temporary is not None
    assert (use.temporary.op, use.temporary.bytes, use.temporary.shape) == ("net/workspace", 500 * KIB, "[7]")


def test_without_steps_nothing_is_said_per_step() -> None:
    heap = training(5, leak=LEAK)
    heap.steps.clear()
    memory = memory_of(heap)

    assert (memory.steps, memory.growth) == ((), ())
