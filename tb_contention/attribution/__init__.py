"""Kernel -> launch -> host events -> executor -> producer -> step and session: whose work is it."""

from tb_contention.attribution.rollup import roll_up
from tb_contention.attribution.sessions import attribute
from tb_contention.attribution.summary import summarise

__all__ = ["attribute", "roll_up", "summarise"]
