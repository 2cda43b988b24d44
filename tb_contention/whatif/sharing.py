"""One way of sharing each: what the sessions would see under MPS, with a cap, or if they took turns."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tb_contention.model.contention import Mechanism
from tb_contention.model.prediction import Prediction, Schedule
from tb_contention.model.workload import Unit
from tb_contention.units import F64
from tb_contention.whatif.control import SWITCHES
from tb_contention.whatif.outcome import Outcome, Stage
from tb_contention.whatif.policy import Policy, Way
from tb_contention.whatif.question import Question
from tb_contention.whatif.ranges import WIDEST, Ranges, Variation, ranges
from tb_contention.whatif.refusals import other_multiprocessors
from tb_contention.whatif.scene import Scene, culprit, played_all, unknown

#: Rate that another session costs by caches and bandwidth: none, usual, much; bandwidth that a part of the multiprocessors can draw.
_FRICTION, _DRAW = (0.0, 0.05, 0.10), 2.5
#: Less vagueness of the kernels' demand makes no difference.
_VAGUE = 0.005
_CAP = 50
_DEMAND = "how many multiprocessors its kernels and those of the others need is not known"
_CACHES = "what sharing caches costs is not known"
_BANDWIDTH = "how much memory bandwidth kernels need is not known"
_ORDER = "how long running kernels delay those that go first is not known"
#: Lengths of turns of processes that do not share yet, ns.
_TURNS = (1.0e6, 2.3e6, 5.0e6)
TURNS_ASSUMED = "Turns last 1 to 5 ms, and a change of turns takes 30 to 150 µs. Each session has a process of its own."
AT_ONCE_ASSUMED = (
    "Grid, block and occupancy determine which part of the multiprocessors a kernel takes. "
    "Contention for caches and memory bandwidth costs 0 to 10 %, more where kernels take most of the GPU."
)


def who_of(scene: Scene) -> str:
    """Name those that get another way of sharing."""
    return "the sessions, each in a process of its own," if scene.one_process else "the processes"


def time_slicing(scene: Scene, question: Question) -> Prediction:
    """Take turns instead of running at once: a process each, without MPS."""
    setting = f"let {who_of(scene)} take turns (no MPS)"
    if scene.trouble or scene.control is None or scene.stage is None:
        return unknown(question, setting, scene.trouble)
    if scene.device.cost.mechanism is Mechanism.TIME_SLICING:
        return unknown(question, setting, "The sessions already take turns.")
    why = other_multiprocessors(scene, list(scene.device.sessions), {}, policy=Schedule.TIME_SLICING)
    if why:
        return unknown(question, setting, why)
    found = in_turns(scene, scene.stage, scene.phases())
    return Prediction(
        schedule=Schedule.TIME_SLICING,
        setting=setting,
        parameters=(("slice_low_ns", round(_TURNS[0])), ("slice_high_ns", round(_TURNS[2]))),
        sessions=found.rows,
        makespan=found.makespan,
        played=scene.played,
        assumes=f"{TURNS_ASSUMED}{bounds_only(found)}",
    )


def in_turns(scene: Scene, stage: Stage, begins: list[F64]) -> Ranges:
    """Play turns whose length is not known; begins: ways in which the sessions may meet."""
    copies = scene.control is not None and scene.control.policy.copies
    middle = Policy(way=Way.TURNS, slice=_TURNS[1], switch=SWITCHES[1], copies=copies)
    edges = [replace(middle, slice=_TURNS[0], switch=SWITCHES[2]), replace(middle, slice=_TURNS[2], switch=SWITCHES[0])]
    variations = [
        Variation(why="how long turns last is not known", plays=played_all(stage, [edge], begins[:2])) for edge in edges
    ]
    return ranges(scene, stage, played_all(stage, [middle], begins), variations, widest=WIDEST)


def mps(scene: Scene, question: Question) -> Prediction:
    """Run at once under MPS instead of taking turns."""
    setting = f"run {who_of(scene)} under MPS (nvidia-cuda-mps-control -d)"
    if scene.trouble or scene.control is None or scene.stage is None:
        return unknown(question, setting, scene.trouble)
    if scene.device.cost.mechanism is Mechanism.CONCURRENT:
        return unknown(question, setting, "The sessions already run at the same time.")
    return _at_once(scene, Schedule.MPS, setting, (), {})


def sm_cap(scene: Scene, question: Question) -> Prediction:
    """Give one session a part of the multiprocessors at most, under MPS."""
    session = question.session or culprit(scene)
    percent = question.value or _CAP
    setting = f"cap {scene.name(session)} at {percent} % of the multiprocessors under MPS (CUDA_MPS_ACTIVE_THREAD_PERCENTAGE={percent})"
    if scene.trouble or scene.control is None or scene.stage is None:
        return unknown(question, setting, scene.trouble)
    why = other_multiprocessors(scene, list(scene.device.sessions), {session: percent})
    if why:
        return unknown(question, setting, why)
    parameters = (("session", session), ("percent", percent))
    return _at_once(scene, Schedule.SM_CAP, setting, parameters, {scene.number(session): percent / 100})


def _at_once(
    scene: Scene,
    schedule: Schedule,
    setting: str,
    parameters: tuple[tuple[str, float | int | str], ...],
    caps: Mapping[int, float],
) -> Prediction:
    assert scene.stage is not None
    found, vague = at_once(scene, scene.stage, scene.phases(), caps, measured=bool(caps))
    return Prediction(
        schedule=schedule,
        setting=setting,
        parameters=(*parameters, ("claim_vagueness", vague)),
        sessions=found.rows,
        makespan=found.makespan,
        played=scene.played,
        assumes=f"{AT_ONCE_ASSUMED}{bounds_only(found)}",
    )


def at_once(
    scene: Scene,
    stage: Stage,
    begins: list[F64],
    caps: Mapping[int, float],
    first: frozenset[int] = frozenset(),
    *,
    measured: bool = False,
    exclusive: bool = False,
) -> tuple[Ranges, float]:
    """Play with the kernels' demand for multiprocessors in the middle of its bounds, and with each input at its ends.

    begins: ways in which the sessions may meet. caps: by the session's number, 0..1. first: whose kernels go first. measured: what was
    measured side by side shows how far a change can help. exclusive: the caps are parts that no other session uses. Returns how vague the
    demand is, too.
    """
    demands = scene.sm_demand(stage.works)
    vague = max(d.vague for d in demands)
    copies = scene.control is not None and scene.control.policy.copies
    ahead = np.array([float(k in first) for k in range(len(stage.works))])

    def played(level: str, friction: float, *, fed: bool, often: list[F64], ordered: bool = True) -> list[Outcome]:
        demand = np.concatenate([getattr(d, level) for d in demands])
        capped, most = _capped(stage, demand, caps)
        policy = Policy(
            way=Way.CONCURRENT,
            sm_demand=demand,
            bandwidth_demand=None if fed else np.minimum(1.0, _DRAW * demand),
            caps=most,
            first=ahead if ordered else None,
            friction=friction,
            copies=copies,
        )
        return played_all(capped, [policy], often)

    least, usual, most = _FRICTION
    nominal = played("middle", usual, fed=True, often=begins[::2] if caps or first else begins)
    once = begins[:1]
    variations = [
        *(Variation(why=_CACHES, plays=played("middle", cost, fed=True, often=once)) for cost in (least, most)),
        Variation(why=_BANDWIDTH, plays=played("middle", usual, fed=False, often=once)),
    ]
    if vague > _VAGUE:
        variations += [
            Variation(why=_DEMAND, plays=played(level, usual, fed=True, often=once)) for level in ("low", "high")
        ]
    if first:
        variations.append(Variation(why=_ORDER, plays=played("middle", usual, fed=True, often=once, ordered=False)))
    if measured:
        most_of_all = np.concatenate([d.middle if exclusive else np.ones(len(d.low)) for d in demands])
        variations += _measured(scene, _capped(stage, most_of_all, caps)[0], once)
    return ranges(scene, stage, nominal, variations, widest=WIDEST), vague


def bounds_only(found: Ranges) -> str:
    """Name the sessions for which only bounds are given, and why."""
    return "" if not found.wide else f" Only bounds for {', '.join(found.wide)}."


def _measured(scene: Scene, capped: Stage, begins: list[F64]) -> list[Variation]:
    """Where they run at once already, what was measured shows how far a change can help."""
    if scene.control is None or scene.control.policy.way is not Way.MEASURED:
        return []
    policy = scene.control.policy
    keep = [scene.number(work.session) for work in capped.works]
    policy = replace(policy, rates=None if policy.rates is None else policy.rates[keep])
    return [Variation(why=_DEMAND, plays=played_all(capped, [policy], begins))]


def _capped(stage: Stage, demand: F64, caps: Mapping[int, float]) -> tuple[Stage, F64]:
    """Slow the kernels down that would take more than their session's cap; what they take alone stays the measure."""
    shares = np.ones(len(stage.works))
    if not caps:
        return stage, shares
    for session, share in caps.items():
        shares[session] = share
    work, kernels = stage.merged, stage.merged.kernels
    slower = np.where(kernels.unit == Unit.COMPUTE, np.maximum(1.0, demand / shares[work.owner]), 1.0)
    capped = kernels._replace(duration=kernels.duration * slower)
    return replace(stage, merged=replace(work, kernels=capped)), shares
