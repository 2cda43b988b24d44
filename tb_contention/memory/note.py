"""Whose memory the captures do not hold, as a sentence."""

from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.memory import CombinedMemory


def memory_note(memory: CombinedMemory | None, aligned: AlignedTraces) -> str:
    """Name the sessions whose memory is unknown, and why; empty where all is known."""
    why = "nothing was allocated meanwhile, or its allocator writes no events (cuda_malloc_async, platform)"
    if memory is None:
        return f"No allocator event of this device was recorded ({why}): its memory is unknown, not zero."
    if memory.sessions_without_data:
        names = ", ".join(aligned.session(s).name for s in memory.sessions_without_data)
        return f"The memory of {names} is not in its capture ({why}): the sums are a lower bound."
    return ""
