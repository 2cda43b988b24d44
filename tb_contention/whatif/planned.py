"""Several changes at once -> one prediction: who is left on the GPU, how those share it, and what becomes of those that leave."""

from dataclasses import replace

import numpy as np

from tb_contention.model.contention import Mechanism
from tb_contention.model.plan import Plan
from tb_contention.model.prediction import Prediction, Schedule
from tb_contention.model.workload import Workload
from tb_contention.units import F64, SessionId
from tb_contention.whatif.company import company
from tb_contention.whatif.outcome import Stage, run_all
from tb_contention.whatif.question import Question
from tb_contention.whatif.ranges import sessions_played
from tb_contention.whatif.refusals import refusal
from tb_contention.whatif.scene import Scene, culprit, played_all, unknown
from tb_contention.whatif.schedules import (
    AROUND,
    FAR,
    QUEUE_ASSUMED,
    SHIFT_ASSUMED,
    UNUSED_ASSUMED,
    Part,
    alone,
    later,
    nothing,
    of_these,
    queued,
)
from tb_contention.whatif.sharing import AT_ONCE_ASSUMED, TURNS_ASSUMED, at_once, bounds_only, in_turns, who_of
from tb_contention.words.numbers import duration, listing, size

Parameters = tuple[tuple[str, float | int | str], ...]


def planned(scene: Scene, question: Question) -> Prediction:
    """Predict a plan."""
    plan = question.plan or Plan()
    setting = plan_words(scene, plan)
    why = refusal(scene, plan)
    if why:
        return unknown(question, setting, why)
    gone = dict(plan.moves)
    stay = [w for w in scene.device.cost.workloads if w.session not in gone]
    parts = [_staying(scene, stay, plan)] if stay else []
    parts += [_leaving(scene, [s for s, gpu in plan.moves if gpu is None])] if None in gone.values() else []
    for target in dict.fromkeys(gpu for gpu in gone.values() if gpu is not None):
        parts.append(company(scene, target, [s for s, gpu in plan.moves if gpu == target]))
    rows = {row.session: row for part in parts for row in part.rows}
    order = [w.session for w in scene.device.cost.workloads]
    order += [session for session in rows if session not in order]
    makespan = parts[0].makespan
    for part in parts[1:]:
        makespan = later(makespan, part.makespan)
    return Prediction(
        schedule=question.schedule,
        setting=setting,
        parameters=_parameters(plan),
        sessions=tuple(rows[session] for session in order),
        makespan=makespan,
        played=scene.played,
        assumes=" ".join(dict.fromkeys(text for part in parts for text in part.assumes)),
        unknown=" ".join(dict.fromkeys(part.unknown for part in parts if part.unknown)),
    )


def moved(scene: Scene, question: Question) -> Prediction:
    """Take one session to a GPU of its own; the others go on as recorded."""
    session = question.session or culprit(scene)
    plan = Plan(moves=((session, None),))
    found = planned(scene, Question(schedule=Schedule.MOVED, plan=plan))
    return replace(found, parameters=(("session", session),))


def _leaving(scene: Scene, sessions: list[SessionId]) -> Part:
    """Give each of some sessions a GPU of its own."""
    rows = tuple(alone(scene, session) for session in sessions)
    makespan = rows[0].end
    for row in rows[1:]:
        makespan = later(makespan, row.end)
    return Part(rows=rows, makespan=makespan, assumes=(UNUSED_ASSUMED,))


def _staying(scene: Scene, works: list[Workload], plan: Plan) -> Part:
    """Play those that stay."""
    if len(works) == 1 and not plan.caps:
        row = alone(scene, works[0].session)
        return Part(rows=(row,), makespan=row.end)
    if plan.policy is Schedule.ONE_AFTER_ANOTHER:
        rows = queued(scene, works)
        return Part(rows=rows, makespan=rows[-1].end, assumes=(QUEUE_ASSUMED,))
    if scene.trouble or scene.control is None or scene.stage is None:
        return Part(rows=tuple(nothing(w.session) for w in works), unknown=scene.trouble)
    stage = scene.stage if len(works) == len(scene.stage.works) else Stage.of(tuple(works))
    numbers = {w.session: k for k, w in enumerate(works)}
    begin = _begin(plan, numbers)
    keep = [scene.number(w.session) for w in works]
    begins = [begin + phase[keep] for phase in scene.phases()]
    caps = {numbers[s]: percent / 100 for s, percent in (*plan.caps, *parts_of(plan, list(numbers)))}
    first = frozenset(numbers[s] for s in plan.first)
    assumes: tuple[str, ...] = (SHIFT_ASSUMED,) if plan.shifts else ()
    mechanism = scene.device.cost.mechanism
    if caps or first or (plan.policy is Schedule.MPS and mechanism is not Mechanism.CONCURRENT):
        found, _ = at_once(scene, stage, begins, caps, first, measured=True, exclusive=bool(plan.partition))
        assumes += (AT_ONCE_ASSUMED + bounds_only(found), *_says(plan))
        return Part(rows=found.rows, makespan=found.makespan, assumes=assumes)
    if plan.policy is Schedule.TIME_SLICING and mechanism is not Mechanism.TIME_SLICING:
        found = in_turns(scene, stage, begins)
        return Part(rows=found.rows, makespan=found.makespan, assumes=(*assumes, TURNS_ASSUMED + bounds_only(found)))
    policies = [of_these(policy, keep) for policy in (scene.control.policy, *scene.control.others)]
    if stage is scene.stage:  # how they meet is known
        begins = _around(begin, stage, numbers, plan)
        plays = [(policies[0], b) for b in begins] + [(policy, begin) for policy in policies[1:]]
        outcomes = [scene.corrected(outcome) for outcome in run_all(stage, [*plays])]
        nominal, others = outcomes[: len(begins)], outcomes[len(begins) :]
    else:
        nominal, others = played_all(stage, policies[:1], begins), played_all(stage, policies[1:], begins[:1])
    rows, makespan = sessions_played(scene, stage, nominal, others)
    return Part(rows=rows, makespan=makespan, assumes=assumes)


