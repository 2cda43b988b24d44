"""Whose memory the captures do not hold, as a sentence."""

from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.memory import CombinedMemory

_WHY = (
    "Either nothing was allocated during the capture, or the allocator writes no events (cuda_malloc_async, platform)."
)


def memory_note(memory: CombinedMemory | None, aligned: AlignedTraces) -> str:
    """Name the sessions whose memory is unknown, and why; empty where all is known."""
    if memory is None:
        return f"No allocator event was recorded on this device, so its memory is unknown, not zero. {_WHY}"
    if memory.sessions_without_data:
        names = ", ".join(aligned.session(s).name for s in memory.sessions_without_data)
        return f"The capture holds no allocator events of {names}, so the sums are a lower bound. {_WHY}"
    return ""
