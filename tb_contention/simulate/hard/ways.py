"""Ways to share drawn at random, as arguments of a scenario."""

from collections.abc import Callable
from typing import Any

from tb_contention.simulate.hard.draw import Generator, one_process
from tb_contention.simulate.hard.sessions import HardSession, Machine
from tb_contention.simulate.hard.sharing import Fixed, LeftOver, OneQueue, Policy, Share, Slices

MS = 1e6

Sessions = tuple[HardSession, ...]
#: Draws what a scenario consists of: arguments of HardScenario.
Draw = Callable[[Generator], dict[str, Any]]

SLICES, SHARE, MPS, LEFT, QUEUE = "slices", "share", "mps", "left", "queue"
_MECHANISM = {
    SLICES: "time_slicing",
    SHARE: "concurrent",
    MPS: "concurrent",
    LEFT: "concurrent",
    QUEUE: "single_stream",
}


def shared(rng: Generator, mode: str, sessions: Sessions, **changes: Any) -> dict[str, Any]:
    """Draw how sessions share, as arguments of HardScenario. changes: of the machine."""
    length, switch = float(rng.choice([0.8, 1.5, 2.0, 2.3, 3.0])) * MS, float(rng.uniform(0.02, 0.15)) * MS
    interference, fixed = float(rng.uniform(0, 0.08)), tuple(rng.uniform(0.5, 0.95, len(sessions)).tolist())
    policies: dict[str, Callable[[], Policy]] = {
        SLICES: lambda: Slices(length, switch), SHARE: lambda: Share(interference), MPS: lambda: Fixed(fixed),
        LEFT: LeftOver, QUEUE: OneQueue,
    }  # fmt: skip
    machine = Machine(**{"policy": policies[mode], **changes})
    if mode == QUEUE:
        sessions = one_process(sessions)
    return {
        "sessions": sessions, "machine": machine, "mechanisms": (_MECHANISM[mode],), "slice_ns": length if mode == SLICES else None,
    }  # fmt: skip
