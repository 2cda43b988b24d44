import pytest
from golden.reports import loss_of, shared, with_losses

from tb_contention.model.contention import Evidence
from tb_contention.words.scales import memory_axis, slowdown_scale


@pytest.mark.parametrize(
    ("capacity", "peak", "limits", "top"),
    [
        (100, 60, [110, None], 110),
        (100, 60, [10**15], 125),
        (100, 130, [], 130),
        (None, 60, [10**15], 75),
        (None, 0, [], 1),
    ],
)
def test_the_axis_of_memory_stays_near_the_capacity_whatever_the_limits(
    capacity: int | None, peak: int, limits: list[int | None], top: int
) -> None:
    assert memory_axis(capacity, peak, limits) == top


def test_the_scale_of_slowdowns_spans_all_bounds_and_one() -> None:
    report = shared()
    drawn = with_losses(
        report,
        loss_of("trainer/host0", Evidence.B, (1.5, 1.4, 1.6)),
        loss_of("evaluator/host0", Evidence.D, (None, 1.1, 2.7)),
    )
    scale = slowdown_scale(drawn.devices[0])
    assert (scale.low, scale.high) == (1.0, 2.7)
