"""Durations alone and their class of evidence, on drawings of two sessions; one character is one microsecond."""

from dataclasses import replace

import numpy as np
import pytest
from unit.contention.works import exposed, works_of

from tb_contention.contention.alone import Alone, as_recorded, covers, filled, find_alone
from tb_contention.contention.baseline import Baseline
from tb_contention.contention.mechanism import Sharing
from tb_contention.model.contention import Evidence, Mechanism
from tb_contention.units import F64

NAN = float("nan")
AT_ONCE = Sharing(mechanism=Mechanism.CONCURRENT, detail="")
#: Kernels of 4, 2 and 3 us, of which others can have touched the first two.
(WORK,) = works_of("a |AAAA.BB.CCC|")
EXPOSURE = exposed(WORK, (0, 7))


def knowing(*alone_us: float) -> Baseline:
    zero = np.zeros(len(alone_us))
    return Baseline(
        alone=np.array(alone_us) * 1_000, deviation=zero, error=zero, group=np.arange(len(alone_us), dtype=np.int64)
    )


NOTHING = knowing(NAN, NAN, NAN)


def found(
    own: Baseline = NOTHING, solo: Baseline | None = None, sharing: Sharing = AT_ONCE, *, on_cores: bool = False
) -> Alone:
    return find_alone(WORK, EXPOSURE, own, solo, sharing, 2, on_cores=on_cores)


def us(values: F64) -> list[float]:
    return [round(float(value) / 1_000, 6) for value in values]


def test_only_kernels_that_others_can_have_touched_are_exposed() -> None:
    assert EXPOSURE.touched.tolist() == [True, True, False]


def test_coverage_is_the_share_of_contended_time_with_a_baseline() -> None:
    assert covers(EXPOSURE, knowing(NAN, 1.0, 3.0).alone) == pytest.approx(2 / 6)


def test_without_contended_time_everything_is_covered() -> None:
    assert covers(exposed(WORK), NOTHING.alone) == 1.0


def test_a_kernel_without_a_baseline_borrows_the_stretch_of_the_others() -> None:
    # 4 us instead of 2: a stretch of 2, so that the 2 us kernel is taken for one of 1 us.
    estimate, borrowed = filled(EXPOSURE, knowing(2.0, NAN, NAN).alone)

    assert us(estimate) == [2.0, 1.0, 3.0]
    assert borrowed.tolist() == [False, True, False]


def test_where_no_baseline_is_known_recorded_durations_stay() -> None:
    estimate, borrowed = filled(EXPOSURE, NOTHING.alone)

    assert us(estimate) == [4.0, 2.0, 3.0]
    assert borrowed.tolist() == [True, True, False]


def test_a_capture_alone_is_the_best_evidence() -> None:
    best = found(own=knowing(3.0, 1.5, 3.0), solo=knowing(2.0, 1.0, 3.0))

    assert (best.evidence, us(best.estimate)) == (Evidence.A, [2.0, 1.0, 3.0])


def test_instances_that_differ_are_taken_between_their_mean_alone_and_what_they_took() -> None:
    # 4 us instead of 2 is no slice of 50: it took as long by itself, or others of its kind are shorter alone.
    turns = Sharing(mechanism=Mechanism.TIME_SLICING, detail="", slice=50_000)
    varying = replace(knowing(2.0, 1.0, 3.0), deviation=np.array([1.0, 0.5, 0.0]) * 1_000)
    between = found(solo=varying, sharing=turns)

    assert (between.evidence, us(between.estimate)) == (Evidence.A, [3.0, 1.5, 3.0])
    assert between.doubt == pytest.approx(3_000)
    assert found(solo=knowing(2.0, 1.0, 3.0), sharing=turns).doubt == 0.0


def test_a_capture_alone_that_covers_too_little_completes_the_own_baselines() -> None:
    both = found(own=knowing(NAN, 1.0, 3.0), solo=knowing(2.0, NAN, NAN))

    assert (both.evidence, us(both.estimate)) == (Evidence.B, [2.0, 1.0, 3.0])


def test_own_undisturbed_kernels_are_class_b() -> None:
    own = found(own=knowing(3.0, 1.5, 3.0))

    assert (own.evidence, us(own.estimate), own.coverage) == (Evidence.B, [3.0, 1.5, 3.0], 1.0)


def test_a_kernel_far_longer_than_any_undisturbed_one_is_cut_though_not_by_a_whole_slice() -> None:
    # Eight undisturbed kernels of 1 and 3 us; in company one of 3 us, its own, and one of 9, beyond twice the longest.
    (work,) = works_of("a |A.AAA.A.AAA.A.AAA.A.AAA.AAA.AAAAAAAAA|")
    seen = exposed(work, (24, 40))
    mean = replace(knowing(*[2.0] * 10), deviation=np.full(10, 1_000.0))
    turns = Sharing(mechanism=Mechanism.TIME_SLICING, detail="", slice=50_000)

    each = find_alone(work, seen, mean, None, turns, 2)

    assert us(each.estimate[8:]) == [3.0, 2.0]


def test_nothing_undisturbed_leaves_bounds() -> None:
    bounds = found()

    # At least 0.7 of a fair half: 0.35 of what was recorded, but for the kernel that was not touched.
    assert (bounds.evidence, bounds.coverage) == (Evidence.D, 0.0)
    assert us(bounds.estimate) == [4.0, 2.0, 3.0]
    assert us(bounds.shortest) == [1.4, 0.7, 3.0]


@pytest.mark.parametrize(
    ("sharing", "evidence"),
    [(replace(AT_ONCE, apart=True), Evidence.B), (replace(AT_ONCE, in_turns=True), Evidence.C)],
    ids=["apart", "in turns"],
)
def test_kernels_that_nothing_stretches_take_as_long_as_recorded(sharing: Sharing, evidence: Evidence) -> None:
    plain = found(sharing=sharing)

    assert (plain.evidence, us(plain.estimate)) == (evidence, [4.0, 2.0, 3.0])


def test_between_processes_on_a_processor_nothing_is_undisturbed() -> None:
    assert found(own=knowing(3.0, 1.5, 3.0), on_cores=True).evidence is Evidence.D


def test_sessions_that_lose_nothing_keep_recorded_durations() -> None:
    same = as_recorded(EXPOSURE, found(own=knowing(3.0, 1.5, 3.0)), 0.02)

    assert (us(same.estimate), same.unresolved) == ([4.0, 2.0, 3.0], 0.02)


def test_a_session_without_kernels_has_no_durations() -> None:
    (idle,) = works_of("a |....|")
    none = find_alone(idle, exposed(idle, (0, 4)), knowing(), None, AT_ONCE, 2)

    assert (none.evidence, len(none.estimate), none.coverage) == (Evidence.B, 0, 1.0)
