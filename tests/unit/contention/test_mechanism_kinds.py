"""The mechanism of kinds of work that are easily taken for another: huge kernels, graphs, what is left over, streams, a queue."""

from pathlib import Path

import pytest

import tb_contention
from tb_contention.model.contention import Confidence, Cost, Mechanism
from tb_contention.simulate import hard_scenario, write_hard


def cost_of(kind: str, seed: int, folder: Path) -> Cost:
    write_hard(hard_scenario(seed, kind), folder, seed=seed, alone=False)
    report = tb_contention.analyse(folder / "together", cache_dir=None)
    return max(report.devices, key=lambda device: len(device.sessions)).cost


@pytest.mark.parametrize(
    ("kind", "mechanism"),
    [
        ("huge_slices", Mechanism.TIME_SLICING),
        ("huge_share", Mechanism.CONCURRENT),
        ("graph_slices", Mechanism.TIME_SLICING),
        ("graph_share", Mechanism.CONCURRENT),
        ("left_over_three", Mechanism.CONCURRENT),
        ("streams_left", Mechanism.CONCURRENT),
        ("nobody_left", Mechanism.CONCURRENT),
        ("nobody_slices", Mechanism.TIME_SLICING),
        ("cold_caches", Mechanism.TIME_SLICING),
        ("noisy_queue", Mechanism.SINGLE_STREAM),
    ],
)
def test_the_mechanism_is_recognised_surely(kind: str, mechanism: Mechanism, tmp_path: Path) -> None:
    cost = cost_of(kind, 0, tmp_path)

    assert (cost.mechanism, cost.confidence) == (mechanism, Confidence.SURE)


def test_a_session_that_nothing_ever_cuts_takes_no_turns(tmp_path: Path) -> None:
    # Kernels that get what the others leave wait for those to end, so that some take longer by what looks like a slice.
    cost = cost_of("nobody_left", 9003, tmp_path)

    assert (cost.mechanism, cost.confidence) == (Mechanism.CONCURRENT, Confidence.LIKELY)
    assert cost.detail.startswith("No turn of another session cuts kernels")


def test_streams_of_one_session_count_once(tmp_path: Path) -> None:
    # Left-over sharing gets hardly more done than one session alone; the sum of all streams' kernels would be twice that.
    cost = cost_of("streams_left", 2, tmp_path)

    assert cost.mechanism is Mechanism.CONCURRENT
    assert cost.progress_sum is not None
    assert 1.0 < cost.progress_sum < 1.6


def test_clocks_from_file_times_show_no_mechanism(tmp_path: Path) -> None:
    cost = cost_of("file_times", 0, tmp_path)

    assert (cost.mechanism, cost.confidence) == (Mechanism.UNKNOWN, Confidence.UNSURE)
    assert "clocks" in cost.detail
