"""Each law of a report: reports that are right obey it, and one that breaks it is told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from golden.answers import ANSWERS
from golden.reports import shared
from hypothesis import given
from hypothesis import strategies as st

from tb_contention.model.contention import Blame, Evidence, Slowdown
from tb_contention.model.laws import BrokenLawError, check
from tb_contention.model.prediction import Bounds
from tb_contention.model.report import DeviceReport, Report
from tb_contention.units import Bytes, Nanoseconds

Break = Callable[[DeviceReport], DeviceReport]


def time(**changed: Any) -> Break:
    return lambda d: replace(d, overlap=replace(d.overlap, time=replace(d.overlap.time, **changed)))


def share(**changed: Any) -> Break:
    def broken(d: DeviceReport) -> DeviceReport:
        first, *others = d.overlap.shares
        return replace(d, overlap=replace(d.overlap, shares=(replace(first, **changed), *others)))

    return broken


def slowdown(**changed: Any) -> Break:
    def broken(d: DeviceReport) -> DeviceReport:
        first, *others = d.cost.losses
        found = replace(first.slowdown, **{"estimate": 1.5, "low": 1.4, "high": 1.6, **changed})
        return replace(d, cost=replace(d.cost, losses=(replace(first, slowdown=found), *others)))

    return broken


def blamed(d: DeviceReport) -> DeviceReport:
    first, *others = d.cost.losses
    lost = replace(first, lost=Nanoseconds(1_000_000))
    blame = Blame(victim=first.session, culprit=others[0].session, lost=Nanoseconds(900_000))
    return replace(d, cost=replace(d.cost, losses=(lost, *others), blame=(blame,)))


def metric(**changed: Any) -> Break:
    return lambda d: replace(d, cost=replace(d.cost, metrics=replace(d.cost.metrics, **changed)))  # type: ignore[type-var]


def step(d: DeviceReport) -> DeviceReport:
    first, *others = d.cost.steps
    return replace(d, cost=replace(d.cost, steps=(replace(first, own=first.own + 1), *others)))


def predicted(d: DeviceReport) -> DeviceReport:
    first, *others = d.predictions
    return replace(d, predictions=(replace(first, makespan=Bounds(estimate=5.0, low=6.0, high=7.0)), *others))


def held(d: DeviceReport) -> DeviceReport:
    assert d.memory is not None
    return replace(d, memory=replace(d.memory, peak=Bytes(d.memory.peak + 1)))


BREAKS: dict[str, tuple[Break, str]] = {
    "times": (time(idle=1), "are not the window"),
    "negative": (time(contended=-1), "negative"),
    "exclusive": (share(exclusive=1, busy=1), "exclusive times"),
    "busy": (share(busy=1), "busy time"),
    "outside": (slowdown(estimate=1.7), "is outside of"),
    "upside down": (slowdown(estimate=None, low=2.0, high=1.0), "ends before it begins"),
    "nothing": (slowdown(estimate=0.0, low=0.0), "is outside of"),
    "coverage": (slowdown(coverage=1.2), "coverage"),
    "blame": (blamed, "adds up to 900000 ns of 1000000 ns"),
    "jain": (metric(jain=1.1), "Jain index"),
    "step": (step, "parts of a step"),
    "prediction": (predicted, "5.0 is outside of 6.0 to 7.0"),
    "holders": (held, "holders of the combined peak"),
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_report_that_is_right_breaks_no_law(name: str) -> None:
    check(ANSWERS[name][0])


@pytest.mark.parametrize("law", sorted(BREAKS))
def test_a_report_that_breaks_a_law_says_which(law: str) -> None:
    report: Report = shared()
    check(report)
    broken, words = BREAKS[law]

    with pytest.raises(BrokenLawError, match=words):
        check(replace(report, devices=tuple(map(broken, report.devices))))


@given(
    st.floats(0.01, 1e6),
    st.floats(0, 1),
    st.floats(0, 10),
    st.sampled_from(Evidence),
    st.sampled_from([None, 0.0, 1.0]),
)
def test_an_interval_around_its_estimate_is_none_that_breaks_a_law(
    estimate: float, below: float, above: float, evidence: Evidence, coverage: float | None
) -> None:
    found = Slowdown(
        estimate=estimate, low=estimate * (1 - below), high=estimate * (1 + above), evidence=evidence, coverage=coverage or 0.0
    )  # fmt: skip
    report = ANSWERS["class_b"][0]
    (device,) = report.devices
    losses = tuple(replace(loss, slowdown=found) for loss in device.cost.losses)

    check(replace(report, devices=(replace(device, cost=replace(device.cost, losses=losses)),)))
