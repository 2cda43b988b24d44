"""What to do first: the total over sessions decides, or one session; nothing is recommended without a sure mechanism."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scenes.diagnose.scenes import side_by_side, time_sliced, unshared, with_cost

from tb_contention import analyse
from tb_contention.advise import advise
from tb_contention.diagnose.scene import Scene
from tb_contention.model.advice import Action, Advice, Standing
from tb_contention.model.baseline import BaselineCapture, Found, Use
from tb_contention.model.contention import Confidence, Slowdown
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.prediction import Bounds, Prediction, Schedule, SessionPrediction
from tb_contention.simulate import hard_scenario, write_hard
from tb_contention.units import SessionId
from tb_contention.words.advice import Again
from tb_contention.words.names import Names

NAMES = Names()


def advice(scene: Scene, *predictions: Prediction, findings: tuple[Finding, ...] = ()) -> Advice:
    device = replace(scene.device, predictions=predictions) if predictions else scene.device
    return advise(device, findings, NAMES, Again("logs", ("trainer", "evaluator"), ("trainer", "evaluator")))


def exactly(value: float) -> Bounds:
    return Bounds(estimate=value, low=value, high=value)


def prediction(
    scene: Scene, schedule: Schedule, factors: tuple[float, float], *, span: float, wide: float = 0.0
) -> Prediction:
    """Multiply each session's slowdown by a factor, with a range around it; span: when all is done, of the window."""
    rows = []
    for loss, factor in zip(scene.device.losses, factors, strict=True):
        then = (loss.slowdown.estimate or 1.0) * factor
        bounds = Bounds(estimate=then, low=then * (1 - wide), high=then * (1 + wide))
        end = exactly(factor * scene.device.time.window)
        rows.append(SessionPrediction(session=loss.session, slowdown=bounds, step=None, end=end, gain=None))
    return Prediction(
        schedule=schedule, setting=f"do {schedule.value}", sessions=tuple(rows), makespan=exactly(span * scene.device.time.window),
        parameters=(("session", str(scene.device.losses[0].session)),),
    )  # fmt: skip


def first(found: Advice) -> Action:
    assert found.recommendation.standing is Standing.ACT
    return found.ranked[0]


def finding(scene: Scene, rule: str, severity: Severity, **more: Any) -> Finding:
    return Finding(
        rule=rule, severity=severity, title="It is so", detail="", advice="Do this.", device=scene.device.id, **more
    )


def test_what_saves_most_over_all_sessions_comes_first() -> None:
    scene = time_sliced()
    little = prediction(scene, Schedule.MPS, (0.70, 0.99), span=0.9, wide=0.01)
    much = prediction(scene, Schedule.SM_CAP, (0.80, 0.80), span=0.9, wide=0.01)
    found = advice(scene, little, much)
    assert [action.kind for action in found.ranked] == ["sm_cap", "mps"]
    total = first(found).total
    assert total is not None
    assert total.estimate == pytest.approx(-0.2)


def test_a_cap_that_brings_no_more_than_mps_itself_is_not_recommended() -> None:
    scene = time_sliced()
    plain = prediction(scene, Schedule.MPS, (0.80, 0.80), span=0.9, wide=0.01)
    capped = prediction(scene, Schedule.SM_CAP, (0.79, 0.80), span=0.9, wide=0.01)
    better = prediction(scene, Schedule.SM_CAP, (0.70, 0.80), span=0.9, wide=0.01)
    assert [action.kind for action in advice(scene, plain, capped).ranked] == ["mps"]
    assert [action.kind for action in advice(scene, plain, better).ranked] == ["sm_cap", "mps"]


def test_the_session_that_matters_most_decides_where_the_user_names_one() -> None:
    scene = time_sliced()
    little = prediction(scene, Schedule.MPS, (0.70, 0.99), span=0.9, wide=0.01)
    much = prediction(scene, Schedule.SM_CAP, (0.80, 0.80), span=0.9, wide=0.01)
    preferred = scene.device.losses[0].session
    found = advice(scene, little, much).preferring(preferred)
    assert first(found).kind == "mps"
    assert found.recommendation.session == preferred


def test_what_a_finding_says_helps_little_is_not_recommended_on_a_mere_chance() -> None:
    scene = time_sliced()
    full = finding(scene, "saturation", Severity.WARNING)
    perhaps = prediction(scene, Schedule.MPS, (0.95, 0.95), span=0.9, wide=0.1)
    certain = prediction(scene, Schedule.MPS, (0.80, 0.80), span=0.9, wide=0.01)
    assert [a.kind for a in advice(scene, perhaps).ranked] == ["mps"]
    assert advice(scene, perhaps, findings=(full,)).ranked == ()
    assert [a.kind for a in advice(scene, certain, findings=(full,)).ranked] == ["mps"]


def test_what_ends_everything_later_is_not_recommended_for_all() -> None:
    scene = time_sliced()
    queue = prediction(scene, Schedule.ONE_AFTER_ANOTHER, (0.5, 1.3), span=1.3)
    found = advice(scene, queue)
    assert found.recommendation.standing is not Standing.ACT
    assert "Everything is done: 30 % later" in found.actions[-1].brings
    assert first(found.preferring(scene.device.losses[0].session)).kind == "one_after_another"


