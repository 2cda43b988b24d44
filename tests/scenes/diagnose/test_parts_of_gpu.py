"""A static partition of MPS is exclusive, a cap is not: in rules, and in predictions."""

from dataclasses import replace

import pytest
from scenes.diagnose.cases import CASES, Make
from scenes.diagnose.scenes import side_by_side, time_sliced, with_cost

from tb_contention.diagnose import RULES
from tb_contention.diagnose.scene import Scene
from tb_contention.model.manifest import ManifestSession, Mps, MpsState
from tb_contention.model.part_of_gpu import PartOfGpu, green_context_of, is_apart, parts_of_gpu
from tb_contention.model.plan import Plan
from tb_contention.model.prediction import Prediction, Schedule
from tb_contention.units import SessionId
from tb_contention.whatif import Question, predict

RUN = {rule.slug: rule.run for rule in RULES}
SPEAKS = {case.slug: case.speaks for case in CASES}


def stated(scene: Scene, *settings: Mps, cores: tuple[int, ...] = (132, 132)) -> Scene:
    """State how each session of the device was restricted, and how many multiprocessors it saw."""
    said = dict(zip(scene.device.sessions, zip(settings, cores, strict=True), strict=True))
    sessions = []
    for session in scene.aligned.sessions:
        mps, seen = said[session.id]
        devices = tuple(replace(device, core_count=seen) for device in session.trace.devices)
        manifest = replace(session.manifest or ManifestSession(), mps=mps)
        sessions.append(replace(session, manifest=manifest, trace=replace(session.trace, devices=devices)))
    return replace(scene, aligned=replace(scene.aligned, sessions=tuple(sessions)))


def partition(name: str, state: MpsState = MpsState.ON) -> Mps:
    return Mps(state=state, sm_partition=f"GPU-1/{name}", active_thread_percentage=10)


def cap(percent: float) -> Mps:
    return Mps(state=MpsState.ON, active_thread_percentage=percent)


HALVES = (partition("Dx4"), partition("Dx8"))
ALIKE = (partition("Dx4"), partition("Dx4"))
CAPS = (cap(50), cap(50))


def test_partitions_share_no_multiprocessors_and_caps_do() -> None:
    scene = side_by_side()
    one, other = scene.device.sessions

    def parts(*settings: Mps, cores: tuple[int, ...] = (132, 132)) -> list[PartOfGpu | None]:
        found = parts_of_gpu(stated(scene, *settings, cores=cores).aligned, scene.device.group)
        assert is_apart(found, one, other) == (settings == HALVES)
        return [found.get(session) for session in (one, other)]

    first, second = (mps.sm_partition for mps in HALVES)
    assert parts(*HALVES, cores=(33, 99)) == [
        PartOfGpu(partition=first, share=0.25),
        PartOfGpu(partition=second, share=0.75),
    ]
    # Two of 132 each are of a GPU with 264 at least, whatever the largest is.
    assert parts(*HALVES) == [PartOfGpu(partition=first, share=0.5), PartOfGpu(partition=second, share=0.5)]
    assert parts(*ALIKE, cores=(66, 66)) == [PartOfGpu(partition=first, share=0.5)] * 2
    assert parts(cap(40), Mps()) == [PartOfGpu(share=0.4), None]
    # Without MPS nobody reads the settings; where it is not known, nothing is exclusive.
    assert parts(partition("Dx4", MpsState.OFF), replace(cap(40), state=MpsState.OFF)) == [None, None]
    assert parts(partition("Dx4", MpsState.UNKNOWN), partition("Dx8", MpsState.UNKNOWN)) == [None, None]


@pytest.mark.parametrize("settings", [CAPS, ALIKE])
def test_what_is_not_exclusive_changes_no_advice(settings: tuple[Mps, Mps]) -> None:
    scene = side_by_side()
    assert RUN["slowed-side-by-side"](stated(scene, *settings)) == RUN["slowed-side-by-side"](scene)


def test_in_partitions_only_caches_and_bandwidth_are_shared() -> None:
    (found,) = RUN["slowed-side-by-side"](stated(side_by_side(), *HALVES))

    assert (
        found.cause == "Each session has multiprocessors of its own, but all share the cache and the memory bandwidth."
    )
    assert "MIG instance" in found.advice
    assert "Cap the less urgent" not in found.advice


def test_long_kernels_of_another_partition_hold_nobody_up() -> None:
    scene = SPEAKS["head-of-line"]()

    assert RUN["head-of-line"](stated(scene, *CAPS))
    assert RUN["head-of-line"](stated(scene, *HALVES)) == []


def unfair() -> Scene:
    """One of the two is slower by far."""
    first, second = side_by_side().device.cost.losses
    bounds = [replace(loss.slowdown, estimate=x, low=x, high=x) for loss, x in ((first, 1.1), (second, 2.0))]
    losses = [replace(loss, slowdown=one) for loss, one in zip((first, second), bounds, strict=True)]
    return with_cost(side_by_side(), losses=tuple(losses))


