"""One way of sharing each: what the sessions would see under MPS, with a cap, or if they took turns."""

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
from tb_contention.whatif.scene import Scene, culprit, played_all, unknown

#: Rate that another session costs by caches and bandwidth: none, usual, much; bandwidth that a part of the multiprocessors can draw.
_FRICTION, _DRAW = (0.0, 0.05, 0.10), 2.5
#: Less vagueness of the kernels' demand makes no difference.
_VAGUE = 0.005
_CAP = 50
_DEMAND = "how many multiprocessors its kernels and those of the others need is not known"
_CACHES = "what sharing caches costs is not known"
_BANDWIDTH = "how much memory bandwidth kernels need is not known"
#: Lengths of turns of processes that do not share yet, ns.
_TURNS = (1.0e6, 2.3e6, 5.0e6)


def _who(scene: Scene) -> str:
    return "the sessions, each in a process of its own," if scene.one_process else "the processes"


def time_slicing(scene: Scene, question: Question) -> Prediction:
    """Take turns instead of running at once: a process each, without MPS."""
    setting = f"let {_who(scene)} take turns (no MPS)"
    if scene.trouble or scene.control is None or scene.stage is None:
        return unknown(question, setting, scene.trouble)
    if scene.device.cost.mechanism is Mechanism.TIME_SLICING:
        return unknown(question, setting, "The sessions already take turns.")
    middle = Policy(way=Way.TURNS, slice=_TURNS[1], switch=SWITCHES[1], copies=scene.control.policy.copies)
    edges = [replace(middle, slice=_TURNS[0], switch=SWITCHES[2]), replace(middle, slice=_TURNS[2], switch=SWITCHES[0])]
    phases = scene.phases()
    variations = [
        Variation(why="how long turns last is not known", plays=played_all(scene.stage, [edge], phases[:2]))
        for edge in edges
    ]
    found = ranges(scene, scene.stage, played_all(scene.stage, [middle], phases), variations, widest=WIDEST)
    return Prediction(
        schedule=Schedule.TIME_SLICING,
        setting=setting,
        parameters=(("slice_low_ns", round(_TURNS[0])), ("slice_high_ns", round(_TURNS[2]))),
        sessions=found.rows,
        makespan=found.makespan,
        played=scene.played,
        assumes="Turns last 1 to 5 ms, and a change of turns takes 30 to 150 µs. Each session has a process of its own."
        + _bounds_only(found),
    )


def mps(scene: Scene, question: Question) -> Prediction:
    """Run at once under MPS instead of taking turns."""
    setting = f"run {_who(scene)} under MPS (nvidia-cuda-mps-control -d)"
    if scene.trouble or scene.control is None or scene.stage is None:
        return unknown(question, setting, scene.trouble)
    if scene.device.cost.mechanism is Mechanism.CONCURRENT:
        return unknown(question, setting, "The sessions already run at the same time.")
    return _at_once(scene, Schedule.MPS, setting, (), None)


def sm_cap(scene: Scene, question: Question) -> Prediction:
    """Give one session a part of the multiprocessors at most, under MPS."""
    session = question.session or culprit(scene)
    percent = question.value or _CAP
    setting = f"cap {scene.name(session)} at {percent} % of the multiprocessors under MPS (CUDA_MPS_ACTIVE_THREAD_PERCENTAGE={percent})"
    if scene.trouble or scene.control is None or scene.stage is None:
        return unknown(question, setting, scene.trouble)
    parameters = (("session", session), ("percent", percent))
    return _at_once(scene, Schedule.SM_CAP, setting, parameters, (scene.number(session), percent / 100))


def _at_once(
    scene: Scene,
    schedule: Schedule,
    setting: str,
    parameters: tuple[tuple[str, float | int | str], ...],
    cap: tuple[int, float] | None,
) -> Prediction:
    """Play with the kernels' demand for multiprocessors in the middle of its bounds, and with each input at its ends."""
    assert scene.stage is not None
    demands = scene.sm_demand()
    vague = max(d.vague for d in demands)
    phases = scene.phases()

    def played(level: str, friction: float, *, fed: bool, often: list[F64]) -> list[Outcome]:
        assert scene.stage is not None
        assert scene.control is not None
        demand = np.concatenate([getattr(d, level) for d in demands])
        stage, caps = _capped(scene.stage, demand, cap)
        policy = Policy(
            way=Way.CONCURRENT,
            sm_demand=demand,
            bandwidth_demand=None if fed else np.minimum(1.0, _DRAW * demand),
            caps=caps,
            friction=friction,
            copies=scene.control.policy.copies,
        )
        return played_all(stage, [policy], often)

    least, usual, most = _FRICTION
    nominal = played("middle", usual, fed=True, often=phases if cap is None else phases[::2])
    first = phases[:1]
    variations = [
        *(Variation(why=_CACHES, plays=played("middle", cost, fed=True, often=first)) for cost in (least, most)),
        Variation(why=_BANDWIDTH, plays=played("middle", usual, fed=False, often=first)),
    ]
    if vague > _VAGUE:
        variations += [
            Variation(why=_DEMAND, plays=played(level, usual, fed=True, often=first)) for level in ("low", "high")
        ]
    variations += _measured(scene, cap, first)
    found = ranges(scene, scene.stage, nominal, variations, widest=WIDEST)
    return Prediction(
        schedule=schedule,
        setting=setting,
        parameters=(*parameters, ("claim_vagueness", vague)),
        sessions=found.rows,
        makespan=found.makespan,
        played=scene.played,
        assumes="Grid, block and occupancy determine which part of the multiprocessors a kernel takes. "
        "Contention for caches and memory bandwidth costs 0 to 10 %, more where kernels take most of the GPU."
        + _bounds_only(found),
    )


def _bounds_only(found: Ranges) -> str:
    """Name the sessions for which only bounds are given, and why."""
    return "" if not found.wide else f" Only bounds for {', '.join(found.wide)}."


def _measured(scene: Scene, cap: tuple[int, float] | None, phases: list[F64]) -> list[Variation]:
    """Where they run at once already, what was measured shows how far a cap can help."""
    if cap is None or scene.control is None or scene.stage is None or scene.control.policy.way is not Way.MEASURED:
        return []
    stage, _ = _capped(scene.stage, np.ones(len(scene.stage.merged.kernels.duration)), cap)
    return [Variation(why=_DEMAND, plays=played_all(stage, [scene.control.policy], phases[:1]))]


def _capped(stage: Stage, demand: F64, cap: tuple[int, float] | None) -> tuple[Stage, F64]:
    """Slow the kernels down that would take more than the cap; what they take alone stays the measure."""
    caps = np.ones(len(stage.works))
    if cap is None:
        return stage, caps
    session, share = cap
    caps[session] = share
    work, kernels = stage.merged, stage.merged.kernels
    slower = np.where(work.owner == session, np.maximum(1.0, demand / share), 1.0)
    slower = np.where(kernels.unit == Unit.COMPUTE, slower, 1.0)
    return replace(stage, merged=replace(work, kernels=kernels._replace(duration=kernels.duration * slower))), caps
