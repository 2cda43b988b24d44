"""Progress in the time in which several sessions had work, of sessions whose streams run at once; one character is one microsecond."""

from dataclasses import replace

import numpy as np
import pytest
from unit.contention.works import alone_of, intervals, ns, works_of

from tb_contention.contention.co_pending import progress_sum
from tb_contention.contention.work import SessionWork

#: Both sessions have work for 8 us.
WHERE = intervals((0, 8))


def streams(*spans_us: tuple[float, float]) -> SessionWork:
    """Build the work of a session of two streams from the begin and end of its kernels, in order of their begin."""
    (work,) = works_of(f"a |{'A.' * len(spans_us)}|")
    return replace(work, start=ns(*(a for a, _ in spans_us)), end=ns(*(b for _, b in spans_us)), streams=2)


def test_kernels_of_a_session_that_share_their_time_are_one_sessions_work() -> None:
    # Two pairs side by side, 8 us each, as long as alone: apart from others each kernel has half of the time for itself.
    work = streams((0, 8), (0, 8), (10, 18), (10, 18))

    assert progress_sum([work], [alone_of(work, 8)], WHERE) == pytest.approx(1.0)


def test_kernels_that_never_met_apart_do_no_more_than_one_sessions_work_when_they_meet() -> None:
    # In company four kernels of 8 us run by twos; the one apart from others runs by itself, and says nothing of how those share.
    work = streams((0, 8), (0, 8), (10, 18))

    assert progress_sum([work], [alone_of(work, 8)], WHERE) == pytest.approx(1.0)
    assert progress_sum([work], [alone_of(work, 4)], WHERE) == pytest.approx(1.0)


def test_without_a_baseline_progress_is_unknown() -> None:
    work = streams((0, 8), (0, 8))

    assert progress_sum([work], [np.full(2, np.nan)], WHERE) is None