@pytest.mark.parametrize(("slug", "make"), [("slow-requests", SPEAKS["slow-requests"]), ("unfair-sharing", unfair)])
def test_no_cap_is_advised_in_partitions(slug: str, make: Make) -> None:
    assert "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE" in RUN[slug](make())[0].advice
    assert "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE" not in RUN[slug](stated(make(), *HALVES))[0].advice


def predicted(scene: Scene, plan: Plan) -> Prediction:
    (found,) = predict(scene.device, scene.aligned, (Question.of(plan),))
    return found


def test_more_multiprocessors_than_recorded_are_not_predicted() -> None:
    scene = time_sliced()
    one, other = scene.device.sessions
    capped, parted = stated(scene, cap(40), Mps()), stated(scene, *HALVES, cores=(66, 66))

    assert "recorded with at most 40 %" in predicted(capped, Plan(caps=((one, 50),))).unknown
    assert "recorded with at most 40 %" in predicted(capped, Plan(partition=((other, 30),))).unknown
    assert "recorded with at most 50 %" in predicted(stated(scene, cap(50), Mps()), Plan(caps=((one, 51),))).unknown
    for plan in (Plan(caps=((one, 30),)), Plan(partition=((one, 30),)), Plan(policy=Schedule.MPS, first=(one,))):
        assert "static partition of MPS, which neither" in predicted(parted, plan).unknown
    for less in (Plan(caps=((one, 30),)), Plan(caps=((other, 50),)), Plan(moves=((one, None),))):
        found = predicted(capped, less)
        assert not found.unknown
        assert "one may use as many multiprocessors as recorded at most." in found.assumes


def test_turns_of_the_whole_gpu_are_not_predicted_for_capped_sessions() -> None:
    scene = stated(side_by_side(), *CAPS)
    (found,) = predict(scene.device, scene.aligned, (Question(schedule=Schedule.TIME_SLICING),))
    assert "how it runs with more is not known" in found.unknown


def test_capped_sessions_leave_each_other_room_in_predictions() -> None:
    """The kernels fill the GPU, so that side by side each slows the other, unless each was recorded on a half of it."""
    scene = time_sliced()
    (free,), (halved,) = (
        predict(each.device, each.aligned, (Question(schedule=Schedule.MPS),)) for each in (scene, stated(scene, *CAPS))
    )
    for before, after in zip(free.sessions, halved.sessions, strict=True):
        assert before.slowdown is not None
        assert after.slowdown is not None
        assert after.slowdown.high < before.slowdown.high


def green(
    scene: Scene, *contexts: int, cores: tuple[int | None, int | None] = (None, None), together: bool = True
) -> Scene:
    """Let each session run in a green context of one process, or of its own."""
    sessions = []
    for session, context, own in zip(scene.aligned.sessions, contexts, cores, strict=True):
        streams = tuple(replace(s, green_context=context, green_cores=own) for s in session.trace.streams)
        devices = tuple(replace(d, core_count=132) for d in session.trace.devices)
        trace = replace(session.trace, streams=streams, devices=devices)
        sessions.append(replace(session, trace=trace, process=SessionId("process") if together else None))
    return replace(scene, aligned=replace(scene.aligned, sessions=tuple(sessions)))


def test_green_contexts_of_one_process_share_no_multiprocessors() -> None:
    scene = side_by_side()
    one, other = scene.device.sessions
    found = parts_of_gpu(green(scene, 3, 4, cores=(33, None)).aligned, scene.device.group)

    assert found == {
        one: PartOfGpu(partition="green context 3", share=0.25, process=SessionId("process")),
        other: PartOfGpu(partition="green context 4", process=SessionId("process")),
    }
    assert green(scene, 3, 4).are_apart(one, other)
    assert not green(scene, 3, 3).are_apart(one, other)
    assert not green(scene, 3, -1).are_apart(one, other)
    # Other processes take turns with all of the GPU, or share its multiprocessors under MPS.
    assert not green(scene, 3, 4, together=False).are_apart(one, other)


def test_a_session_that_leaves_its_green_context_is_not_confined_to_it() -> None:
    scene = side_by_side()
    (session, _) = green(scene, 3, 4).aligned.sessions
    both = (*session.trace.streams, replace(session.trace.streams[0], green_context=-1))
    stream = session.trace.kernels.stream.copy()
    stream[::4] = len(both) - 1
    trace = replace(session.trace, streams=both, kernels=replace(session.trace.kernels, stream=stream))

    assert green_context_of(session) is not None
    assert green_context_of(replace(session, trace=trace)) is None


def test_rules_and_predictions_treat_green_contexts_as_partitions() -> None:
    scene = time_sliced()
    one, _ = scene.device.sessions
    (found,) = RUN["slowed-side-by-side"](green(side_by_side(), 3, 4))

    assert "multiprocessors of its own" in found.cause
    assert "Cap the less urgent" not in found.advice
    assert RUN["head-of-line"](green(SPEAKS["head-of-line"](), 3, 4)) == []
    for plan in (Plan(caps=((one, 30),)), Plan(partition=((one, 30),))):
        assert (
            "one was recorded in a green context, which neither"
            in predicted(green(scene, 3, 4, together=False), plan).unknown
        )
