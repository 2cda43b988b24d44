"""Every rule speaks where it must, keeps silent where something nearly the same is no reason to, and says all that a finding owes."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from scenes.diagnose.cases import CASES, Case, heaps
from scenes.diagnose.scenes import time_sliced, with_cost, with_driver, with_facts, with_kernel_mode

from tb_contention.diagnose import RULES, diagnose
from tb_contention.diagnose.scene import Scene
from tb_contention.diagnose.settings import SETTINGS
from tb_contention.model.alignment import Identity
from tb_contention.model.contention import Evidence, SessionLoss
from tb_contention.model.driver_view import ClockRate
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.manifest import KernelMode
from tb_contention.model.report import DeviceReport
from tb_contention.units import Bytes

RUN: dict[str, Callable[[Scene], list[Finding]]] = {rule.slug: rule.run for rule in RULES}

by_slug = pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)


def test_every_rule_has_a_scene_to_speak_in_and_one_to_be_silent_in() -> None:
    assert [case.slug for case in CASES] == list(RUN)
    assert len(RUN) > 30


@by_slug
def test_a_rule_speaks_in_its_scene_and_says_all_that_a_finding_owes(case: Case) -> None:
    scene = case.speaks()
    found = RUN[case.slug](scene)

    assert found
    for finding in found:
        assert finding.rule == case.slug
        assert finding.title
        assert finding.detail
        assert set(finding.sessions) <= set(scene.device.sessions)
        assert not finding.title.endswith(".")
        if finding.severity is not Severity.INFO:
            assert finding.cause
            assert finding.advice
            assert finding.evidence
        if finding.advice and finding.severity is not Severity.INFO:
            assert finding.verify


@by_slug
def test_a_rule_is_silent_in_a_scene_that_is_nearly_the_same(case: Case) -> None:
    assert RUN[case.slug](case.silent()) == []


def test_every_rule_says_when_it_speaks() -> None:
    assert all(rule.speaks.startswith("Speaks ") for rule in RULES)


def test_where_the_gpu_is_full_no_rule_promises_much_of_mps() -> None:
    case = next(case for case in CASES if case.slug == "saturation")
    (full,), (free,) = (RUN["time-slice-waiting"](scene()) for scene in (case.speaks, case.silent))
    assert "saves little" in full.advice
    assert free.advice.startswith("Start MPS")


def unknown(loss: SessionLoss) -> SessionLoss:
    """Make a loss one of class D."""
    slowdown = replace(loss.slowdown, estimate=None, low=1.0, high=2.0, evidence=Evidence.D)
    return replace(loss, slowdown=slowdown, lost=None, stretch=None, stall=None, absorbed=None)


def test_what_is_not_identifiable_is_no_reason_for_advice_on_time() -> None:
    scene = time_sliced()
    losses = tuple(unknown(loss) for loss in scene.device.cost.losses)
    silent = with_cost(scene, losses=losses, blame=(), steps=())
    found = {f.rule for rule in RULES for f in rule.run(silent)}

    assert found == {"overlap-in-time", "no-steps", "memory-unseen"}


def test_findings_come_the_gravest_first_and_of_these_the_ones_that_gain_most() -> None:
    scene = time_sliced()
    found = diagnose(scene.aligned, (scene.device,))
    order = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
    ranks = [(order[f.severity], -_gain(f)) for f in found]

    assert len(found) > 2
    assert ranks == sorted(ranks)


def _gain(finding: Finding) -> int:
    return int(finding.evidence.get("lost_ns", 0)) if finding.gain_ns is None else finding.gain_ns


def test_every_setting_says_where_it_was_checked() -> None:
    assert all(setting.checked and setting.does for setting in SETTINGS)
    assert len({setting.text for setting in SETTINGS}) == len(SETTINGS)


def test_a_manifest_that_knows_how_kernels_were_traced_settles_why_streams_never_run_at_once() -> None:
    scene = with_facts(time_sliced(), streams=2, serial=True)
    sure = RUN["serialised-kernels"](with_kernel_mode(scene, KernelMode.SERIALISED))
    perhaps = RUN["serialised-kernels"](with_kernel_mode(scene, KernelMode.UNKNOWN))

    assert {f.severity for f in sure} == {Severity.WARNING}
    assert {f.severity for f in perhaps} == {Severity.INFO}
    assert RUN["serialised-kernels"](with_kernel_mode(scene, KernelMode.CONCURRENT)) == []


def test_a_clock_that_was_read_counts_for_more_than_kernels_that_got_longer() -> None:
    scene = time_sliced()
    fell = with_driver(scene, clock=ClockRate(first=1980.0, last=1500.0, lowest=1500.0))
    steady = with_driver(with_facts(scene, pace=1.2), clock=ClockRate(first=1980.0, last=1980.0, lowest=1965.0))

    assert "from 1,980 to 1,500 MHz" in RUN["clocks-fall"](fell)[0].detail
    assert RUN["clocks-fall"](steady) == []


def test_a_gpu_is_not_idle_where_a_capture_of_it_was_cut() -> None:
    scene = next(case for case in CASES if case.slug == "host-bound").speaks()
    first, *others = scene.aligned.sessions
    cut = replace(first, trace=replace(first.trace, complete=False))
    aligned = replace(scene.aligned, sessions=(cut, *others))

    assert RUN["host-bound"](scene)
    assert RUN["host-bound"](replace(scene, aligned=aligned)) == []


def test_an_untraced_loss_names_the_processes_that_the_driver_saw() -> None:
    case = next(case for case in CASES if case.slug == "untraced-corunner")
    (finding, *_) = RUN["untraced-corunner"](with_driver(case.speaks(), untraced=1 << 30))

    assert "notebook (9)" in finding.detail


def test_what_rests_on_one_gpu_is_a_note_where_memory_shows_that_there_are_several() -> None:
    scene = time_sliced()
    found = diagnose(scene.aligned, (refuted(scene.device),))

    assert found[0].rule == "not-one-gpu"
    waits = next(each for each in found if each.rule == "time-slice-waiting")
    assert waits.severity is Severity.INFO
    assert waits.detail.startswith("Only if these sessions do share one GPU: ")


def refuted(device: DeviceReport) -> DeviceReport:
    """Assume the GPU instead of knowing it, and let two processes hold more than it has."""
    memory = heaps((79, 60)).device.memory
    assert memory is not None
    first = memory.allocators[0]
    held = tuple(replace(first, session=each) for each in device.sessions)
    assumed = replace(device.group.device, identity=Identity.ASSUMED)
    return replace(
        device,
        group=replace(device.group, device=assumed),
        memory=replace(memory, allocators=held, capacity=Bytes(memory.peak - 1)),
    )
