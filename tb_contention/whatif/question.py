"""What to predict: a schedule, and the session and figure that it is about, or several changes at once."""

from dataclasses import dataclass

from tb_contention.model.plan import Plan
from tb_contention.model.prediction import Schedule
from tb_contention.units import SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A schedule to predict. session: the one that is shifted, capped or moved; None: the one for which it helps most.

    value: shift in ns, or cap in percent; None: a sensible one is looked for. limits: of MEMORY_LIMITS, bytes per process; () = what suits
    each. plan: of PARTITION, PRIORITY and COMBINED, and of MOVED to a GPU that has sessions.
    """

    schedule: Schedule
    session: SessionId | None = None
    value: int | None = None
    limits: tuple[tuple[SessionId, int], ...] = ()
    plan: Plan | None = None

    @classmethod
    def of(cls, plan: Plan) -> "Question":
        """Ask for a plan; one with a single change is the schedule of that name."""
        changes = {
            "policy": () if plan.policy is None else (plan.policy,),
            "shifts": plan.shifts, "caps": plan.caps, "moves": plan.moves,
            "partition": plan.partition, "first": plan.first, "limits": plan.limits,
        }  # fmt: skip
        given = {name for name, of_kind in changes.items() if of_kind}
        if given == {"limits"}:
            return cls(schedule=Schedule.MEMORY_LIMITS, limits=plan.limits)
        if given == {"partition"}:
            return cls(schedule=Schedule.PARTITION, plan=plan)
        if plan.first and given <= {"first", "policy"}:
            return cls(schedule=Schedule.PRIORITY, plan=plan)
        if sum(map(len, changes.values())) == 1:
            return cls._of_one(plan)
        return cls(schedule=Schedule.COMBINED, plan=plan)

    @classmethod
    def _of_one(cls, plan: Plan) -> "Question":
        if plan.policy is not None:
            return cls(schedule=plan.policy)
        for schedule, changes in ((Schedule.SHIFTED, plan.shifts), (Schedule.SM_CAP, plan.caps)):
            for session, value in changes:
                return cls(schedule=schedule, session=session, value=value)
        ((session, gpu),) = plan.moves
        return cls(schedule=Schedule.MOVED, session=session, plan=None if gpu is None else plan)


#: What is predicted by default.
STANDARD = tuple(
    Question(schedule=schedule)
    for schedule in (
        Schedule.AS_RECORDED,
        Schedule.SHIFTED,
        Schedule.ONE_AFTER_ANOTHER,
        Schedule.MPS,
        Schedule.SM_CAP,
        Schedule.TIME_SLICING,
        Schedule.MOVED,
        Schedule.MEMORY_LIMITS,
    )
)
