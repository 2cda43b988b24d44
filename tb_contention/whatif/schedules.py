"""One schedule each: what the sessions would see if they were shifted, queued, or one of them moved."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.model.prediction import Bounds, Prediction, Schedule, SessionPrediction
from tb_contention.model.workload import Workload
from tb_contention.units import F64, SessionId
from tb_contention.whatif.outcome import run_all
from tb_contention.whatif.policy import Policy, Way
from tb_contention.whatif.question import Question
from tb_contention.whatif.ranges import sessions_played
from tb_contention.whatif.scene import Scene, matters, session_row, unknown
from tb_contention.words.numbers import duration, share

#: Shifts that are tried per session, which reach over that part of what is played, and sessions that are tried at most.
_SHIFTS, _REACH, _TRIED = 12, 0.25, 4
#: A shift by a larger part of what is played leaves too little to judge.
_MOST = 0.6
#: A shift stands for those that differ by this part of a step; its range covers those that differ by the second.
AROUND, FAR = 0.1, 0.5
SHIFT_ASSUMED = "The sessions keep their recorded pace, with pauses at the same steps."
UNUSED_ASSUMED = "The other GPU is as fast, and is otherwise unused."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Predictions for some sessions, and what they assume. unknown: why there are none."""

    rows: tuple[SessionPrediction, ...]
    makespan: Bounds | None = None
    assumes: tuple[str, ...] = ()
    unknown: str = ""


def as_recorded(scene: Scene, question: Question) -> Prediction:
    """Play the recorded way: the control of all the others."""
    setting = "as recorded: the model's control"
    if scene.trouble or scene.control is None or scene.stage is None:
        return unknown(question, setting, scene.trouble)
    rows, makespan = sessions_played(scene, scene.stage, [scene.control.outcome], [])
    return Prediction(
        schedule=Schedule.AS_RECORDED,
        setting=setting,
        parameters=(("control_error", scene.control.error), *_figures(scene.control.policy)),
        sessions=rows,
        makespan=makespan,
        played=scene.played,
        assumes=f"The other predictions rest on this model, which misses the measured slowdowns by at most {share(scene.control.error)}.",
    )


def _figures(policy: Policy) -> tuple[tuple[str, float | int | str], ...]:
    """Name the figures of the recorded way of sharing."""
    if policy.way is Way.TURNS:
        return (("slice_ns", round(policy.slice)), ("switch_ns", round(policy.switch)))
    return ()


def shifted(scene: Scene, question: Question) -> Prediction:
    """Start one session later, by a given time or by the one that costs all sessions least."""
    if scene.trouble or scene.control is None or scene.stage is None:
        return unknown(question, _shift_words(scene, question.session, question.value), scene.trouble)
    why = too_far(scene, abs(question.value or 0))
    if why:
        return unknown(question, _shift_words(scene, question.session, question.value), why)
    stage, policy = scene.stage, scene.control.policy
    curve: list[tuple[float, float]] = []
    session, by = question.session, question.value
    if session is None or by is None:
        session, by, curve = _best_shift(scene, session)
    begin = _shift(scene, session, by)
    around = [begin, *(_moved(scene, session, by + sign * AROUND * _step(scene, session)) for sign in (-1, 1))]
    far = [_moved(scene, session, by + sign * FAR * _step(scene, session)) for sign in (-1, 1)]
    plays = [(policy, b) for b in (*around, *far)] + [(other, begin) for other in scene.control.others]
    outcomes = run_all(stage, [*plays])
    outcomes = [scene.corrected(outcome) for outcome in outcomes]
    nominal, others = outcomes[: len(around)], outcomes[len(around) :]
    rows, makespan = sessions_played(scene, stage, nominal, others)
    return Prediction(
        schedule=Schedule.SHIFTED,
        setting=_shift_words(scene, session, by),
        parameters=(("session", session), ("shift_ns", by)),
        sessions=rows,
        makespan=makespan,
        curve=tuple(curve),
        played=scene.played,
        assumes=SHIFT_ASSUMED,
    )


def _shift_words(scene: Scene, session: SessionId | None, by: int | None) -> str:
    if session is None or by is None:
        return "start one session later"
    return f"start {scene.name(session)} {duration(abs(by))} {'later' if by >= 0 else 'earlier'}"


def _shift(scene: Scene, session: SessionId, by: int) -> F64:
    """Delay one session, or, for a negative shift, all the others."""
    begin = np.zeros(len(scene.device.cost.workloads))
    if by >= 0:
        begin[scene.number(session)] = by
    else:
        begin[:] = -by
        begin[scene.number(session)] = 0.0
    return begin


def _moved(scene: Scene, session: SessionId, by: float) -> F64:
    return _shift(scene, session, round(by))


