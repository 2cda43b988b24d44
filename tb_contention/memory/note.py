"""Whose memory the captures do not hold, as a sentence."""

from collections.abc import Sequence

from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.memory import CombinedMemory
from tb_contention.model.trace import Era
from tb_contention.units import SessionId

#: Why a recorder writes no events of an allocator.
_WHY = {Era.KINETO: "profile_memory was not set", Era.NSIGHT: "--cuda-memory-usage was not set"}
_NO_EVENTS = "the allocator writes no events (cuda_malloc_async, platform)"


def memory_note(memory: CombinedMemory | None, aligned: AlignedTraces, group: DeviceGroup) -> str:
    """Name the sessions whose memory is unknown, and why; empty where all is known."""
    if memory is None:
        why = _why(aligned, [plane.session for plane in group.planes])
        return f"No allocator event was recorded on this device, so its memory is unknown, not zero. {why}"
    if memory.sessions_without_data:
        names = ", ".join(aligned.session(s).name for s in memory.sessions_without_data)
        why = _why(aligned, memory.sessions_without_data)
        return f"The capture holds no allocator events of {names}, so the sums are a lower bound. {why}"
    return ""


def _why(aligned: AlignedTraces, sessions: Sequence[SessionId]) -> str:
    eras = dict.fromkeys(aligned.session(session).trace.era for session in sessions)
    reasons = dict.fromkeys(_WHY.get(era, _NO_EVENTS) for era in eras)
    return f"Either nothing was allocated during the capture, or {' or '.join(reasons)}."
