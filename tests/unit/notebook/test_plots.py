from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from golden.reports import alone, hostile, nothing, shared

from tb_contention.model.intervals import Intervals
from tb_contention.notebook.drawings import _bars, _thinned
from tb_contention.report.style import SESSION_COLORS

matplotlib = pytest.importorskip("matplotlib", reason="needs matplotlib of the extra [notebook]")
NAMES = ("timeline", "slowdowns", "steps", "memory", "blame")


@pytest.fixture(autouse=True)
def pyplot() -> Iterator[Any]:
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    yield plt
    plt.close("all")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", [shared, alone, hostile, nothing])
def test_every_drawing_draws_every_report_on_axes_that_it_returns(name: str, make: Any, pyplot: Any) -> None:
    given = pyplot.subplots()[1]
    assert getattr(make().plot, name)(given) is given
    own = getattr(make().plot, name)()
    assert own is not given
    own.figure.canvas.draw()
    given.figure.canvas.draw()


@pytest.mark.parametrize("name", NAMES)
def test_labels_have_units_and_simulated_data_says_so(name: str) -> None:
    ax = getattr(shared().plot, name)()
    assert "(" in ax.get_xlabel()
    assert ax.get_ylabel()
    simulated = any(s.session.simulated for s in shared().sessions)
    assert ("simulated data" in ax.get_title(loc="left")) == simulated


def test_slowdowns_are_drawn_with_their_intervals_in_the_colours_of_the_sessions() -> None:
    report = shared()
    ax = report.plot.slowdowns()
    drawn = [sorted(line.get_xdata()) for line in ax.lines]
    for loss in report.devices[0].losses:
        if loss.slowdown.low is not None and loss.slowdown.high is not None:
            assert [loss.slowdown.low, loss.slowdown.high] in drawn
    assert {line.get_color() for line in ax.lines[:2]} <= set(SESSION_COLORS)


def test_blame_adds_up_to_what_was_lost() -> None:
    report = shared()
    ax = report.plot.blame()
    drawn = sum(bar.get_width() for bars in ax.containers for bar in bars)
    assert drawn == pytest.approx(sum(row.lost for row in report.devices[0].blame) / 1e6)


def test_memory_is_drawn_in_gib_up_to_the_peak_of_each_allocator() -> None:
    report = shared()
    memory = report.devices[0].memory
    assert memory is not None
    ax = report.plot.memory()
    curves = [line.get_ydata() for line in ax.lines if line.get_drawstyle() == "steps-post"]
    assert len(curves) == len(memory.curves)
    for curve, line in zip(memory.curves, curves, strict=True):
        assert np.max(line, initial=0) == pytest.approx(np.max(curve.levels.value[1:], initial=0) / 2**30)


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        shared().plot.timeline(device="elsewhere")


def test_more_stretches_than_can_be_drawn_are_joined_over_the_smallest_gaps() -> None:
    start = np.arange(20_000, dtype=np.int64) * 10
    start[10_000:] += 1_000_000
    bars = _bars(Intervals(start=start, end=start + 5))
    assert len(bars) == 5000
    assert bars[0][0] == 0
    assert sum(bars[-1]) == pytest.approx((int(start[-1]) + 5) / 1e9)
    assert max(length for _, length in bars) < 1_000_000 / 1e9


def test_more_points_than_can_be_drawn_keep_the_highest() -> None:
    value = np.zeros(100_001, np.int64)
    value[77_777] = 9
    time, kept = _thinned(np.arange(100_001), value)
    assert len(time) == len(kept) <= 20_000
    assert kept.max() == 9
    assert abs(int(time[kept.argmax()]) - 77_777) <= 6
