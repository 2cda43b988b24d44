"""What the driver saw, against samples written by hand: who took what of the GPU, and what cannot be told."""

from dataclasses import replace

import numpy as np
from lanes import Allocation, group_of, session_of

from tb_contention.memory.driver import driver_view
from tb_contention.memory.highwater import combined_memory
from tb_contention.model.alignment import Session
from tb_contention.model.driver_view import DriverView
from tb_contention.model.manifest import GpuProcess, GpuSamples, ManifestDevice, ManifestSession
from tb_contention.model.trace import NONE

#: us -> bytes taken of the GPU, of which processes 1 and 2 are captured and 9 is not.
TIMES = [0, 5, 10, 15]


def samples(
    used: list[int], processes: dict[int, list[int]], times: list[int] | None = None, **columns: list[float]
) -> GpuSamples:
    count = len(used)
    unknown = [float("nan")] * count
    return GpuSamples(
        time=np.array(times or TIMES, np.int64) * 1000,
        sm_clock=np.array(columns.get("clock", unknown), np.float64),
        power=np.array(columns.get("power", unknown), np.float64),
        utilisation=np.array(unknown, np.float64),
        memory_used=np.array(used, np.int64),
        processes=tuple(
            GpuProcess(process_id=pid, name=f"p{pid}", memory=np.array(taken, np.int64))
            for pid, taken in processes.items()
        ),
    )


def session(name: str, pid: int, seen: GpuSamples | None = None, container: str | None = None) -> Session:
    changes: list[Allocation] = [(2, 100, 100), (12, -50, 50)]
    made = session_of(name, "A" * 20, changes)
    device = ManifestDevice(memory_bytes=2000, samples=seen)
    return replace(made, process_id=pid, manifest=ManifestSession(devices={0: device}, container=container))


def view(*sessions: Session) -> DriverView | None:
    aligned, group = group_of(list(sessions))
    return driver_view(aligned, group, combined_memory(aligned, group))


SEEN = samples([900, 1700, 1500, 1000], {1: [300, 800, 800, 300], 2: [400, 400, 400, 400], 9: [NONE, 300, 200, NONE]})


def test_the_fullest_moment_and_what_was_left_then() -> None:
    found = view(session("a", 1, SEEN), session("b", 2))
    assert found is not None
    assert (found.used_peak, found.used_peak_at, found.capacity, found.free_least) == (1700, 5_000, 2000, 300)
    assert (found.samples, found.period, found.unlisted) == (4, 5_000, 200)


def test_a_process_without_a_capture_is_untraced() -> None:
    found = view(session("a", 1, SEEN), session("b", 2))
    assert found is not None
    assert (found.untraced_peak, found.untraced_peak_at) == (300, 5_000)
    assert [(p.process_id, p.session, p.peak) for p in found.processes] == [
        (1, "a/host0", 800),
        (2, "b/host0", 400),
        (9, None, 300),
    ]
    assert [p.name for p in found.untraced_processes] == ["p9"]
    assert found.untraced is not None
    assert [found.untraced.at(t) for t in (0, 5_000, 12_000, 16_000)] == [0, 300, 200, 0]


def test_what_lies_beside_the_allocators_is_bounded_by_what_they_used_and_their_limit() -> None:
    found = view(session("a", 1, SEEN), session("b", 2))
    assert found is not None
    first = found.processes[0].beside
    assert first is not None
    assert found.processes[0].at_fullest == 800
    assert (first.in_use, first.least, first.most) == (100, 300, 700)  # limit 500, 100 in use
    second = found.processes[1].beside
    assert second is not None
    assert (second.least, second.most) == (0, 300)


def test_an_allocator_that_uses_more_than_the_driver_says_bounds_nothing() -> None:
    found = view(session("a", 1, samples([80, 90, 90, 90], {1: [60] * 4})))
    assert found is not None
    beside = found.processes[0].beside
    assert beside is not None
    assert (beside.in_use, beside.least, beside.most) == (100, None, None)


def test_without_the_process_of_a_session_nobody_knows_what_is_untraced() -> None:
    for other in (session("b", 77), session("b", 2, container="c0ffee")):
        found = view(session("a", 1, SEEN), other)
        assert found is not None
        assert found.unmatched == ("b/host0",)
        assert (found.untraced_peak, found.untraced, found.untraced_processes) == (None, None, ())
        assert found.used_peak == 1700


def test_a_driver_that_lists_nobody_tells_only_the_sum() -> None:
    found = view(session("a", 1, samples([900, 1700, 1500, 1000], {})))
    assert found is not None
    assert (found.used_peak, found.processes, found.untraced_peak, found.unlisted) == (1700, (), None, None)


def test_the_manifest_with_most_samples_in_the_window_speaks() -> None:
    few = samples([1], {}, [3])
    found = view(session("a", 1, few), session("b", 2, SEEN))
    assert found is not None
    assert (found.source, found.samples) == ("b/host0", 4)


def test_samples_outside_the_window_do_not_count_unless_they_are_the_nearest() -> None:
    outside = samples([1900, 500], {}, [-10, 30])
    found = view(session("a", 1, outside))
    assert found is not None
    assert (found.samples, found.used_peak) == (1, 1900)
    far = samples([1900], {}, [30_000_000])
    assert view(session("a", 1, far)) is None


def test_no_samples_are_no_view() -> None:
    assert view(session("a", 1)) is None
    assert view(replace(session("a", 1, SEEN), manifest=None)) is None


def test_unknown_figures_stay_unknown() -> None:
    found = view(session("a", 1, samples([NONE] * 4, {1: [NONE] * 4}, power=[200.0, 100.0, float("nan"), 300.0])))
    assert found is not None
    assert (found.used_peak, found.free_least, found.used, found.clock, found.utilisation) == (None,) * 5
    assert found.power == 200.0
    assert [(p.peak, p.at_fullest) for p in found.processes] == [(None, None)]


def test_the_clock_rate_is_told_from_six_samples_on() -> None:
    clock = [1980.0, 1980, 1900, 1700, 1500, 1500]
    found = view(session("a", 1, samples([5] * 6, {}, [0, 2, 4, 6, 8, 10], clock=clock)))
    assert found is not None
    assert found.clock is not None
    assert (found.clock.first, found.clock.last, found.clock.lowest) == (1980, 1500, 1500)