def _begin(plan: Plan, numbers: dict[SessionId, int]) -> F64:
    """Return by how much later each session begins; where one is to begin earlier, all the others begin later."""
    begin = np.zeros(len(numbers))
    for session, by in plan.shifts:
        if session in numbers:
            begin[numbers[session]] = by
    return begin - min(0.0, float(begin.min()))


def _around(begin: F64, stage: Stage, numbers: dict[SessionId, int], plan: Plan) -> list[F64]:
    """Return the shifts asked for, and others near them for which they stand; two that are shifted differ from them in opposite ways."""
    moved = np.zeros(len(begin))
    for place, (session, _) in enumerate(plan.shifts):
        ends = stage.alone[numbers[session]]
        moved[numbers[session]] = (-1) ** place * float(np.mean(np.diff(ends))) if len(ends) > 1 else 0.0
    if not moved.any():
        return [begin]
    all_of_them = [begin + sign * part * moved for part in (AROUND, FAR) for sign in (-1, 1)]
    return [begin, *(b - min(0.0, float(b.min())) for b in all_of_them)]


def parts_of(plan: Plan, sessions: list[SessionId]) -> tuple[tuple[SessionId, int], ...]:
    """Return the partition; a session without a part gets what the others leave."""
    if not plan.partition:
        return ()
    given = dict(plan.partition)
    rest = 100 - sum(given.values())
    return tuple((s, given.get(s, rest)) for s in sessions)


def _says(plan: Plan) -> tuple[str, ...]:
    """Say what a partition and an order of precedence take for granted."""
    says = []
    if plan.partition:
        says.append(
            "No session uses the part of another. MIG offers sevenths of a GPU, MPS partitions groups of multiprocessors."
        )
    if plan.first:
        says.append(
            "Blocks of other sessions that run when a kernel arrives end first; how long that takes is in the range."
        )
    return tuple(says)


def plan_words(scene: Scene, plan: Plan) -> str:
    """Write a plan in words."""
    name = scene.name
    words = [f"move {name(s)} to {'another GPU' if gpu is None else scene.gpu_name(gpu)}" for s, gpu in plan.moves]
    words += [f"start {name(s)} {duration(abs(by))} {'later' if by >= 0 else 'earlier'}" for s, by in plan.shifts]
    if plan.policy is not None:
        words.append(_POLICIES[plan.policy].format(who_of(scene)))
    words += [
        f"cap {name(s)} at {percent} % of the multiprocessors under MPS (CUDA_MPS_ACTIVE_THREAD_PERCENTAGE={percent})"
        for s, percent in plan.caps
    ]
    stay = [w.session for w in scene.device.cost.workloads if w.session not in dict(plan.moves)]
    if plan.partition:
        shares = listing([f"{name(s)} {percent} %" for s, percent in parts_of(plan, stay)])
        words.append(f"give {shares} of the multiprocessors, each to itself (MIG or MPS partitions)")
    if plan.first:
        how = "stream priority" if scene.one_process and plan.policy is None else "CUDA_MPS_CLIENT_PRIORITY"
        words.append(f"let the kernels of {listing([name(s) for s in plan.first])} go first ({how})")
    if plan.limits:
        words.append("limit " + listing([f"{name(s)} to {size(limit)}" for s, limit in plan.limits]))
    return ", ".join(words)


_POLICIES = {
    Schedule.MPS: "run {} under MPS",
    Schedule.TIME_SLICING: "let {} take turns (no MPS)",
    Schedule.ONE_AFTER_ANOTHER: "run the sessions one after another",
}


def _parameters(plan: Plan) -> Parameters:
    """Name the changes as values."""
    return (
        *((("policy", plan.policy.value),) if plan.policy is not None else ()),
        *((f"shift_ns {session}", by) for session, by in plan.shifts),
        *((f"percent {session}", percent) for session, percent in plan.caps),
        *((f"part {session}", percent) for session, percent in plan.partition),
        *((f"first {session}", 1) for session in plan.first),
        *((f"gpu {session}", gpu or "") for session, gpu in plan.moves),
        *((f"limit_bytes {session}", limit) for session, limit in plan.limits),
    )
