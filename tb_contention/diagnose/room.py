"""Rules on room in memory: peaks that have not met yet, and memory that is free in pieces too small."""

from tb_contention.diagnose.scene import Scene, percent
from tb_contention.diagnose.settings import ASYNC_ALLOCATOR, JAX_FRACTION, LIMIT
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.memory import StallKind

_GIB = 1 << 30
#: The largest free block is less than so much of what is free, while less than this part of the limit is left.
_FRAGMENTED, _LITTLE = 0.3, 0.25


def peaks_may_meet(scene: Scene) -> "list[Finding]":
    """The sum fits only because the peaks fell at different times."""
    memory = scene.device.memory
    if memory is None or memory.safe is None or len({a.session for a in memory.allocators}) < 2:
        return []
    if memory.peak > memory.safe or memory.sum_of_peaks <= memory.safe:
        return []
    over = int(memory.sum_of_peaks - memory.safe)
    return [
        Finding(
            rule="peaks-may-meet",
            severity=Severity.WARNING,
            title=f"It fits because the peaks do not meet: together they are {memory.sum_of_peaks / _GIB:.1f} "
            f"GiB of {memory.safe / _GIB:.1f} safe",
            detail=f"The highest sum was {memory.peak / _GIB:.1f} GiB. Nothing keeps the sessions in step, so that their peaks can meet "
            "another time.",
            cause="Each session's memory rises and falls with its steps, and the phases drift.",
            advice=f"Lower the peak of one of them by {over / _GIB:.2f} GiB (smaller batch), or bound both: "
            f"{LIMIT}; JAX: {JAX_FRACTION}. A "
            "fixed shift helps only while it is kept.",
            effect=f"With {over / _GIB:.2f} GiB less it fits at any phase.",
            verify="The sum of the peaks is below what is safe.",
            gain_bytes=over,
            evidence={
                "sum_of_peaks_bytes": int(memory.sum_of_peaks),
                "safe_bytes": int(memory.safe),
                "combined_peak_bytes": int(memory.peak),
            },
            device=scene.device.group.id,
            sessions=tuple(dict.fromkeys(a.session for a in memory.allocators)),
        )
    ]


def fragmentation(scene: Scene) -> "list[Finding]":
    """Memory is free, but in pieces, where little is left or something already waited for room."""
    memory = scene.device.memory
    if memory is None:
        return []
    waited = {s.session for s in memory.stalls if s.kind is StallKind.ROOM}
    found = []
    for a in memory.allocators:
        part = a.fragmentation_at_peak
        if part is None or part < _FRAGMENTED or a.limit is None:
            continue
        left = int(a.limit - a.peak)
        if left > _LITTLE * a.limit and a.session not in waited:
            continue
        found.append(
            Finding(
                rule="fragmentation",
                severity=Severity.WARNING,
                title=f"Free memory of {scene.name(a.session)} is in pieces: {percent(part)} of it outside the largest one",
                detail=f"At its peak {a.allocator} had {left / _GIB:.2f} GiB left, the largest piece of it about "
                f"{left * (1 - part) / _GIB:.2f} GiB"
                + ("; an allocation already waited for another to be freed." if a.session in waited else "."),
                cause="Buffers of many sizes come and go in turn, and leave gaps that none of the next ones fits.",
                advice=f"{ASYNC_ALLOCATOR}, stable shapes (padded batches), or some memory more than it seems to need.",
                effect="An allocation as large as what is free succeeds.",
                verify="The allocator's own fragmentation figure falls; fewer retries.",
                gain_bytes=round(left * part),
                evidence={"fragmentation": part, "left_bytes": left, "peak_bytes": int(a.peak)},
                device=scene.device.group.id,
                sessions=(a.session,),
            )
        )
    return found
