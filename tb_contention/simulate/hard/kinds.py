"""The kinds of hard scenarios, each with random parameters."""

import numpy as np

from tb_contention.simulate.hard.draw import LENGTH
from tb_contention.simulate.hard.kernel_kinds import KERNEL_KINDS
from tb_contention.simulate.hard.machine_kinds import MACHINE_KINDS
from tb_contention.simulate.hard.sessions import HardScenario

_KINDS = {**KERNEL_KINDS, **MACHINE_KINDS}
HARD_KINDS = tuple(_KINDS)


def hard_scenario(seed: int, kind: str) -> HardScenario:
    """Draw a scenario of a kind (one of HARD_KINDS); equal arguments give equal scenarios. KeyError for an unknown kind."""
    draw = _KINDS[kind]
    rng = np.random.default_rng(np.random.SeedSequence([seed, *kind.encode()]))
    found = {"length": LENGTH, **draw(rng)}
    return HardScenario(name=f"{kind}_{seed}", kind=kind, summary=f"{kind.replace('_', ' ')}, drawn at random", **found)
