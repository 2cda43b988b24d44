"""A session's own pace, told from kernels that nobody disturbed."""

import numpy as np

from tb_contention.contention.drift import pace, stretched


def test_kernels_of_no_length_tell_no_pace() -> None:
    ratio = stretched(np.array([2000.0, 0.0, 2000.0, 5.0, 0.0]), np.array([1000.0, 0.0, np.nan, 0.0, 7.0]))

    np.testing.assert_array_equal(ratio, [2.0, np.nan, np.nan, np.nan, np.nan])


def test_a_clock_that_falls_is_a_pace_from_then_on() -> None:
    time = np.arange(200) * 1000
    ratio = np.where(time < 100_000, 1.0, 1.5)

    np.testing.assert_array_equal(pace(time, ratio, np.ones(200, bool)), ratio)
