"""Contention in a part of the window: what an edge cuts, whose loss is told, and pairs of kernels that met."""

from lanes import device_report, group_of, session_of

from tb_contention.contention.within import contention_within, overlap_shifted
from tb_contention.model.contention_part import ContentionPart


def part(rows: list[str], start: int, end: int) -> ContentionPart:
    """Measure from `start` to `end` us of drawn sessions."""
    aligned, group = group_of([session_of(name, row) for name, row in zip("ab", rows, strict=True)])
    cost = device_report(aligned, group).cost
    return contention_within(aligned, group, cost, group.start + start * 1000, group.start + end * 1000)


def test_a_kernel_counts_by_what_of_it_lies_inside() -> None:
    found = part(["AAAAAA..", "....BBBB"], 3, 7)

    assert [(k.name, k.count, k.total) for k in found.overlap.kernels] == [("A", 1, 3000), ("B", 1, 3000)]
    assert (found.overlap.time.window, found.overlap.time.contended) == (4000, 2000)


def test_kernels_that_met_are_pairs_in_both_directions() -> None:
    pairs = part(["AAAA..CC", "..BB..BB"], 0, 8).pairs
    met = {(p.victim_kernel, p.culprit_kernel): (p.count, p.overlap) for p in pairs}

    assert met == {("A", "B"): (1, 2000), ("C", "B"): (1, 2000), ("B", "A"): (1, 2000), ("B", "C"): (1, 2000)}


def test_pairs_outside_the_part_are_not_told() -> None:
    assert {p.victim_kernel for p in part(["AAAA..CC", "..BB..BB"], 0, 5).pairs} == {"A", "B"}
    assert part(["AA......", "......BB"], 0, 8).pairs == ()


def test_an_instant_has_nothing() -> None:
    found = part(["AAAA", "BBBB"], 2, 2)

    assert (found.overlap.time.window, found.pairs, found.kernels) == (0, (), ())


def test_a_move_changes_what_meets_and_the_window_in_which_all_are_recorded() -> None:
    aligned, group = group_of([session_of("a", "AA......"), session_of("b", "..BB....")])
    time, pairs = overlap_shifted(aligned, group, "b/host0", -2000)

    assert (time.window, time.contended, [p.overlap for p in pairs]) == (6000, 2000, [2000])
