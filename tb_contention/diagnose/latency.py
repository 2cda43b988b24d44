"""Rules on single steps: some take far longer than most, and sharing explains it."""

from dataclasses import dataclass

import numpy as np

from tb_contention.diagnose.scene import NOTEWORTHY, Scene, expected, gain, length, slowdowns, times
from tb_contention.diagnose.settings import MPS, MPS_PRIORITY, MPS_SHARE, SHORT_SLICE
from tb_contention.model.contention import Mechanism, SessionLoss
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.prediction import Schedule
from tb_contention.units import SessionId

#: Fewer steps show no tail. One in twenty is slow when it takes so many times the median; the loss must explain half of that.
_STEPS, _TAIL, _EXPLAINED = 20, 1.5, 0.5
#: Kernels so many times as long as one's own are a queue to wait behind; steps so much shorter are a service beside a training.
_LONGER, _SHORTER, _HURT = 10.0, 5.0, 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tail:
    """Step periods of a session, ns: median, 95th percentile, and how much of what lies between was lost to others, 0..1."""

    p50: float
    p95: float
    lost: float


def _tail(scene: Scene, session: SessionId) -> _Tail | None:
    """Return the tail of a session's steps where it is long, and others are the reason."""
    steps = scene.steps(session)
    if steps is None or not steps.known or len(steps.start) < _STEPS:
        return None
    period = (steps.end - steps.start).astype(np.float64)
    p50, p95 = (float(np.percentile(period, q)) for q in (50, 95))
    slow = period >= p95
    excess = float(period[slow].mean()) - p50
    share = (float(steps.lost[slow].mean()) - float(np.median(steps.lost))) / max(1.0, excess)
    return _Tail(p50=p50, p95=p95, lost=share) if p95 > _TAIL * p50 and share >= _EXPLAINED else None


def latency_tail(scene: Scene) -> list[Finding]:
    """Under time slicing, one step in twenty waits for whole turns of the others."""
    found = []
    for loss in scene.slowed(Mechanism.TIME_SLICING):
        tail = _tail(scene, loss.session)
        if tail is None:
            continue
        found.append(
            _finding(
                scene,
                loss,
                tail,
                rule="latency-tail",
                cause="These steps meet the others' turns, one after another, while most steps meet none.",
                advice=f"Shorter turns ({SHORT_SLICE}), MPS with priority for this session ({MPS}, {MPS_PRIORITY}), or a GPU (a MIG "
                "instance) of its own.",
                effect=expected(scene, Schedule.MPS)
                or "Not predicted; the others' throughput falls a little with shorter turns.",
                verify="The 95th percentile of the step time falls, and its distance to the median is no longer a number of turns.",
                schedule=Schedule.MPS,
            )
        )
    return found


def head_of_line(scene: Scene) -> list[Finding]:
    """Side by side, short kernels wait behind long ones that fill the GPU."""
    found = []
    for loss in scene.slowed(Mechanism.CONCURRENT):
        own = scene.fact(loss.session).longest
        others = [f for f in scene.facts if f.session != loss.session and own > 0 and f.longest >= _LONGER * own]
        tail = _tail(scene, loss.session)
        if tail is None or not others:
            continue
        longest = max(others, key=lambda f: f.longest)
        found.append(
            _finding(
                scene,
                loss,
                tail,
                rule="head-of-line",
                cause=f"Kernels of {scene.name(longest.session)} take up to {length(longest.longest)}, its own up to {length(own)}: blocks "
                "of the long ones leave no room until they end.",
                advice=f"Cap {scene.name(longest.session)} ({MPS_SHARE}=30 to 50), give this session priority ({MPS_PRIORITY}), or smaller "
                f"batches in {scene.name(longest.session)}.",
                effect=expected(scene, Schedule.SM_CAP) or "Not predicted.",
                verify="The 95th percentile of the step time falls; if it does not, bandwidth is what they share.",
                schedule=Schedule.SM_CAP,
            )
        )
    return found


def short_steps_beside_long(scene: Scene) -> list[Finding]:
    """A session of short steps, as a service has, shares with one of long steps."""
    found = []
    for loss in scene.slowed():
        others = [each for each in scene.device.cost.losses if each.session != loss.session and each.step_shared]
        if not loss.step_alone or not loss.steps or loss.steps < 10 or (loss.slowdown.low or 0.0) < _HURT or not others:
            continue
        longest = max(others, key=lambda each: each.step_shared or 0)
        if (longest.step_shared or 0) < _SHORTER * loss.step_alone:
            continue
        found.append(
            Finding(
                rule="short-steps-beside-long",
                severity=Severity.INFO,
                title=f"{scene.name(loss.session)} has steps of {length(loss.step_alone)} beside steps of "
                f"{length(longest.step_shared or 0)}",
                detail=f"{slowdowns(scene, [loss])}.",
                cause="Sharing divides throughput; it bounds no step's time. A service beside a training misses its limit at any setting.",
                advice="Give it a GPU or a MIG instance of its own, or priority under MPS and a small cap for the other "
                f"({MPS_PRIORITY}, {MPS_SHARE}).",
                effect=expected(scene, Schedule.MOVED) or "On a GPU of its own its steps take what they take alone.",
                verify=f"Its slowdown's interval includes 1 (below {times(NOTEWORTHY)}).",
                gain_ns=gain(scene, [loss], Schedule.MOVED),
                evidence={
                    "step_alone_ns": int(loss.step_alone),
                    "other_step_ns": int(longest.step_shared or 0),
                    "slowdown": loss.slowdown.estimate,
                },
                device=scene.device.group.id,
                sessions=(loss.session, longest.session),
            )
        )
    return found


def _finding(
    scene: Scene,
    loss: SessionLoss,
    tail: _Tail,
    *,
    rule: str,
    cause: str,
    advice: str,
    effect: str,
    verify: str,
    schedule: Schedule,
) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.WARNING,
        title=f"One step in twenty of {scene.name(loss.session)} takes {length(tail.p95)} or more; half take {length(tail.p50)}",
        detail=f"{min(1.0, tail.lost):.0%} of the difference was lost to others. {slowdowns(scene, [loss])}.",
        cause=cause,
        advice=advice,
        effect=effect,
        verify=verify,
        gain_ns=gain(scene, [loss], schedule),
        evidence={
            "p50_ns": round(tail.p50),
            "p95_ns": round(tail.p95),
            "lost_share": tail.lost,
            "slice_ns": None if scene.device.cost.slice is None else int(scene.device.cost.slice),
        },
        device=scene.device.group.id,
        sessions=(loss.session,),
    )
