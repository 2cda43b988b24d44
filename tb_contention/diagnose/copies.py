"""Rules on what moves over the bus: copies that meet, and collectives that wait inside a kernel."""

from tb_contention.diagnose.scene import Scene, length, percent
from tb_contention.diagnose.settings import NCCL_CHANNELS, PREFETCH_TO_DEVICE
from tb_contention.model.findings import Finding, Severity

#: Copies take so much longer than alone, for so much of the window, while so much of their time meets copies of others.
_LONGER, _NOTABLE, _MEETS = 0.2, 0.02, 0.3
_COLLECTIVE = 0.10


def copy_contention(scene: Scene) -> list[Finding]:
    """Copies of several sessions meet on the bus and slow each other."""
    if not scene.is_shared_gpu:
        return []
    found = []
    for fact in scene.facts:
        copies = fact.copies
        if copies.stretch is None or copies.stretch < _NOTABLE * scene.window:
            continue
        if copies.stretch < _LONGER * max(1, copies.total - copies.stretch):
            continue
        meet = {f.session: (copies.when & f.copies.when).total for f in scene.facts if f.session != fact.session}
        culprit = max(meet, key=lambda s: meet[s])
        if meet[culprit] < _MEETS * max(1, copies.when.total):
            continue
        found.append(
            Finding(
                rule="copy-contention",
                severity=Severity.WARNING,
                title=f"Copies of {scene.name(fact.session)} and {scene.name(culprit)} meet on the bus: {length(copies.stretch)} longer",
                detail=f"{copies.count} copies took {length(copies.total)}, {length(copies.stretch)} more than alone, and "
                f"{percent(meet[culprit] / max(1, copies.when.total))} of that time {scene.name(culprit)} was copying as well.",
                cause="Both go over one PCIe link, or one copy engine of the GPU.",
                advice=f"Copy ahead of need ({PREFETCH_TO_DEVICE}, pinned memory), in smaller pieces, or at different times.",
                effect=f"At most {length(copies.stretch)} of the window; less where copies hide behind kernels.",
                verify="Bytes per second of a copy return to what it does alone.",
                gain_ns=copies.stretch,
                evidence={
                    "copies_ns": copies.total,
                    "stretch_ns": copies.stretch,
                    "meet_ns": meet[culprit],
                    "count": copies.count,
                },
                device=scene.device.group.id,
                sessions=(fact.session, culprit),
            )
        )
    return found


def collective_spin(scene: Scene) -> list[Finding]:
    """Collectives wait for other ranks inside a kernel, and hold the shared GPU meanwhile."""
    if not scene.is_shared_gpu:
        return []
    found = []
    for fact in scene.facts:
        if fact.collective < _COLLECTIVE:
            continue
        held = round(fact.collective * fact.kernel_time)
        found.append(
            Finding(
                rule="collective-spin",
                severity=Severity.WARNING,
                title=f"{scene.name(fact.session)} spends {percent(fact.collective)} of its kernel time in collectives on a shared GPU",
                detail=f"{length(held)} in NCCL or RCCL kernels: their time is mostly waiting for other ranks. They are left out of the "
                "losses, since that waiting is not the neighbours' doing.",
                cause="A collective waits inside its kernel until all ranks are there; a rank that shares its "
                "GPU comes late, and all wait.",
                advice=f"One rank to a GPU; else fewer blocks per collective ({NCCL_CHANNELS}) and staggered steps. Never two ranks of one "
                "communicator on one GPU.",
                effect="Not predicted: the neighbours get the turns that now wait.",
                verify="The time in collectives falls to what their bytes need.",
                evidence={"collective_share": fact.collective, "collective_ns": held},
                device=scene.device.group.id,
                sessions=(fact.session,),
            )
        )
    return found
