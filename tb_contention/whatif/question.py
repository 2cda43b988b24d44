"""What to predict: a schedule, and the session and figure that it is about."""

from dataclasses import dataclass

from tb_contention.model.prediction import Schedule
from tb_contention.units import SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A schedule to predict. session: the one that is shifted, capped or moved; None: the one for which it helps most.

    value: shift in ns, or cap in percent; None: a sensible one is looked for. limits: of MEMORY_LIMITS, bytes per process; () = what suits
    each.
    """

    schedule: Schedule
    session: SessionId | None = None
    value: int | None = None
    limits: tuple[tuple[SessionId, int], ...] = ()


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
