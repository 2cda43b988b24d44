"""Rules on the evidence itself: what the captures cannot tell, and what they are."""

from tb_contention.diagnose.scene import Scene
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.findings import Finding, Severity


def memory_unseen(scene: Scene) -> list[Finding]:
    """Name the sessions whose memory the captures do not show; unknown is not zero."""
    aligned, device = scene.aligned, scene.device
    if device.group.device.device.is_host:
        return []
    unseen = (
        device.memory.sessions_without_data
        if device.memory is not None
        else tuple(dict.fromkeys(p.session for p in device.group.planes))
    )
    if not unseen:
        return []
    names = ", ".join(aligned.session(s).name for s in unseen)
    return [
        Finding(
            rule="memory-unseen",
            severity=Severity.INFO,
            title=f"Memory of {names} on {device.group.device.id} is not in the capture",
            detail="No allocator event of this GPU was recorded: nothing was allocated in the window, or the allocator emits no events "
            "(TF_GPU_ALLOCATOR=cuda_malloc_async, XLA_PYTHON_CLIENT_ALLOCATOR=platform). The memory is unknown, not zero.",
            advice="Capture a window in which the session allocates, with the default BFC allocator and host tracer level 2.",
            device=device.group.id,
            sessions=tuple(unseen),
        )
    ]


def host_only(scene: Scene) -> list[Finding]:
    """Say that the shared resource shown is the host's processor because no GPU work was captured."""
    device = scene.device
    if not device.group.device.device.is_host:
        return []
    sessions = tuple(dict.fromkeys(p.session for p in device.group.planes))
    return [
        Finding(
            rule="host-only",
            severity=Severity.INFO,
            title=f"No GPU work in these captures: shown are operations on the host {device.group.device.host}",
            detail="A processor has several cores, so operations of two sessions at the same instant are overlap, not proof of contention.",
            advice="Capture on a machine with a GPU, and check the problems below if one was there.",
            device=device.group.id,
            sessions=sessions,
        )
    ]


def simulated(aligned: AlignedTraces) -> list[Finding]:
    """Say once which sessions were simulated."""
    made = tuple(s for s in aligned.sessions if s.simulated)
    if not made:
        return []
    return [
        Finding(
            rule="simulated",
            severity=Severity.INFO,
            title="Simulated data, not a recording: " + ", ".join(s.name for s in made),
            detail="These traces were written by this program's own simulator.",
            advice="",
            sessions=tuple(s.id for s in made),
        )
    ]
