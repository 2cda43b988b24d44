"""Why changes do not go together: the first reason, in one sentence; "" where they do."""

from collections.abc import Mapping

from tb_contention.model.contention import Mechanism
from tb_contention.model.plan import Plan
from tb_contention.model.prediction import Schedule
from tb_contention.units import SessionId
from tb_contention.whatif.scene import Scene
from tb_contention.whatif.schedules import too_far
from tb_contention.words.numbers import listing, share


def refusal(scene: Scene, plan: Plan) -> str:
    """Say why a plan cannot be predicted as a whole."""
    gone = dict(plan.moves)
    stay = [w.session for w in scene.device.cost.workloads if w.session not in gone]
    return (
        _sharing(plan)
        or _alone(scene, plan, stay)
        or _recorded_in_part(scene, plan, stay)
        or _partition(scene, plan, stay)
        or _first(scene, plan, stay)
        or _shifts(scene, plan)
    )


def _sharing(plan: Plan) -> str:
    """Look for ways of sharing that exclude each other."""
    side_by_side = _named(plan, "caps", "partition", "first")
    if plan.policy is Schedule.ONE_AFTER_ANOTHER and (side_by_side or plan.shifts):
        what = listing([*side_by_side, *_named(plan, "shifts")])
        return f"Sessions that run one after another never meet, so {what} would change nothing."
    if plan.policy is Schedule.TIME_SLICING and side_by_side:
        return f"A session has the whole GPU in its turn, so turns leave no room for {listing(side_by_side)}."
    if plan.partition and (plan.caps or plan.first):
        return f"In a partition each session has its own multiprocessors, so {listing(_named(plan, 'caps', 'first'))} would change nothing."
    return ""


_WORDS = {"caps": "a cap", "partition": "a partition", "first": "a priority", "shifts": "a shift"}


def _named(plan: Plan, *parts: str) -> list[str]:
    return [_WORDS[part] for part in parts if getattr(plan, part)]


def _alone(scene: Scene, plan: Plan, stay: list[SessionId]) -> str:
    """Look for changes to a session that meets no other one then."""
    meets = set(stay) if len(stay) > 1 else set()
    for part in ("caps", "partition", "shifts", "first"):
        for change in getattr(plan, part):
            session = change if part == "first" else change[0]
            if session not in (stay if part == "caps" else meets):
                return f"{scene.name(session)} shares no GPU with a session that stays, so {_WORDS[part]} is not predicted for it."
    if plan.policy is not None and not meets:
        return "Fewer than two sessions stay on the GPU, so it does not matter how they would share it."
    return ""


def _recorded_in_part(scene: Scene, plan: Plan, stay: list[SessionId]) -> str:
    """Look for sessions that would get other multiprocessors than those that they were recorded with."""
    given = dict(plan.partition)
    parts = {session: given.get(session, 100 - sum(given.values())) for session in stay if given}
    return other_multiprocessors(
        scene, stay, {**dict(plan.caps), **parts}, policy=plan.policy, goes_first=bool(plan.first)
    )


def other_multiprocessors(
    scene: Scene,
    stay: list[SessionId],
    percent: Mapping[SessionId, int],
    *,
    policy: Schedule | None = None,
    goes_first: bool = False,
) -> str:
    """Say which session would run on more multiprocessors than it was recorded with, or on its own all the same; "" where none would.

    percent: the cap or the part that is asked for, by session.
    """
    parts = {session: part for session, part in scene.parts.items() if session in stay}
    for session, part in parts.items():
        name, asked = scene.name(session), percent.get(session)
        if part.partition is not None and (percent or goes_first):
            return f"{name} was recorded in {part.words}, which neither a cap nor a priority changes."
        if policy is Schedule.TIME_SLICING or (asked is not None and asked / 100 > (part.share or 0.0)):
            most = "a part" if part.share is None else f"at most {share(part.share)}"
            return f"{name} was recorded with {most} of the multiprocessors; how it runs with more is not known."
    return ""


def _partition(scene: Scene, plan: Plan, stay: list[SessionId]) -> str:
    if not plan.partition:
        return ""
    given = dict(plan.partition)
    without, total = [s for s in stay if s not in given], sum(given.values())
    if total > 100:
        return f"The parts add up to {total} % of the multiprocessors."
    if len(without) > 1:
        return (
            f"Only one session can get what the others leave; {listing([scene.name(s) for s in without])} have no part."
        )
    return f"The other parts leave nothing for {scene.name(without[0])}." if without and total == 100 else ""


def _first(scene: Scene, plan: Plan, stay: list[SessionId]) -> str:
    if not plan.first:
        return ""
    if set(plan.first) >= set(stay):
        return "When all sessions go first, none does."
    if plan.caps or plan.policy is Schedule.MPS or scene.device.cost.mechanism is Mechanism.CONCURRENT:
        return ""
    if scene.device.cost.mechanism is Mechanism.SINGLE_STREAM:
        return "One stream runs kernels in the order of their launches; a priority needs streams of their own, or MPS."
    return "Kernels that do not run side by side have no priorities; ask for MPS as well."


def _shifts(scene: Scene, plan: Plan) -> str:
    by = [0, *(shift for _, shift in plan.shifts)]
    return too_far(scene, max(by) - min(by))
