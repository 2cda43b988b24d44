from dataclasses import replace

import numpy as np
import pytest
from lanes import drawn, group_of, session_of

from tb_contention.contention.overlap import NAME_LOST, measure_overlap


def test_time_divides_into_idle_exclusive_and_contended() -> None:
    overlap = measure_overlap(
        *drawn("""
            a  |AAAA....BB..|
            b  |..CCCC......|
        """)
    )

    time = overlap.time
    assert (time.window, time.idle, time.exclusive, time.contended) == (12_000, 4_000, 6_000, 2_000)


def test_each_session_is_told_its_own_share() -> None:
    overlap = measure_overlap(
        *drawn("""
            a  |AAAA....BB..|
            b  |..CCCC......|
        """)
    )

    a, b = overlap.shares
    assert (a.kernels, a.busy, a.exclusive, a.contended) == (2, 6_000, 4_000, 2_000)
    assert (b.kernels, b.busy, b.exclusive, b.contended) == (1, 4_000, 2_000, 2_000)


def test_contended_needs_two_sessions_not_two_streams() -> None:
    overlap = measure_overlap(*drawn("a  |AAAABBBB|"))

    assert overlap.time.contended == 0
    assert overlap.pairs == ()


def test_three_sessions_at_once_are_contended_once_and_overlap_in_each_pair() -> None:
    overlap = measure_overlap(
        *drawn("""
            a  |AAAA|
            b  |.BBB|
            c  |..CC|
        """)
    )

    assert overlap.time.contended == 3_000
    assert [pair.overlap for pair in overlap.pairs] == [3_000, 2_000, 2_000]


def test_work_outside_the_common_window_is_left_out() -> None:
    a = session_of("a", "AAAAAAAA")
    b = session_of("b", "BBBB", offset_us=6)

    overlap = measure_overlap(*group_of([a, b]))

    assert overlap.time.window == 2_000
    assert overlap.time.contended == 2_000
    assert [(k.name, k.count, k.total) for k in overlap.kernels] == [("A", 1, 2_000), ("B", 1, 2_000)]


def test_touching_kernels_do_not_contend() -> None:
    overlap = measure_overlap(
        *drawn("""
            a  |AA..|
            b  |..BB|
        """)
    )

    assert overlap.time.contended == 0
    assert overlap.time.exclusive == 4_000


def test_kernel_names_beyond_the_bound_share_one_row_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tb_contention.contention.overlap.MAX_KERNEL_NAMES", 1)

    overlap = measure_overlap(*drawn("a  |AAAABBC.|"))

    assert [(k.name, k.count, k.total) for k in overlap.kernels] == [("A", 1, 4_000), ("(2 more names)", 2, 3_000)]


def test_a_kernel_whose_name_was_lost_is_listed_as_such() -> None:
    session = session_of("a", "AA..")
    kernels = replace(session.trace.kernels, name=np.array([-1], np.int32))

    overlap = measure_overlap(*group_of([replace(session, trace=replace(session.trace, kernels=kernels))]))

    assert [k.name for k in overlap.kernels] == [NAME_LOST]
