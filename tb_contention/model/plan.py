"""A schedule that the user asked for, once its names are those of sessions and devices."""

from dataclasses import dataclass

from tb_contention.model.prediction import Schedule
from tb_contention.units import DeviceId, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Changes that apply together. policy: None = as recorded; shifts in ns; caps and partition in percent; limits in bytes per process.

    partition: each session has that part of the multiprocessors to itself. first: sessions whose kernels go first. moves: to which GPU,
    None for one that is otherwise unused.
    """

    policy: Schedule | None = None
    shifts: tuple[tuple[SessionId, int], ...] = ()
    caps: tuple[tuple[SessionId, int], ...] = ()
    partition: tuple[tuple[SessionId, int], ...] = ()
    first: tuple[SessionId, ...] = ()
    moves: tuple[tuple[SessionId, DeviceId | None], ...] = ()
    limits: tuple[tuple[SessionId, int], ...] = ()
