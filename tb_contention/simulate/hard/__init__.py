"""Physics that estimates find hard, on a machine of its own: hidden sizes, servers, falling clocks, left-over blocks, no GPU at all."""

from tb_contention.simulate.hard.kinds import HARD_KINDS, hard_scenario
from tb_contention.simulate.hard.write import write_hard

__all__ = ["HARD_KINDS", "hard_scenario", "write_hard"]
