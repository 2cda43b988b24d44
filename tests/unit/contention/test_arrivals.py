"""What becomes of kernels that arrive while another session runs, in drawings whose waits can be counted by eye."""

from dataclasses import replace

import numpy as np
import pytest
from lanes import NS_PER_US
from unit.contention.works import hosted, works_of

from tb_contention.contention.arrivals import Arrivals, arrivals
from tb_contention.contention.work import LAUNCH, SessionWork

#: One character of these drawings stands for this many microseconds.
SCALE = 10
#: Before each drawing b runs three kernels by itself, which start when they are launched.
ALONE_A, ALONE_B, ALONE = "." * 30, "B.......B.......B.......", (0, 8, 16)


def received(
    a: str, b: str, launched: tuple[list[int], list[int]], copies: tuple[list[int], list[int]] = ([], [])
) -> list[SessionWork]:
    """Draw two sessions; launched: column at which each kernel was, copies: which of them are copies."""
    works = []
    drawn = works_of(f"a |{ALONE_A}{a}|\nb |{ALONE_B.ljust(len(ALONE_A), '.')}{b}|")
    for work, columns, copy in zip(drawn, launched, copies, strict=True):
        own = work.session.name == "b"
        at = [*(ALONE if own else ()), *(len(ALONE_A) + column for column in columns)]
        work = hosted(work, *((float(column), LAUNCH) for column in at), launch=tuple(range(len(at))))
        host = replace(work.host, time=work.host.time * SCALE)
        start, end = work.start * SCALE, work.end * SCALE
        before = np.concatenate([[-1], np.maximum.accumulate(end)[:-1]])
        rows = np.isin(np.arange(len(start)) - (len(ALONE) if own else 0), copy)
        works.append(replace(work, start=start, end=end, host=host, copy=rows, ready=np.maximum(host.time, before)))
    return works


def test_kernels_that_start_when_they_are_launched_do_not_wait() -> None:
    found = arrivals(received("AAAAAAAAAAAAAAAAAAAA", "......BBBB....BBB...", ([0], [6, 14])), 0)

    assert (found.count, found.waited, found.at_once, found.astray) == (2, 0.0, 1.0, 0.0)
    assert not found.clear  # too few


def test_a_kernel_that_waits_and_starts_amid_a_foreign_one_was_given_a_turn() -> None:
    found = arrivals(received("A" * 30, ".........BBBB..........BBB....", ([0], [4, 17])), 0)

    assert (found.count, found.waited, found.at_once, found.amid) == (2, 1.0, 0.0, 1.0)


def test_a_kernel_that_waits_for_the_end_of_a_foreign_one_is_not_amid() -> None:
    a, b = "AAAAAAAAA................AAAAAAAA......", ".........BBBB....................BBB..."
    found = arrivals(received(a, b, ([0, 25], [4, 28])), 0)

    assert (found.count, found.waited, found.amid) == (2, 1.0, 0.0)


def test_a_start_that_is_neither_late_nor_at_once_counts_with_surer_ones_and_not_by_itself() -> None:
    # Launched 20 us before it starts.
    alone = arrivals(received("A" * 30, ".........BBBB.................", ([0], [7])), 0)
    among = arrivals(received("A" * 30, ".........BBBB..........BBB....", ([0], [7, 17])), 0)

    assert alone.count == 0
    assert (among.count, among.waited, among.at_once) == (2, 0.5, 0.0)


def test_waiting_without_company_is_astray() -> None:
    found = arrivals(received("AAAA....................AAAAA", "..............BBBB...........", ([0, 24], [8])), 0)

    assert found.count == 0
    assert found.astray == pytest.approx(1 / 6)  # of the six that come without company, it alone waits


@pytest.mark.parametrize(
    ("found", "clear"),
    [
        ({}, True),
        ({"count": 4}, False),  # too few
        ({"astray": 0.2}, False),  # something waits for nobody
        ({"at_once": 0.3, "waited": 0.6}, True),  # some start at once, which none does in turns
        ({"at_once": 0.3, "waited": 0.6, "apart": 2}, False),  # and the clocks are not confirmed by enough others
        ({"at_once": 0.0, "waited": 1.0}, False),
    ],
)
def test_what_leaves_no_doubt_that_kernels_start_at_once(found: dict[str, float], clear: bool) -> None:
    usual = {"count": 20, "waited": 0.0, "at_once": 1.0, "amid": 0.0, "astray": 0.0, "apart": 20}

    assert Arrivals(**{**usual, **found}).clear == clear  # type: ignore[arg-type]


def test_a_wait_of_the_copies_before_a_kernel_is_its_wait() -> None:
    # The copy waits for the turn, and then the kernel for nothing.
    a, b = "A" * 30, "..........BBCCCC.............."
    waits = arrivals(received(a, b, ([0], [4, 5]), ([], [0])), 0)
    at_once = arrivals(received(a, b, ([0], [10, 11]), ([], [0])), 0)

    assert (waits.count, waits.waited) == (1, 1.0)
    assert (at_once.count, at_once.at_once) == (1, 1.0)


def test_a_copy_that_waits_for_a_copy_says_nothing_of_kernels() -> None:
    a, b = "AAAABBBBBBAAAAAAAAAAAAAAAAAAAA", "..........BBCCCC.............."
    foreign = with_a_kernel_beside(received(a, b, ([0, 0, 0], [5, 6]), ([1], [0])))

    assert arrivals(foreign, 0).count == 0


def with_a_kernel_beside(works: list[SessionWork]) -> list[SessionWork]:
    """Let a kernel run beside the copies of the first session."""
    first, second = works
    return [replace(first, end=np.where(np.arange(len(first.end)) == 0, first.end[-1], first.end)), second]


def test_within_the_clock_error_it_is_not_sure_who_was_there() -> None:
    works = received("....AAAAAAAAAA..........", "........BBBB............", ([4], [8]))

    assert arrivals(works, 0).count == 1
    assert arrivals(works, 60 * NS_PER_US).count == 0


def test_without_launches_nothing_arrives() -> None:
    assert arrivals(works_of("a |AAAAAAAA|\nb |...BBB..|"), 0).count == 0