def _step(scene: Scene, session: SessionId) -> float:
    assert scene.stage is not None
    alone = scene.stage.alone[scene.number(session)]
    return float(np.mean(np.diff(alone))) if len(alone) > 1 else 0.0


def too_far(scene: Scene, by: int) -> str:
    """Say that sessions which move apart so far, ns, leave too little of the recording to judge; "" where they do not."""
    if by > _MOST * scene.part > 0:
        return f"The shift leaves too little overlap: only {duration(scene.part)} of the recording is simulated."
    return ""


def _best_shift(scene: Scene, session: SessionId | None) -> tuple[SessionId, int, list[tuple[float, float]]]:
    """Try shifts of the sessions; return the one with the least mean slowdown, and what every shift of that session brings."""
    assert scene.stage is not None
    assert scene.control is not None
    sessions = [session] if session is not None else _worth_shifting(scene)
    reach = _REACH * min(scene.part, scene.stop)
    tried = [(one, round(reach * (j + 1) / _SHIFTS)) for one in sessions for j in range(_SHIFTS)]
    plays = [(scene.control.policy, _shift(scene, one, by)) for one, by in tried]
    found = []
    for (one, by), outcome in zip(tried, run_all(scene.stage, [*plays], scene.stop), strict=True):
        known = [max(1.0, s) for s in outcome.slowdown if s is not None]
        if known:
            found.append((sum(known) / len(known), by, one))
    if not found:
        return sessions[0], 0, []
    _, by, one = min(found)
    return one, by, [(float(b), loss) for loss, b, s in found if s == one]


def _worth_shifting(scene: Scene) -> list[SessionId]:
    """Name the sessions that do more than hardly anything."""
    return [loss.session for loss in scene.device.cost.losses if matters(scene.device, loss)][:_TRIED]


def one_after_another(scene: Scene, question: Question) -> Prediction:
    """Queue the sessions: each is as fast as alone, and waits for those before it."""
    setting = "run the sessions one after another"
    rows = queued(scene, list(scene.device.cost.workloads))
    return Prediction(
        schedule=Schedule.ONE_AFTER_ANOTHER,
        setting=setting,
        sessions=rows,
        makespan=rows[-1].end if rows else None,
        played=scene.played,
        assumes=QUEUE_ASSUMED,
    )


QUEUE_ASSUMED = (
    "No other session uses the device. The sessions run in the order listed, each as soon as the one before it is done."
)


def queued(scene: Scene, works: list[Workload]) -> tuple[SessionPrediction, ...]:
    """Let each session have the device to itself, in this order."""
    rows, low, high, total = [], 0.0, 0.0, 0.0
    known = bounded = True
    for work in works:
        took = _work_alone(scene, work.session)
        bounded &= took is not None
        known &= took is not None and took.estimate is not None
        if took is not None:
            low, high, total = low + took.low, high + took.high, total + (took.estimate or 0.0)
        end = Bounds(estimate=total if known else None, low=low, high=high) if bounded else None
        rows.append(session_row(scene.device.cost.loss(work.session), _AS_ALONE, end))
    return tuple(rows)


_AS_ALONE = Bounds(estimate=1.0, low=1.0, high=1.0)


def _work_alone(scene: Scene, session: SessionId) -> Bounds | None:
    """Return how long a session's recorded work takes alone, ns; None where nothing bounds it."""
    loss = scene.device.cost.loss(session)
    found = loss.slowdown
    if scene.stage is not None and found.estimate is not None:
        done = scene.stage.done[scene.number(session)] / (scene.played or 1.0)
        wide = (found.high - found.low) / 2 / found.estimate if found.high and found.low else 0.0
        return Bounds(estimate=done, low=done * (1 - wide), high=done * (1 + wide))
    if found.high is None:
        return None
    # Steps may be found a little shorter in company than alone.
    least = min(1.0, found.high if found.low is None else found.low)
    return Bounds(estimate=None, low=scene.window / found.high, high=scene.window / least)


def alone(scene: Scene, session: SessionId) -> SessionPrediction:
    """Say what a session sees that has a GPU to itself."""
    return session_row(scene.device.cost.loss(session), _AS_ALONE, _work_alone(scene, session))


def of_these(policy: Policy, keep: list[int]) -> Policy:
    """Return the policy of some of the sessions."""
    return policy if policy.rates is None else replace(policy, rates=policy.rates[keep])


def nothing(session: SessionId) -> SessionPrediction:
    """Say nothing of a session."""
    return SessionPrediction(session=session, slowdown=None, step=None, end=None, gain=None)


def later(a: Bounds | None, b: Bounds | None) -> Bounds | None:
    """Return when both are done."""
    if a is None or b is None:
        return None
    estimate = None if a.estimate is None or b.estimate is None else max(a.estimate, b.estimate)
    return Bounds(estimate=estimate, low=max(a.low, b.low), high=max(a.high, b.high))
