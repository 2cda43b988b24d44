"""Replays of drawn sessions with other durations, worked out by hand; one character is one microsecond."""

import json
from pathlib import Path

import numpy as np
import pytest
from unit.contention.works import alone_of, hosted, intervals, works_of

import tb_contention
from tb_contention.contention.host import HostPace
from tb_contention.contention.replay import Played, find_gaps, replay
from tb_contention.contention.work import LAUNCH, STEP_END, SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.simulate import hard_scenario, write_hard
from tb_contention.units import F64

NONE = Intervals.empty()


def us(values: F64) -> list[float]:
    return [round(float(value) / 1_000, 6) for value in values]


def pace_of(work: SessionWork, waits_for: tuple[int, ...] = ()) -> HostPace:
    """Return a host that keeps its own pace, but where it waits for kernels (-1 = it does not)."""
    time = work.host.time.astype(np.float64)
    gap = np.diff(time, prepend=time[:1])
    waits = np.array(waits_for or [-1] * len(time), np.int64)
    lag = np.where(waits >= 0, time - work.end[waits], 0.0) if len(work.end) else np.zeros(len(time))
    return HostPace(
        gap=gap, waits_for=waits, lag=lag, pace=np.where(waits >= 0, 0.0, gap), arrival=np.full(len(gap), -np.inf)
    )


def played(work: SessionWork, duration: F64, waits_for: tuple[int, ...] = ()) -> Played:
    gaps = find_gaps(work, NONE)
    return replay(work, pace_of(work, waits_for), gaps, duration, gaps.extra)


@pytest.mark.parametrize("row", ["AAAA.BB...CCC", "A", "..A", "", "......"])
def test_recorded_durations_return_the_recorded_times(row: str) -> None:
    (work,) = works_of(f"a |{row}.|")
    again = played(work, (work.end - work.start).astype(np.float64))

    assert us(again.start) == us(work.start.astype(np.float64))
    assert us(again.end) == us(work.end.astype(np.float64))


def test_kernels_of_a_stream_move_up_behind_a_shorter_one() -> None:
    (work,) = works_of("a |AAAA.BB.|")
    again = played(work, alone_of(work, 2.0))

    # A from 0 to 2, the gap of 1 as recorded, then B.
    assert us(again.start) == [0.0, 3.0]
    assert us(again.end) == [2.0, 5.0]


def test_a_kernel_that_starts_before_its_launch_keeps_the_recorded_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its launch is not played yet: whatever stood in that memory was taken for it."""
    (work,) = works_of("a |.AAAA.BBB|")
    work = hosted(work, (3, LAUNCH), (9, LAUNCH), launch=(0, 1))
    duration = (work.end - work.start).astype(np.float64)
    gaps, pace = find_gaps(work, NONE), pace_of(work)
    monkeypatch.setattr(np, "empty", lambda shape: np.full(shape, 7e9))

    assert us(replay(work, pace, gaps, duration, gaps.extra).start) == [1.0, 6.0]


def test_a_kernel_does_not_start_before_it_is_launched() -> None:
    (work,) = works_of("a |.AAAA.BBB|")
    work = hosted(work, (0, LAUNCH), (5, LAUNCH), launch=(0, 1))
    again = played(work, alone_of(work, 1.0))

    # Each starts 1 us behind its launch, whatever the kernel before it took.
    assert us(again.start) == [1.0, 6.0]
    assert us(again.host) == [0.0, 5.0]


def test_a_host_that_waits_goes_on_as_soon_as_its_kernel_ends() -> None:
    (work,) = works_of("a |.AAAAAA...|")
    work = hosted(work, (0, LAUNCH), (8, STEP_END), launch=(0,))

    # It went on 1 us behind the kernel's end at 7; alone that ends at 3.
    assert us(played(work, alone_of(work, 2.0), waits_for=(-1, 0)).host) == [0.0, 4.0]


def test_a_host_that_does_not_wait_absorbs_what_a_kernel_lost() -> None:
    (work,) = works_of("a |.AAAAAA...|")
    work = hosted(work, (0, LAUNCH), (8, STEP_END), launch=(0,))
    again = played(work, alone_of(work, 2.0))

    assert us(again.host) == [0.0, 8.0]
    assert us(again.end) == [3.0]


def test_gaps_in_which_others_had_work_do_not_tell_the_usual_one() -> None:
    (work,) = works_of("a |A.A.A.A.A.A......A|")
    gaps = find_gaps(work, intervals((11, 17)))

    # Five gaps of 1 us are free; the last, of 6 us, lies beside others.
    assert gaps.after == 1_000.0
    assert us(gaps.extra) == [0.0] * 6 + [5.0]


def test_few_gaps_are_taken_for_the_short_ones_among_them() -> None:
    (work,) = works_of("a |A..A|")

    assert find_gaps(work, intervals((0, 4))).after == 2_000.0


def test_captures_alone_show_the_gaps_that_no_kernel_in_company_does(tmp_path: Path) -> None:
    """Each kernel waits a little for multiprocessors that two others leave, so that its usual gap is a wait."""
    write_hard(hard_scenario(1400, "left_over_three"), tmp_path, seed=1400)
    truth = json.loads((tmp_path / "truth.json").read_text())["sessions"]["gamma"]["slowdown"]
    losses = [loss for device in tb_contention.analyse(tmp_path, cache_dir=None).devices for loss in device.cost.losses]

    (loss,) = (loss for loss in losses if "together/gamma" in loss.session)
    assert loss.slowdown.estimate == pytest.approx(truth, rel=0.01)
