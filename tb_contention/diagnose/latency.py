"""Rules on single steps: some take far longer than most, and sharing explains it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tb_contention.diagnose.places import KERNEL_PAIRS, SESSIONS, steps
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene, expected, gain, slowdowns
from tb_contention.diagnose.settings import MPS, MPS_PRIORITY, MPS_SHARE, SHORT_SLICE
from tb_contention.model.contention import Mechanism, SessionLoss
from tb_contention.model.findings import Severity
from tb_contention.model.prediction import Schedule
from tb_contention.units import SessionId
from tb_contention.words.answers import NOTICEABLE, Answer, answer_of, basis_with_class
from tb_contention.words.numbers import duration, share, times
from tb_contention.words.requests import request_words, slower_requests

#: Fewer steps show no tail. It is long when p95 is that many times the median; the loss must explain that part of the difference.
_STEPS, _TAIL, _EXPLAINED = 20, 1.5, 0.5
#: Kernels that many times as long as one's own are a queue to wait behind.
_LONGER = 10.0
#: Steps that much shorter are a service beside a training job; it is hurt from this slowdown on, with that many steps.
_SHORTER, _HURT, _SERVED = 5.0, 1.2, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tail:
    """Step periods of a session, ns: median, 95th percentile, and how much of their difference was lost to others, 0..1."""

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
    part = (float(steps.lost[slow].mean()) - float(np.median(steps.lost))) / max(1.0, excess)
    return _Tail(p50=p50, p95=p95, lost=part) if p95 > _TAIL * p50 and part >= _EXPLAINED else None


@rule(
    "latency-tail",
    place=steps,
    speaks=f"Speaks under time slicing when the 95th percentile of a session's step periods is above {_TAIL} times the median, over "
    f"{_STEPS} steps or more, and other sessions cost it at least {share(_EXPLAINED)} of what the slow steps take longer. Advice: shorter "
    "turns, MPS with priority, a GPU of its own.",
)
def latency_tail(scene: Scene) -> Iterator[Remark]:
    """Under time slicing, one step in twenty waits for whole turns of the others."""
    for loss in scene.slowed(Mechanism.TIME_SLICING):
        tail = _tail(scene, loss.session)
        if tail is None:
            continue
        yield _remark(
            scene,
            loss,
            tail,
            cause="The slow steps wait for several turns of other sessions, while most steps wait for none.",
            advice=f"Shorter turns ({SHORT_SLICE}), MPS with priority for this session ({MPS}, {MPS_PRIORITY}), or a GPU (a MIG instance) "
            "of its own.",
            effect=expected(scene, Schedule.MPS)
            or "Not predicted. Shorter turns cost the other sessions a little throughput.",
            verify="The p95 step time falls, and its distance to the median is no longer a multiple of a turn.",
            schedule=Schedule.MPS,
        )


@rule(
    "slow-requests",
    place=SESSIONS,
    speaks="Speaks when the steps of a session begin with requests, which come at a rhythm of their own, and these take measurably longer "
    "than alone. Throughput is lost only where the session saturates. Advice: priority under MPS, a cap for the others, a GPU of its own.",
)
def slow_requests(scene: Scene) -> Iterator[Remark]:
    """A server loses time per request, not requests per second."""
    if not scene.is_shared_gpu:
        return
    for loss in scene.device.cost.losses:
        latency = loss.latency
        if latency is None or answer_of(latency.slowdown) is not Answer.YES:
            continue
        yield Remark(
            title=f"R{slower_requests(scene.name(loss.session), latency)[1:]}",
            detail=f"{request_words(loss)} The slowdown is {basis_with_class(latency.slowdown)}.",
            cause="Its steps begin when requests arrive. Beside other sessions each takes longer, and the next ones wait for it.",
            advice="A GPU or a MIG instance of its own: in its static partition it has no competition for multiprocessors already."
            if scene.is_apart(loss.session)
            else f"MPS with priority for this session ({MPS}, {MPS_PRIORITY}) and a cap for the others ({MPS_SHARE}), or a GPU (a MIG "
            "instance) of its own.",
            effect=expected(scene, Schedule.MPS)
            or "Not predicted. On a GPU of its own, its requests take as long as alone.",
            verify="The p95 request time falls to that of a capture of the session alone.",
            evidence={
                "slowdown": latency.slowdown.estimate,
                "requests": latency.requests,
                "waited": latency.waited,
                "p95_ns": latency.shared.p95.estimate,
                "p95_alone_ns": None if latency.alone is None else latency.alone.p95.estimate,
            },
            sessions=(loss.session,),
        )


@rule(
    "head-of-line",
    place=KERNEL_PAIRS,
    speaks="Speaks when a session has the same tail where kernels run at once, and the kernels of another session are "
    f"{_LONGER:.0f} times as long as its own and can run on its multiprocessors. Advice: a cap of 30 to 50 % for the other "
    "session, priority for this one.",
)
def head_of_line(scene: Scene) -> Iterator[Remark]:
    """Side by side, short kernels wait behind long ones that fill the GPU."""
    for loss in scene.slowed(Mechanism.CONCURRENT):
        own = scene.fact(loss.session).longest
        others = [
            f
            for f in scene.facts
            if f.session != loss.session
            and own > 0
            and f.longest >= _LONGER * own
            and not scene.are_apart(loss.session, f.session)
        ]
        tail = _tail(scene, loss.session)
        if tail is None or not others:
            continue
        longest = max(others, key=lambda f: f.longest)
        other = scene.name(longest.session)
        yield _remark(
            scene,
            loss,
            tail,
            cause=f"Kernels of {other} take up to {duration(longest.longest)}, those of {scene.name(loss.session)} up to {duration(own)}: "
            "the long ones leave no room until their blocks end.",
            advice=f"Cap {other} ({MPS_SHARE}=30 to 50), give this session priority ({MPS_PRIORITY}), or use smaller batches in {other}.",
            effect=expected(scene, Schedule.SM_CAP) or "Not predicted.",
            verify="The p95 step time falls. If it does not, the sessions share memory bandwidth.",
            schedule=Schedule.SM_CAP,
        )


@rule(
    "short-steps-beside-long",
    place=steps,
    speaks=f"Speaks when the steps of a session are {_SHORTER:.0f} times shorter than another's and the whole interval of its slowdown "
    f"lies above {_HURT}, over {_SERVED} steps or more: a service beside a training job. Sharing bounds no step's time. Advice: a GPU or "
    "MIG instance of its own.",
)
def short_steps_beside_long(scene: Scene) -> Iterator[Remark]:
    """A session of short steps, as a service has, shares with one of long steps."""
    for loss in scene.slowed():
        others = [each for each in scene.device.cost.losses if each.session != loss.session and each.step_shared]
        if not loss.step_alone or loss.steps < _SERVED or (loss.slowdown.low or 0.0) < _HURT or not others:
            continue
        longest = max(others, key=lambda each: each.step_shared or 0)
        if (longest.step_shared or 0) < _SHORTER * loss.step_alone:
            continue
        yield Remark(
            severity=Severity.INFO,
            title=f"{scene.name(loss.session)} has steps of {duration(loss.step_alone)} and shares {scene.where} with "
            f"{scene.name(longest.session)}, whose steps take {duration(longest.step_shared)}",
            detail=f"{slowdowns(scene, [loss])}.",
            cause="Sharing divides throughput but bounds no step's time. A service beside a training job will miss its deadline whatever "
            "the setting.",
            advice="Give it a GPU or a MIG instance of its own."
            if scene.is_apart(loss.session)
            else "Give it a GPU or a MIG instance of its own. Or give it priority under MPS and the other session a small cap "
            f"({MPS_PRIORITY}, {MPS_SHARE}).",
            effect=expected(scene, Schedule.MOVED) or "On a GPU of its own, its steps take as long as alone.",
            verify=f"Its slowdown falls below {times(NOTICEABLE)}.",
            gain_ns=gain(scene, [loss], Schedule.MOVED),
            evidence={
                "step_alone_ns": int(loss.step_alone),
                "other_step_ns": int(longest.step_shared or 0),
                "slowdown": loss.slowdown.estimate,
            },
            sessions=(loss.session, longest.session),
        )


def _remark(
    scene: Scene,
    loss: SessionLoss,
    tail: _Tail,
    *,
    cause: str,
    advice: str,
    effect: str,
    verify: str,
    schedule: Schedule,
) -> Remark:
    return Remark(
        title=f"The p95 step time of {scene.name(loss.session)} is {duration(tail.p95)}, its median {duration(tail.p50)}",
        detail=f"Other sessions cost it {share(min(1.0, tail.lost))} of the difference. {slowdowns(scene, [loss])}.",
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
        sessions=(loss.session,),
    )
