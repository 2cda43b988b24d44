"""Ways in which sessions share a device, with their figures."""

from dataclasses import dataclass
from enum import IntEnum

from tb_contention.units import F64


class Way(IntEnum):
    """How sessions share the multiprocessors."""

    UNDISTURBED = 0  # each as if it were alone
    TURNS = 1  # time slices
    QUEUE = 2  # one queue in the order of launches; no kernel is cut
    MEASURED = 3  # each at its own rate while others have work
    CONCURRENT = 4  # at once, as far as the multiprocessors go round


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A way of sharing with its figures."""

    way: Way
    #: Length of a turn, and what a change of turns costs, ns (TURNS).
    slice: float = 0.0
    switch: float = 0.0
    #: A turn ends only with a kernel (TURNS).
    whole: bool = False
    #: Progress of each session while others have work, relative to alone (MEASURED).
    rates: F64 | None = None
    #: Part of the multiprocessors, and of the memory bandwidth, that each kernel asks for; most multiprocessors per session (CONCURRENT).
    sm_demand: F64 | None = None
    bandwidth_demand: F64 | None = None
    caps: F64 | None = None
    #: 1 = a session's kernels have the multiprocessors before those of sessions with 0 (CONCURRENT).
    first: F64 | None = None
    #: Part of the rate that each other session costs (CONCURRENT).
    friction: float = 0.0
    #: Copies share as kernels do, instead of on copy engines.
    copies: bool = False
