"""Rules on room in memory: peaks that have not met yet, and memory that is free in pieces too small."""

from tb_contention.diagnose.scene import Scene, percent
from tb_contention.diagnose.settings import ASYNC_ALLOCATOR, JAX_FRACTION, LIMIT
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.memory import StallKind
from tb_contention.model.names import shorten

_GIB = 1 << 30
#: The largest free block is less than so much of what is free, while less than this part of the limit is left.
_FRAGMENTED, _LITTLE = 0.3, 0.25
#: Memory of others that is worth a word; free memory below which a GPU is full: a share of it, and what a context needs.
_NOTABLE, _FULL, _CONTEXT = 0.02, 0.02, 500 << 20


def peaks_may_meet(scene: Scene) -> list[Finding]:
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


def fragmentation(scene: Scene) -> list[Finding]:
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


def untraced_memory(scene: Scene) -> list[Finding]:
    """Processes without a capture hold a notable part of the GPU's memory."""
    view = scene.device.driver
    if view is None or not view.untraced_peak or not view.capacity or view.untraced_peak < _NOTABLE * view.capacity:
        return []
    others = [p for p in view.untraced_processes if p.peak]
    named = ", ".join(
        f"{shorten(p.name, 60) or 'process'} ({p.process_id}) {(p.peak or 0) / _GIB:.1f} GiB" for p in others[:3]
    )
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return [
        Finding(
            rule="untraced-memory",
            severity=Severity.WARNING,
            title=f"Processes without a capture hold {view.untraced_peak / _GIB:.1f} GiB of {scene.device.group.device.id}",
            detail=f"As the driver saw: {named}{more}. That is {percent(view.untraced_peak / view.capacity)} of the GPU's memory, and no "
            "trace shows what they do with it.",
            cause="Another job, a notebook that was left open, a process that did not end.",
            advice="Look who they are (ps -p ID, nvidia-smi), end what is not needed, or record them too.",
            effect=f"Frees up to {view.untraced_peak / _GIB:.1f} GiB.",
            verify="nvidia-smi lists only the recorded processes.",
            gain_bytes=int(view.untraced_peak),
            evidence={"untraced_bytes": int(view.untraced_peak), "at_ns": int(view.untraced_peak_at or 0)},
            device=scene.device.group.id,
            sessions=scene.device.sessions,
        )
    ]


def gpu_full(scene: Scene) -> list[Finding]:
    """Hardly anything of the GPU was free, by the driver's own count."""
    view = scene.device.driver
    if view is None or view.free_least is None or not view.capacity or view.used_peak is None:
        return []
    little = max(_FULL * view.capacity, _CONTEXT)
    if view.free_least >= min(little, view.capacity / 4):
        return []
    taken = ", ".join(
        f"{scene.name(p.session) if p.session else shorten(p.name, 40) or p.process_id} {(p.at_fullest or 0) / _GIB:.1f}"
        for p in view.processes[:4]
    )
    who = f" Taken (GiB): {taken}." if taken else ""
    return [
        Finding(
            rule="gpu-full",
            severity=Severity.WARNING,
            title=f"Only {view.free_least / _GIB:.2f} GiB of {view.capacity / _GIB:.1f} GiB were free, as the driver saw",
            detail=f"{view.used_peak / _GIB:.1f} GiB were taken.{who} What is taken need not be in use: allocators keep what they got.",
            cause="The allocators' pools, contexts and libraries of all processes together fill the GPU.",
            advice=f"Bound the pools by what they need: {LIMIT}; JAX: {JAX_FRACTION}.",
            effect="Room for workspaces, and for another process to start.",
            verify="nvidia-smi shows more free memory, and the sessions run as before.",
            gain_bytes=None,
            evidence={
                "free_least_bytes": int(view.free_least),
                "used_peak_bytes": int(view.used_peak),
                "at_ns": int(view.used_peak_at or 0),
            },
            device=scene.device.group.id,
            sessions=scene.device.sessions,
        )
    ]