def test_a_range_that_includes_no_gain_comes_behind_a_certain_one_and_is_only_to_be_tried() -> None:
    scene = time_sliced()
    perhaps = prediction(scene, Schedule.MPS, (0.7, 0.7), span=0.7, wide=0.6)
    certain = prediction(scene, Schedule.SM_CAP, (0.9, 0.9), span=0.9, wide=0.01)
    assert first(advice(scene, perhaps, certain)).kind == "sm_cap"
    alone = advice(scene, perhaps)
    assert alone.recommendation.headline == "Try this: do mps"
    assert not first(alone).certain


def test_nothing_is_recommended_without_a_sure_mechanism() -> None:
    scene = with_cost(time_sliced(), confidence=Confidence.LIKELY)
    found = advice(scene, prediction(scene, Schedule.MPS, (0.7, 0.7), span=0.7))
    assert found.recommendation.standing is Standing.RECORD
    assert not found.ranked
    assert found.recommendation.command.startswith("tb-contention run --logdir logs --alone")


def test_what_needs_no_mechanism_is_listed_all_the_same() -> None:
    scene = with_cost(time_sliced(), confidence=Confidence.LIKELY)
    found = advice(scene, prediction(scene, Schedule.MOVED, (0.7, 0.7), span=0.7))
    assert found.recommendation.standing is Standing.RECORD
    assert [action.kind for action in found.ranked] == ["moved"]


def test_sharing_that_costs_nothing_needs_nothing() -> None:
    found = advice(unshared())
    assert found.recommendation.standing is Standing.FINE
    assert found.recommendation.headline == "Nothing to do: sharing is fine"


def test_an_unknown_cost_asks_for_the_captures_alone() -> None:
    scene = side_by_side()
    losses = tuple(
        replace(loss, slowdown=replace(loss.slowdown, estimate=None, low=1.0, high=2.0)) for loss in scene.device.losses
    )
    assert all(isinstance(loss.slowdown, Slowdown) for loss in losses)
    found = advice(with_cost(scene, losses=losses))
    assert found.recommendation.standing is Standing.RECORD
    assert "--alone" in found.recommendation.command


def test_memory_that_does_not_fit_comes_before_time() -> None:
    scene = time_sliced()
    faster = prediction(scene, Schedule.MPS, (0.5, 0.5), span=0.5)
    full = finding(scene, "little-headroom", Severity.CRITICAL)
    assert first(advice(scene, faster, findings=(full,))).kind == "little-headroom"


def test_memory_that_fits_for_now_comes_behind_time() -> None:
    scene = time_sliced()
    faster = prediction(scene, Schedule.MPS, (0.5, 0.5), span=0.5, wide=0.01)
    near = finding(scene, "peaks-may-meet", Severity.WARNING)
    assert [action.kind for action in advice(scene, faster, findings=(near,)).ranked] == ["mps", "peaks-may-meet"]


def test_a_schedule_whose_memory_does_not_fit_is_not_offered() -> None:
    scene = time_sliced()
    faster = replace(prediction(scene, Schedule.MPS, (0.5, 0.5), span=0.5), memory_fits=False)
    assert not advice(scene, faster).actions


def test_the_way_to_verify_names_directories_safely_and_starts_each_session() -> None:
    scene = time_sliced()
    device = replace(scene.device, predictions=(prediction(scene, Schedule.MPS, (0.5, 0.5), span=0.5),))
    found = advise(device, (), NAMES, Again("my logs; rm -rf x", ("trainer", "a and b"), ("trainer", "a", "b")))
    assert "tb-contention diff 'my logs; rm -rf x' 'my logs; rm -rf x-after'" in first(found).verify
    assert "COMMAND_1 starts trainer, COMMAND_2 starts a and COMMAND_3 starts b." in first(found).verify


def test_what_to_do_without_another_gpu_stands_beside_a_move() -> None:
    scene = time_sliced()
    away = prediction(scene, Schedule.MOVED, (0.6, 0.6), span=0.6, wide=0.01)
    perhaps = prediction(scene, Schedule.MPS, (0.9, 0.9), span=0.9, wide=0.3)
    assert advice(scene, away, perhaps).recommendation.why.endswith("Without another GPU, try this: do mps.")
    assert advice(scene, away).recommendation.why.endswith(
        "On this GPU alone, no simulated change is sure to save time."
    )


def test_for_a_server_the_time_per_request_counts(tmp_path: Path) -> None:
    write_hard(hard_scenario(1, "server_mps"), tmp_path, seed=1, alone=False)
    (device,) = analyse(tmp_path / "together", cache_dir=None).devices
    (server,) = (loss for loss in device.cost.losses if loss.latency is not None)
    assert device.advice is not None
    moved = next(action for action in device.advice.actions if action.kind == Schedule.MOVED.value)
    (change,) = (row.change for row in moved.changes if row.session == server.session)
    assert server.latency is not None
    assert change.estimate == pytest.approx(1 / (server.latency.slowdown.estimate or 0.0) - 1)
    assert "each request to " in moved.brings


def test_captures_alone_that_cannot_serve_are_not_asked_for_as_if_they_were_missing() -> None:
    scene = with_cost(time_sliced(), confidence=Confidence.LIKELY)
    session = scene.device.losses[0].session
    refused = BaselineCapture(
        session=session, baseline=SessionId("alone"), label="alone/trainer", found=Found.MANIFEST, use=Use.REFUSED,
        reason="it runs other kernels",
    )  # fmt: skip
    found = advice(with_cost(scene, baselines=(refused,)))
    assert found.recommendation.headline.endswith("record each session alone once more")
    assert "cannot serve: alone/trainer: it runs other kernels. " in found.recommendation.why
