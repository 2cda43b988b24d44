"""What keeps a GPU busy is said where it is not kernels."""

from dataclasses import replace
from pathlib import Path

import pytest

from tb_contention.pipeline import analyse_logdir
from tb_contention.report.cards import device_cards
from tb_contention.report.contract.judged import judge
from tb_contention.units import Nanoseconds
from tb_contention.words.busy import busy_words


def test_a_card_of_a_gpu_that_copies_says_so(real_traces: Path) -> None:
    report = analyse_logdir(str(real_traces / "nsight" / "h100_two_processes_two_gpus.sqlite"), cache=None).report

    assert len(report.devices) == 2
    for device in report.devices:
        (share,) = device.per_session
        said = busy_words(device, share)
        (_, card), *_ = device_cards(report, device)
        assert said == "2.3 % kernels, 97 % copies alone and 0.7 % idle"
        assert judge(device, device.cost.losses[0]).busy_with == said
        assert "copies alone" in card()


@pytest.mark.parametrize(
    ("computing", "collective", "copying", "said"),
    [
        (800, 0, 0, ""),
        (797, 0, 3, ""),
        (500, 300, 0, "50 % kernels, 30 % collectives alone and 20 % idle"),
        (0, 0, 800, "80 % copies alone and 20 % idle"),
        (500, 100, 200, "50 % kernels, 10 % collectives alone, 20 % copies alone and 20 % idle"),
    ],
)
def test_the_parts_make_up_the_window(
    real_traces: Path, computing: int, collective: int, copying: int, said: str
) -> None:
    report = analyse_logdir(str(real_traces / "public_cases" / "serving_step_names"), cache=None).report
    (device,) = report.devices
    (share,) = device.per_session
    time = replace(device.time, window=Nanoseconds(1000))
    made = replace(
        share,
        busy=Nanoseconds(800),
        computing=Nanoseconds(computing),
        collective=Nanoseconds(collective),
        copying=Nanoseconds(copying),
    )

    assert busy_words(replace(device, overlap=replace(device.overlap, time=time)), made) == said
