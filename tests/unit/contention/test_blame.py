"""Who is blamed for how much of a loss, on a few kernels; times in ns."""

import numpy as np
import pytest

from tb_contention.contention.blame import KernelRuns, blame, kernel_pairs
from tb_contention.model.contention import UNTRACED
from tb_contention.model.intervals import Intervals
from tb_contention.model.tables import StringTable
from tb_contention.units import SessionId

V, B, C = SessionId("victim"), SessionId("b"), SessionId("c")


def runs(
    session: SessionId, *spans: tuple[int, int], lost: list[float] | None = None, stall: list[int] | None = None
) -> KernelRuns:
    """Kernels with these spans, named k0, k1, ..."""
    return KernelRuns(
        session=session,
        strings=StringTable.of([f"k{n}" for n in range(len(spans))]),
        name=np.arange(len(spans), dtype=np.int64),
        start=np.array([a for a, _ in spans], np.int64),
        end=np.array([b for _, b in spans], np.int64),
        stall=np.array(stall or [0] * len(spans), np.int64),
        lost=None if lost is None else np.array(lost),
    )


def running(*spans: tuple[int, int]) -> Intervals:
    return Intervals.union_of(np.array([a for a, _ in spans], np.int64), np.array([b for _, b in spans], np.int64))


def blamed(victim: KernelRuns, lost: int, **others: Intervals) -> dict[str, int]:
    rows = blame(victim, lost, {V: running((0, 100)), **{SessionId(name): spans for name, spans in others.items()}})
    assert {row.victim for row in rows} == {V}
    return {row.culprit: row.lost for row in rows}


def test_a_loss_goes_to_others_by_the_time_for_which_each_ran_during_the_kernel() -> None:
    assert blamed(runs(V, (0, 10), lost=[6.0]), 6, b=running((0, 4)), c=running((4, 6))) == {"b": 4, "c": 2}


def test_shares_are_scaled_to_what_the_steps_lost() -> None:
    assert blamed(runs(V, (0, 10), lost=[6.0]), 60, b=running((0, 4)), c=running((4, 6))) == {"b": 40, "c": 20}


def test_rounded_parts_add_up_to_the_loss() -> None:
    assert blamed(runs(V, (0, 10), lost=[7.0]), 7, b=running((0, 5)), c=running((5, 10))) == {"b": 4, "c": 3}


def test_who_ran_while_a_kernel_waited_is_to_blame() -> None:
    assert blamed(runs(V, (10, 12), lost=[6.0], stall=[6]), 6, b=running((4, 8)), c=running((0, 4))) == {"b": 6, "c": 0}


def test_a_loss_while_no_captured_session_ran_is_untraced() -> None:
    victim = runs(V, (0, 10), (20, 30), lost=[6.0, 2.0])

    assert blamed(victim, 8, b=running((0, 10))) == {"b": 6, UNTRACED: 2}


@pytest.mark.parametrize("victim", [runs(V, (0, 10), lost=[6.0]), runs(V, lost=[])], ids=["one kernel", "no kernels"])
def test_a_victim_without_any_other_session_lost_to_something_untraced(victim: KernelRuns) -> None:
    assert blamed(victim, 6) == {UNTRACED: 6}


def test_who_costs_nothing_is_listed_with_nothing() -> None:
    assert blamed(runs(V, (0, 10), lost=[0.0]), 0, b=running((0, 10))) == {"b": 0}


def test_kernels_that_were_faster_by_chance_blame_nobody_below_zero() -> None:
    victim = runs(V, (0, 10), (20, 30), lost=[6.0, -2.0])

    assert blamed(victim, 6, b=running((0, 10)), c=running((20, 30))) == {"b": 6, "c": 0}


def test_a_kernels_loss_goes_to_the_kernels_that_it_met() -> None:
    # Of 8 ns in company 6 were with k0 and 2 with k1: 4 ns of loss are 3 and 1.
    pairs = kernel_pairs(runs(V, (0, 10), lost=[4.0]), [runs(B, (0, 6), (8, 12))])

    assert [(p.victim_kernel, p.culprit_kernel, p.overlap, p.lost, p.count) for p in pairs] == [
        ("k0", "k0", 6, 3, 1),
        ("k0", "k1", 2, 1, 1),
    ]


def test_where_no_loss_is_known_pairs_are_ordered_by_overlap() -> None:
    pairs = kernel_pairs(runs(V, (0, 10)), [runs(B, (0, 3), (3, 10))])

    assert [(p.culprit_kernel, p.overlap, p.lost) for p in pairs] == [("k1", 7, None), ("k0", 3, None)]


def test_kernels_that_never_met_are_no_pair() -> None:
    assert kernel_pairs(runs(V, (0, 10), lost=[4.0]), [runs(B, (10, 20)), runs(C)]) == []
