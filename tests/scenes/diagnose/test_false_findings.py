"""Findings that were false: scenes in which a rule once spoke, and must not."""

from dataclasses import replace
from typing import Any

import pytest
from scenes.diagnose.cases import CASES, REDUCE, checked, in_one_queue, served, two, untraced
from scenes.diagnose.scenes import (
    LONG,
    kernels,
    pair,
    result,
    session,
    slices,
    time_sliced,
    unshared,
    with_cost,
    with_facts,
)

from tb_contention.diagnose import RULES
from tb_contention.diagnose.scene import Scene
from tb_contention.model.alignment import ClockCheck
from tb_contention.model.attribution import rest_of
from tb_contention.model.contention import Confidence, Evidence, Loop, Mechanism, OffGpu, Slowdown
from tb_contention.units import Nanoseconds, SessionId

RUN = {rule.slug: rule.run for rule in RULES}


def _idle_hosts(slowdown: Slowdown, off_gpu: OffGpu | None = None, loop: Loop = Loop.CLOSED) -> Scene:
    """Two sessions of mostly host work, each with this slowdown."""
    mostly_host: dict[str, Any] = {"pause": 6.0, "burst": 0}
    scene = pair(
        slices(),
        session("one", (*kernels(30, 100), result()), **mostly_host),
        session("two", (*kernels(20, 100), result()), **mostly_host),
    )
    changed = (replace(loss, slowdown=slowdown, off_gpu=off_gpu, loop=loop) for loss in scene.device.cost.losses)
    return with_cost(scene, losses=tuple(changed))


def _between(low: float, high: float) -> Slowdown:
    return Slowdown(estimate=(low + high) / 2, low=low, high=high, evidence=Evidence.B)


UNMEASURED = OffGpu(
    gpu_slowdown=None, hosts_meet=0.8, host_factor=None, host_lost=None, copies_lost=None, unmeasured=True
)


@pytest.mark.parametrize(
    ("scene", "speaks"),
    [
        (lambda: _idle_hosts(_between(1.0, 1.02)), True),
        (lambda: _idle_hosts(_between(1.03, 1.12)), False),
        (lambda: _idle_hosts(_between(1.0, 2.0), UNMEASURED), True),
        (lambda: _idle_hosts(_between(1.3, 1.5), replace(UNMEASURED, unmeasured=False, gpu_slowdown=1.01)), True),
        (lambda: _idle_hosts(_between(1.3, 1.5), replace(UNMEASURED, unmeasured=False, gpu_slowdown=1.2)), False),
        (lambda: _idle_hosts(_between(1.0, 1.02), loop=Loop.OPEN), False),
    ],
    ids=["as fast", "perhaps slower", "hosts meet", "only hosts cost", "the GPU costs", "waits for requests"],
)
def test_the_host_is_the_bottleneck_only_where_the_gpu_is_known_to_cost_nothing(scene: Any, speaks: bool) -> None:
    assert bool(RUN["host-bound"](scene())) is speaks


def test_a_session_alone_is_not_told_what_sharing_costs() -> None:
    scene = next(case for case in CASES if case.slug == "host-bound").speaks()

    assert [f.effect for f in RUN["host-bound"](scene) if "sharing" in f.effect] == []


def test_what_belongs_to_no_session_is_not_treated_unfairly() -> None:
    scene = in_one_queue()
    assert RUN["unfair-sharing"](scene)
    fast = min(scene.device.cost.losses, key=lambda loss: loss.slowdown.estimate or 9.0).session

    assert RUN["unfair-sharing"](_renamed(scene, fast)) == []


def _renamed(scene: Scene, session: SessionId) -> Scene:
    """Let a session be what of its process was not attributed."""
    process = scene.aligned.session(session).process
    assert process is not None
    rest = rest_of(process)
    sessions = tuple(replace(s, id=rest) if s.id == session else s for s in scene.aligned.sessions)
    facts = tuple(replace(f, session=rest) if f.session == session else f for f in scene.facts)
    losses = tuple(replace(x, session=rest) if x.session == session else x for x in scene.device.cost.losses)
    made = replace(scene, aligned=replace(scene.aligned, sessions=sessions), facts=facts)
    return with_cost(made, losses=losses)


def test_ranks_of_one_job_are_not_on_the_gpu_that_they_are_assumed_to_share() -> None:
    spinning = (*LONG, *kernels(3, 800, name=REDUCE, spin=True))
    assumed, stated = two(slices(), spinning, spinning, manifest=False), two(slices(), spinning, spinning)

    assert RUN["collective-spin"](assumed) == []
    (found,) = RUN["maybe-different-gpus"](assumed)
    assert "several GPUs" in found.title
    assert found.options
    assert len(RUN["collective-spin"](stated)) == 2
    assert RUN["maybe-different-gpus"](stated) == []


def test_one_session_with_collectives_is_no_job_of_several_ranks() -> None:
    scene = two(slices(), (*LONG, *kernels(3, 800, name=REDUCE, spin=True)), manifest=False)

    assert len(RUN["collective-spin"](scene)) == 1
    assert RUN["maybe-different-gpus"](scene) == []


def test_untraced_work_is_not_blamed_where_a_clock_may_be_why_nobody_was_there() -> None:
    blamed = untraced(0.5)
    assert RUN["untraced-corunner"](blamed)
    doubted = replace(blamed, aligned=checked(ClockCheck.DOUBTED).aligned)

    assert RUN["untraced-corunner"](doubted) == []
    assert RUN["untraced-corunner"](with_cost(blamed, mechanism=Mechanism.UNKNOWN, confidence=Confidence.UNSURE)) == []


def test_small_grids_promise_no_room_for_a_second_kernel() -> None:
    small = with_facts(time_sliced(), small_grids=0.9, configured=1.0)

    assert [f.title for f in RUN["small-grids"](small) if "fit" in f.title] == []
    assert RUN["small-grids"](small)


def test_a_server_that_is_slowed_is_not_called_fine() -> None:
    assert RUN["sharing-is-fine"](unshared())
    assert RUN["sharing-is-fine"](served(3.0)) == []


@pytest.mark.parametrize(("gpu_slowdown", "speaks"), [(1.056, False), (1.2, True)])
def test_sessions_that_lost_most_on_the_processor_do_not_slow_each_other_on_the_gpu(
    gpu_slowdown: float, speaks: bool
) -> None:
    scene = _idle_hosts(Slowdown(estimate=1.4, low=1.37, high=1.43, evidence=Evidence.A))
    mostly = replace(UNMEASURED, unmeasured=False, gpu_slowdown=gpu_slowdown, host_factor=1.8)
    losses = tuple(
        replace(loss, lost=Nanoseconds(1000), off_gpu=replace(mostly, host_lost=Nanoseconds(840)))
        for loss in scene.device.cost.losses
    )
    scene = with_cost(scene, losses=losses, mechanism=Mechanism.CONCURRENT, confidence=Confidence.SURE)
    assert bool(list(RUN["slowed-side-by-side"](scene))) is speaks
